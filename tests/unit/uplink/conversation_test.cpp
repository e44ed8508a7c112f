// SPDX-License-Identifier: Apache-2.0
// The station's half, message by message: its greeting, and entries on their way.
#include "unit/uplink/station_rig.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

std::string why(StationRig& rig) {
    const auto end = rig.end();
    return end ? end->why : "";
}

}  // namespace

TEST_CASE("a Hello names the ledger and all its branches", "[hello]") {
    StationRig rig;
    rig.ledger.fork(4, "");
    rig.ledger.fork(10, "");
    rig.open();
    const auto hello = rig.one().hello();
    CHECK(hello.proto_min() == 1);
    CHECK(hello.proto_max() == 1);
    CHECK(hello.ledger().size() == 16);
    REQUIRE(hello.branches_size() == 3);
    CHECK(hello.branches(0).end() == 4);
    CHECK(hello.branches(1).starts_after() == 4);
    CHECK(hello.branches(1).end() == 10);
    CHECK(hello.branches(2).starts_after() == 10);
    CHECK(hello.branches(2).end() == 10);
    CHECK(hello.branches(1).parent_hash() == text_of(rig.ledger.entries[3].hash));
}

TEST_CASE("a Welcome with heads that cannot be ends the session", "[hello]") {
    StationRig rig;
    rig.ledger.fork(6, "");
    rig.open();
    auto message = rig.welcome(rig.one().hello(), rig.longer, 8);
    auto& welcome = *message.mutable_welcome();
    REQUIRE(welcome.branches_size() == 2);
    SECTION("as it should be") {
        rig.tell(message);
        CHECK_FALSE(rig.end());
        CHECK(rig.session->lag() == 2);
        return;
    }
    SECTION("a version that was not offered") { welcome.set_proto(2); }
    SECTION("a branch less") { welcome.mutable_branches()->RemoveLast(); }
    SECTION("a branch more") { *welcome.add_branches() = welcome.branches(1); }
    SECTION("in another order") { welcome.mutable_branches()->SwapElements(0, 1); }
    SECTION("before the branch begins") { welcome.mutable_branches(1)->set_have(5); }
    SECTION("a common entry beyond ours") { welcome.mutable_branches(0)->set_common(7); }
    SECTION("a common entry before both ends") { welcome.mutable_branches(1)->set_common(7); }
    SECTION("a short hash") { welcome.mutable_branches(1)->set_common_hash("x"); }
    SECTION("no hash") { welcome.mutable_branches(0)->clear_have_hash(); }
    SECTION("another beginning of a branch") {
        welcome.mutable_branches(1)->set_have(6);
        welcome.mutable_branches(1)->set_common(6);
        welcome.mutable_branches(1)->set_common_hash(std::string(32, 'x'));
    }
    rig.tell(message);
    CHECK(rig.broken());
}

TEST_CASE("an Ack of what was not sent ends the session", "[stream]") {
    StationRig rig;
    rig.drive_to(Stand::streaming);  // 5 to 10 are on their way
    auto ack = rig.ack(10);
    SECTION("as it should be") {
        rig.tell(ack);
        CHECK_FALSE(rig.end());
        CHECK(rig.session->lag() == 0);
        CHECK(std::get<Acknowledged>(rig.told.front()).seq == 10);
        rig.told.clear();
        rig.tell(ack);  // once more: only the credit
        CHECK_FALSE(rig.end());
        CHECK(rig.told.empty());
        return;
    }
    SECTION("another hash") { ack.mutable_ack()->set_hash(std::string(32, 'x')); }
    SECTION("a short hash") { ack.mutable_ack()->set_hash("x"); }
    SECTION("entries that were never sent") { ack.mutable_ack()->set_seq(11); }
    SECTION("a part of a batch") { ack = rig.ack(7); }
    SECTION("less than before") { ack = rig.ack(3); }
    SECTION("another branch") { ack.mutable_ack()->set_branch("12345678"); }
    rig.tell(ack);
    CHECK(rig.broken());
}

