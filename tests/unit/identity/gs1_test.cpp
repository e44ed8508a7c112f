// SPDX-License-Identifier: Apache-2.0
// Element strings: what is read, what is refused and where, and that no input makes the parser stumble.
#include "identity/gs1.hpp"
#include "identity/gs1_ai_table.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"

#include <set>
#include <string>
#include <vector>

using namespace dosario;
using namespace dosario::test;

namespace {

const std::string kPack =
    "01077912345678981727043010LOTE-ABC123\x1d"
    "21SERIAL1234567890ABCD";

Gs1Message parse(std::string_view content) { return parse_element_string(content, kToday); }

Gs1Message bracketed_message(std::string_view content) { return parse_bracketed(content, kToday, buffer); }

Gs1Message parse_lenient(std::string_view content) { return parse_element_string(content, kToday, Gs1Profile::lenient); }

bool views_lie_within(const Gs1Message& message, std::string_view content) {
    const auto within = [&](std::string_view view) {
        return view.empty() || (view.data() >= content.data() && view.data() + view.size() <= content.data() + content.size());
    };
    bool all = within(message.fault.ai) && message.fault.offset <= content.size() && message.elements().size() <= kMostElements;
    for (std::size_t i = 0; i < message.elements().size(); ++i) {
        all = all && within(message.elements()[i].ai) && within(message.elements()[i].value);
    }
    return all;
}

std::string with_check_digit(std::string digits) { return digits + gs1_check_digit(digits); }

}  // namespace

TEST_CASE("a pack with lot, expiry and serial is read in the order of its code", "[gs1]") {
    const Gs1Message message = parse(kPack);
    REQUIRE(message.ok());
    REQUIRE(message.elements().size() == 4);
    CHECK(message.elements()[0].ai == "01");
    CHECK(message.elements()[0].value == "07791234567898");
    CHECK(message.elements()[1].value == "270430");
    CHECK(message.elements()[2].value == "LOTE-ABC123");
    CHECK(message.elements()[3].ai == "21");
    CHECK(message.elements()[3].value == "SERIAL1234567890ABCD");
    CHECK(message.find(10) == "LOTE-ABC123");
    CHECK_FALSE(message.find(240));
    CHECK_FALSE(message.suspect_missing_fnc1);
}

TEST_CASE("check digits are those of the published examples, and a sum that ends in 0 gives 0", "[gs1]") {
    CHECK(gs1_check_digit("629104150021") == '3');
    CHECK(gs1_check_digit("37610425002123456") == '9');
    CHECK(gs1_check_digit("7952114112345") == '3');
    CHECK(gs1_check_digit("55") == '0');
    CHECK(gs1_check_digit_holds("6291041500213"));
    CHECK_FALSE(gs1_check_digit_holds("6291041500214"));
    CHECK_FALSE(gs1_check_digit_holds("62910415002x3"));
    CHECK_FALSE(gs1_check_digit_holds(""));
    CHECK_FALSE(gs1_check_digit_holds("0"));
}

TEST_CASE("two-digit years take the century nearest to the reference", "[gs1]") {
    const auto year = [](const char* yymmdd, const char* reference) {
        return format_date(*gs1_date(yymmdd, *parse_date(reference))).substr(0, 4);
    };
    CHECK(year("000101", "2026-11-21") == "2000");
    CHECK(year("760101", "2026-11-21") == "2076");
    CHECK(year("770101", "2026-11-21") == "1977");
    CHECK(year("990101", "2026-11-21") == "1999");
    CHECK(year("490101", "1999-12-31") == "2049");
    CHECK(year("500101", "1999-12-31") == "1950");
    CHECK(year("010101", "2051-01-01") == "2101");
    CHECK(year("020101", "2051-01-01") == "2002");
    CHECK(year("500101", "2000-01-01") == "2050");
    CHECK(year("510101", "2000-01-01") == "1951");
}

