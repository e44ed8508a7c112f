// SPDX-License-Identifier: Apache-2.0
// How a session ends, is renewed or left, and when the next one begins.
#include "unit/uplink/station_rig.hpp"

#include "uplink/backoff.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

v1::Envelope refusal(v1::RefuseReason reason, bool fatal, std::uint32_t retry_s = 0) {
    v1::Envelope message;
    message.mutable_refuse()->set_why(reason);
    message.mutable_refuse()->set_message("because");
    message.mutable_refuse()->set_fatal(fatal);
    message.mutable_refuse()->set_retry_after_s(retry_s);
    return message;
}

}  // namespace

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

TEST_CASE("a ledger that began a branch by itself is told of anew, at once", "[ledger]") {
    for (const Stand stand : kAllStands) {
        StationRig rig;
        rig.drive_to(stand);
        rig.command(LedgerParted{});
        const auto end = rig.next<UplinkEnd>();
        CHECK(end.reason == UplinkEndReason::again);
        CHECK(end.retry_after == Micros{});
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
