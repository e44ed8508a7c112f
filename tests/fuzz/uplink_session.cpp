// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the station's half of the uplink, told frames of a collector that says anything at any moment, with a ledger that serves
// its wishes. Whatever comes, it asks its ledger for nothing that is not there, never more is on the way than may be, what counts as
// acknowledged was sent, and after the end nothing is wished.
#include "crypto/openssl.hpp"
#include "fuzz/uplink_input.hpp"
#include "uplink/session.hpp"
#include "wire/quiet_protobuf.hpp"

#include <map>

using namespace dosario;
using namespace dosario::test;

namespace {

const Digest& digest() {
    static const std::unique_ptr<Digest> made = make_digest();
    return *made;
}

const MemoryLedger& whole_ledger() {
    static SeededEntropy entropy{1};
    static const MemoryLedger made = fuzz_ledger(digest(), entropy);
    return made;
}

class Run {
public:
    Run(const std::uint8_t* bytes, std::size_t size)
        : input_(bytes, size),
          longer_(whole_ledger()),
          ledger_(longer_),
          session_(UplinkGreeting{shortened(input_.byte()), {}, "test", input_.byte() == 1 ? "request" : ""}) {
        session_.opened(now_, wall_);
    }

    void go() {
        look();
        while (!input_.empty()) {
            step();
            look();
        }
        session_.closed();
        DOSARIO_CHECK(session_.next_write().empty() && !session_.next_event() && !session_.next_wake());
    }

private:
    /// Now and then the station was restored from an older copy: the collector has entries beyond its head.
    LedgerTail shortened(std::uint8_t choice) {
        if (choice < 64) ledger_.entries.resize(ledger_.entries.size() - 1 - choice % 8);
        return ledger_.tail();
    }

    void step() {
        switch (input_.below(16)) {
            case 0: return hear(input_.bytes());
            case 1: {
                Bytes frame;
                if (const Bytes content = input_.bytes(); !content.empty()) append_frame(frame, as_text(content));
                return hear(frame);
            }
            case 2: now_ += std::chrono::seconds{input_.byte()}; return session_.wake(now_, wall_);
            case 3: ledger_.book_some(1 + input_.below(3)); return command(LedgerGrew{ledger_.head()});
            case 4: return command(stray());
            case 5:
            case 6:
            case 7:
            case 8:
            case 9: return serve();
            default: return say();
        }
    }

    void hear(const Bytes& bytes) {
        now_ += Micros{1};
        session_.receive(bytes, now_, wall_);
    }
    void command(UplinkCommand what) { session_.command(std::move(what), now_, wall_); }
    UplinkCommand stray() {
        switch (input_.below(5)) {
            case 0: return HashesRead{std::vector<Sha256>(input_.below(70))};
            case 1: return TailRead{ledger_.tail()};
            case 2: return EntriesRead{ledger_.read(input_.below(20), 3, 1000)};
            case 3: return LedgerParted{};
            default: return LedgerFailed{"no disk"};
        }
    }

    /// As the station's shell does.
    void serve() {
        if (wishes_.empty()) return;
        const UplinkEvent wish = std::move(wishes_.front());
        wishes_.pop_front();
        if (const auto* read = std::get_if<ReadEntries>(&wish))
            return command(EntriesRead{ledger_.read(read->after, read->limit, read->bytes)});
        if (const auto* read = std::get_if<ReadHashes>(&wish)) return command(HashesRead{ledger_.hashes(read->seqs)});
        if (const auto* fork = std::get_if<ForkAfter>(&wish)) {
            ledger_.fork(fork->seq, fork->why);
            return command(TailRead{ledger_.tail()});
        }
        if (const auto* lost = std::get_if<RestoreEntries>(&wish)) {
            (void)ledger_.restore(lost->entries);
            return command(TailRead{ledger_.tail()});
        }
    }

