// SPDX-License-Identifier: Apache-2.0
// Rules of single AIs, near to pharmacy and far from it, and what holds of every AI by its row of the table.
#include "identity/digital_link.hpp"
#include "identity/gs1.hpp"
#include "identity/gs1_ai_table.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"

#include <random>
#include <string>

using namespace dosario;
using namespace dosario::test;

namespace {

std::string error_of(std::string_view content) {
    return std::string{code_error_name(parse_element_string(content, kToday, Gs1Profile::lenient).fault.error)};
}

std::string checked(std::string digits) { return digits + gs1_check_digit(digits); }

std::string ai_text(unsigned number) {
    std::string text = std::to_string(number);
    return number < 10 ? "0" + text : text;
}

/// Values that keep the rules of a row, from a seed.
class Values {
public:
    explicit Values(unsigned seed) : random_(seed) {}

    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

    std::string component(const Gs1Component& component) {
        const std::size_t size = component.least + below(component.most - component.least + 1U);
        const Gs1Rule rule = component.rules[0];
        switch (rule) {
            case Gs1Rule::check_digit: return checked(characters("0123456789", size - 1));
            case Gs1Rule::check_pair: return "1987654Ad4X4bL5ttr2310c2K";
            case Gs1Rule::company_prefix: return "7791" + characters("0123456789", std::max<std::size_t>(size, 4) - 4);
            case Gs1Rule::date_or_month: return below(3) == 0 ? "270200" : "280229";
            case Gs1Rule::date: return "280229";
            case Gs1Rule::long_date: return "19800229";
            case Gs1Rule::hour_minute: return "2359";
            case Gs1Rule::hour: return "23";
            case Gs1Rule::sixtieth: return "59";
            case Gs1Rule::piece_of_total: return "0199";
            case Gs1Rule::zero: return std::string(size, '0');
            case Gs1Rule::not_zero: return "1" + characters("0123456789", size - 1);
            case Gs1Rule::yes_no: return "1";
            case Gs1Rule::sex: return "9";
            case Gs1Rule::winding: return "0";
            case Gs1Rule::percent_encoded: return "A%20";
            case Gs1Rule::minus: return "-";
            case Gs1Rule::latitude: return "1800000000";
            case Gs1Rule::longitude: return "3600000000";
            case Gs1Rule::no_leading_zero: return "1" + characters("0123456789", size - 1);
            case Gs1Rule::sequence: return "2/3";
            case Gs1Rule::country:
            case Gs1Rule::currency:
            case Gs1Rule::country_or_many: return "032";
            case Gs1Rule::country_letters: return "AR";
            case Gs1Rule::importer: return "_";
            case Gs1Rule::media_type: return "10";
            case Gs1Rule::package_type: return "PAE";
            case Gs1Rule::iban: return "DE91100000000123456789";
            case Gs1Rule::coupon: return "106141416543213150110120";
            case Gs1Rule::coupon_offer: return "001234561234560123456";
            case Gs1Rule::any:
            case Gs1Rule::has_non_digit: break;
        }
        if (component.charset == Gs1Charset::digits) return characters("0123456789", size);
        if (component.charset == Gs1Charset::base64url) return characters("ABCabc019-_", size);
        if (component.charset == Gs1Charset::cpid) return characters("ABC019#-/", size);
        return characters("ABCxyz019!\"%&'()*+,-./:;<=>?_", size);
    }

    std::string value(const Gs1AiRow& row) {
        std::string text;
        for (std::size_t i = 0; i < row.components; ++i) {
            if (row.component[i].optional && below(2) == 0) break;
            text += component(row.component[i]);
        }
        return text;
    }

private:
    std::string characters(std::string_view of, std::size_t size) {
        std::string text(size, ' ');
        for (char& c : text) c = of[below(static_cast<unsigned>(of.size()))];
        return text;
    }

    std::mt19937 random_;
};

}  // namespace

