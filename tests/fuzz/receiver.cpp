// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the collector's half of the uplink, told frames and answers of the store in any order. Whatever comes, what goes to the
// store follows the chain, memory is bounded, and after the end nothing is said.
#include "collector/receiver.hpp"
#include "crypto/openssl.hpp"
#include "fuzz/uplink_input.hpp"
#include "wire/quiet_protobuf.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

class Run {
public:
    Run(const std::uint8_t* bytes, std::size_t size)
        : input_(bytes, size), receiver_(digest(), "farmacia", input_.byte() % 16 == 1) {
        receiver_.opened(now_);
    }

    void go() {
        while (!input_.empty()) {
            step();
            look();
        }
        receiver_.closed();
        DOSARIO_CHECK(receiver_.next_write().empty() && !receiver_.next_event() && !receiver_.next_wake());
    }

private:
    static const Digest& digest() {
        static const std::unique_ptr<Digest> made = make_digest();
        return *made;
    }
    static MemoryLedger& ledger() {
        static SeededEntropy entropy{1};
        static MemoryLedger made = fuzz_ledger(digest(), entropy);
        return made;
    }

    void step() {
        switch (input_.below(16)) {
            case 0: return hear(input_.bytes());
            case 1: return frame(input_.bytes());
            case 2: now_ += std::chrono::seconds{input_.byte()}; return receiver_.wake(now_, wall_);
            case 3: return command(stray());
            case 4:
            case 5:
            case 6: return command(answer());
            default: return say();
        }
    }

