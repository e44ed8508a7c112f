// SPDX-License-Identifier: Apache-2.0
#include "identity/iso_codes.hpp"

#include "support/catch.hpp"

#include <set>
#include <string>

using namespace dosario;

TEST_CASE("a number of three digits is one country or none", "[country_codes]") {
    std::set<std::string_view> letters;
    for (int number = 0; number < 1000; ++number) {
        const std::string_view found = country_letters(std::to_string(1000 + number).substr(1));
        if (!found.empty()) CHECK(letters.insert(found).second);
    }
    CHECK(letters.size() == 249);
    CHECK(country_letters("004") == "AF");
    CHECK(country_letters("032") == "AR");
    CHECK(country_letters("356") == "IN");
    CHECK(country_letters("600") == "PY");
    CHECK(country_letters("756") == "CH");
    CHECK(country_letters("894") == "ZM");
}

TEST_CASE("what is no country of today has no letters", "[country_codes]") {
    for (const char* odd : {"", "32", "0032", "3a2", "000", "001", "530", "999", "AR "}) CHECK(country_letters(odd).empty());
}