TEST_CASE("every AI takes a value that keeps its rules, and gives it back in all three forms", "[gs1]") {
    Values values{1};
    unsigned seen = 0;
    for (unsigned number = 0; number < 10000; ++number) {
        const Gs1AiRow* const row = gs1_find_ai(number);
        if (row == nullptr) continue;
        ++seen;
        for (int round = 0; round < 4; ++round) {
            const std::string content = ai_text(number) + values.value(*row);
            INFO(content);
            const Gs1Message message = parse_element_string(content, kToday, Gs1Profile::lenient);
            REQUIRE(std::string{code_error_name(message.fault.error)} == "none");
            REQUIRE(message.elements().size() == 1);
            CHECK(element_string(message.elements()) == content);
            const std::string written = bracketed(message.elements());
            const Gs1Message again = parse_bracketed(written, kToday, buffer, Gs1Profile::lenient);
            REQUIRE(again.ok());
            CHECK(element_string(again.elements()) == content);
            const auto link = make_digital_link(message.elements());
            CHECK(link.has_value() == gs1_is_link_key(number));
            if (!link) continue;
            const Gs1Message linked = parse_digital_link(*link, kToday, buffer, {Gs1Profile::lenient});
            REQUIRE(linked.ok());
            CHECK(element_string(linked.elements()) == content);
        }
    }
    CHECK(seen == 541);
}

TEST_CASE("every AI refuses a value one too long, one too short, and with a character out of its set", "[gs1]") {
    Values values{2};
    for (unsigned number = 0; number < 10000; ++number) {
        const Gs1AiRow* const row = gs1_find_ai(number);
        if (row == nullptr) continue;
        const std::string ai = ai_text(number);
        const std::string value = values.value(*row);
        INFO(ai << " " << value);
        CHECK(error_of(ai) == "value-empty");
        CHECK(error_of(ai + "\x1d") == "value-empty");
        const auto refused = [&](const std::string& text) {
            return !parse_bracketed("(" + ai + ")" + text, kToday, buffer, Gs1Profile::lenient).ok();
        };
        CHECK(refused(std::string(row->most + 1U, '1')));
        if (row->least > 1) CHECK(refused(value.substr(0, row->least - 1U)));
        for (std::size_t at = 0; at < value.size(); ++at) {
            std::string odd = value;
            odd[at] = at % 2 == 0 ? '~' : ' ';
            CHECK(refused(odd));
        }
    }
}

TEST_CASE("countries, currencies and flags are those that exist", "[gs1]") {
    const std::string gtin = "0107791234567898";
    CHECK(error_of(gtin + "422032") == "none");
    CHECK(error_of(gtin + "422033") == "bad-country");
    CHECK(error_of(gtin + "422999") == "bad-country");
    CHECK(error_of(gtin + "423032858076") == "none");
    CHECK(error_of(gtin + "42303285807") == "value-length");
    CHECK(error_of(gtin + "423032858077") == "bad-country");
    CHECK(error_of(gtin + "7030999A") == "none");
    CHECK(error_of(gtin + "7030998A") == "bad-country");
    CHECK(error_of("00106141412345678908"
                   "4307AR") == "none");
    CHECK(error_of("00106141412345678908"
                   "4307ar") == "bad-country");
    CHECK(error_of("00106141412345678908"
                   "43210") == "none");
    CHECK(error_of("00106141412345678908"
                   "43212") == "bad-flag");
    CHECK(error_of("8020A\x1d"
                   "3912032100") == "none");
    CHECK(error_of("8020A\x1d"
                   "3912033100") == "parse-failed");
}

TEST_CASE("check character pairs are those of the published example", "[gs1]") {
    CHECK(error_of("80131987654Ad4X4bL5ttr2310c2K") == "none");
    CHECK(error_of("80131987654Ad4X4bL5ttr2310c2X") == "check-character");
    CHECK(error_of("80131987654Ad4X4bL5ttr2310cXK") == "check-character");
    CHECK(error_of("8013ABCDE22") == "check-character");
    CHECK(error_of("80132") == "check-character");
}

