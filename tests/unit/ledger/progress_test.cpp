// SPDX-License-Identifier: Apache-2.0
// Long statements ask whether they go on.
#include "ledger/sqlite.hpp"
#include "support/catch.hpp"

using namespace dosario;

TEST_CASE("a long statement asks again and again, and ends when the answer is no", "[sqlite]") {
    auto opened = Database::open("", OpenMode::create);
    REQUIRE(opened.has_value());
    Database& db = **opened;
    int asked = 0;
    db.on_progress([&asked] { return ++asked < 5; });
    const auto endless = db.number("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    REQUIRE_FALSE(endless.has_value());
    CHECK(endless.error().failure == Failure::unavailable);
    CHECK(endless.error().message.find("broken off") != std::string::npos);
    CHECK(asked == 5);

    const char* const kLong =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT count(*) FROM n";
    db.on_progress([&asked] { return ++asked > 0; });
    CHECK(*db.number(kLong) == 100'000);
    const int until_now = asked;
    CHECK(until_now > 10);
    db.on_progress(nullptr);
    CHECK(*db.number(kLong) == 100'000);
    CHECK(asked == until_now);
}
