// SPDX-License-Identifier: Apache-2.0
// What stands on the day sheet.
#include "support/catch.hpp"
#include "wire/short_code.hpp"

using namespace dosario;

namespace {

Sha256 some_hash() {
    Sha256 hash{};
    for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::byte>(i * 37 + 11);
    return hash;
}

std::string some_text() { return head_text(short_code(1842, some_hash())); }

}  // namespace

TEST_CASE("a short code has the number, twelve characters in groups of four and one to check them", "[short_code]") {
    CHECK(some_text() == "1842 1CR5-AYMZ-RKMG-B");
    CHECK(head_text(short_code(0, {})) == "0 0000-0000-0000-0");
}

TEST_CASE("a short code is read back, however it was written down", "[short_code]") {
    const ShortCode code = short_code(1042, some_hash());
    const std::string text = head_text(code);
    REQUIRE(parse_head(text).has_value());
    CHECK(*parse_head(text) == code);
    std::string sloppy = "# ";
    for (const char c : text) {
        if (c == '-') {
            sloppy += ' ';
        } else if (c == '0') {
            sloppy += 'o';
        } else if (c == '1') {
            sloppy += 'l';
        } else {
            sloppy += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    INFO(sloppy);
    REQUIRE(parse_head(sloppy).has_value());
    CHECK(*parse_head(sloppy) == code);
}

TEST_CASE("every wrong character, every pair of neighbours swapped and every length but its own is a mistyped code",
          "[short_code]") {
    const std::string alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string plain;
    for (const char c : some_text()) {
        if (c != ' ' && c != '-') plain += c;
    }
    REQUIRE(parse_head(plain).has_value());
    for (std::size_t i = 0; i < plain.size(); ++i) {
        std::string shorter = plain;
        CHECK_FALSE(parse_head(shorter.erase(i, 1)).has_value());
        for (const char c : alphabet) {
            std::string wrong = plain;
            wrong[i] = c;
            CHECK(parse_head(wrong).has_value() == (wrong == plain));
        }
        if (i + 1 == plain.size()) break;
        std::string swapped = plain;
        std::swap(swapped[i], swapped[i + 1]);
        CHECK(parse_head(swapped).has_value() == (swapped == plain));
    }
}

TEST_CASE("what is no code is refused in words", "[short_code]") {
    for (const char* text :
         {"", "hola", "1842", "1842 1CR5-AYMZ-RKMG", "1842 1CR5-AYUZ-RKMG-B", "99999999999999999999 1CR5-AYMZ-RKMG-B"}) {
        const auto code = parse_head(text);
        REQUIRE_FALSE(code.has_value());
        CHECK(code.error().message.find("mistyped") != std::string::npos);
    }
}
