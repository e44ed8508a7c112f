// SPDX-License-Identifier: Apache-2.0
// The station's half, message by message: what it says, what it does not put up with, and how it ends.
#include "unit/uplink/station_rig.hpp"

#include "uplink/backoff.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

std::string why(StationRig& rig) {
    const auto end = rig.end();
    return end ? end->why : "";
}
bool broken(StationRig& rig) {
    const auto end = rig.end();
    return end && end->reason == UplinkEndReason::broken_peer;
}

v1::Envelope refusal(v1::RefuseReason reason, bool fatal, std::uint32_t retry_s = 0) {
    v1::Envelope message;
    message.mutable_refuse()->set_why(reason);
    message.mutable_refuse()->set_message("because");
    message.mutable_refuse()->set_fatal(fatal);
    message.mutable_refuse()->set_retry_after_s(retry_s);
    return message;
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
    CHECK(broken(rig));
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
    CHECK(broken(rig));
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
    CHECK(broken(rig));
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
        CHECK_FALSE(broken(rig));
        rig.drive_to(Stand::searching);
        rig.tell(message);
        rig.tell(message);
        CHECK(broken(rig));
        return;
    }
    rig.tell(message);
    CHECK(broken(rig));
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
    CHECK(broken(rig));
    CHECK(rig.ledger.branches.size() <= 1 + UplinkSession::kMostForks);
}

TEST_CASE("a ledger that fails ends the session, and a person is given time", "[ledger]") {
    for (const Stand stand : kAllStands) {
        StationRig rig;
        rig.drive_to(stand);
        rig.command(LedgerFailed{"the disk is full"});
        const auto end = rig.next<UplinkEnd>();
        CHECK(end.reason == UplinkEndReason::ledger);
        CHECK(end.why == "the disk is full");
        CHECK(end.retry_after >= std::chrono::seconds{30});
        CHECK_FALSE(rig.session->next_wake());
    }
}

TEST_CASE("entries that the ledger was not asked for end the session", "[ledger]") {
    StationRig rig;
    rig.drive_to(Stand::streaming);
    rig.ledger.book_some(3);
    rig.command(LedgerGrew{13});
    rig.next<ReadEntries>();
    SECTION("none") { rig.command(EntriesRead{{}}); }
    SECTION("others") { rig.command(EntriesRead{rig.ledger.read(11, 2, 1000)}); }
    const auto end = rig.end();
    REQUIRE(end);
    CHECK(end->reason == UplinkEndReason::ledger);
}

