// SPDX-License-Identifier: Apache-2.0
// A station's ledger as the uplink's shell uses it: in memory, to be copied like a disk, or the real one of a counter.
#pragma once

#include "support/counter.hpp"
#include "wire/branches.hpp"

#include <span>
#include <string>
#include <vector>

namespace dosario::test {

class StationLedger {
public:
    virtual ~StationLedger() = default;
    virtual LedgerTail tail() = 0;
    virtual std::vector<Entry> read(Seq after, std::size_t limit, std::size_t bytes) = 0;
    virtual std::vector<Sha256> hashes(std::span<const Seq> seqs) = 0;
    virtual void fork(Seq after, const std::string& why) = 0;
    /// False: refused, and nothing of it is there.
    virtual bool restore(const std::vector<Entry>& entries) = 0;
};

/// Real hashes and real bodies, no disk. A copy is a backup, or the same disk in another computer.
class MemoryLedger final : public StationLedger {
public:
    struct Branch {
        Seq starts_after = 0;
        BranchId id{};
        Sha256 parent_hash{};
    };

    MemoryLedger(const Digest& digest, Entropy& entropy);

    Seq book(const Fact& fact, UtcTime wall = UtcTime{} + std::chrono::hours{24 * 365 * 56});
    /// So many packs of one lot came in, each an entry.
    void book_some(std::size_t entries);
    /// An entry whose body has that many bytes.
    void book_large(std::size_t bytes);
    void restart() { ++boot_; }

    LedgerTail tail() override;
    std::vector<Entry> read(Seq after, std::size_t limit, std::size_t bytes) override;
    std::vector<Sha256> hashes(std::span<const Seq> seqs) override;
    void fork(Seq after, const std::string& why) override;
    bool restore(const std::vector<Entry>& entries) override;

    Seq head() const { return entries.size(); }
    Sha256 head_hash() const { return entries.empty() ? Sha256{} : entries.back().hash; }

    std::vector<Entry> entries;
    std::vector<Branch> branches;  ///< in order of their beginnings
    bool refuses_to_restore = false;

private:
    void append(Bytes body, std::int32_t kind, UtcTime wall);
    const Digest* digest_;
    Entropy* entropy_;
    LedgerId id_{};
    std::int64_t boot_ = 1;
};

/// The ledger of a counter, by the calls that the daemon makes.
class CounterLedger final : public StationLedger {
public:
    explicit CounterLedger(Counter& counter) : counter_(counter) {}
    LedgerTail tail() override;
    std::vector<Entry> read(Seq after, std::size_t limit, std::size_t bytes) override;
    std::vector<Sha256> hashes(std::span<const Seq> seqs) override;
    void fork(Seq after, const std::string& why) override;
    bool restore(const std::vector<Entry>& entries) override;

private:
    Counter& counter_;
};

}  // namespace dosario::test
