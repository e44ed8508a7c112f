// SPDX-License-Identifier: Apache-2.0
// Numbers of persons as people type them: published examples, numbers made here by the rules written once more, and what one wrong
// character does. No number is of anybody we know.
#include "identity/person.hpp"
#include "support/catch.hpp"
#include "support/spelling_digest.hpp"

#include <random>
#include <string>
#include <vector>

using namespace dosario;
using test::spelled;

namespace {

std::string read(std::string_view text) {
    const auto parsed = identify_person(text);
    if (const auto* person = std::get_if<Person>(&parsed)) return spelled(*person);
    return std::string{code_error_name(std::get<CodeFault>(parsed).error)} + '@' +
           std::to_string(std::get<CodeFault>(parsed).offset);
}

bool is_person(std::string_view text) { return std::holds_alternative<Person>(identify_person(text)); }

std::mt19937_64 dice{1};

std::string digits(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + dice() % 10);
    return text;
}

int weighed(std::string_view text, const std::vector<int>& weights) {
    int sum = 0;
    for (std::size_t i = 0; i < text.size(); ++i) sum += (text[i] - '0') * weights[i];
    return sum;
}

// The rules once more, by their weights in full.
std::string cuit(const std::string& ten) {
    const int rest = 11 - weighed(ten, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
    const std::string check = rest == 11 ? "0" : rest == 10 ? "9" : std::to_string(rest);
    return ten.substr(0, 2) + '-' + ten.substr(2) + '-' + check;
}

std::string rut(const std::string& eight) {
    const int rest = 11 - weighed(eight, {3, 2, 7, 6, 5, 4, 3, 2}) % 11;
    return eight + '-' + (rest == 11 ? "0" : rest == 10 ? "K" : std::to_string(rest));
}

std::string cpf(std::string nine) {
    for (const std::vector<int>& weights :
         {std::vector{10, 9, 8, 7, 6, 5, 4, 3, 2}, std::vector{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}}) {
        const int rest = 11 - weighed(nine, weights) % 11;
        nine += rest > 9 ? "0" : std::to_string(rest);
    }
    return nine.substr(0, 3) + '.' + nine.substr(3, 3) + '.' + nine.substr(6, 3) + '-' + nine.substr(9);
}

/// Begins with 1 or 2.
std::string cns_of_pis(const std::string& eleven) {
    int sum = weighed(eleven, {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5});
    int check = 11 - sum % 11;
    if (check == 10) return eleven + "001" + std::to_string(11 - (sum + 2) % 11);
    return eleven + "000" + std::to_string(check == 11 ? 0 : check);
}

/// Every text that differs from `good` by one other digit at `at`.
std::vector<std::string> misread(const std::string& good, std::size_t at) {
    std::vector<std::string> all;
    for (char c = '0'; c <= '9'; ++c) {
        if (c == good[at]) continue;
        all.push_back(good);
        all.back()[at] = c;
    }
    return all;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

TEST_CASE("a DNI is seven or eight digits, with points or without", "[dni]") {
    CHECK(read("12345678") == "AR|DNI|12345678");
    CHECK(read("12.345.678") == "AR|DNI|12345678");
    CHECK(read(" 12.345.678\t") == "AR|DNI|12345678");
    CHECK(read("1234567") == "AR|DNI|1234567");
    CHECK(read("1.234.567") == "AR|DNI|1234567");
    CHECK(read("01234567") == "AR|DNI|1234567");
    CHECK(read("01.234.567") == "AR|DNI|1234567");
    for (const char* wrong : {"123456", "12.345.67", "00000000", "0.000.000", "1", "12."}) CHECK(read(wrong) == "value-length@0");
    CHECK(read("12.3456789") == "bad-character@6");
    CHECK(read("12345.678") == "bad-character@5");
    CHECK(read("1234567A") == "not-numeric@7");
    CHECK(read("12.345.67O") == "not-numeric@9");
    CHECK(read("12,345,678") == "bad-character@2");
    CHECK(read("-2345678") == "bad-character@0");
}

TEST_CASE("a CUIT or CUIL has a known prefix and a check digit", "[cuit]") {
    CHECK(read("20-05536168-2") == "AR|CUIT|20055361682");
    CHECK(read("20055361682") == "AR|CUIT|20055361682");
    CHECK(read("20267565393") == "AR|CUIT|20267565393");
    CHECK(read("20-26756539-3") == "AR|CUIT|20267565393");
    CHECK(read("30-50000000-3") == "AR|CUIT|30500000003");
    CHECK(read("20267565392") == "check-digit@10");
    CHECK(read("20-26756539-2") == "check-digit@12");
    CHECK(read("  20-26756539-2") == "check-digit@14");
    for (const char* prefix : {"20", "23", "24", "25", "26", "27", "30", "33", "34", "50", "51", "55"}) {
        CHECK(is_person(cuit(prefix + digits(8))));
    }
    for (const char* prefix : {"00", "19", "21", "22", "28", "29", "31", "32", "35", "52", "99"}) {
        CHECK(read(cuit(prefix + digits(8))) == "bad-character@0");
    }
    CHECK(read("20-26756539") == "value-length@0");
    CHECK(read("20-26756539-33") == "value-length@0");
    CHECK(read("20-2675653-93") == "bad-character@10");
    CHECK(read("20.26756539.3") == "bad-character@6");
    CHECK(read("20-2675653X-3") == "not-numeric@10");
}

TEST_CASE("one wrong digit in a CUIT is caught, but where 9 stands for two remainders", "[cuit]") {
    for (int i = 0; i < 300; ++i) {
        const std::string good = cuit("20" + digits(8));
        REQUIRE(is_person(good));
        const bool promised = good.back() != '9';  // 9 and 10 are both printed 9
        for (std::size_t at = 0; at < good.size(); ++at) {
            if (!is_digit(good[at])) continue;
            for (const std::string& wrong : misread(good, at)) {
                if (promised && is_person(wrong)) FAIL(wrong << " from " << good);
            }
        }
        for (const std::string& wrong : misread(good, good.size() - 1)) CHECK(read(wrong) == "check-digit@12");
    }
}

TEST_CASE("a CURP is eighteen characters with a birth date, a state and a check digit", "[curp]") {
    CHECK(read("BOXW310820HNERXN09") == "MX|CURP|BOXW310820HNERXN09");
    CHECK(read("boxw310820hnerxn09") == "MX|CURP|BOXW310820HNERXN09");
    CHECK(read(" BOXW310820HNERXN09 ") == "MX|CURP|BOXW310820HNERXN09");
    CHECK(read("XEXX010101HNEXXXA4") == "MX|CURP|XEXX010101HNEXXXA4");
    CHECK(read("GOAA991231XNLMNN01") == "MX|CURP|GOAA991231XNLMNN01");
    CHECK(read("BOXW310820HNERXN08") == "check-digit@17");
    for (const std::string& wrong : misread("BOXW310820HNERXN09", 17)) CHECK(read(wrong) == "check-digit@17");
    CHECK(read("BOXW310820HNERXN0") == "value-length@0");
    CHECK(read("BOXW310820HNERXN099") == "value-length@0");
    CHECK(read("BOXW311320HNERXN09") == "bad-date@4");
    CHECK(read("BOXW310832HNERXN09") == "bad-date@4");
    CHECK(read("BOXW310820QNERXN09") == "bad-character@10");
    CHECK(read("BOXW310820HZZRXN09") == "bad-character@11");
    CHECK(read("BOXW31O820HNERXN09") == "not-numeric@6");
    CHECK(read("BOXW31-820HNERXN09") == "bad-character@6");
    CHECK(read("B0XW310820HNERXN09") == "bad-character@1");
    CHECK(read("BOXW310820HNERXN0X") == "not-numeric@17");
    CHECK(read("Juan Perez") == "value-length@0");
}

TEST_CASE("the seventeenth character of a CURP tells the century", "[curp]") {
    CHECK(read("PEAJ000229HDFRRNA8") == "MX|CURP|PEAJ000229HDFRRNA8");  // 2000 had a 29 February
    CHECK(read("PEAJ000229HDFRRN08") == "bad-date@4");                  // 1900 had none
    CHECK(is_person("LOGA040229MNTPRNA8"));
    CHECK(is_person("GOAA010101MZSMNNB9"));
}

TEST_CASE("one wrong digit in a CURP is caught where its weight promises it", "[curp]") {
    const std::string good = "BOXW310820HNERXN09";
    for (const std::size_t at : {5U, 7U, 9U, 17U}) {  // weights 13, 11, 9 and the check digit itself have no factor with 10
        for (const std::string& wrong : misread(good, at)) CHECK_FALSE(is_person(wrong));
    }
    // Weight 10 counts for nothing: the tens of the day are not checked beyond the date.
    CHECK(is_person("BOXW310810HNERXN09"));
}

TEST_CASE("a RUT has its check digit or K behind a hyphen, or none where no doubt is left", "[rut]") {
    for (const char* text : {"76086428-5", "76.086.428-5", "760864285", " 76086428-5 "}) CHECK(read(text) == "CL|RUT|760864285");
    for (const char* text : {"10000013-K", "10000013-k", "10.000.013-K", "10000013K", "10000013k", "10.000.013k"}) {
        CHECK(read(text) == "CL|RUT|10000013K");
    }
    CHECK(read("12531909-2") == "CL|RUT|125319092");
    CHECK(read("12531909-3") == "check-digit@9");
    CHECK(read("12.531.909-3") == "check-digit@11");
    CHECK(read("125319093") == "check-digit@8");
    CHECK(read("12531909-K") == "check-digit@9");
    CHECK(read("12531909K") == "check-digit@8");
    CHECK(read("00000000-0") == "value-length@0");
    CHECK(read("12531909-") == "value-length@0");
    CHECK(read("12531909-X") == "not-numeric@9");
    CHECK(read("1253190-92") == "value-length@0");
    CHECK(read(rut("01234567")) == read(rut("01234567").substr(1)));  // zeros in front do not count
}

TEST_CASE("one wrong digit in a RUT is caught", "[rut]") {
    for (int i = 0; i < 300; ++i) {
        const std::string good = rut(digits(8));
        REQUIRE(is_person(good));
        for (std::size_t at = 0; at < good.size(); ++at) {
            if (good[at] == '-') continue;
            for (const std::string& wrong : misread(good, at)) {
                if (is_person(wrong)) FAIL(wrong << " from " << good);
            }
        }
    }
}

TEST_CASE("a CPF has two check digits and is not eleven times the same", "[cpf]") {
    CHECK(read("390.533.447-05") == "BR|CPF|39053344705");
    CHECK(read("39053344705") == "BR|CPF|39053344705");
    CHECK(read("231.002.999-00") == "check-digit@13");
    CHECK(read("23100299900") == "check-digit@10");
    for (char c = '0'; c <= '9'; ++c) {
        CHECK(read(std::string(11, c)) == "check-digit@10");
        const std::string three(3, c);
        CHECK(read(three + '.' + three + '.' + three + '-' + std::string(2, c)) == "check-digit@13");
    }
    CHECK(read("390.533.44-705") == "bad-character@10");
    CHECK(read("390.533.447-0") == "value-length@0");
    CHECK(read("390.533.447-0A") == "not-numeric@13");
}

TEST_CASE("one wrong digit in a CPF is caught, but where the first check digit is 0", "[cpf]") {
    for (int i = 0; i < 300; ++i) {
        const std::string good = cpf(digits(9));
        REQUIRE(is_person(good));
        const bool promised = good[12] != '0';  // 10 and 11 are both printed 0, and the second has weight 11 for the first digit
        for (std::size_t at = 0; at < good.size(); ++at) {
            if (!is_digit(good[at])) continue;
            for (const std::string& wrong : misread(good, at)) {
                if (promised && is_person(wrong)) FAIL(wrong << " from " << good);
            }
        }
    }
}

TEST_CASE("eleven bare digits right as CUIT and as CPF are taken for a CUIT", "[cuit][cpf]") {
    CHECK(read("20000000299") == "AR|CUIT|20000000299");
    CHECK(read("20-00000029-9") == "AR|CUIT|20000000299");
    CHECK(read("200.000.002-99") == "BR|CPF|20000000299");
}

TEST_CASE("a CNS has fifteen digits, with blanks or without", "[cns]") {
    for (const char* text : {"898000000043208", "898 0000 0004 3208", "898 000000043208", " 898 0000 0004 3208\n"}) {
        CHECK(read(text) == "BR|CNS|898000000043208");
    }
    CHECK(read("217960357390007") == "BR|CNS|217960357390007");
    CHECK(read("265506690890018") == "BR|CNS|265506690890018");
    CHECK(read("898000000043209") == "check-digit@14");
    CHECK(read("898 0000 0004 3209") == "check-digit@17");
    CHECK(read("265506690890008") == "check-digit@14");
    CHECK(read("89800000004320") == "value-length@0");
    CHECK(read("8980000000432080") == "value-length@0");
    CHECK(read("898 0000 0004 320") == "value-length@0");
    CHECK(read("898 0000 0004 32080000") == "value-length@0");
    CHECK(read("898 0000-0004 3208") == "bad-character@8");
    CHECK(read("898 0000 O004 3208") == "not-numeric@9");
    for (const char first : {'0', '3', '4', '5', '6'}) CHECK_FALSE(is_person(first + std::string(14, '0')));
}

TEST_CASE("one wrong digit in a CNS is caught, but in the fifth place, whose weight is 11", "[cns]") {
    std::vector<std::string> all = {"898000000043208", "265506690890018"};
    for (int i = 0; i < 300; ++i) all.push_back(cns_of_pis((i % 2 == 0 ? "1" : "2") + digits(10)));
    std::size_t of_ten = 0;
    for (const std::string& good : all) {
        REQUIRE(is_person(good));
        of_ten += good[13] == '1';
        for (std::size_t at = 0; at < good.size(); ++at) {
            for (const std::string& wrong : misread(good, at)) {
                if (is_person(wrong) != (at == 4)) FAIL(wrong << " from " << good);
            }
        }
    }
    CHECK(of_ten > 10);
}

TEST_CASE("made numbers of every kind are read, and only with their check digit", "[made]") {
    for (int i = 0; i < 500; ++i) {
        const std::string pis = cns_of_pis("1" + digits(10));
        for (const std::string& good : {cuit("27" + digits(8)), rut(digits(8)), cpf(digits(9)), pis}) {
            std::size_t right = 0;
            for (const char c : std::string{"0123456789K"}) right += is_person(good.substr(0, good.size() - 1) + c);
            CHECK(right == 1);
            CHECK(is_person(good));
        }
    }
    // 7, 8 and 9: one of eleven has no check digit at all.
    std::size_t none = 0;
    for (int i = 0; i < 500; ++i) {
        const std::string body = (i % 2 == 0 ? "7" : "9") + digits(13);
        std::size_t right = 0;
        for (char c = '0'; c <= '9'; ++c) right += is_person(body + c);
        CHECK(right <= 1);
        none += right == 0;
    }
    CHECK(none > 10);
    CHECK(none < 100);
}

TEST_CASE("a number cut anywhere is refused or another number, never the same", "[made]") {
    for (const std::string good : {"20-26756539-3", "20267565393", "76.086.428-5", "760864285", "10000013K", "390.533.447-05",
                                   "39053344705", "BOXW310820HNERXN09", "898000000043208", "898 0000 0004 3208"}) {
        const std::string whole = read(good);
        for (std::size_t size = 0; size < good.size(); ++size) {
            const std::string said = read(std::string_view{good}.substr(0, size));
            INFO(good << " cut at " << size);
            CHECK(said != whole);
            // Only the digits of a DNI, seven or eight, may be left over, or nine of a RUT.
            CHECK((said.find('|') == std::string::npos || said.starts_with("AR|DNI|") || said.starts_with("CL|RUT|")));
        }
    }
}

TEST_CASE("blanks may stand for the punctuation of a number", "[cuit][cpf][rut][dni]") {
    CHECK(read("20 26756539 3") == "AR|CUIT|20267565393");
    CHECK(read("20 26756539 2") == "check-digit@12");
    CHECK(read("390 533 447 05") == "BR|CPF|39053344705");
    CHECK(read("390533447-05") == "BR|CPF|39053344705");
    CHECK(read("12 531 909 2") == "CL|RUT|125319092");
    CHECK(read("12 345 678") == "AR|DNI|12345678");
    CHECK(!parse_person("12 345 678"));
    CHECK(parse_person("20 26756539 3"));
}

TEST_CASE("zero bytes and bytes above 7Fh are no part of a number", "[made]") {
    using namespace std::string_literals;
    CHECK(read("12345678\0"s) == "bad-character@8");
    CHECK(read("\0"s) == "bad-character@0");
    CHECK(read("1234\0"s
               "5678"s) == "bad-character@4");
    CHECK(read("BOXW310820HNERXN0\0"s) == "bad-character@17");
    CHECK(read("BO\xd1W310820HNERXN09") == "bad-character@2");
    CHECK(read("\xc3\x91OXW310820HNERXN09") == "bad-character@0");
    CHECK(read("12\xc2\xa0"
               "345678") == "bad-character@2");
    for (const std::string good : {"12.345.678", "20-26756539-3", "10000013-K", "BOXW310820HNERXN09", "898 0000 0004 3208"}) {
        for (std::size_t at = 0; at <= good.size(); ++at) {
            for (const char c : {'\0', '\x80', '\xff', '\x1d'}) {
                std::string wrong = good;
                wrong.insert(at, 1, c);
                CHECK_FALSE(is_person(wrong));
            }
        }
    }
}

TEST_CASE("a text longer than any document is refused unread", "[made]") {
    CHECK(read(std::string(100'000, '1')) == "value-length@0");
    CHECK(read(std::string(100'000, ' ')) == "value-length@0");
    CHECK(read(std::string(500, ' ') + "12345678" + std::string(400, ' ')) == "AR|DNI|12345678");
}
