// SPDX-License-Identifier: Apache-2.0
// The audit counts from the entries by other code, and finds what rebuilding with the same code cannot see.
#include "ledger/audit.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <sqlite3.h>

#include <cstring>

using namespace dosario;
using namespace dosario::test;

namespace {

/// Every kind of movement, and every kind of taking back.
void work(Counter& counter) {
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    counter.scan(Box{.serial = "S2"}.code());
    counter.scan(Scan{Box{.product = 3}.code()}.packs(7));
    counter.scan(Box{.product = 4, .serial = "GONE"}.code());
    counter.scan(kUndo);
    counter.scan(Scan{Box{.product = 3}.code()}.packs(2));
    counter.scan(kUndo);
    const auto named = counter.ready_doses(Scan{Box{.serial = "S1"}.code()}.doses(2).units_per_dose(10).waste(3));
    const auto counted = counter.ready_doses(Scan{Box{.product = 3}.code()}.doses(3).units_per_dose(10));
    counter.fraction(Scan{Box{.product = 3}.code()}.doses(1).units_per_dose(5).waste(1));
    counter.scan(kUndo);
    counter.scan(Scan{named[0]}.mode("dispense").by(kAna));
    counter.scan(Scan{counted[0]}.mode("dispense"));
    counter.scan(Scan{counted[1]}.mode("dispense"));
    counter.scan(kUndo);
    counter.scan(Scan{counted[2]}.mode("dispense"));
    counter.scan(Box{.serial = "S2"}.code());
    counter.scan(Scan{Box{.product = 3}.code()}.packs(3));
    counter.scan(Scan{named[0]}.mode("return"));
    counter.scan(Scan{counted[0]}.mode("return"));
    counter.scan(Scan{Box{.serial = "S2"}.code()}.mode("return"));
    counter.scan(Scan{Box{.product = 3}.code()}.packs(1).mode("return"));
    counter.scan(Scan{counted[0]}.mode("release"));
    counter.scan(Scan{Box{.serial = "S2"}.code()}.mode("release"));
    counter.scan(kUndo);
    DOSARIO_CHECK(counter.append(LotRecalled{gtin(3), "L1", "Disp. 1"}).has_value());
    DOSARIO_CHECK(counter.append(LotRecalled{gtin(5), "", "Disp. 2"}).has_value());
    DOSARIO_CHECK(counter.append(RecallLifted{gtin(5), "", "Disp. 2"}).has_value());
}

VerifyReport verify_in_full(Ledger& ledger) {
    VerifyHow how;
    how.full = true;
    const auto report = verify(ledger, how);
    REQUIRE(report.has_value());
    return *report;
}

std::string all_faults(const VerifyReport& report) {
    std::string all;
    for (const VerifyFinding& fault : report.faults) all += fault.what + "\n";
    return all;
}

/// While it lives every connection that is opened forgets to write one column: a planted bug of the code that folds entries.
class ForgottenColumn {
public:
    ForgottenColumn(const char* table, const char* column) {
        table_ = table;
        column_ = column;
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(&plant));
    }
    ~ForgottenColumn() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&plant)); }
    ForgottenColumn(const ForgottenColumn&) = delete;
    ForgottenColumn& operator=(const ForgottenColumn&) = delete;

private:
    static int plant(sqlite3* db, const char**, const void*) {
        return sqlite3_set_authorizer(
            db,
            [](void*, int action, const char* table, const char* column, const char*, const char*) {
                const bool it = action == SQLITE_UPDATE && std::strcmp(table, table_) == 0 && std::strcmp(column, column_) == 0;
                return it ? SQLITE_IGNORE : SQLITE_OK;
            },
            nullptr);
    }
    static inline const char* table_ = nullptr;
    static inline const char* column_ = nullptr;
};

}  // namespace

TEST_CASE("the audit agrees with the lists of a whole ledger, whatever was done and taken back", "[audit]") {
    Counter counter;
    CHECK(all_faults(verify_in_full(counter.ledger())).empty());
    work(counter);
    const VerifyReport report = verify_in_full(counter.ledger());
    CHECK(all_faults(report).empty());
    CHECK(report.full);
    CHECK(counter.rows("SELECT count(DISTINCT state) FROM dose") == "3");
    CHECK(counter.rows("SELECT count(DISTINCT state) FROM pack") == "2");
    CHECK(counter.rows("SELECT count(DISTINCT place) FROM stock WHERE units > 0") == "4");
    CHECK_FALSE(counter.verify().full);
}