    void say() {
        v1::Envelope message;
        switch (input_.below(9)) {
            case 0:
            case 1: welcome(*message.mutable_welcome()); break;
            case 2:
            case 3: ack(*message.mutable_ack()); break;
            case 4: hashes(*message.mutable_hashes()); break;
            case 5:
                message.mutable_pulled()->set_branch(input_.text(text_of(ledger_.branches.back().id)));
                put_entries(*message.mutable_pulled()->mutable_entries(), longer_, input_.number(ledger_.head()) % 64,
                            input_.below(5), input_);
                break;
            case 6:
                message.mutable_pong()->set_mono_us(static_cast<std::int64_t>(input_.number(5)));
                message.mutable_pong()->set_collector_us(static_cast<std::int64_t>(input_.number(1)));
                break;
            case 7:
                message.mutable_refuse()->set_why(static_cast<v1::RefuseReason>(input_.below(12)));
                message.mutable_refuse()->set_fatal(input_.byte() < 64);
                message.mutable_refuse()->set_retry_after_s(static_cast<std::uint32_t>(input_.number(30)));
                break;
            default: message.mutable_credit()->set_credit(static_cast<std::uint32_t>(input_.number(1024))); break;
        }
        Bytes bytes;
        append_message(bytes, message);
        hear(bytes);
    }
    void welcome(v1::Welcome& welcome) {
        welcome.set_proto(static_cast<std::uint32_t>(input_.number(1)));
        welcome.set_session(input_.number(7));
        for (const BranchSpan& span : ledger_.tail().branches) {
            auto& head = *welcome.add_branches();
            head.set_branch(input_.text(text_of(span.branch)));
            head.set_have(input_.number(span.starts_after + input_.below(8)));
            head.set_common(input_.number(std::min<Seq>(head.have(), span.end)));
            const Seq common = std::min<Seq>(head.common(), ledger_.head());
            head.set_common_hash(input_.text(text_of(ledger_.hashes({&common, 1}).front())));
            head.set_have_hash(input_.text(text_of(Sha256{})));
        }
        welcome.set_credit(static_cast<std::uint32_t>(input_.number(1024)));
        welcome.set_collector_us(static_cast<std::int64_t>(input_.number(1)));
    }
    void ack(v1::Ack& ack) {
        const auto& branch = ledger_.branches[input_.below(ledger_.branches.size())];
        ack.set_branch(input_.text(text_of(branch.id)));
        const Seq seq = sent_.empty() ? 0 : sent_.rbegin()->first;
        ack.set_seq(input_.number(seq));
        const Seq here = std::min<Seq>(ack.seq(), ledger_.head());
        ack.set_hash(input_.text(text_of(ledger_.hashes({&here, 1}).front())));
        ack.set_credit(static_cast<std::uint32_t>(input_.number(input_.byte() * 4U)));
    }
    void hashes(v1::Hashes& hashes) {
        hashes.set_branch(input_.text(asked_branch_));
        for (const Seq seq : asked_) {
            auto& entry = *hashes.add_entries();
            entry.set_seq(input_.number(seq));
            const Seq here = std::min<Seq>(seq, ledger_.head());
            if (input_.byte() < 128) entry.set_hash(input_.text(text_of(ledger_.hashes({&here, 1}).front())));
        }
    }

    /// What must hold after every step.
    void look() {
        reader_.feed(session_.next_write());
        for (;;) {
            const auto message = reader_.next();
            DOSARIO_CHECK(message.has_value());
            if (!*message) break;
            said(**message);
        }
        while (auto event = session_.next_event()) {
            DOSARIO_CHECK(!ended_);
            wished(*event);
            wishes_.push_back(std::move(*event));
        }
    }
    void said(const v1::Envelope& message) {
        DOSARIO_CHECK(!ended_);
        if (message.has_hello()) {
            sent_.clear();
            acked_ = 0;
        }
        if (message.has_ask_hashes()) {
            asked_branch_ = message.ask_hashes().branch();
            asked_.assign(message.ask_hashes().seqs().begin(), message.ask_hashes().seqs().end());
            DOSARIO_CHECK(!asked_.empty() && asked_.size() <= kMostHashesAsked);
        }
        if (!message.has_batch()) return;
        const auto entries = entries_of(message.batch().entries());
        DOSARIO_CHECK(entries.has_value() && !entries->empty());
        for (const Entry& entry : *entries) {
            DOSARIO_CHECK(entry.hash == ledger_.entries[entry.header.seq - 1].hash);
            DOSARIO_CHECK(sent_.emplace(entry.header.seq, entry.hash).second);  // nothing goes twice in one greeting
        }
    }
    void wished(const UplinkEvent& event) {
        if (const auto* read = std::get_if<ReadHashes>(&event)) {
            for (const Seq seq : read->seqs) DOSARIO_CHECK(seq <= ledger_.head());
        } else if (const auto* wish = std::get_if<ReadEntries>(&event)) {
            DOSARIO_CHECK(wish->after < ledger_.head() && wish->limit > 0);
        } else if (const auto* fork = std::get_if<ForkAfter>(&event)) {
            DOSARIO_CHECK(fork->seq <= ledger_.head());
        } else if (const auto* told = std::get_if<Acknowledged>(&event)) {
            const auto sent = sent_.find(told->seq);
            DOSARIO_CHECK(sent != sent_.end() && sent->second == told->hash);
            DOSARIO_CHECK(told->seq > acked_);
            acked_ = told->seq;
        } else if (std::holds_alternative<UplinkEnd>(event)) {
            ended_ = true;
        }
    }

    FuzzInput input_;
    const MemoryLedger& longer_;  ///< what the collector may have of it
    MemoryLedger ledger_;
    UplinkSession session_;
    MonoTime now_{std::chrono::hours{1}};
    UtcTime wall_{std::chrono::hours{24 * 365 * 56}};
    MessageReader reader_;
    std::deque<UplinkEvent> wishes_;
    std::map<Seq, Sha256> sent_;
    std::string asked_branch_;
    std::vector<Seq> asked_;
    Seq acked_ = 0;
    bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    [[maybe_unused]] static const bool quiet = (quiet_protobuf(), true);
    Run{bytes, size}.go();
    return 0;
}
