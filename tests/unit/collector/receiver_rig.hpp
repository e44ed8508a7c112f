// SPDX-License-Identifier: Apache-2.0
// The collector's core, a station's ledger in memory, and a store that says what a test makes it say.
#pragma once

#include "collector/receiver.hpp"
#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/station_ledger.hpp"

namespace dosario::test {

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

}  // namespace dosario::test
