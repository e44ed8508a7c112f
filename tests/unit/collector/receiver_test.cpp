// SPDX-License-Identifier: Apache-2.0
// The collector's half, message by message.
#include "collector/receiver.hpp"
#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/station_ledger.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

struct ReceiverRig {
    explicit ReceiverRig(std::size_t entries = 10, bool expired = false) : receiver(*digest, "farmacia", expired) {
        ledger.book_some(entries);
        receiver.opened(now);
    }

    v1::Envelope hello() {
        const LedgerTail tail = ledger.tail();
        v1::Envelope message;
        auto& out = *message.mutable_hello();
        out.set_proto_min(1);
        out.set_proto_max(1);
        out.set_ledger(text_of(tail.ledger));
        for (const BranchSpan& span : tail.branches) {
            auto& branch = *out.add_branches();
            branch.set_branch(text_of(span.branch));
            branch.set_starts_after(span.starts_after);
            branch.set_end(span.end);
            branch.set_parent_hash(text_of(span.parent_hash));
        }
        out.set_boot(3);
        out.set_mono_us(77);
        out.set_build("0.1.0");
        return message;
    }
    v1::Envelope batch(Seq after, Seq to, std::size_t branch = 0) {
        v1::Envelope message;
        message.mutable_batch()->set_branch(text_of(ledger.branches[branch].id));
        for (Seq seq = after + 1; seq <= to; ++seq) put(*message.mutable_batch()->add_entries(), ledger.entries[seq - 1]);
        return message;
    }
    void tell(const v1::Envelope& message, std::size_t piece = 1 << 20) {
        Bytes bytes;
        append_message(bytes, message);
        tell_bytes(bytes, piece);
    }
    void tell_bytes(ByteView bytes, std::size_t piece = 1 << 20) {
        for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size())))
            receiver.receive(bytes.first(std::min(piece, bytes.size())), now, wall);
    }
    void command(ReceiverCommand what) { receiver.command(std::move(what), now, wall); }
    template <class Event>
    Event next() {
        auto event = receiver.next_event();
        REQUIRE(event.has_value());
        INFO("event " << event->index());
        REQUIRE(std::holds_alternative<Event>(*event));
        return std::get<Event>(std::move(*event));
    }
    bool silent() { return !receiver.next_event().has_value(); }
    std::vector<v1::Envelope> said() {
        reader_.feed(receiver.next_write());
        std::vector<v1::Envelope> all;
        for (;;) {
            auto message = reader_.next();
            REQUIRE(message.has_value());
            if (!*message) return all;
            all.push_back(std::move(**message));
        }
    }
    v1::Envelope one() {
        auto all = said();
        REQUIRE(all.size() == 1);
        return all.front();
    }
    /// It says why, and ends.
    v1::Refuse refused() {
        const auto message = one();
        REQUIRE(message.has_refuse());
        CHECK(message.refuse().fatal());
        CHECK_FALSE(message.refuse().message().empty());
        next<ReceiverEnd>();
        CHECK_FALSE(receiver.next_wake());
        return message.refuse();
    }
    SessionBegun begun(Seq have = 0, std::uint32_t credit = 1024) {
        SessionBegun answer;
        answer.start.number = 9;
        for (const BranchSpan& span : ledger.tail().branches) {
            BranchHead head{span.branch, std::max(have, span.starts_after), {}, 0, {}};
            head.common = std::min(head.have, span.end);
            const Seq seqs[] = {head.have, head.common};
            const auto hashes = ledger.hashes(seqs);
            head.have_hash = hashes[0];
            head.common_hash = hashes[1];
            answer.start.heads.push_back(head);
        }
        answer.credit = credit;
        return answer;
    }
    void welcome(Seq have = 0) {
        tell(hello());
        next<SessionWanted>();
        command(begun(have));
        CHECK(one().has_welcome());
    }
    EntriesKept kept(Seq head, Appended what = Appended::stored) {
        return {ledger.branches.back().id, {what, head, ledger.hashes({&head, 1}).front(), 1}, 500};
    }

    std::unique_ptr<Digest> digest = make_digest();
    SeededEntropy entropy{1};
    MemoryLedger ledger{*digest, entropy};
    Receiver receiver;
    MonoTime now{std::chrono::hours{1}};
    UtcTime wall = UtcTime{day("2026-11-21")};

private:
    MessageReader reader_;
};

}  // namespace

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
        rig.tell(message);
        rig.next<RenewalWanted>();
    }
    SECTION("refused: there is nothing else to say") {
        rig.command(RenewalRefused{"revoked"});
        CHECK(rig.refused().why() == v1::CANNOT_RENEW);
    }
    SECTION("once at a time") {
        rig.tell(message);
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
    }
    SECTION("not of any size") {
        rig.command(CertificateIssued{"PEM"});
        rig.said();
        message.mutable_renew()->set_request(std::string(16 * 1024 + 1, 'x'));
        rig.tell(message);
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
    }
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

