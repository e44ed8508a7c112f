// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify.hpp"

#include "ledger/audit.hpp"
#include "ledger/columns.hpp"
#include "ledger/page_check.hpp"
#include "ledger/refold.hpp"
#include "ledger/schema.hpp"
#include "ledger/seal.hpp"
#include "ledger/verify_tables.hpp"
#include "wire/fact_codec.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace dosario {
namespace {

constexpr std::size_t kSlice = 1000;  // entries read at once

/// One value of a row as comparable bytes.
std::string cell(sqlite3_stmt* statement, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
    const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return std::to_string(sqlite3_column_type(statement, column)) + ':' +
           std::string{bytes == nullptr ? "" : bytes, bytes == nullptr ? 0 : length};
}

/// The columns of the primary key, for ORDER BY.
std::string primary_key(Database& db, const std::string& table) {
    std::string columns;
    auto query = db.query("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk");
    query.bind(table);
    while (query.row()) columns += (columns.empty() ? "" : ", ") + query.text(0);
    return columns;
}

/// A table read in the order of its columns; owns its statement.
class TableReader {
public:
    TableReader(Database& db, const std::string& sql_text) {
        code_ = sqlite3_prepare_v2(db.handle(), sql_text.c_str(), -1, &statement_, nullptr);
    }
    ~TableReader() { sqlite3_finalize(statement_); }
    TableReader(const TableReader&) = delete;
    TableReader& operator=(const TableReader&) = delete;

    /// The next row, empty at the end.
    std::vector<std::string> next() {
        std::vector<std::string> row;
        if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return row;
        code_ = sqlite3_step(statement_);
        if (code_ != SQLITE_ROW) return row;
        for (int i = 0; i < sqlite3_column_count(statement_); ++i) row.push_back(cell(statement_, i));
        return row;
    }
    bool failed() const { return code_ != SQLITE_DONE && code_ != SQLITE_ROW && code_ != SQLITE_OK; }
    int code() const { return code_; }

private:
    sqlite3_stmt* statement_ = nullptr;
    int code_ = SQLITE_OK;
};

class Verifier {
public:
    Verifier(const VerifyOf& what, Database& scratch, const VerifyHow& how, Audit* audit)
        : kept_(what.database), what_(what), scratch_(scratch), how_(how), audit_(audit), projection_(scratch, [this](Seq seq) {
              return read_fact(kept_, seq);
          }) {}

    Result<VerifyReport> run();

private:
    bool stopped() const { return how_.stop && how_.stop(); }
    void tell(const char* doing, std::uint64_t done, std::uint64_t all) const {
        if (how_.progress) how_.progress({doing, done, all});
    }
    void find(Seq seq, std::string what, bool of_history = false);
    FaultFinder finder(bool of_history = false) {
        return [this, of_history](Seq seq, std::string what) { find(seq, std::move(what), of_history); };
    }
    void check_tables();
    Result<void> check_entries();
    void check_entry(const Entry& entry);
    Result<void> compare_projections();
    Result<void> compare_table(const std::string& table);
    void ask_sqlite();
    Result<void> audit();