TEST_CASE("a column that the program forgets to write is found by the audit, though all lists made again are the same",
          "[audit]") {
    struct Bug {
        const char* table;
        const char* column;
        const char* said;
    };
    const Bug bug = GENERATE(Bug{"dose", "verified_by", "verified_by is none and must be EVA00002"},
                             Bug{"lot", "receptions", "receptions is 1 and must be 2"});
    INFO(bug.table << "." << bug.column);
    const ForgottenColumn planted{bug.table, bug.column};
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{Box{.product = 3}.code()}.mode("receive"));
    counter.scan(Box{.product = 3}.code());
    const auto doses = counter.ready_doses(Scan{Box{.product = 3}.code()}.doses(2).units_per_dose(10));
    counter.scan(Scan{doses[0]}.mode("dispense"));
    const VerifyReport plain = counter.verify();
    CHECK(all_faults(plain).empty());
    const VerifyReport full = verify_in_full(counter.ledger());
    CHECK(all_faults(full).find(bug.said) != std::string::npos);
    CHECK(all_faults(full).find("the program that makes the lists is at fault") != std::string::npos);
}

TEST_CASE("every column of packs, doses and lots that the audit looks at is missed when it is changed", "[audit]") {
    struct Change {
        const char* sql;
        const char* said;
    };
    const Change change = GENERATE(
        Change{"UPDATE dose SET beyond_use_on = beyond_use_on - 1", "beyond_use_on is"},
        Change{"UPDATE dose SET made_by = 'X'", "made_by is X"},
        Change{"UPDATE dose SET out_seq = 1 WHERE state = 3", "out_seq is 1"}, Change{"UPDATE dose SET units = 9", "units is 9"},
        Change{"UPDATE pack SET units_left = 2 WHERE state = 2", "units_left is 2"},
        Change{"UPDATE pack SET serial = 'S9' WHERE serial = 'S2'", "serial is S9"},
        Change{"DELETE FROM dose WHERE state = 4", "must be in the lists and is not"},
        Change{"UPDATE stock SET counted_packs = counted_packs + 1 WHERE place = 3", "dispensed: counted_packs is"},
        Change{"UPDATE stock SET doses_ready = doses_ready + 1 WHERE place = 2", "in quarantine: doses_ready is"},
        Change{"UPDATE stock SET opened_units = opened_units + 1 WHERE place = 4", "wasted: opened_units is"},
        Change{"UPDATE recall SET reference = 'other'", "reference is other"}, Change{"DELETE FROM recall", "recall of"},
        Change{"INSERT INTO recall VALUES (1, 'X', 'r', 1)", "must not be"},
        Change{"UPDATE lot SET expires_on = expires_on + 1", "expires_on is"});
    INFO(change.sql);
    Counter counter;
    work(counter);
    Database& db = counter.ledger().database();
    sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    const auto changed = db.execute((std::string{"PRAGMA ignore_check_constraints = ON; "} + change.sql).c_str());
    sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, nullptr);
    REQUIRE(changed.has_value());
    CHECK(all_faults(verify_in_full(counter.ledger())).find(change.said) != std::string::npos);
}

TEST_CASE("verifying says how far it is, up to the last entry", "[audit]") {
    Counter counter;
    work(counter);
    std::vector<std::string> heard;
    Seq verified = 0;
    Seq audited = 0;
    VerifyHow how;
    how.full = true;
    how.progress = [&](const LedgerProgress& progress) {
        heard.emplace_back(progress.what);
        CHECK(progress.done <= progress.all);
        if (heard.back() == "verifying") verified = progress.done;
        if (heard.back() == "auditing") audited = progress.done;
    };
    REQUIRE(verify(counter.ledger(), how).has_value());
    CHECK(verified == counter.ledger().head_seq());
    CHECK(audited == counter.ledger().head_seq());
    CHECK(std::count(heard.begin(), heard.end(), "comparing") > 10);
}