TEST_CASE("batches go to the store in order, and are acknowledged when it has them", "[receiver]") {
    ReceiverRig rig;
    rig.welcome(2);
    rig.tell(rig.batch(2, 5));
    rig.tell(rig.batch(5, 9));
    const auto first = rig.next<Append>();
    CHECK(first.session == 9);
    CHECK(first.entries.size() == 3);
    CHECK(first.damaged == 0);
    CHECK(rig.next<Append>().entries.size() == 4);
    CHECK(rig.said().empty());
    rig.command(rig.kept(5));
    const auto ack = rig.one().ack();
    CHECK(ack.seq() == 5);
    CHECK(ack.hash() == text_of(rig.ledger.entries[4].hash));
    CHECK(ack.credit() == 500);
    rig.command(rig.kept(9));
    CHECK(rig.one().ack().seq() == 9);
}

TEST_CASE("a batch that does not go on where the last one ended is refused", "[receiver]") {
    ReceiverRig rig;
    rig.welcome(2);
    rig.tell(rig.batch(2, 5));
    rig.next<Append>();
    auto message = rig.batch(5, 8);
    SECTION("again") { message = rig.batch(2, 5); }
    SECTION("later") { message = rig.batch(6, 8); }
    SECTION("empty") { message.mutable_batch()->clear_entries(); }
    SECTION("with a gap") { message.mutable_batch()->mutable_entries()->DeleteSubrange(1, 1); }
    SECTION("of another branch") { message.mutable_batch()->set_branch("12345678"); }
    SECTION("with a broken id") { message.mutable_batch()->mutable_entries(1)->set_event_id("x"); }
    SECTION("with a number beyond all") { message.mutable_batch()->mutable_entries(1)->set_boot(1ULL << 63); }
    SECTION("with a third kind of clock") { message.mutable_batch()->mutable_entries(1)->set_clock(2); }
    SECTION("with too many entries") {
        while (message.batch().entries_size() <= 256)
            *message.mutable_batch()->add_entries() = message.batch().entries(message.batch().entries_size() - 1),
            message.mutable_batch()
                ->mutable_entries(message.batch().entries_size() - 1)
                ->set_seq(5 + static_cast<std::uint64_t>(message.batch().entries_size()));
    }
    rig.tell(message);
    CHECK(rig.refused().why() == v1::BROKEN_RULE);
    CHECK(rig.silent());
}

TEST_CASE("a chain that breaks is told and not stored; what the book names is", "[receiver]") {
    for (const int what : {0, 1, 2, 3, 4}) {
        ReceiverRig rig;
        Entry& entry = rig.ledger.entries[5];
        if (what == 0) entry.body.push_back(std::byte{1});
        if (what == 1) entry.hash[31] ^= std::byte{1};
        if (what == 2) ++entry.header.wall_us;
        if (what == 3) entry.event_id[0] ^= std::byte{1};
        if (what == 4) entry.header.kind = 9;
        rig.welcome();
        rig.tell(rig.batch(0, 3));
        rig.next<Append>();
        rig.tell(rig.batch(3, 8));
        const auto broke = rig.next<ChainBroke>();
        CHECK(broke.seq == 6);
        CHECK(broke.branch == rig.ledger.branches[0].id);
        const auto refuse = rig.refused();
        CHECK(refuse.why() == v1::BROKEN_CHAIN);
        CHECK(refuse.seq() == 6);
    }
}

TEST_CASE("an entry that the book of damaged ones names is kept as it is", "[receiver]") {
    ReceiverRig rig;
    rig.ledger.entries[5].body.push_back(std::byte{1});
    rig.tell(rig.hello());
    rig.next<SessionWanted>();
    auto answer = rig.begun(3);
    answer.damaged = {{BranchId{}, 4}, {rig.ledger.branches[0].id, 6}};
    rig.command(std::move(answer));
    rig.said();
    rig.tell(rig.batch(3, 10));
    const auto append = rig.next<Append>();
    CHECK(append.damaged == 6);
    CHECK(append.entries.size() == 7);
    CHECK(rig.silent());
}

TEST_CASE("no station fills the collector's memory", "[receiver]") {
    SECTION("with entries") {
        ReceiverRig rig{5000};
        rig.welcome();
        Seq at = 0;
        for (; at + 256 <= Receiver::kMostEntriesWaiting; at += 256) rig.tell(rig.batch(at, at + 256));
        for (Seq i = 0; i < at / 256; ++i) rig.next<Append>();
        CHECK(rig.said().empty());
        SECTION("one more is too many") {
            rig.tell(rig.batch(at, at + 1));
            CHECK(rig.refused().why() == v1::BROKEN_RULE);
        }
        SECTION("unless some were stored") {
            rig.command(rig.kept(256));
            rig.said();
            rig.tell(rig.batch(at, at + 256));
            rig.next<Append>();
        }
    }
    SECTION("with bytes") {
        ReceiverRig rig{0};
        for (int i = 0; i < 6; ++i) rig.ledger.book_large(kLargestBody);
        rig.welcome();
        Seq at = 0;
        for (; at < Receiver::kMostBytesWaiting / kLargestBody; ++at) rig.tell(rig.batch(at, at + 1));
        for (Seq i = 0; i < at; ++i) rig.next<Append>();
        rig.tell(rig.batch(at, at + 1));
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
    }
    SECTION("with what is no frame") {
        ReceiverRig rig;
        rig.tell_bytes(*from_hex("ffffffff"));
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
        for (int i = 0; i < 1000; ++i) rig.tell_bytes(Bytes(1000, std::byte{1}));
        CHECK(rig.silent());
    }
}

