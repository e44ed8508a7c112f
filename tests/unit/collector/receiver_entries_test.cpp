// SPDX-License-Identifier: Apache-2.0
// The collector's half: entries in, questions about what is there.
#include "unit/collector/receiver_rig.hpp"

using namespace dosario;
using namespace dosario::test;

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