    Database& kept_;
    const VerifyOf& what_;
    Database& scratch_;
    const VerifyHow& how_;
    Audit* audit_;  ///< null: not in full
    Projection projection_;
    VerifyReport report_;
    LedgerId id_{};
    std::vector<std::int64_t> boots_;  ///< in ascending order
    Sha256 previous_{};
    bool folding_ = true;  ///< false after an entry that cannot be folded: projections cannot be compared any more
};

Result<VerifyReport> Verifier::run() {
    check_tables();
    if (auto checked = check_entries(); !checked) return checked.error();
    report_.head = previous_;
    if (report_.entries != what_.head_seq || previous_ != what_.head_hash)
        find(0, "the last entry is not the one this program wrote last", true);
    check_requests(kept_, report_.entries, finder());
    if (auto compared = compare_projections(); !compared) return compared.error();
    ask_sqlite();
    if (!stopped()) check_pages(kept_, finder(), how_.stop);
    if (auto audited = audit(); !audited) return audited.error();
    (void)kept_.take_failure();  // what could not be read is a fault, and said
    if (stopped()) return fail(Failure::unavailable, "verifying was broken off: start it again");
    return std::move(report_);
}

void Verifier::find(Seq seq, std::string what, bool of_history) {
    if (report_.faults.size() < VerifyReport::kMostFindings)
        report_.faults.push_back({seq, std::move(what), of_history || seq != 0});
}

void Verifier::check_tables() {
    check_schema(kept_, scratch_, finder());
    check_meta(kept_, finder(true));
    boots_ = check_boots(kept_, finder(true));
    check_branches(kept_, finder(true));
    auto id = kept_.query("SELECT v FROM meta WHERE k = 'ledger_id'");
    if (id.row()) id_ = fixed<LedgerId>(id.blob_view(0));
    auto branch = kept_.query("SELECT branch_id FROM branch ORDER BY starts_after DESC, n DESC LIMIT 1");
    if (branch.row()) report_.branch = to_hex(branch.blob_view(0));
}

Result<void> Verifier::check_entries() {
    for (;;) {
        if (stopped()) return {};
        const auto entries = read_entries(kept_, report_.entries, kSlice);
        if (!entries) {
            find(report_.entries + 1, entries.error().message);
            folding_ = false;
            return {};
        }
        (void)scratch_.execute("BEGIN");
        for (const Entry& entry : *entries) check_entry(entry);
        (void)scratch_.execute("COMMIT");
        if (auto failure = scratch_.take_failure()) return *failure;
        tell("verifying", report_.entries, what_.head_seq);
        if (entries->size() < kSlice) return {};
    }
}

/// Once more over all entries: which of them were taken back is known only now.
Result<void> Verifier::audit() {
    if (audit_ == nullptr || !folding_) return {};
    report_.full = true;
    for (Seq done = 0;;) {
        if (stopped()) return {};
        const auto entries = read_entries(kept_, done, kSlice);
        if (!entries) return {};  // found before, and said
        (void)audit_->scratch().execute("BEGIN");
        for (const Entry& entry : *entries) {
            if (const auto fact = decode_fact(entry.body)) audit_->see(entry.header.seq, *fact);
        }
        (void)audit_->scratch().execute("COMMIT");
        if (auto failure = audit_->scratch().take_failure()) return *failure;
        if (!entries->empty()) done = entries->back().header.seq;
        tell("auditing", done, what_.head_seq);
        if (entries->size() < kSlice) break;
    }
    return audit_->compare(kept_, finder());
}

void Verifier::check_entry(const Entry& entry) {
    const Seq seq = entry.header.seq;
    if (seq != report_.entries + 1) find(report_.entries + 1, "entries are missing before entry " + std::to_string(seq));
    report_.entries = seq;
    const Sha256 expected = chain_hash(what_.digest, id_, previous_, entry.header, entry.event_id, entry.body);
    if (expected != entry.hash) find(seq, "the hash does not fit the entry and those before it: one of them was changed");
    previous_ = entry.hash;
    if (!std::binary_search(boots_.begin(), boots_.end(), entry.header.boot)) {
        find(seq,
             "it was written in start " + std::to_string(entry.header.boot) + " of the daemon, which table boot does not have");
    }
    const auto fact = decode_fact(entry.body);
    if (!fact) {
        find(seq, fact.error().message);
        folding_ = false;
        return;
    }
    if (kind_of(fact->fact) != entry.header.kind) find(seq, "the kind of the entry is not that of its body");
    if (!folding_) return;
    if (audit_ != nullptr) audit_->hear(*fact);
    if (auto applied = projection_.apply(seq, *fact); !applied) {
        find(seq, "the entry breaks a rule: " + applied.error().message);
        folding_ = false;
    }
}

Result<void> Verifier::compare_projections() {
    if (!folding_) return {};
    for (std::size_t i = 0; i < kProjectionTableCount; ++i) {
        if (stopped()) return {};
        tell("comparing", i, kProjectionTableCount);
        if (auto compared = compare_table(kProjectionTables[i]); !compared) return compared;
    }
    return {};
}

Result<void> Verifier::compare_table(const std::string& table) {
    // Both sides walk the same index: the primary key, which every table has.
    const std::string text = "SELECT * FROM " + table + " ORDER BY " + primary_key(scratch_, table);
    TableReader kept{kept_, text};
    TableReader made{scratch_, text};
    for (;;) {
        const auto kept_row = kept.next();
        const auto made_row = made.next();
        if (kept.failed()) {
            find(0, "table " + table + " cannot be read; `dosario ledger rebuild` makes it again");
            return {};
        }
        if (made.failed()) return Database::explain(made.code(), "scratch database");
        if (kept_row != made_row) {
            find(0, "table " + table + " differs from what the entries say; `dosario ledger rebuild` makes it again");
            return {};
        }
        if (kept_row.empty()) return {};
    }
}

void Verifier::ask_sqlite() {
    if (stopped()) return;
    tell("checking", 0, 1);
    auto query = kept_.query("PRAGMA integrity_check(20)");
    while (query.row()) {
        if (const std::string line = query.text(0); line != "ok") find(0, "SQLite: " + line);
    }
    if (query.failed()) find(0, query.error().message);
}

}  // namespace

Result<VerifyReport> verify(const VerifyOf& what, const std::function<bool()>& stop) {
    VerifyHow how;
    how.stop = stop;
    return verify(what, how);
}

Result<VerifyReport> verify(const VerifyOf& what, const VerifyHow& how) {
    auto scratch = Database::open("", OpenMode::create);
    if (!scratch) return scratch.error();
    if (auto set = (*scratch)->execute(kForScratch); !set) return set.error();
    if (auto made = (*scratch)->execute(kHistorySchema); !made) return made.error();
    if (auto made = (*scratch)->execute(kProjectionSchema); !made) return made.error();
    if (auto added = add_seal(what.database.handle(), what.digest); !added) return added.error();
    std::unique_ptr<Audit> audit;
    if (how.full) {
        auto started = Audit::start();
        if (!started) return started.error();
        audit = std::move(*started);
    }
    const auto goes_on = [&how] { return !how.stop(); };
    if (how.stop) what.database.on_progress(goes_on);
    auto report = Verifier{what, **scratch, how, audit.get()}.run();
    if (how.stop) what.database.on_progress(nullptr);
    return report;
}

Result<VerifyReport> verify(Ledger& ledger, const VerifyHow& how) {
    auto report = verify({ledger.database(), ledger.digest(), ledger.head_seq(), ledger.head_hash()}, how);
    if (report && ledger.log_damage() && !ledger.log_was_mended())
        report->faults.push_back({0, ledger.log_damage()->words(), true});
    return report;
}

Result<Seq> rebuild(Ledger& ledger, const TellProgress& progress) {
    if (auto begun = ledger.begin(); !begun) return begun.error();
    const Seq all = ledger.head_seq();
    auto remade = refold(ledger.database(), [&](Seq done) {
        if (progress) progress({"rebuilding", done, all});
    });
    if (!remade) {
        ledger.rollback();
        return remade;
    }
    if (auto committed = ledger.commit(); !committed) return committed.error();
    return remade;
}

}  // namespace dosario
