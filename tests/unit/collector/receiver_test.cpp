// SPDX-License-Identifier: Apache-2.0
// The collector's half, message by message: who may come in, and what keeps a session.
#include "unit/collector/receiver_rig.hpp"

using namespace dosario;
using namespace dosario::test;

TEST_CASE("a Hello is answered with what the store has", "[receiver]") {
    ReceiverRig rig;
    rig.ledger.fork(6, "");
    rig.tell(rig.hello());
    const auto wanted = rig.next<SessionWanted>();
    CHECK(wanted.station == "farmacia");
    CHECK(wanted.ledger == rig.ledger.tail().ledger);
    CHECK(wanted.boot == 3);
    CHECK(wanted.build == "0.1.0");
    REQUIRE(wanted.branches.size() == 2);
    CHECK(wanted.branches[1].starts_after == 6);
    auto answer = rig.begun(7);
    answer.notices = {"one", "two"};
    rig.command(std::move(answer));
    const auto welcome = rig.one().welcome();
    CHECK(welcome.proto() == 1);
    CHECK(welcome.session() == 9);
    CHECK(welcome.credit() == 1024);
    CHECK(welcome.hello_mono_us() == 77);
    CHECK(welcome.collector_us() == rig.wall.time_since_epoch().count());
    CHECK(welcome.notices_size() == 2);
    REQUIRE(welcome.branches_size() == 2);
    CHECK(welcome.branches(1).have() == 7);
}

TEST_CASE("a Hello that cannot be is refused", "[receiver]") {
    ReceiverRig rig;
    rig.ledger.fork(6, "");
    auto message = rig.hello();
    auto& hello = *message.mutable_hello();
    SECTION("no branches") { hello.clear_branches(); }
    SECTION("too many branches") {
        while (hello.branches_size() <= 256) {
            auto& more = *hello.add_branches();
            more.set_starts_after(10);
            more.set_end(10);
            more.set_branch("branch" + std::to_string(10 + hello.branches_size() % 90));
            more.set_parent_hash(std::string(32, 'x'));
        }
    }
    SECTION("a hole between branches") { hello.mutable_branches(1)->set_starts_after(7); }
    SECTION("overlapping branches") { hello.mutable_branches(1)->set_starts_after(5); }
    SECTION("a branch that ends before it begins") { hello.mutable_branches(1)->set_end(5); }
    SECTION("a first branch that begins in the middle") { hello.mutable_branches(0)->set_starts_after(1); }
    SECTION("a beginning with a past") { hello.mutable_branches(0)->set_parent_hash(std::string(32, 'x')); }
    SECTION("the same branch twice") { hello.mutable_branches(1)->set_branch(hello.branches(0).branch()); }
    SECTION("a branch's name of another length") { hello.mutable_branches(1)->set_branch("x"); }
    SECTION("a hash of another length") { hello.mutable_branches(1)->set_parent_hash("x"); }
    SECTION("an end beyond all numbers") { hello.mutable_branches(1)->set_end(1ULL << 63); }
    SECTION("a ledger's id of another length") { hello.set_ledger("x"); }
    SECTION("a run beyond all numbers") { hello.set_boot(1ULL << 63); }
    rig.tell(message);
    CHECK(rig.refused().why() == v1::BROKEN_RULE);
}

TEST_CASE("a version in common is needed", "[receiver]") {
    for (const auto& [low, high, good] :
         {std::tuple{1U, 1U, true}, {0U, 1U, true}, {1U, 5U, true}, {0U, 0U, false}, {2U, 3U, false}, {2U, 1U, false}}) {
        ReceiverRig rig;
        auto message = rig.hello();
        message.mutable_hello()->set_proto_min(low);
        message.mutable_hello()->set_proto_max(high);
        rig.tell(message);
        if (good) {
            rig.next<SessionWanted>();
        } else {
            CHECK(rig.refused().why() == v1::VERSION);
        }
    }
}

