// SPDX-License-Identifier: Apache-2.0
// A store to be tested, of whatever kind: a second kind is one more row in all_stores().
#pragma once

#include "collector/sqlite_store.hpp"
#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/result.hpp"
#include "support/station_ledger.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace dosario::test {

/// A store that can be closed and opened again with what it holds.
class StoreUnderTest {
public:
    virtual ~StoreUnderTest() = default;
    virtual Store& store() = 0;
    virtual void reopen() = 0;
};

class SqliteUnderTest final : public StoreUnderTest {
public:
    explicit SqliteUnderTest(const char* vfs = nullptr) : vfs_(vfs) { open(); }
    Store& store() override { return *store_; }
    SqliteStore& sqlite() { return *store_; }
    void reopen() override {
        close();
        open();
    }
    void close() { store_.reset(); }
    void open() { store_ = must(SqliteStore::open(directory.path(), true, vfs_)); }
    std::string file() const { return directory.file("collector.db"); }
    /// Rows as text, columns by `|`, rows by a new line.
    std::string rows(const std::string& sql) {
        std::string all;
        const char* const kept = statements_.emplace_back(std::make_unique<std::string>(sql))->c_str();
        auto query = store_->database().query(kept);
        while (query.row()) {
            if (!all.empty()) all += '\n';
            for (int i = 0; i < query.columns(); ++i) all += (i == 0 ? "" : "|") + query.text(i);
        }
        REQUIRE_FALSE(query.failed());
        return all;
    }
    TemporaryDirectory directory;

private:
    const char* vfs_;
    std::vector<std::unique_ptr<std::string>> statements_;  // the database knows them by their addresses
    std::unique_ptr<SqliteStore> store_;
};

struct StoreKind {
    const char* name;
    std::function<std::unique_ptr<StoreUnderTest>()> make;
};
inline std::vector<StoreKind> all_stores() {
    return {{"sqlite", [] { return std::make_unique<SqliteUnderTest>(); }}};
}

inline UtcTime noon() { return UtcTime{day("2026-11-21")} + std::chrono::hours{12}; }

/// In one transaction.
inline SessionStart begin_session(Store& store, MemoryLedger& ledger, const std::string& station = "farmacia",
                                  std::byte machine = std::byte{1}) {
    const LedgerTail tail = ledger.tail();
    SessionWanted wanted{station, tail.ledger, tail.branches, {}, "test", tail.boot};
    wanted.machine.fill(machine);
    must(store.begin());
    auto start = must(store.begin_session(wanted, noon()));
    must(store.commit());
    return start;
}

/// Entries after `after` up to `to` of the n-th branch.
inline Append append_of(MemoryLedger& ledger, std::size_t branch, std::uint64_t session, Seq after, Seq to) {
    const LedgerTail tail = ledger.tail();
    Append append{tail.ledger, session, tail.branches[branch], {}, 0, noon()};
    append.entries.assign(ledger.entries.begin() + static_cast<std::ptrdiff_t>(after),
                          ledger.entries.begin() + static_cast<std::ptrdiff_t>(to));
    return append;
}

inline AppendOutcome append(Store& store, const Append& entries) {
    must(store.begin());
    auto outcome = must(store.append(entries));
    must(store.commit());
    return outcome;
}

/// All of a ledger, branch by branch; true when all of it was stored.
inline bool append_all(Store& store, MemoryLedger& ledger, const std::string& station = "farmacia") {
    const std::uint64_t session = begin_session(store, ledger, station).number;
    const LedgerTail tail = ledger.tail();
    for (std::size_t i = 0; i < tail.branches.size(); ++i) {
        if (tail.branches[i].end == tail.branches[i].starts_after) continue;
        if (append(store, append_of(ledger, i, session, tail.branches[i].starts_after, tail.branches[i].end)).what !=
            Appended::stored)
            return false;
    }
    return true;
}

inline void project_all(Store& store, std::size_t slice = 100) {
    while (must(store.project(slice))) {
    }
}

}  // namespace dosario::test