TEST_CASE("day 00 is the last day of its month, and days that do not exist are refused", "[gs1]") {
    CHECK(gs1_date("270200", kToday) == parse_date("2027-02-28"));
    CHECK(gs1_date("280200", kToday) == parse_date("2028-02-29"));
    CHECK(gs1_date("271200", kToday) == parse_date("2027-12-31"));
    CHECK(gs1_date("280229", kToday) == parse_date("2028-02-29"));
    for (const char* wrong : {"270229", "271300", "270000", "270431", "2704", "2704310", "27o430", ""}) {
        CHECK_FALSE(gs1_date(wrong, kToday));
    }
}

TEST_CASE("each broken rule is named, with its place and its AI", "[gs1]") {
    struct Row {
        std::string content;
        CodeError error;
        unsigned offset;
        std::string_view ai;
    };
    const std::string gtin = "0107791234567898";
    const Row rows[] = {
        {"", CodeError::empty_message, 0, ""},
        {"\x1d" + gtin, CodeError::ai_unknown, 0, ""},
        {"\x1d", CodeError::ai_unknown, 0, ""},
        {gtin + "10L1\x1d\x1d"
                "17270430",
         CodeError::ai_unknown, 21, ""},
        {gtin + "\x1d\x1d", CodeError::ai_unknown, 17, ""},
        {"A1", CodeError::ai_unknown, 0, ""},
        {"0", CodeError::ai_unknown, 0, ""},
        {gtin + "3", CodeError::ai_unknown, 16, ""},
        {gtin + "70", CodeError::ai_unknown, 16, "70"},
        {gtin + "0412", CodeError::ai_unknown, 16, "04"},
        {gtin + "14270430", CodeError::ai_unknown, 16, "14"},
        {gtin + "3106000100", CodeError::ai_unknown, 16, "3106"},
        {gtin + "718X", CodeError::ai_unknown, 16, "718"},
        {"01", CodeError::value_empty, 2, "01"},
        {gtin + "10", CodeError::value_empty, 18, "10"},
        {gtin + "10\x1d"
                "21A",
         CodeError::value_empty, 18, "10"},
        {"010779123456789", CodeError::value_length, 2, "01"},
        {"0107791234567\x1d"
         "10L1",
         CodeError::value_length, 2, "01"},
        {"0107A9123456\x1d"
         "10L1",
         CodeError::value_length, 2, "01"},
        {gtin + "3103\x1d", CodeError::value_empty, 20, "3103"},
        {gtin + "10ABCDEFGHIJKLMNOPQRSTU", CodeError::value_length, 38, "10"},
        {gtin + "7003270430120", CodeError::value_length, 20, "7003"},
        {gtin + "7003"
                "270430"
                "12000",
         CodeError::value_length, 30, "7003"},
        {"0107791234567898A", CodeError::ai_unknown, 16, ""},
        {"010779123456789X", CodeError::not_numeric, 15, "01"},
        {gtin + "30"
                "1A",
         CodeError::not_numeric, 19, "30"},
        {gtin + "10L 1", CodeError::bad_character, 19, "10"},
        {gtin + "10L\xc3\x91", CodeError::bad_character, 19, "10"},
        {gtin + "21A@B", CodeError::bad_character, 19, "21"},
        {"0107791234567897", CodeError::check_digit, 15, "01"},
        {"00106141412345678901", CodeError::check_digit, 19, "00"},
        {gtin + "17270431", CodeError::bad_date, 18, "17"},
        {gtin + "17271300", CodeError::bad_date, 18, "17"},
        {gtin + "70032704001200", CodeError::bad_date, 20, "7003"},
        {gtin + "70032704302400", CodeError::bad_time, 26, "7003"},
        {gtin + "70032704302360", CodeError::bad_time, 26, "7003"},
        {gtin + "7006270400", CodeError::bad_date, 20, "7006"},
        {gtin + "800827043024", CodeError::bad_time, 26, "8008"},
        {"80131987654Ad4X4bL5ttr2310c2X", CodeError::check_character, 27, "8013"},
        {"80131987654Ad4X4bL5ttr2310c2k", CodeError::bad_character, 28, "8013"},
        {"800607791234567898"
         "0000",
         CodeError::bad_piece_total, 18, "8006"},
        {"800607791234567898"
         "0302",
         CodeError::bad_piece_total, 18, "8006"},
        {gtin + "10L1\x1d"
                "10L2",
         CodeError::ai_duplicate_conflict, 21, "10"},
        {gtin + "37"
                "5",
         CodeError::ai_pair_invalid, 0, "01"},
        {gtin + "21A\x1d"
                "235B",
         CodeError::ai_pair_invalid, 16, "21"},
        {gtin + "3102000100"
                "3103000100",
         CodeError::ai_pair_invalid, 16, "3102"},
        {"0207791234567898", CodeError::ai_requisite_missing, 0, "02"},
        {"10L1", CodeError::ai_requisite_missing, 0, "10"},
        {gtin + "7004"
                "12",
         CodeError::ai_requisite_missing, 16, "7004"},
        {gtin + "250X", CodeError::ai_requisite_missing, 16, "250"},
    };
    for (const Row& row : rows) {
        INFO("content " << row.content);
        const Gs1Message message = parse(row.content);
        CHECK(code_error_name(message.fault.error) == code_error_name(row.error));
        CHECK(message.fault.offset == row.offset);
        CHECK(message.fault.ai == row.ai);
    }
}