TEST_CASE("with an expired certificate only a renewal is answered", "[receiver]") {
    {
        ReceiverRig rig{10, true};
        rig.tell(rig.hello());
        CHECK(rig.refused().why() == v1::CERTIFICATE_EXPIRED);
    }
    ReceiverRig rig{10, true};
    v1::Envelope message;
    message.mutable_renew()->set_request("request");
    rig.tell(message);
    CHECK(rig.next<RenewalWanted>().request == "request");
    SECTION("given") {
        rig.command(CertificateIssued{"PEM"});
        CHECK(rig.one().renewed().certificate() == "PEM");
    }
    SECTION("refused: there is nothing else to say") {
        rig.command(RenewalRefused{"revoked"});
        CHECK(rig.refused().why() == v1::CANNOT_RENEW);
    }
    SECTION("once") {
        if (GENERATE(false, true)) {
            rig.command(CertificateIssued{"PEM"});
            rig.said();
        }
        rig.tell(message);
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
    }
}

TEST_CASE("who asks for a certificate with more than a request is refused", "[receiver]") {
    ReceiverRig rig{10, true};
    v1::Envelope message;
    SECTION("a long one") { message.mutable_renew()->set_request(std::string(16 * 1024 + 1, 'x')); }
    SECTION("a frame that no greeting needs") { message.mutable_renew()->set_request(std::string(64 * 1024, 'x')); }
    rig.tell(message);
    CHECK(rig.refused().why() == v1::BROKEN_RULE);
}

TEST_CASE("before the Welcome a frame is short, and is not waited for", "[receiver]") {
    ReceiverRig rig;
    rig.tell_bytes(as_bytes(std::string{"\x00\x01\x00\x01", 4}));
    CHECK(rig.refused().why() == v1::BROKEN_RULE);
    ReceiverRig later;
    later.welcome();
    later.tell_bytes(as_bytes(std::string{"\x00\x10\x00\x00", 4}));
    CHECK(later.silent());
}

TEST_CASE("a renewal that is refused in time lets the session go on", "[receiver]") {
    ReceiverRig rig;
    v1::Envelope message;
    message.mutable_renew()->set_request("request");
    rig.tell(message);
    rig.next<RenewalWanted>();
    rig.command(RenewalRefused{"not now"});
    const auto refuse = rig.one().refuse();
    CHECK(refuse.why() == v1::CANNOT_RENEW);
    CHECK_FALSE(refuse.fatal());
    rig.welcome();
}

TEST_CASE("a ledger of another station, and a store that cannot begin, are refused", "[receiver]") {
    for (const bool other : {true, false}) {
        ReceiverRig rig;
        rig.tell(rig.hello());
        rig.next<SessionWanted>();
        rig.command(SessionRefused{"no", other});
        CHECK(rig.refused().why() == (other ? v1::OTHER_STATION : v1::STORE));
    }
}

TEST_CASE("a station may say Hello again when its branches have changed", "[receiver]") {
    ReceiverRig rig;
    rig.welcome(10);
    rig.ledger.fork(4, "");
    auto hello = rig.hello();
    SECTION("and is welcomed again") {
        rig.tell(hello);
        CHECK(rig.next<SessionWanted>().branches.size() == 2);
        rig.command(rig.begun(4));
        CHECK(rig.one().welcome().branches_size() == 2);
        rig.tell(rig.batch(4, 10, 1));
        CHECK(rig.next<Append>().span.starts_after == 4);
    }
    SECTION("but not of another ledger") {
        hello.mutable_hello()->set_ledger(std::string(16, 'x'));
        rig.tell(hello);
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
    }
    SECTION("but not twice at once") {
        rig.tell(hello);
        rig.next<SessionWanted>();
        rig.tell(hello);
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
    }
}

TEST_CASE("a Hello while entries are being stored is refused", "[receiver]") {
    ReceiverRig rig;
    rig.welcome();
    rig.tell(rig.batch(0, 5));
    rig.next<Append>();
    rig.tell(rig.hello());
    CHECK(rig.refused().why() == v1::BROKEN_RULE);
}

