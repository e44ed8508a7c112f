// SPDX-License-Identifier: Apache-2.0
#include "support/plants.hpp"

#include <sqlite3.h>

namespace dosario::test {

std::optional<Error> answer_first(Service& service, std::span<const Job> jobs) {
    service.group_begins();
    DOSARIO_CHECK(service.ledger().begin().has_value());
    for (const Job& job : jobs) job.decide(service);
    for (const Job& job : jobs) job.answer(std::nullopt);
    DOSARIO_CHECK(service.ledger().commit().has_value());
    return std::nullopt;
}

std::string forgets(const Column& what) {
    const std::string column = what.column;
    return std::string{"CREATE TEMP TRIGGER IF NOT EXISTS forgets AFTER UPDATE ON main."} + what.table + " WHEN NEW." + column +
           " IS NOT OLD." + column + " BEGIN UPDATE " + what.table + " SET " + column + " = OLD." + column + " WHERE " +
           what.row + "; END";
}

void strip_conservation(const std::string& file) {
    sqlite3* db = nullptr;
    DOSARIO_CHECK(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
    const char* const strip =
        "PRAGMA writable_schema = ON;"
        "UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (units_before = units_dosed + units_remaining + units_wasted)',"
        " 'CHECK (1)') WHERE name = 'fractioning'";
    DOSARIO_CHECK(sqlite3_exec(db, strip, nullptr, nullptr, nullptr) == SQLITE_OK);
    DOSARIO_CHECK(sqlite3_changes(db) == 1);
    sqlite3_close(db);
}

PacksReceived box_to_cut() { return {gtin(1), "CUT", "CUT", day("2099-06-30"), 1, kTablets, ThingId{900}, false}; }

PackFractioned cut_too_much(Date on) {
    return {ThingId{900},
            gtin(1),
            "CUT",
            "CUT",
            day("2099-06-30"),
            true,
            on,
            kTablets,
            {{ThingId{901}, 10}, {ThingId{902}, 10}},
            15,  // of 30
            0,
            day("2099-05-20"),
            BeyondUseRule::days_after_opening};
}

}  // namespace dosario::test
