// SPDX-License-Identifier: Apache-2.0
// What the station does when the collector has more than it, or other things.
#include "unit/uplink/station_rig.hpp"

using namespace dosario;
using namespace dosario::test;

TEST_CASE("entries that the ledger does not take back stay at the collector, ours go beside them", "[restore]") {
    StationRig rig;
    rig.ledger.refuses_to_restore = true;
    rig.drive_to(Stand::restoring);
    rig.tell(rig.pulled(10, 5));
    CHECK_FALSE(rig.end());
    REQUIRE(rig.ledger.branches.size() == 2);
    CHECK(rig.ledger.branches[1].starts_after == 10);
    CHECK(rig.one().hello().branches_size() == 2);
}

TEST_CASE("a lost tail comes back in pieces", "[restore]") {
    StationRig rig;
    rig.drive_to(Stand::restoring);
    rig.tell(rig.pulled(10, 2));
    rig.serve();
    CHECK(rig.one().pull().after() == 12);
    rig.tell(rig.pulled(12, 2));
    rig.serve();
    CHECK(rig.one().pull().after() == 14);
    rig.tell(rig.pulled(14, 1));
    rig.serve();
    CHECK(rig.ledger.head() == 15);
    const auto hello = rig.one().hello();
    CHECK(hello.branches_size() == 1);
    CHECK(hello.branches(0).end() == 15);
}

TEST_CASE("a piece that the ledger refuses after one that it took parts the branches there", "[restore]") {
    StationRig rig;
    rig.drive_to(Stand::restoring);
    rig.tell(rig.pulled(10, 2));
    rig.serve();
    rig.said();
    rig.ledger.refuses_to_restore = true;
    rig.tell(rig.pulled(12, 2));
    rig.serve();
    REQUIRE(rig.ledger.branches.size() == 2);
    CHECK(rig.ledger.branches[1].starts_after == 12);
    CHECK_FALSE(rig.end());
}

TEST_CASE("pulled entries that were not asked for, or not in this order, end the session", "[restore]") {
    StationRig rig;
    rig.drive_to(Stand::restoring);
    auto pulled = rig.pulled(10, 3);
    SECTION("none") { pulled.mutable_pulled()->clear_entries(); }
    SECTION("later ones") { pulled = rig.pulled(11, 2); }
    SECTION("with a gap") { pulled.mutable_pulled()->mutable_entries()->DeleteSubrange(1, 1); }
    SECTION("of another branch") { pulled.mutable_pulled()->set_branch("12345678"); }
    SECTION("a broken one") { pulled.mutable_pulled()->mutable_entries(1)->set_event_id("x"); }
    rig.tell(pulled);
    CHECK(rig.broken());
}

TEST_CASE("hashes that do not answer the question end the session", "[fork]") {
    StationRig rig;
    rig.drive_to(Stand::searching);
    v1::Envelope message;
    auto& hashes = *message.mutable_hashes();
    hashes.set_branch(text_of(rig.ledger.branches[0].id));
    for (Seq seq = 1; seq <= 9; ++seq) hashes.add_entries()->set_seq(seq);
    SECTION("fewer") { hashes.mutable_entries()->RemoveLast(); }
    SECTION("of other entries") { hashes.mutable_entries(3)->set_seq(9); }
    SECTION("of another branch") { hashes.set_branch("x"); }
    SECTION("twice") {
        rig.tell(message);  // the ledger has not answered yet
        CHECK_FALSE(rig.broken());
        rig.drive_to(Stand::searching);
        rig.tell(message);
        rig.tell(message);
        CHECK(rig.broken());
        return;
    }
    rig.tell(message);
    CHECK(rig.broken());
}

TEST_CASE("a collector that parts from us again and again is given up", "[fork]") {
    StationRig rig;
    rig.open();
    for (int i = 0; i < 100 && !rig.end(); ++i) {
        for (const auto& message : rig.said()) {
            if (message.has_hello()) {
                auto welcome = rig.welcome(message.hello(), rig.longer, 10);
                auto& last = *welcome.mutable_welcome()->mutable_branches(message.hello().branches_size() - 1);
                last.set_common_hash(std::string(32, 'x'));
                rig.tell(welcome);
            } else if (message.has_ask_hashes()) {
                v1::Envelope hashes;
                hashes.mutable_hashes()->set_branch(message.ask_hashes().branch());
                for (const auto seq : message.ask_hashes().seqs()) hashes.mutable_hashes()->add_entries()->set_seq(seq);
                rig.tell(hashes);
            }
            rig.serve();
        }
    }
    CHECK(rig.broken());
    CHECK(rig.ledger.branches.size() <= 1 + UplinkSession::kMostForks);
}