TEST_CASE("pings are answered from the first Hello on, and give the station's clock after the Welcome", "[receiver]") {
    ReceiverRig rig;
    v1::Envelope message;
    auto& ping = *message.mutable_ping();
    ping.set_boot(3);
    ping.set_mono_us(1000);
    ping.set_last_rtt_us(80'000);
    rig.tell(rig.hello());
    rig.next<SessionWanted>();
    rig.tell(message);
    CHECK(rig.one().pong().mono_us() == 1000);
    CHECK(rig.silent());  // whose ledger it is, is not certain yet
    rig.command(rig.begun());
    rig.said();
    rig.tell(message);
    CHECK(rig.one().pong().collector_us() == rig.wall.time_since_epoch().count());
    const auto clock = rig.next<StationClock>();
    CHECK(clock.boot == 3);
    CHECK(clock.mono_us == 1000);
    CHECK(clock.rtt_us == 80'000);
    CHECK(clock.collector_us == rig.wall.time_since_epoch().count() - 40'000);
    for (const std::int64_t rtt :
         {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0}, std::int64_t{1} << 62}) {
        ping.set_last_rtt_us(rtt);
        rig.tell(message);
        CHECK(rig.silent());
    }
    ping.set_last_rtt_us(5);
    ping.set_mono_us(std::numeric_limits<std::int64_t>::min());
    rig.tell(message);
    CHECK(rig.silent());
    ping.set_mono_us(5);
    ping.set_boot(1ULL << 63);
    rig.tell(message);
    CHECK(rig.silent());
}

TEST_CASE("words out of turn end the connection", "[receiver]") {
    for (const char* name : {"batch", "ask_hashes", "pull", "ping"}) {
        ReceiverRig rig;
        v1::Envelope message;
        v1::Envelope::GetReflection()->MutableMessage(&message, v1::Envelope::descriptor()->FindFieldByName(name));
        rig.tell(message);
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
    }
    for (const char* name : {"welcome", "ack", "hashes", "pulled", "pong", "refuse", "renewed", "credit"}) {
        for (const bool welcomed : {false, true}) {
            ReceiverRig rig;
            if (welcomed) rig.welcome();
            v1::Envelope message;
            v1::Envelope::GetReflection()->MutableMessage(&message, v1::Envelope::descriptor()->FindFieldByName(name));
            rig.tell(message);
            CHECK(rig.refused().why() == v1::BROKEN_RULE);
        }
    }
    ReceiverRig rig;
    rig.tell_bytes(*from_hex("00000003c23e00"));  // a newer station's word
    CHECK(rig.silent());
    rig.welcome();
}

TEST_CASE("a conversation is the same in pieces of any size", "[receiver]") {
    for (const std::size_t piece : {1, 2, 7, 64}) {
        ReceiverRig rig;
        rig.tell(rig.hello(), piece);
        rig.next<SessionWanted>();
        rig.command(rig.begun());
        rig.said();
        rig.tell(rig.batch(0, 10), piece);
        CHECK(rig.next<Append>().entries.size() == 10);
    }
}

TEST_CASE("a station that does not say who it is is left, whatever else it sends", "[receiver]") {
    ReceiverRig rig;
    const MonoTime opened = rig.now;
    rig.now += std::chrono::seconds{19};
    rig.tell_bytes(as_bytes(std::string{"\x00\x00", 2}));
    CHECK(rig.receiver.next_wake() == opened + std::chrono::seconds{20});
    rig.now = opened + std::chrono::seconds{20};
    rig.receiver.wake(rig.now, rig.wall);
    rig.next<ReceiverEnd>();
}

TEST_CASE("a station that says nothing is left", "[receiver]") {
    ReceiverRig rig;
    rig.welcome();
    REQUIRE(rig.receiver.next_wake() == rig.now + Receiver::kPatience);
    rig.now += Receiver::kPatience - Micros{1};
    rig.receiver.wake(rig.now, rig.wall);
    CHECK(rig.silent());
    v1::Envelope message;
    message.mutable_ping();
    rig.tell(message);
    rig.said();
    rig.now += Receiver::kPatience;
    rig.receiver.wake(rig.now - Micros{1}, rig.wall);
    CHECK(rig.silent());
    rig.receiver.wake(rig.now, rig.wall);
    rig.next<ReceiverEnd>();
    CHECK(rig.said().empty());
}

TEST_CASE("more or less credit is told", "[receiver]") {
    ReceiverRig rig;
    rig.command(CreditChanged{5});  // nobody there yet
    CHECK(rig.said().empty());
    rig.welcome();
    rig.command(CreditChanged{5});
    CHECK(rig.one().credit().credit() == 5);
}

TEST_CASE("a build's name is shortened by whole characters", "[receiver]") {
    ReceiverRig rig;
    auto message = rig.hello();
    std::string build(63, 'x');
    build += "\xc3\xb1\xc3\xb1";
    message.mutable_hello()->set_build(build);
    rig.tell(message);
    CHECK(rig.next<SessionWanted>().build == std::string(63, 'x'));
}
