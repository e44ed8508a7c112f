// SPDX-License-Identifier: Apache-2.0
#include "ledger/sqlite.hpp"

#include "support/catch.hpp"

using namespace dosario;

namespace {

constexpr const char* kLong =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT count(*) FROM n";

}  // namespace

TEST_CASE("a long statement is asked whether it goes on, and ends as usual when it does", "[progress]") {
    auto database = Database::open("", OpenMode::create);
    REQUIRE(database.has_value());
    int asked = 0;
    (*database)->on_progress([&asked] { return ++asked > 0; });
    const auto counted = (*database)->number(kLong);
    REQUIRE(counted.has_value());
    CHECK(*counted == 100000);
    CHECK(asked > 5);
    asked = 0;
    (*database)->on_progress(nullptr);
    CHECK((*database)->number(kLong).has_value());
    CHECK(asked == 0);
}

TEST_CASE("a statement that may not go on is broken off, and the next one runs", "[progress]") {
    auto database = Database::open("", OpenMode::create);
    REQUIRE(database.has_value());
    bool go_on = false;
    (*database)->on_progress([&go_on] { return go_on; });
    const auto broken = (*database)->number(kLong);
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().failure == Failure::unavailable);
    go_on = true;
    CHECK((*database)->number(kLong).has_value());
}