TEST_CASE("values far from pharmacy have their own rules", "[gs1]") {
    const std::string gtin = "0107791234567898";
    CHECK(error_of(gtin + "8001"
                          "1234"
                          "12345"
                          "123"
                          "1"
                          "0") == "none");
    CHECK(error_of(gtin + "8001"
                          "0000"
                          "12345"
                          "123"
                          "1"
                          "0") == "parse-failed");
    CHECK(error_of(gtin + "8001"
                          "1234"
                          "12345"
                          "123"
                          "5"
                          "0") == "parse-failed");
    CHECK(error_of("8004ABC1") == "parse-failed");
    CHECK(error_of("8004123") == "parse-failed");
    CHECK(error_of("80047791A") == "none");
    CHECK(error_of("8010"
                   "7791-A/#") == "none");
    CHECK(error_of("8010"
                   "7791a") == "bad-character");
    CHECK(error_of("80107791\x1d"
                   "8011012") == "parse-failed");
    CHECK(error_of("80030" + checked("779123456789") + "X") == "none");
    CHECK(error_of("80031" + checked("779123456789") + "X") == "parse-failed");
    CHECK(error_of("00106141412345678908"
                   "4300A%2") == "bad-percent-escape");
    CHECK(error_of("00106141412345678908"
                   "4300%41%zz") == "bad-percent-escape");
    CHECK(error_of("00106141412345678908"
                   "4309"
                   "1800000001"
                   "0000000000") == "parse-failed");
    CHECK(error_of("00106141412345678908"
                   "4309"
                   "1800000000"
                   "3600000001") == "parse-failed");
    CHECK(error_of("00106141412345678908"
                   "4330"
                   "012345-") == "none");
    CHECK(error_of("00106141412345678908"
                   "4330"
                   "012345+") == "parse-failed");
    CHECK(error_of("00106141412345678908"
                   "7041PX") == "none");
    CHECK(error_of("00106141412345678908"
                   "7041ZE") == "parse-failed");
    CHECK(error_of("8018" + checked("77912345678901234") +
                   "\x1d"
                   "7241"
                   "11") == "parse-failed");
    CHECK(error_of("8018" + checked("77912345678901234") +
                   "\x1d"
                   "7258"
                   "3/2") == "parse-failed");
    CHECK(error_of("8018" + checked("77912345678901234") +
                   "\x1d"
                   "7250"
                   "19800230") == "bad-date");
    CHECK(error_of("8007DE91100000000123456788") == "parse-failed");
    CHECK(error_of("8007XX91100000000123456789") == "parse-failed");
    CHECK(error_of("8030A-_=") == "none");
    CHECK(error_of("8030A=-_") == "bad-character");
    CHECK(error_of("8030A===") == "bad-character");
}

TEST_CASE("a digital signature wants a key with its serial number", "[gs1]") {
    const std::string document = "253" + checked("779123456789");
    CHECK(error_of(document + "A\x1d"
                              "8030AB") == "none");
    CHECK(error_of(document + "\x1d"
                              "8030AB") == "ai-requisite-missing");
}

TEST_CASE("coupons are rows of fields with their lengths", "[gs1]") {
    CHECK(error_of("8110106141416543213150110120") == "none");
    CHECK(error_of("81107061414165432131501101") == "parse-failed");
    CHECK(error_of("8110106141416543213150110"
                   "1202"
                   "3270630") == "parse-failed");
    CHECK(error_of("8110106141416543213150110120"
                   "3270630") == "none");
    CHECK(error_of("8110106141416543213150110120"
                   "3270631") == "bad-date");
    CHECK(error_of("8110106141416543213150110120"
                   "3270630"
                   "4270701") == "bad-date");
    CHECK(error_of("8110106141416543213150110120"
                   "3270630"
                   "4270601"
                   "50123456"
                   "9"
                   "0101") == "none");
    CHECK(error_of("8110106141416543213150110120"
                   "7") == "parse-failed");
    CHECK(error_of("811010614141654321315011012A") == "not-numeric");
    CHECK(error_of("8112001234561234560123456") == "none");
    CHECK(error_of("81120012345612345601234567") == "parse-failed");
    CHECK(error_of("8112201234561234560123456") == "parse-failed");
}

TEST_CASE("days and times are read from every AI that has them", "[gs1]") {
    const auto told = [](unsigned ai, std::string_view value) {
        const auto moment = gs1_moment(ai, value, kToday);
        return !moment ? std::string{"none"}
                       : format_date(moment->day) + (moment->time ? "+" + std::to_string(moment->time->count()) : "");
    };
    CHECK(told(17, "270200") == "2027-02-28");
    CHECK(told(11, "280229") == "2028-02-29");
    CHECK(told(7003, "2706302359") == "2027-06-30+86340");
    CHECK(told(7007, "270101270630") == "2027-01-01");
    CHECK(told(7007, "270101") == "2027-01-01");
    CHECK(told(7011, "270101") == "2027-01-01");
    CHECK(told(7011, "2701011200") == "2027-01-01+43200");
    CHECK(told(8008, "27010123") == "2027-01-01+82800");
    CHECK(told(8008, "270101235959") == "2027-01-01+86399");
    CHECK(told(4324, "2702001200") == "2027-02-28+43200");
    CHECK(told(4326, "270201") == "2027-02-01");
    CHECK(told(7250, "19800229") == "1980-02-29");
    CHECK(told(7251, "198002291200") == "1980-02-29+43200");
    CHECK(told(10, "270630") == "none");
    CHECK(told(17, "270631") == "none");
    CHECK(told(17, "27063x") == "none");
    CHECK(told(17, "") == "none");
    CHECK(told(9999, "270630") == "none");
}