TEST_CASE("credit 0 stops the entries, more credit lets them go", "[stream]") {
    StationRig rig;
    rig.open();
    rig.tell(rig.welcome(rig.one().hello(), rig.longer, 0, 0));
    rig.serve();
    CHECK(rig.said().empty());
    v1::Envelope credit;
    credit.mutable_credit()->set_credit(3);
    rig.tell(credit);
    rig.serve();
    CHECK(rig.one().batch().entries_size() == 3);
    rig.tell(rig.ack(3, 0));
    rig.serve();
    CHECK(rig.said().empty());
    CHECK(rig.session->lag() == 7);
    credit.mutable_credit()->set_credit(1000);
    rig.tell(credit);
    rig.serve();
    CHECK(rig.one().batch().entries_size() == 7);
}

TEST_CASE("credit that falls while the ledger reads is kept to", "[stream]") {
    StationRig rig;
    rig.open();
    rig.tell(rig.welcome(rig.one().hello(), rig.longer, 0));
    rig.next<ClockHeard>();
    rig.command(HashesRead{rig.ledger.hashes(rig.next<ReadHashes>().seqs)});
    rig.next<Streaming>();
    const auto wish = rig.next<ReadEntries>();
    v1::Envelope credit;
    credit.mutable_credit()->set_credit(2);
    rig.tell(credit);
    rig.command(EntriesRead{rig.ledger.read(wish.after, wish.limit, wish.bytes)});
    CHECK(rig.one().batch().entries_size() == 2);
    rig.tell(rig.ack(2, 0));
    rig.serve();
    CHECK(rig.said().empty());
}

TEST_CASE("what is on the way stays within every limit, whatever the ledger holds", "[stream]") {
    std::size_t most_batches = 0, most_entries = 0, most_bytes = 0;
    for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
        std::mt19937_64 random{seed};
        StationRig rig{0};
        for (int i = 0; i < 3000; ++i) {
            if (random() % 100 == 0) {
                rig.ledger.book_large(random() % (seed % 2 == 0 ? kLargestBody : 3000));
            } else {
                rig.ledger.book_some(1);
            }
        }
        rig.longer = rig.ledger;
        std::uint32_t credit = static_cast<std::uint32_t>(random() % 3000);
        rig.open();
        rig.tell(rig.welcome(rig.one().hello(), rig.longer, 0, credit));
        std::deque<std::pair<Seq, std::pair<std::size_t, std::size_t>>> flights;  // last, entries, bytes
        Seq sent = 0;
        for (int round = 0; sent < rig.ledger.head() || !flights.empty(); ++round) {
            REQUIRE(round < 20000);
            rig.serve();
            for (const auto& message : rig.said()) {
                REQUIRE(message.has_batch());
                const auto entries = entries_of(message.batch().entries());
                REQUIRE(entries.has_value());
                REQUIRE(entries->front().header.seq == sent + 1);
                REQUIRE(message.ByteSizeLong() <= kLargestFrame);
                std::size_t bytes = 0;
                for (const Entry& entry : *entries) bytes += entry.body.size();
                REQUIRE((bytes <= kMostBytesInBatch || entries->size() == 1));
                sent = entries->back().header.seq;
                flights.push_back({sent, {entries->size(), bytes}});
            }
            std::size_t entries = 0, bytes = 0;
            for (const auto& [last, size] : flights) entries += size.first, bytes += size.second;
            REQUIRE(flights.size() <= UplinkSession::kMostBatchesInFlight);
            REQUIRE(entries <= std::min<std::size_t>(credit, UplinkSession::kMostEntriesInFlight));
            REQUIRE(bytes <= UplinkSession::kMostBytesInFlight);
            most_batches = std::max(most_batches, flights.size());
            most_entries = std::max(most_entries, entries);
            most_bytes = std::max(most_bytes, bytes);
            if (flights.empty()) {
                REQUIRE(credit == 0);  // nothing else keeps entries back
                credit = static_cast<std::uint32_t>(1 + random() % 3000);
                v1::Envelope more;
                more.mutable_credit()->set_credit(credit);
                rig.tell(more);
            } else {
                const std::size_t acked = 1 + random() % flights.size();
                const Seq last = flights[acked - 1].first;
                flights.erase(flights.begin(), flights.begin() + static_cast<std::ptrdiff_t>(acked));
                if (flights.empty())
                    credit = static_cast<std::uint32_t>(random() % 3000);  // else more could be on the way than that
                rig.tell(rig.ack(last, credit));
            }
        }
        CHECK_FALSE(rig.end());
    }
    CHECK(most_batches == UplinkSession::kMostBatchesInFlight);
    CHECK(most_entries == UplinkSession::kMostEntriesInFlight);
    CHECK(most_bytes > UplinkSession::kMostBytesInFlight / 2);
}