TEST_CASE("each refusal has its reason and its time", "[refuse]") {
    struct Row {
        v1::RefuseReason why;
        std::uint32_t retry_s;
        UplinkEndReason reason;
        std::chrono::seconds wait;
    };
    using namespace std::chrono_literals;
    const Row rows[] = {{v1::VERSION, 0, UplinkEndReason::version, 30s},
                        {v1::CERTIFICATE_EXPIRED, 0, UplinkEndReason::expired, 30s},
                        {v1::CANNOT_RENEW, 3600, UplinkEndReason::expired, 3600s},
                        {v1::OTHER_STATION, 60, UplinkEndReason::other_station, 60s},
                        {v1::FENCED, 0, UplinkEndReason::fenced, 5s},
                        {v1::BROKEN_CHAIN, 0, UplinkEndReason::refused, 0s},
                        {v1::BROKEN_RULE, 0, UplinkEndReason::refused, 0s},
                        {v1::STORE, 30, UplinkEndReason::again, 30s},
                        {v1::STOPPING, 2, UplinkEndReason::again, 2s},
                        {v1::STOPPING, 4'000'000'000, UplinkEndReason::again, 3600s},
                        {static_cast<v1::RefuseReason>(77), 9, UplinkEndReason::refused, 9s}};
    for (const Row& row : rows) {
        for (const Stand stand : kAllStands) {
            StationRig rig;
            rig.drive_to(stand);
            rig.tell(refusal(row.why, true, row.retry_s));
            const auto end = rig.next<UplinkEnd>();
            INFO(static_cast<int>(row.why) << " at stand " << static_cast<int>(stand));
            CHECK(end.reason == row.reason);
            CHECK(end.why == "because");
            CHECK(end.retry_after == row.wait);
        }
    }
    StationRig rig;
    rig.drive_to(Stand::streaming);
    rig.tell(refusal(v1::STORE, false));
    CHECK(rig.next<Notice>().text == "because");
    CHECK_FALSE(rig.end());
}

TEST_CASE("a due certificate is renewed first", "[renew]") {
    StationRig rig;
    rig.open("request");
    CHECK(rig.one().renew().request() == "request");
    SECTION("given: the next connection uses it") {
        v1::Envelope renewed;
        renewed.mutable_renewed()->set_certificate("PEM");
        rig.tell(renewed);
        CHECK(rig.next<CertificateRenewed>().certificate == "PEM");
        CHECK(rig.next<UplinkEnd>().reason == UplinkEndReason::again);
    }
    SECTION("not now: the old one may still do") {
        rig.tell(refusal(v1::CANNOT_RENEW, false));
        CHECK(rig.next<Notice>().text == "because");
        CHECK(rig.one().has_hello());
        CHECK(rig.session->next_wake() == rig.now + UplinkSession::kPatience);
    }
    SECTION("no answer") {
        rig.now += UplinkSession::kPatience;
        rig.session->wake(rig.now, rig.wall);
        CHECK(rig.next<UplinkEnd>().reason == UplinkEndReason::no_answer);
    }
    SECTION("not for ever: the end") {
        rig.tell(refusal(v1::CANNOT_RENEW, true, 3600));
        CHECK(rig.next<UplinkEnd>().reason == UplinkEndReason::expired);
    }
}

TEST_CASE("a collector that does not answer is left", "[time]") {
    for (const Stand stand : {Stand::renewing, Stand::greeting, Stand::searching, Stand::restoring}) {
        StationRig rig;
        rig.drive_to(stand);
        const auto at = rig.session->next_wake();
        REQUIRE(at);
        CHECK(*at <= rig.now + UplinkSession::kPatience);
        rig.now += UplinkSession::kPatience - Micros{1};
        rig.session->wake(rig.now, rig.wall);
        CHECK(rig.silent());
        rig.now += Micros{1};
        rig.session->wake(rig.now, rig.wall);
        CHECK(rig.next<UplinkEnd>().reason == UplinkEndReason::no_answer);
    }
}

TEST_CASE("pings go out at once and every 15 seconds, and give the collector's clock", "[time]") {
    StationRig rig;
    rig.drive_to(Stand::streaming);
    rig.tell(rig.ack(10));
    rig.next<Acknowledged>();
    REQUIRE(rig.session->next_wake() == rig.now);
    rig.session->wake(rig.now, rig.wall);
    const auto first = rig.one().ping();
    CHECK(first.last_rtt_us() > 0);  // of Hello and Welcome
    v1::Envelope first_pong;
    first_pong.mutable_pong()->set_mono_us(first.mono_us());
    first_pong.mutable_pong()->set_collector_us(rig.wall.time_since_epoch().count());
    rig.tell(first_pong);
    rig.next<ClockHeard>();
    CHECK(rig.session->next_wake() == rig.now + UplinkSession::kPingEvery);
    rig.session->wake(rig.now, rig.wall);
    CHECK(rig.said().empty());
    rig.now += UplinkSession::kPingEvery;
    rig.session->wake(rig.now, rig.wall);
    const auto ping = rig.one().ping();
    CHECK(ping.mono_us() == rig.now.time_since_epoch().count());
    v1::Envelope pong;
    pong.mutable_pong()->set_mono_us(ping.mono_us());
    pong.mutable_pong()->set_collector_us(rig.wall.time_since_epoch().count() + 500);
    SECTION("answered") {
        rig.now += std::chrono::milliseconds{80};
        rig.tell(pong);
        const auto clock = rig.next<ClockHeard>();
        CHECK(clock.rtt == std::chrono::milliseconds{80});
        CHECK(clock.collector == rig.wall + Micros{500} + std::chrono::milliseconds{40});
        rig.tell(pong);  // once more: nobody asked
        CHECK(rig.silent());
        rig.now += UplinkSession::kPingEvery;
        rig.session->wake(rig.now, rig.wall);
        CHECK(rig.one().ping().last_rtt_us() == 80'000);
    }
    SECTION("not answered") {
        rig.now += UplinkSession::kPatience;
        rig.session->wake(rig.now, rig.wall);
        CHECK(rig.next<UplinkEnd>().reason == UplinkEndReason::no_answer);
    }
    SECTION("answered with other numbers") {
        for (const std::int64_t mono : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
                                        std::int64_t{0}, ping.mono_us() + 1}) {
            pong.mutable_pong()->set_mono_us(mono);
            rig.tell(pong);
            CHECK(rig.silent());
        }
        pong.mutable_pong()->set_mono_us(ping.mono_us());
        pong.mutable_pong()->set_collector_us(std::numeric_limits<std::int64_t>::max());
        rig.tell(pong);
        CHECK(rig.silent());  // an answer, but no clock
        rig.now += UplinkSession::kPatience;
        rig.session->wake(rig.now, rig.wall);
        CHECK_FALSE(rig.end());
    }
}

TEST_CASE("no ping goes out between a second Hello and its Welcome", "[time]") {
    StationRig rig;
    rig.drive_to(Stand::forking);
    rig.ledger.fork(0, "");
    rig.now += UplinkSession::kPingEvery - std::chrono::seconds{1};
    rig.command(TailRead{rig.ledger.tail()});
    CHECK(rig.one().has_hello());
    rig.now += std::chrono::seconds{2};
    rig.session->wake(rig.now, rig.wall);
    CHECK(rig.said().empty());
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
            CHECK(broken(rig));
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

TEST_CASE("a message out of turn ends the session, and no other wish follows", "[turn]") {
    std::vector<std::pair<const char*, std::set<Stand>>> rows{{"welcome", {Stand::greeting}},
                                                              {"ack", {Stand::streaming}},
                                                              {"hashes", {Stand::searching}},
                                                              {"pulled", {Stand::restoring}},
                                                              {"renewed", {Stand::renewing}},
                                                              {"hello", {}},
                                                              {"batch", {}},
                                                              {"ask_hashes", {}},
                                                              {"pull", {}},
                                                              {"ping", {}},
                                                              {"renew", {}}};
    for (const auto& [name, allowed] : rows) {
        for (const Stand stand : kAllStands) {
            if (allowed.contains(stand)) continue;
            StationRig rig;
            rig.drive_to(stand);
            v1::Envelope message;
            const auto* field = v1::Envelope::descriptor()->FindFieldByName(name);
            REQUIRE(field != nullptr);
            v1::Envelope::GetReflection()->MutableMessage(&message, field);
            rig.tell(message);
            INFO(name << " at stand " << static_cast<int>(stand));
            CHECK(rig.next<UplinkEnd>().reason == UplinkEndReason::broken_peer);
            CHECK(rig.silent());
        }
    }
}

TEST_CASE("a newer collector's word is passed over", "[turn]") {
    for (const Stand stand : kAllStands) {
        StationRig rig;
        rig.drive_to(stand);
        rig.tell_bytes(*from_hex("00000003c23e00"));  // field 1000, empty
        CHECK(rig.silent());
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

TEST_CASE("attempts wait longer and longer, with full jitter, and not after a success", "[backoff]") {
    SeededEntropy entropy{5};
    for (int failures = 0; failures < 14; ++failures) {
        const Micros ceiling = std::min<Micros>(Backoff::kLongest, Backoff::kFirst * (1 << failures));
        Micros shortest = Backoff::kLongest, longest{0};
        for (int i = 0; i < 400; ++i) {
            Backoff one{entropy};
            for (int j = 0; j < failures; ++j) (void)one.next();
            const Micros wait = one.next();
            shortest = std::min(shortest, wait);
            longest = std::max(longest, wait);
        }
        CHECK(longest <= ceiling);
        CHECK(longest > ceiling * 9 / 10);
        CHECK(shortest < ceiling / 10);
    }
    Backoff backoff{entropy};
    for (int i = 0; i < 100; ++i) CHECK(backoff.next() <= Backoff::kLongest);
    CHECK(backoff.next(std::chrono::hours{1}) >= std::chrono::hours{1});
    backoff.succeeded();
    CHECK(backoff.next() <= Backoff::kFirst);
}