TEST_CASE("messages that keep every rule are taken", "[gs1]") {
    const std::string gtin = "0107791234567898";
    const std::string rows[] = {
        gtin,
        gtin + "\x1d",
        gtin +
            "\x1d"
            "17270430\x1d"
            "10L1\x1d",
        gtin +
            "17270400"
            "11260100",
        gtin +
            "7003"
            "2704302359",
        gtin +
            "8008"
            "27043023"
            "\x1d"
            "10L1",
        gtin +
            "8008"
            "270430235959",
        gtin +
            "10L1\x1d"
            "10L1",
        gtin + "91!\"%&'()*+,-./:;<=>?_z",
        gtin +
            "3103"
            "000100"
            "20"
            "07",
        gtin +
            "710"
            "12345678",
        gtin +
            "713"
            "1234567890123",
        gtin +
            "21A\x1d"
            "250B",
        gtin +
            "10A\x1d"
            "7004"
            "1200",
        gtin +
            "7230"
            "EM"
            "X1",
        gtin +
            "90"
            "anything",
        "0207791234567898"
        "37"
        "12\x1d"
        "00"
        "106141412345678908",
        "8006"
        "07791234567898"
        "0102"
        "\x1d"
        "21A",
        "414" + with_check_digit("779123456789") +
            "254"
            "A1",
        "253" + with_check_digit("779123456789"),
        "8003"
        "0" +
            with_check_digit("779123456789") + "S1",
        "8018" + with_check_digit("77912345678901234") +
            "\x1d"
            "8019"
            "12",
        "8010"
        "1234-1/2#"
        "\x1d"
        "8011"
        "12",
    };
    for (const std::string& row : rows) {
        INFO("content " << row);
        const Gs1Message message = parse(row);
        CHECK(code_error_name(message.fault.error) == "none");
    }
}

TEST_CASE("the lenient profile forgives missing company and nothing else", "[gs1]") {
    CHECK(parse_lenient("10L1").ok());
    CHECK(parse_lenient("0207791234567898").ok());
    CHECK(parse_lenient("0107791234567898375").fault.error == CodeError::ai_pair_invalid);
    CHECK(parse_lenient("0107791234567897").fault.error == CodeError::check_digit);
}

