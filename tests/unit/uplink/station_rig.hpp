// SPDX-License-Identifier: Apache-2.0
// The station's core with a ledger in memory, and a collector that says what a test makes it say.
#pragma once

#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/station_ledger.hpp"
#include "uplink/session.hpp"

#include <deque>
#include <optional>

namespace dosario::test {

/// Where the conversation stands; each is reached by StationRig::drive_to.
enum class Stand { renewing, greeting, comparing, searching, forking, restoring, storing, streaming };
inline constexpr Stand kAllStands[] = {Stand::renewing, Stand::greeting,  Stand::comparing, Stand::searching,
                                       Stand::forking,  Stand::restoring, Stand::storing,   Stand::streaming};

class StationRig {
public:
    explicit StationRig(std::size_t entries = 10) {
        ledger.book_some(entries);
        longer = ledger;
        longer.book_some(5);
    }

    void open(std::string renewal = "") {
        session.emplace(UplinkGreeting{ledger.tail(), {}, "test", std::move(renewal)});
        session->opened(now, wall);
    }

    /// Everything the station wrote since.
    std::vector<v1::Envelope> said() {
        reader_.feed(session->next_write());
        std::vector<v1::Envelope> all;
        for (;;) {
            auto message = reader_.next();
            REQUIRE(message.has_value());
            if (!*message) return all;
            all.push_back(std::move(**message));
        }
    }
    /// The one message it wrote.
    v1::Envelope one() {
        auto all = said();
        REQUIRE(all.size() == 1);
        return all.front();
    }

    void tell(const v1::Envelope& message, std::size_t piece = 1 << 20) {
        Bytes bytes;
        append_message(bytes, message);
        tell_bytes(bytes, piece);
    }
    void tell_bytes(ByteView bytes, std::size_t piece = 1 << 20) {
        for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size())))
            session->receive(bytes.first(std::min(piece, bytes.size())), now, wall);
    }
    void command(UplinkCommand what) { session->command(std::move(what), now, wall); }

    /// The next event, which must be of that kind.
    template <class Event>
    Event next() {
        auto event = session->next_event();
        REQUIRE(event.has_value());
        INFO("event " << event->index());
        REQUIRE(std::holds_alternative<Event>(*event));
        return std::get<Event>(std::move(*event));
    }
    bool silent() { return !session->next_event().has_value(); }

    /// Serves wishes from the ledger until there is none; what is told goes to `told`, and nothing is served after the end.
    void serve() {
        while (auto event = session->next_event()) {
            if (const auto* read = std::get_if<ReadEntries>(&*event)) {
                command(EntriesRead{ledger.read(read->after, read->limit, read->bytes)});
            } else if (const auto* hashes = std::get_if<ReadHashes>(&*event)) {
                command(HashesRead{ledger.hashes(hashes->seqs)});
            } else if (const auto* fork = std::get_if<ForkAfter>(&*event)) {
                ledger.fork(fork->seq, fork->why);
                command(TailRead{ledger.tail()});
            } else if (const auto* lost = std::get_if<RestoreEntries>(&*event)) {
                (void)ledger.restore(lost->entries);
                command(TailRead{ledger.tail()});
            } else {
                told.push_back(std::move(*event));
            }
        }
    }
    /// How it ended, after serving.
    std::optional<UplinkEnd> end() {
        serve();
        for (const auto& event : told) {
            if (const auto* ended = std::get_if<UplinkEnd>(&event)) return *ended;
        }
        return std::nullopt;
    }
    /// The collector broke a rule.
    bool broken() {
        const auto ended = end();
        return ended && ended->reason == UplinkEndReason::broken_peer;
    }

    /// The Welcome of a collector that has `have` entries of every branch as `theirs` has them.
    v1::Envelope welcome(const v1::Hello& hello, MemoryLedger& theirs, Seq have, std::uint32_t credit = 1024) {
        v1::Envelope message;
        auto& out = *message.mutable_welcome();
        out.set_proto(1);
        out.set_session(7);
        for (const auto& branch : hello.branches()) {
            auto& head = *out.add_branches();
            head.set_branch(branch.branch());
            head.set_have(std::max<Seq>(have, branch.starts_after()));
            head.set_common(std::min<Seq>(head.have(), branch.end()));
            const Seq seqs[] = {head.have(), head.common()};
            const auto hashes = theirs.hashes(seqs);
            head.set_have_hash(text_of(hashes[0]));
            head.set_common_hash(text_of(hashes[1]));
        }
        out.set_credit(credit);
        out.set_hello_mono_us(hello.mono_us());
        out.set_collector_us(wall.time_since_epoch().count());
        return message;
    }
    v1::Envelope ack(Seq seq, std::uint32_t credit = 1024) {
        v1::Envelope message;
        message.mutable_ack()->set_branch(text_of(ledger.branches.back().id));
        message.mutable_ack()->set_seq(seq);
        message.mutable_ack()->set_hash(text_of(ledger.hashes({&seq, 1}).front()));
        message.mutable_ack()->set_credit(credit);
        return message;
    }
    v1::Envelope pulled(Seq after, std::size_t count) {
        v1::Envelope message;
        message.mutable_pulled()->set_branch(text_of(ledger.branches.back().id));
        for (const Entry& entry : longer.read(after, count, 1 << 20)) put(*message.mutable_pulled()->add_entries(), entry);
        return message;
    }

    /// A fresh session, and its conversation up to there. The wish of that stand is not served yet; what was said is taken.
    void drive_to(Stand stand) {
        open(stand == Stand::renewing ? "request" : "");
        const auto first = one();
        if (stand == Stand::renewing || stand == Stand::greeting) return;
        const bool ahead = stand == Stand::restoring || stand == Stand::storing;
        auto answer = welcome(first.hello(), longer, ahead ? 15 : stand == Stand::streaming ? 4 : 10);
        const bool parted = stand == Stand::searching || stand == Stand::forking;
        if (parted) answer.mutable_welcome()->mutable_branches(0)->set_common_hash(std::string(32, 'x'));
        tell(answer);
        next<ClockHeard>();
        const auto wish = next<ReadHashes>();
        if (stand == Stand::comparing) return;
        command(HashesRead{ledger.hashes(wish.seqs)});
        if (parted) {
            const auto asked = one().ask_hashes();
            const auto probes = next<ReadHashes>();
            if (stand == Stand::searching) return;
            command(HashesRead{ledger.hashes(probes.seqs)});
            v1::Envelope hashes;
            hashes.mutable_hashes()->set_branch(asked.branch());
            for (const auto seq : asked.seqs()) hashes.mutable_hashes()->add_entries()->set_seq(seq);
            tell(hashes);
            CHECK(next<ForkAfter>().seq == 0);
        } else if (ahead) {
            CHECK(one().pull().after() == 10);
            if (stand == Stand::storing) {
                tell(pulled(10, 3));
                CHECK(next<RestoreEntries>().entries.size() == 3);
            }
        } else {
            next<Streaming>();
            const auto read = next<ReadEntries>();
            command(EntriesRead{ledger.read(read.after, read.limit, read.bytes)});
            CHECK(one().batch().entries_size() == 6);
        }
    }

    std::unique_ptr<Digest> digest = make_digest();
    SeededEntropy entropy{1};
    MemoryLedger ledger{*digest, entropy};
    MemoryLedger longer{ledger};  ///< the same with five more entries
    std::optional<UplinkSession> session;
    std::vector<UplinkEvent> told;
    MonoTime now{std::chrono::hours{1}};
    UtcTime wall = UtcTime{day("2026-11-21")};

private:
    MessageReader reader_;
};

}  // namespace dosario::test