TEST_CASE("bookings at any moment of the conversation arrive", "[stream]") {
    for (const Stand stand : kAllStands) {
        INFO("stand " << static_cast<int>(stand));
        StationRig rig;
        rig.drive_to(stand);
        rig.ledger.book_some(1);
        rig.command(LedgerGrew{rig.ledger.head()});
        CHECK_FALSE(rig.end());
    }
    // In the stream it is sent at once, and beside what is on its way.
    StationRig rig;
    rig.drive_to(Stand::streaming);
    rig.ledger.book_some(2);
    rig.command(LedgerGrew{12});
    rig.command(LedgerGrew{11});  // old news
    rig.serve();
    CHECK(rig.one().batch().entries_size() == 2);
    // While comparing it is sent once that is done.
    StationRig other;
    other.drive_to(Stand::comparing);
    other.ledger.book_some(3);
    other.command(LedgerGrew{13});
    const Seq ten = 10;
    other.command(HashesRead{other.ledger.hashes({&ten, 1})});
    other.serve();
    CHECK(other.one().batch().entries_size() == 3);
}

TEST_CASE("a booking between Hello and Welcome does not make the collector a liar", "[hello]") {
    StationRig rig;
    rig.drive_to(Stand::greeting);
    rig.open();
    const auto hello = rig.one().hello();
    rig.ledger.book_some(1);  // beside the eleventh entry that the collector has
    rig.command(LedgerGrew{11});
    rig.tell(rig.welcome(hello, rig.longer, 15));
    CHECK_FALSE(rig.end());
    CHECK(rig.one().pull().after() == 10);
    rig.tell(rig.pulled(10, 5));
    CHECK_FALSE(rig.end());
    CHECK(rig.ledger.head() == 11);
    CHECK(rig.one().hello().branches(0).end() == 11);  // compared again: now they have parted
}

TEST_CASE("a conversation is the same in pieces of any size", "[bytes]") {
    for (const std::size_t piece : {1, 2, 7, 64}) {
        StationRig rig;
        rig.open();
        const auto hello = rig.one().hello();
        Bytes bytes;
        append_message(bytes, rig.welcome(hello, rig.longer, 15));
        rig.tell_bytes(bytes, piece);
        rig.serve();
        CHECK(rig.one().pull().after() == 10);
        rig.tell(rig.pulled(10, 5), piece);
        rig.serve();
        CHECK(rig.ledger.head() == 15);
        CHECK(rig.one().has_hello());
        CHECK_FALSE(rig.end());
    }
}

TEST_CASE("bytes that are no frames end the session, half a frame does not", "[bytes]") {
    for (const std::size_t piece : {1, 2, 7, 64}) {
        for (const char* hex : {"00000000", "00100001", "ffffffff", "0000000107", "00000003ffffff"}) {
            StationRig rig;
            rig.drive_to(Stand::streaming);
            rig.tell_bytes(*from_hex(hex), piece);
            INFO(hex << " in pieces of " << piece);
            CHECK(rig.broken());
            CHECK(!why(rig).empty());
            rig.tell_bytes(*from_hex(hex), piece);  // and nothing comes after the end
            CHECK(rig.silent());
            CHECK(rig.said().empty());
        }
        StationRig rig;
        rig.drive_to(Stand::streaming);
        Bytes whole;
        append_message(whole, rig.ack(10));
        for (std::size_t length = 0; length < whole.size(); ++length) {
            StationRig cut;
            cut.drive_to(Stand::streaming);
            cut.tell_bytes(ByteView{whole}.first(length), piece);
            CHECK(cut.silent());
            cut.session->closed();
            CHECK(cut.silent());
            CHECK_FALSE(cut.session->next_wake());
        }
    }
}

TEST_CASE("what the collector tells the staff arrives, within measure", "[hello]") {
    StationRig rig;
    rig.open();
    auto welcome = rig.welcome(rig.one().hello(), rig.longer, 4);
    for (int i = 0; i < 100; ++i) welcome.mutable_welcome()->add_notices("notice " + std::to_string(i));
    rig.tell(welcome);
    rig.serve();
    std::size_t notices = 0;
    for (const auto& event : rig.told) notices += std::holds_alternative<Notice>(event) ? 1 : 0;
    CHECK(notices == 16);
    CHECK_FALSE(rig.end());
}