TEST_CASE("a swallowed AI is suspected and never repaired", "[gs1]") {
    const std::string gtin = "0107791234567898";
    const Gs1Message lot = parse_lenient("10ABC17261231");
    CHECK(lot.suspect_missing_fnc1);
    CHECK(lot.find(10) == "ABC17261231");
    CHECK(parse(gtin + "10ABC17261231").suspect_missing_fnc1);
    CHECK(parse(gtin + "10ABC17261200\x1d").suspect_missing_fnc1);
    CHECK(parse(gtin + "21SER117270430"
                       "10L1")
              .suspect_missing_fnc1);
    CHECK(parse(gtin + "17270430"
                       "10L1"
                       "21SERIAL")
              .suspect_missing_fnc1);
    CHECK(parse(gtin + "17270430"
                       "21123456"
                       "10"
                       "45")
              .suspect_missing_fnc1);
    CHECK(parse(gtin + "21123456"
                       "10LOT")
              .suspect_missing_fnc1);
    const Gs1Message overlong = parse(gtin +
                                      "17270430"
                                      "10LOTE-ABC123"
                                      "21SERIAL1234567890ABCD");
    CHECK(overlong.suspect_missing_fnc1);
    CHECK(overlong.fault.error == CodeError::value_length);
}

TEST_CASE("ordinary lots and serial numbers are not suspected", "[gs1]") {
    const std::string gtin = "0107791234567898";
    CHECK_FALSE(parse(gtin + "17270430"
                             "10ABC17261231")
                    .suspect_missing_fnc1);
    CHECK_FALSE(parse(gtin + "10ABC17261331").suspect_missing_fnc1);
    CHECK_FALSE(parse(gtin + "10"
                             "17261231")
                    .suspect_missing_fnc1);
    CHECK_FALSE(parse(gtin + "10L2105").suspect_missing_fnc1);
    CHECK_FALSE(parse(gtin + "21"
                             "12341056789012345678")
                    .suspect_missing_fnc1);
    CHECK_FALSE(parse(gtin + "10L1\x1d"
                             "21ABC10DEF21GHI")
                    .suspect_missing_fnc1);
    CHECK_FALSE(parse(gtin + "10ABC17261231\x1d"
                             "21S")
                    .suspect_missing_fnc1);
}

TEST_CASE("sixty-four elements are read and the next is refused", "[gs1]") {
    std::string content;
    for (std::size_t i = 0; i < kMostElements; ++i) content += "91A\x1d";
    CHECK(parse(content).ok());
    CHECK(parse(content).elements().size() == kMostElements);
    const Gs1Message message = parse(content + "91A");
    CHECK(message.fault.error == CodeError::parse_failed);
    CHECK(message.fault.offset == content.size() + 2);
}

TEST_CASE("brackets as people write them give the same elements", "[gs1]") {
    const Gs1Message message = bracketed_message("(01)07791234567898(17)270430(10)LOTE-ABC123(21)SERIAL1234567890ABCD");
    const Gs1Message scanned = parse(kPack);
    REQUIRE(message.ok());
    REQUIRE(message.elements().size() == scanned.elements().size());
    for (std::size_t i = 0; i < message.elements().size(); ++i) {
        CHECK(message.elements()[i].ai == scanned.elements()[i].ai);
        CHECK(message.elements()[i].value == scanned.elements()[i].value);
    }
    CHECK(bracketed_message("(01)07791234567898(10)L(1)").fault.error == CodeError::ai_unknown);
    CHECK(bracketed_message("(01)0779123456789(10)L").fault.error == CodeError::value_length);
    CHECK(bracketed_message("(01").fault.error == CodeError::parse_failed);
    CHECK(bracketed_message("x").fault.error == CodeError::parse_failed);
    CHECK(bracketed_message("()1").fault.error == CodeError::ai_unknown);
    CHECK(bracketed_message("(010)1").fault.error == CodeError::ai_unknown);
    CHECK(bracketed_message("").fault.error == CodeError::empty_message);
}

