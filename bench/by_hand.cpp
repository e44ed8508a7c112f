// SPDX-License-Identifier: Apache-2.0
#include "bench/by_hand.hpp"

#include "base/check.hpp"
#include "crypto/openssl.hpp"
#include "ledger/schema.hpp"

#include <boost/endian/conversion.hpp>
#include <sqlite3.h>

#include <cstdio>
#include <memory>

namespace dosario::bench {
namespace {

constexpr std::int64_t kGtin = 7791234500010;
constexpr std::int64_t kFirstPack = 1LL << 58;
constexpr std::int64_t kDay = 20'000;

const Digest& digest() {
    static const std::unique_ptr<Digest> one = make_digest();
    return *one;
}

void bind(sqlite3_stmt* statement, std::initializer_list<std::int64_t> numbers) {
    int next = 1;
    for (const std::int64_t number : numbers) sqlite3_bind_int64(statement, next++, number);
}

}  // namespace

ByHand::ByHand(const std::string& directory, const char* vfs) : digest_(&digest()) {
    const std::string path = directory + "/by_hand.db";
    DOSARIO_CHECK(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs) ==
                  SQLITE_OK);
    execute(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000;"
        "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;");
    execute(kHistorySchema);
    execute(kProjectionSchema);
    execute(
        "INSERT INTO work (work, kind, recipient, bookings, supplier, note, last_seq) VALUES (1, 1, x'', 0, '', '', 0);"
        "INSERT INTO lot VALUES (7791234500010, 'L1', 21000, 30, 1, 30, 1, 0);"
        "INSERT INTO stock (gtin, lot, place, expires_on, units_per_pack, counted_packs, last_seq)"
        " VALUES (7791234500010, 'L1', 1, 21000, 30, 1, 0); UPDATE folding SET gtin = NULL, lot = NULL WHERE one = 1;");
    begin_ = prepare("BEGIN IMMEDIATE");
    event_ = prepare("INSERT INTO event VALUES (?, ?, 14, 1, 1, ?, ?, 0, ?, ?)");
    fold_ = prepare("UPDATE folding SET seq = ?, kind = 14, decided_on = 20000, gtin = NULL, lot = NULL WHERE one = 1");
    lot_ = prepare(
        "UPDATE lot SET receptions = receptions + 1, units_received = units_received + 30, last_seq = ? WHERE gtin = ? AND lot = 'L1'");
    pack_ = prepare(
        "INSERT INTO pack (pack, gtin, serial, lot, expires_on, state, units_total, units_left, last_seq)"
        " VALUES (?, ?, ?, 'L1', 21000, 1, 30, 30, ?)");
    stock_ =
        prepare("UPDATE stock SET serial_packs = serial_packs + 1, last_seq = ? WHERE gtin = ? AND lot = 'L1' AND place = 1");
    subject_ = prepare("INSERT INTO subject_event (subject, seq) VALUES (?, ?)");
    folded_ = prepare("UPDATE folding SET gtin = NULL, lot = NULL WHERE one = 1");
    work_ = prepare("UPDATE work SET bookings = bookings + 1, last_seq = ? WHERE work = 1");
    commit_ = prepare("COMMIT");
    body_.assign(65, 'b');  // as long as a reception's
}

ByHand::~ByHand() {
    for (sqlite3_stmt* statement : all_) sqlite3_finalize(statement);
    sqlite3_close(db_);
}

void ByHand::commit_one() {
    step(begin_);
    ++seq_;
    const EntryHeader header{static_cast<std::uint64_t>(seq_), 14, 1, 1, seq_, seq_, 0};
    EventId id{};
    boost::endian::store_big_s64(reinterpret_cast<unsigned char*>(id.data()), seq_);
    std::string serial = std::to_string(100'000'000'000 + seq_);
    head_ = chain_hash(*digest_, LedgerId{}, head_, header, id, as_bytes(body_));
    sqlite3_bind_int64(event_, 1, seq_);
    sqlite3_bind_blob(event_, 2, id.data(), id.size(), SQLITE_STATIC);
    sqlite3_bind_int64(event_, 3, seq_);
    sqlite3_bind_int64(event_, 4, kDay + seq_);
    sqlite3_bind_blob(event_, 5, body_.data(), static_cast<int>(body_.size()), SQLITE_STATIC);
    sqlite3_bind_blob(event_, 6, head_.data(), static_cast<int>(head_.size()), SQLITE_STATIC);
    step(event_);
    bind(fold_, {seq_});
    step(fold_);
    bind(lot_, {seq_, kGtin});
    step(lot_);
    bind(pack_, {kFirstPack + seq_, kGtin, 0, seq_});
    sqlite3_bind_text(pack_, 3, serial.data(), static_cast<int>(serial.size()), SQLITE_STATIC);
    step(pack_);
    bind(subject_, {kFirstPack + seq_, seq_});
    step(subject_);
    bind(stock_, {seq_, kGtin});
    step(stock_);
    bind(subject_, {1, seq_});
    step(subject_);
    step(folded_);
    bind(work_, {seq_});
    step(work_);
    step(commit_);
}

void ByHand::checkpoint() { execute("PRAGMA wal_checkpoint(PASSIVE)"); }

void ByHand::execute(const char* sql) {
    char* why = nullptr;
    const int code = sqlite3_exec(db_, sql, nullptr, nullptr, &why);
    if (why != nullptr) std::fprintf(stderr, "%s\n", why);
    DOSARIO_CHECK(code == SQLITE_OK);
}

sqlite3_stmt* ByHand::prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) std::fprintf(stderr, "%s\n", sqlite3_errmsg(db_));
    DOSARIO_CHECK(code == SQLITE_OK);
    all_.push_back(statement);
    return statement;
}

void ByHand::step(sqlite3_stmt* statement) {
    DOSARIO_CHECK(sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
}

}  // namespace dosario::bench