TEST_CASE("what the store did not keep ends the session", "[receiver]") {
    ReceiverRig rig;
    rig.welcome();
    rig.tell(rig.batch(0, 5));
    rig.tell(rig.batch(5, 8));
    rig.next<Append>();
    rig.next<Append>();
    SECTION("fenced") {
        rig.command(rig.kept(0, Appended::fenced));
        const auto refuse = rig.refused();
        CHECK(refuse.why() == v1::FENCED);
        CHECK(refuse.retry_after_s() > 0);
    }
    SECTION("fenced, and told so") {
        rig.command(SessionFenced{});
        CHECK(rig.refused().why() == v1::FENCED);
    }
    for (const Appended what : {Appended::gap, Appended::differs, Appended::orphaned}) {
        DYNAMIC_SECTION("changed, " << static_cast<int>(what)) {
            rig.command(rig.kept(3, what));
            CHECK(rig.refused().why() == v1::BROKEN_RULE);
        }
    }
    SECTION("the disk is full") {
        rig.command(StoreFailed{"the disk is full"});
        const auto refuse = rig.refused();
        CHECK(refuse.why() == v1::STORE);
        CHECK(refuse.message() == "the disk is full");
        CHECK(refuse.retry_after_s() == 30);
    }
    SECTION("the collector stops") {
        rig.command(CollectorStops{});
        CHECK(rig.refused().why() == v1::STOPPING);
    }
    rig.command(rig.kept(8));  // too late
    CHECK(rig.said().empty());
    rig.tell(rig.batch(8, 9));
    CHECK(rig.silent());
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

TEST_CASE("questions for hashes and entries are answered one at a time", "[receiver]") {
    ReceiverRig rig;
    rig.welcome(10);
    v1::Envelope ask;
    ask.mutable_ask_hashes()->set_branch(text_of(rig.ledger.branches[0].id));
    for (const Seq seq : {2, 4, 99}) ask.mutable_ask_hashes()->add_seqs(seq);
    v1::Envelope pull;
    pull.mutable_pull()->set_branch(text_of(rig.ledger.branches[0].id));
    pull.mutable_pull()->set_after(4);
    SECTION("hashes") {
        rig.tell(ask);
        const auto wanted = rig.next<HashesWanted>();
        CHECK(wanted.seqs == std::vector<Seq>{2, 4, 99});
        rig.command(HashesFound{{rig.ledger.entries[1].hash, rig.ledger.entries[3].hash, std::nullopt}});
        const auto hashes = rig.one().hashes();
        REQUIRE(hashes.entries_size() == 3);
        CHECK(hashes.entries(1).hash() == text_of(rig.ledger.entries[3].hash));
        CHECK(hashes.entries(2).hash().empty());
        rig.tell(pull);
        rig.next<EntriesWanted>();
    }
    SECTION("entries, never more than a frame holds") {
        rig.tell(pull);
        CHECK(rig.next<EntriesWanted>().after == 4);
        for (int i = 0; i < 4; ++i) rig.ledger.book_large(kLargestBody);
        rig.command(EntriesFound{{rig.ledger.entries.begin() + 4, rig.ledger.entries.end()}});
        const auto pulled = rig.one().pulled();
        CHECK(pulled.entries_size() == 6);
        CHECK(pulled.entries(0).seq() == 5);
    }
    SECTION("two at a time") {
        rig.tell(ask);
        rig.next<HashesWanted>();
        rig.tell(GENERATE(0, 1) == 0 ? ask : pull);
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
    }
    SECTION("no answer of the store") {
        rig.tell(ask);
        rig.next<HashesWanted>();
        rig.command(StoreFailed{"damaged"});
        CHECK(rig.refused().why() == v1::STORE);
    }
    SECTION("of nothing") { ask.mutable_ask_hashes()->clear_seqs(); }
    SECTION("of too many") {
        while (ask.ask_hashes().seqs_size() <= 64) ask.mutable_ask_hashes()->add_seqs(1);
    }
    SECTION("of another branch") { ask.mutable_ask_hashes()->set_branch("12345678"); }
    if (ask.ask_hashes().seqs_size() != 3 || ask.ask_hashes().branch() == "12345678") {
        rig.tell(ask);
        CHECK(rig.refused().why() == v1::BROKEN_RULE);
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
