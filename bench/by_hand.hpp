// SPDX-License-Identifier: Apache-2.0
// What one scan of a box with serial number has to change in the ledger's tables, written by hand with prepared statements and nothing
// else: no workflow, no codec, no rules but the tables' own. The least that such a commit can cost with these tables and FULL.
#pragma once

#include "wire/chain.hpp"

#include <cstdint>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace dosario::bench {

class ByHand {
public:
    /// Makes a database with the ledger's tables in that directory, with one open reception and one lot of one product.
    explicit ByHand(const std::string& directory, const char* vfs = nullptr);
    ~ByHand();
    ByHand(const ByHand&) = delete;
    ByHand& operator=(const ByHand&) = delete;

    /// One reception of the next serial number: begin, hash, write, commit.
    void commit_one();
    /// Moves the log into the database, as a daemon does that is not asked for a second.
    void checkpoint();

private:
    void execute(const char* sql);
    sqlite3_stmt* prepare(const char* sql);
    static void step(sqlite3_stmt* statement);

    const Digest* digest_;
    sqlite3* db_ = nullptr;
    std::vector<sqlite3_stmt*> all_;
    sqlite3_stmt* begin_;
    sqlite3_stmt* event_;
    sqlite3_stmt* fold_;
    sqlite3_stmt* lot_;
    sqlite3_stmt* pack_;
    sqlite3_stmt* stock_;
    sqlite3_stmt* subject_;
    sqlite3_stmt* folded_;
    sqlite3_stmt* work_;
    sqlite3_stmt* commit_;
    std::int64_t seq_ = 0;
    Sha256 head_{};
    std::string body_;
};

}  // namespace dosario::bench