    void hear(const Bytes& bytes) {
        now_ += Micros{1};
        receiver_.receive(bytes, now_, wall_);
    }
    void frame(const Bytes& content) {
        Bytes bytes;
        if (!content.empty()) append_frame(bytes, as_text(content));
        hear(bytes);
    }
    void say() {
        v1::Envelope message;
        switch (input_.below(10)) {
            case 0:
            case 1: hello(*message.mutable_hello()); break;
            case 6: {
                message.mutable_ping()->set_boot(input_.number(1));
                message.mutable_ping()->set_mono_us(static_cast<std::int64_t>(input_.number(5)));
                message.mutable_ping()->set_last_rtt_us(static_cast<std::int64_t>(input_.number(100)));
                break;
            }
            case 7: message.mutable_renew()->set_request(std::string(input_.number(100) % 40'000, 'r')); break;
            case 8: {
                message.mutable_ask_hashes()->set_branch(branch());
                for (std::size_t n = input_.below(80); n > 0; --n) message.mutable_ask_hashes()->add_seqs(input_.number(n));
                break;
            }
            case 9:
                message.mutable_pull()->set_branch(branch());
                message.mutable_pull()->set_after(input_.number(3));
                break;
            default:
                message.mutable_batch()->set_branch(branch());
                put_entries(*message.mutable_batch()->mutable_entries(), ledger(), input_.number(next_) % 32, input_.below(8),
                            input_);
                break;
        }
        Bytes bytes;
        append_message(bytes, message);
        hear(bytes);
    }
    std::string branch() { return input_.text(text_of(ledger().branches[input_.below(3)].id)); }
    void hello(v1::Hello& hello) {
        const LedgerTail tail = ledger().tail();
        hello.set_proto_min(static_cast<std::uint32_t>(input_.number(1)));
        hello.set_proto_max(static_cast<std::uint32_t>(input_.number(1)));
        hello.set_ledger(input_.text(text_of(tail.ledger)));
        for (const BranchSpan& span : tail.branches) {
            auto& out = *hello.add_branches();
            out.set_branch(input_.text(text_of(span.branch)));
            out.set_starts_after(input_.number(span.starts_after));
            out.set_end(input_.number(span.end));
            out.set_parent_hash(input_.text(text_of(span.parent_hash)));
        }
        hello.set_boot(input_.number(1));
        hello.set_build(input_.text("0.1.0"));
    }

    void command(std::optional<ReceiverCommand> what) {
        if (what) receiver_.command(std::move(*what), now_, wall_);
    }
    /// What nobody waits for, at any moment.
    std::optional<ReceiverCommand> stray() {
        switch (input_.below(10)) {
            case 0: return CreditChanged{input_.byte()};
            case 1: return SessionFenced{};
            case 2: return CollectorStops{};
            case 3: return StoreFailed{"the disk is full"};
            case 4: return SessionRefused{"belongs to another", true};
            case 5: return RenewalRefused{"not today"};
            case 6: {  // as if the store had answered its oldest entries with nothing
                const auto kept = std::find_if(wishes_.begin(), wishes_.end(),
                                               [](const ReceiverEvent& each) { return std::holds_alternative<Append>(each); });
                if (kept != wishes_.end()) wishes_.erase(kept);
                return EntriesKept{};
            }
            case 7: return HashesFound{};
            case 8: return EntriesFound{ledger().entries};
            default: return SessionBegun{};
        }
    }
    /// What the oldest wish waits for.
    std::optional<ReceiverCommand> answer() {
        if (wishes_.empty()) return std::nullopt;
        const ReceiverEvent wish = std::move(wishes_.front());
        wishes_.pop_front();
        if (const auto* wanted = std::get_if<SessionWanted>(&wish)) {
            SessionBegun begun{{}, {}, {}, 1024};
            for (const BranchSpan& span : wanted->branches)
                begun.start.heads.push_back(
                    {span.branch, span.starts_after, span.parent_hash, span.starts_after, span.parent_hash});
            if (input_.byte() < 16) begun.damaged.emplace_back(ledger().branches[0].id, input_.byte());
            return begun;
        }
        if (const auto* append = std::get_if<Append>(&wish)) {
            const auto what = static_cast<Appended>(input_.byte() < 200 ? 0 : input_.below(5));
            return EntriesKept{
                append->span.branch, {what, append->entries.back().header.seq, append->entries.back().hash, 1}, 512};
        }
        if (const auto* wanted = std::get_if<HashesWanted>(&wish))
            return HashesFound{std::vector<std::optional<Sha256>>(wanted->seqs.size())};
        if (std::holds_alternative<EntriesWanted>(wish)) return EntriesFound{ledger().entries};
        if (std::holds_alternative<RenewalWanted>(wish)) return CertificateIssued{"certificate"};
        return std::nullopt;
    }

    /// What must hold after every step.
    void look() {
        check_written(reader_, receiver_.next_write());
        while (auto event = receiver_.next_event()) {
            DOSARIO_CHECK(!ended_);
            if (const auto* append = std::get_if<Append>(&*event)) check(*append);
            if (std::holds_alternative<ReceiverEnd>(*event)) ended_ = true;
            wishes_.push_back(std::move(*event));
        }
        DOSARIO_CHECK(receiver_.next_wake().has_value() == !ended_);
        std::size_t entries = 0, bytes = 0;
        for (const ReceiverEvent& wish : wishes_) {
            if (const auto* append = std::get_if<Append>(&wish)) {
                entries += append->entries.size();
                for (const Entry& entry : append->entries) bytes += entry.body.size();
            }
        }
        DOSARIO_CHECK((entries <= Receiver::kMostEntriesWaiting && bytes <= Receiver::kMostBytesWaiting));
    }
    void check(const Append& append) {
        DOSARIO_CHECK(!append.entries.empty() && append.entries.size() <= kMostEntriesInBatch);
        for (std::size_t i = 0; i < append.entries.size(); ++i) {
            const Entry& entry = append.entries[i];
            DOSARIO_CHECK(i == 0 || entry.header.seq == append.entries[i - 1].header.seq + 1);
            if (i > 0 && entry.header.seq != append.damaged)
                DOSARIO_CHECK(follows(digest(), append.ledger, append.entries[i - 1].hash, entry));
        }
        next_ = append.entries.back().header.seq;
    }

    FuzzInput input_;
    Receiver receiver_;
    MonoTime now_{std::chrono::hours{1}};
    UtcTime wall_{std::chrono::hours{24 * 365 * 56}};
    MessageReader reader_;
    std::deque<ReceiverEvent> wishes_;
    Seq next_ = 0;
    bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    [[maybe_unused]] static const bool quiet = (quiet_protobuf(), true);
    Run{bytes, size}.go();
    return 0;
}
