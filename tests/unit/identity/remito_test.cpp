// SPDX-License-Identifier: Apache-2.0
// Numbers of delivery notes and of places.
#include "identity/remito.hpp"
#include "identity/gs1.hpp"
#include "support/catch.hpp"

#include <string>

using namespace dosario;

TEST_CASE("a delivery note is read as it is written", "[remito]") {
    for (const char* text : {"R 0001-00001234", "R-0001-00001234", "R0001-00001234", "R000100001234", "0001-00001234",
                             "000100001234", " 0001-00001234", "-0001-00001234", "00001-00001234", "R0000100001234"}) {
        INFO(text);
        CHECK(parse_remito(text) == Remito{'R', 1, 1234});
    }
    CHECK(parse_remito("X 12345-87654321") == Remito{'X', 12345, 87654321});
    CHECK(parse_remito("0000-00000000") == Remito{'R', 0, 0});
}

TEST_CASE("what is no number of a delivery note is none", "[remito]") {
    using namespace std::string_literals;
    for (const std::string& text :
         {""s, "R"s, "R "s, "A 0001-00001234"s, "r 0001-00001234"s, "R  0001-00001234"s, "R 0001--00001234"s, "R 001-00001234"s,
          "R 000001-00001234"s, "R 0001-0001234"s, "R 0001-000012345"s, "R 0001-0000123a"s, "R 0O01-00001234"s,
          "R 0001 00001234"s, "R 0001-00001234 "s, "RR0001-00001234"s,
          "0001\0"s
          "00001234"s,
          "R\xc3\x91"s
          "0001-00001234"s,
          "0001-00001234\n"s}) {
        INFO(text);
        CHECK_FALSE(parse_remito(text));
    }
    const std::string whole = "R 0001-00001234";
    for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(parse_remito(std::string_view{whole}.substr(0, size)));
}

TEST_CASE("the SNT takes thirteen characters, and no point of sale of five digits", "[remito]") {
    CHECK(make_remito('R', 1, 1234)->snt_text() == "R000100001234");
    CHECK(make_remito('X', 9999, 99999999)->snt_text() == "X999999999999");
    CHECK(parse_remito("00012-00001234")->snt_text() == "R001200001234");  // the fifth digit is a zero
    CHECK_FALSE(make_remito('R', 10000, 1)->snt_text());
}

TEST_CASE("a delivery note made is the one that is read", "[remito]") {
    for (const char letter : {'R', 'X'}) {
        for (const std::uint32_t point : {0U, 1U, 9999U, 10000U, 99999U}) {
            for (const std::uint32_t number : {0U, 1U, 99999999U}) {
                const auto made = make_remito(letter, point, number);
                REQUIRE(made);
                CHECK(parse_remito(made->text()) == made);
                if (const auto text = made->snt_text()) CHECK(parse_remito(*text) == made);
            }
        }
    }
    CHECK(make_remito('R', 1, 1234)->text() == "R0001-00001234");
    CHECK(make_remito('R', 12345, 1)->text() == "R12345-00000001");
    CHECK_FALSE(make_remito('A', 1, 1));
    CHECK_FALSE(make_remito('r', 1, 1));
    CHECK_FALSE(make_remito('R', 100000, 1));
    CHECK_FALSE(make_remito('R', 1, 100000000));
}

TEST_CASE("a GLN has thirteen digits with their check digit", "[gln]") {
    for (const char* digits : {"9999999999918", "9999999999925", "9999999999932", "9999999999949", "9999999999956",
                               "9999999999963", "9999999999970", "0000000000000"}) {
        const auto gln = parse_gln(digits);
        REQUIRE(gln);
        CHECK(gln->text() == digits);
    }
    CHECK(parse_gln("9999999999918")->number == 9999999999918);
    for (const char* wrong :
         {"", "9999999999919", "999999999991", "99999999999918", "999999999991x", " 9999999999918", "99999999"}) {
        CHECK_FALSE(parse_gln(wrong));
    }
}

TEST_CASE("one wrong digit in a GLN is caught", "[gln]") {
    const std::string good = "7791234567898";
    REQUIRE(parse_gln(good));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (char c = '0'; c <= '9'; ++c) {
            std::string wrong = good;
            wrong[at] = c;
            CHECK(parse_gln(wrong).has_value() == (wrong == good));
        }
    }
}
