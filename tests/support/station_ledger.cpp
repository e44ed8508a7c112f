// SPDX-License-Identifier: Apache-2.0
#include "support/station_ledger.hpp"

#include "wire/fact_codec.hpp"

#include <boost/endian/conversion.hpp>

namespace dosario::test {
namespace {

template <class T>
T sure(Result<T> result) {
    DOSARIO_CHECK(result.has_value());
    return std::move(*result);
}

}  // namespace

MemoryLedger::MemoryLedger(const Digest& digest, Entropy& entropy) : digest_(&digest), entropy_(&entropy) {
    entropy_->fill(id_);
    branches.emplace_back();
    entropy_->fill(branches.back().id);
}

void MemoryLedger::append(Bytes body, std::int32_t kind, UtcTime wall) {
    Entry entry;
    entry.header = {head() + 1, kind, kBodyVersion, boot_, static_cast<std::int64_t>(head()), wall.time_since_epoch().count(), 0};
    entropy_->fill(entry.event_id);
    boost::endian::store_big_u64(reinterpret_cast<unsigned char*>(entry.event_id.data()), entry.header.seq);
    entry.body = std::move(body);
    entry.hash = chain_hash(*digest_, id_, head_hash(), entry.header, entry.event_id, entry.body);
    entries.push_back(std::move(entry));
}

Seq MemoryLedger::book(const Fact& fact, UtcTime wall) {
    const std::string body = encode_fact({fact, 0, "ANA00001", "", day("2026-11-21")});
    const ByteView bytes = as_bytes(body);
    append({bytes.begin(), bytes.end()}, kind_of(fact), wall);
    return head();
}

void MemoryLedger::book_some(std::size_t count) {
    for (; count > 0; --count) book(PacksReceived{gtin(1), "", "L1", day("2028-06-30"), 1, kTablets, {}, false});
}

void MemoryLedger::book_large(std::size_t bytes) { append(Bytes(bytes, std::byte{0x2a}), 99, UtcTime{}); }

LedgerTail MemoryLedger::tail() {
    LedgerTail tail{id_, {}, head_hash(), boot_};
    for (const Branch& branch : branches) {
        if (!tail.branches.empty()) tail.branches.back().end = branch.starts_after;
        tail.branches.push_back({branch.id, branch.starts_after, head(), branch.parent_hash});
    }
    return tail;
}

std::vector<Entry> MemoryLedger::read(Seq after, std::size_t limit, std::size_t bytes) {
    std::vector<Entry> out;
    std::size_t total = 0;
    for (Seq seq = after + 1; seq <= head() && out.size() < limit; ++seq) {
        total += entries[seq - 1].body.size();
        if (!out.empty() && total > bytes) break;
        out.push_back(entries[seq - 1]);
    }
    return out;
}

std::vector<Sha256> MemoryLedger::hashes(std::span<const Seq> seqs) {
    std::vector<Sha256> out;
    for (const Seq seq : seqs) {
        DOSARIO_CHECK(seq <= head());
        out.push_back(seq == 0 ? Sha256{} : entries[seq - 1].hash);
    }
    return out;
}

void MemoryLedger::fork(Seq after, const std::string&) {
    DOSARIO_CHECK(after <= head());
    Branch branch{after, {}, hashes({&after, 1}).front()};
    entropy_->fill(branch.id);
    const auto behind = std::upper_bound(branches.begin(), branches.end(), after,
                                         [](Seq seq, const Branch& each) { return seq < each.starts_after; });
    branches.insert(behind, branch);
}

bool MemoryLedger::restore(const std::vector<Entry>& lost) {
    if (refuses_to_restore) return false;
    Sha256 previous = head_hash();
    Seq seq = head();
    for (const Entry& entry : lost) {
        if (entry.header.seq != ++seq || !follows(*digest_, id_, previous, entry)) return false;
        previous = entry.hash;
    }
    for (const Entry& entry : lost) {
        entries.push_back(entry);
        boot_ = std::max(boot_, entry.header.boot + 1);
    }
    return true;
}

LedgerTail CounterLedger::tail() { return sure(counter_.ledger().tail()); }

std::vector<Entry> CounterLedger::read(Seq after, std::size_t limit, std::size_t bytes) {
    return sure(counter_.ledger().entries_after(after, limit, bytes));
}

std::vector<Sha256> CounterLedger::hashes(std::span<const Seq> seqs) { return sure(counter_.ledger().hashes_at(seqs)); }

void CounterLedger::fork(Seq after, const std::string& why) {
    Ledger& ledger = counter_.ledger();
    DOSARIO_CHECK(ledger.begin().has_value() && ledger.fork_after(after, why).has_value() && ledger.commit().has_value());
}

bool CounterLedger::restore(const std::vector<Entry>& entries) {
    Ledger& ledger = counter_.ledger();
    DOSARIO_CHECK(ledger.begin().has_value());
    if (!ledger.restore(entries, counter_.stamp())) {
        ledger.rollback();
        return false;
    }
    DOSARIO_CHECK(ledger.commit().has_value());
    return true;
}

}  // namespace dosario::test