TEST_CASE("the table, the lengths of AIs and the predefined lengths agree", "[gs1]") {
    std::size_t known = 0;
    for (unsigned number = 0; number < 10000; ++number) {
        for (const std::size_t width : {2U, 3U, 4U}) {
            std::string ai = std::to_string(number);
            if (ai.size() > width) continue;
            ai.insert(0, width - ai.size(), '0');
            const Gs1AiRow* const row = gs1_find_ai(ai);
            if (row == nullptr) continue;
            ++known;
            const std::size_t predefined = row->predefined;
            std::size_t least = 0;
            std::size_t most = 0;
            for (const Gs1Component& component : row->component) {
                least += component.optional ? 0U : component.least;
                most += component.most;
            }
            INFO("AI " << ai);
            CHECK(least > 0);
            CHECK(most <= 90);
            if (predefined != 0) CHECK((least == predefined && most == predefined));
        }
    }
    CHECK(known == 541);
}

TEST_CASE("a message cut anywhere or with any bit turned is read or refused, within its bounds", "[gs1]") {
    for (std::size_t size = 0; size <= kPack.size(); ++size) {
        const std::vector<char> cut(kPack.begin(), kPack.begin() + static_cast<std::ptrdiff_t>(size));
        const std::string_view content{cut.data(), cut.size()};
        CHECK(views_lie_within(parse(content), content));
        CHECK(views_lie_within(bracketed_message(content), content));
    }
    for (std::size_t bit = 0; bit < kPack.size() * 8; ++bit) {
        std::string turned = kPack;
        turned[bit / 8] = static_cast<char>(static_cast<unsigned char>(turned[bit / 8]) ^ (1U << (bit % 8)));
        const Gs1Message message = parse(turned);
        CHECK(views_lie_within(message, turned));
        if (message.ok() && message.find(1)) CHECK(message.find(1) == "07791234567898");
    }
}

TEST_CASE("a content longer than offsets can say is refused", "[gs1]") {
    CHECK(parse(std::string(70'000, '1')).fault.error == CodeError::parse_failed);
}

TEST_CASE("names of errors are distinct and stay as they are", "[gs1]") {
    const std::vector<std::string_view> names = {
        "none",
        "sym-missing",
        "sym-unsupported",
        "empty-message",
        "ai-unknown",
        "value-empty",
        "value-length",
        "not-numeric",
        "bad-character",
        "check-digit",
        "check-character",
        "bad-date",
        "bad-time",
        "bad-piece-total",
        "bad-country",
        "bad-flag",
        "bad-percent-escape",
        "ai-pair-invalid",
        "ai-requisite-missing",
        "ai-duplicate-conflict",
        "ai-duplicate",
        "dl-no-key",
        "dl-path-order",
        "dl-not-attribute",
        "uri-bad-character",
        "uri-no-path",
        "uri-null",
        "truncated",
        "unprogrammed",
        "unknown-header",
        "bad-partition",
        "component-overflow",
        "bad-string",
        "bad-digit",
        "bad-date-type",
        "bad-encoding-indicator",
        "empty-value",
        "value-too-long",
        "unknown-ai",
        "bad-aidc-header",
        "not-epc-afi",
        "bank-too-short",
        "empty-epc",
        "bad-uri",
        "unknown-scheme",
        "bad-filter",
        "bad-escape",
        "bad-component-length",
        "serial-out-of-range",
        "serial-leading-zero",
        "serial-not-numeric",
        "serial-too-long",
        "company-prefix-length",
        "restricted-number",
        "parse-failed",
    };
    for (std::size_t i = 0; i < names.size(); ++i) CHECK(code_error_name(static_cast<CodeError>(i)) == names[i]);
    CHECK(std::set<std::string_view>(names.begin(), names.end()).size() == names.size());
    CHECK(kCodeErrors == names.size());
}
