// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"
#include "base/time.hpp"
#include "support/catch.hpp"

using namespace dosario;

TEST_CASE("a word has four digits", "[bytes]") {
    CHECK(hex4(0) == "0000");
    CHECK(hex4(0x05E0) == "05e0");
    CHECK(hex4(0xFFFF) == "ffff");
}

TEST_CASE("hexadecimal goes both ways", "[bytes]") {
    CHECK(to_hex(*from_hex("00ff 1D")) == "00ff1d");
    CHECK(from_hex("")->empty());
    CHECK_FALSE(from_hex("0"));
    CHECK_FALSE(from_hex("0g"));
    CHECK_FALSE(from_hex("0 0"));
}

TEST_CASE("escapes people type are read, and anything half-typed is refused", "[bytes]") {
    CHECK(*unescape("a\\x1db\\\\") ==
          "a\x1d"
          "b\\");
    CHECK_FALSE(unescape("\\"));
    CHECK_FALSE(unescape("\\x1"));
    CHECK_FALSE(unescape("\\n"));
    CHECK(escape("a\x1d"
                 "b\\\xff") == "a\\x1db\\\\\\xff");
}

TEST_CASE("days are written and read as year, month, day, and no other way", "[time]") {
    CHECK(format_date(*parse_date("2027-06-30")) == "2027-06-30");
    CHECK(parse_date("2028-02-29"));
    CHECK_FALSE(parse_date("2027-02-29"));
    CHECK_FALSE(parse_date("2027-6-30"));
    CHECK_FALSE(parse_date("2027-06-30 "));
    CHECK(format_date(last_day_of_month(2028, 2)) == "2028-02-29");
    CHECK(format_utc(UtcTime{Micros{1'700'000'000'123'456}}) == "2023-11-14T22:13:20.123456Z");
}
