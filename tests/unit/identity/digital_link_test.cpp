// SPDX-License-Identifier: Apache-2.0
// GS1 Digital Links: what is read, what is refused and where, and the canonical form.
#include "identity/digital_link.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"

#include <string>
#include <vector>

using namespace dosario;
using namespace dosario::test;

namespace {

Gs1Message parse(std::string_view uri, LinkRules rules = {}) { return parse_digital_link(uri, kToday, buffer, rules); }

/// `01=0779… 10=L1`, or the error with its offset and AI.
std::string told(std::string_view uri, LinkRules rules = {}) {
    const Gs1Message message = parse(uri, rules);
    if (!message.ok()) {
        const CodeFault& fault = message.fault;
        return std::string{code_error_name(fault.error)} + "@" + std::to_string(fault.offset) + (fault.ai.empty() ? "" : " ") +
               std::string{fault.ai};
    }
    std::string text;
    for (const Gs1Element& element : message.elements()) {
        text += (text.empty() ? "" : " ") + std::string{element.ai} + "=" + std::string{element.value};
    }
    return text;
}

std::string made(std::string_view in_brackets) {
    CodeBuffer own;
    const Gs1Message message = parse_bracketed(in_brackets, kToday, own, Gs1Profile::lenient);
    REQUIRE(message.ok());
    return make_digital_link(message.elements()).value_or("none");
}

}  // namespace

TEST_CASE("the examples of the standard are read", "[link]") {
    CHECK(told("https://id.gs1.org/01/09520123456788") == "01=09520123456788");
    CHECK(told("https://id.gs1.org/01/09520123456788/10/ABC1/21/12345?17=180426") ==
          "01=09520123456788 10=ABC1 21=12345 17=180426");
    CHECK(told("https://example.com/some/path/info/01/09520123456788/22/2A") == "01=09520123456788 22=2A");
    CHECK(told("https://id.gs1.org/00/952012345678912345") == "00=952012345678912345");
    CHECK(told("https://id.gs1.org/414/9520123456788/254/32a%2Fb") == "414=9520123456788 254=32a/b");
    CHECK(told("https://id.gs1.org/01/09520123456788/235/ABC%2Bd") == "01=09520123456788 235=ABC+d");
    CHECK(told("https://id.gs1.org/01/09520123456788?3103=000195&3922=0299&17=201225", {Gs1Profile::lenient}) ==
          "01=09520123456788 3103=000195 3922=0299 17=201225");
}

TEST_CASE("whatever is before the last primary key is not read", "[link]") {
    CHECK(told("HTTP://a/01/07791234567898") == "01=07791234567898");
    CHECK(told("https://a:8443/x/01/00000000000000/01/07791234567898") == "01=07791234567898");
    CHECK(told("https://[2001:db8::1]/01/07791234567898") == "01=07791234567898");
    CHECK(told("https://a/01/07791234567898#21/x") == "01=07791234567898");
    CHECK(told("https://a/01/07791234567898?linkType=gs1:pip&foo&=x&&17=270630&context=a") == "01=07791234567898 17=270630");
    CHECK(told("https://a/01/07791234567898/21/A+B") == "01=07791234567898 21=A+B");
}

TEST_CASE("a link says what is wrong with it and where", "[link]") {
    CHECK(told("") == "empty-message@0");
    CHECK(told("ftp://a/01/07791234567898") == "parse-failed@0");
    CHECK(told("Https://a/01/07791234567898") == "parse-failed@0");
    CHECK(told("https://a/01/0779123456789 8") == "uri-bad-character@26");
    CHECK(told("https://a/01/07791234567898^") == "uri-bad-character@27");
    CHECK(told("https://") == "uri-no-path@8");
    CHECK(told("https://a") == "uri-no-path@8");
    CHECK(told("https:///01/07791234567898") == "uri-no-path@8");
    CHECK(told("https://u@a/01/07791234567898") == "uri-bad-character@9");
    CHECK(told("https://a/") == "dl-no-key@9");
    CHECK(told("https://a/x/y") == "dl-no-key@9");
    CHECK(told("https://a/gtin/07791234567898") == "dl-no-key@9");
    CHECK(told("https://a/01/07791234567898/") == "dl-no-key@9");
    CHECK(told("https://a/10/L1") == "dl-no-key@9");
    CHECK(told("https://a/01/") == "value-empty@13 01");
    CHECK(told("https://a/01/07791234567898/21//10/A") == "value-empty@31 21");
    CHECK(told("https://a/01/7791234567898") == "value-length@13 01");
    CHECK(told("https://a/01/07791234567897") == "check-digit@26 01");
    CHECK(told("https://a/01/07791234567898/21/A/10/B") == "dl-path-order@10 01");
    CHECK(told("https://a/01/07791234567898/17/270630") == "dl-path-order@10 01");
    CHECK(told("https://a/01/07791234567898/10/A/235/B") == "dl-path-order@10 01");
    CHECK(told("https://a/01/07791234567898?21=A") == "dl-not-attribute@28 21");
    CHECK(told("https://a/01/07791234567898?10=A") == "dl-not-attribute@28 10");
    CHECK(told("https://a/01/07791234567898?17=270630&17=270630") == "ai-duplicate@38 17");
    CHECK(told("https://a/01/07791234567898?999=A") == "ai-unknown@28 999");
    CHECK(told("https://a/01/07791234567898?17=") == "value-empty@31 17");
    CHECK(told("https://a/01/07791234567898?17=270631") == "bad-date@31 17");
    CHECK(told("https://a/01/07791234567898/21/A%00") == "uri-null@32 21");
    CHECK(told("https://a/01/07791234567898/21/A%2") == "bad-percent-escape@32 21");
    CHECK(told("https://a/01/07791234567898/21/A%2g") == "bad-percent-escape@32 21");
    CHECK(told("https://a/01/07791234567898/21/A%20B") == "bad-character@31 21");
    CHECK(told("https://a/01/07791234567898?240=A+B") == "bad-character@32 240");
    CHECK(told("https://a/01/07791234567898?37=5") == "ai-pair-invalid@10 01");
    CHECK(told("https://a/01/07791234567898?7004=12") == "ai-requisite-missing@28 7004");
    CHECK(told("https://a/01/07791234567898?7004=12", {Gs1Profile::lenient}) == "01=07791234567898 7004=12");
    CHECK(told("https://a/" + std::string(70'000, 'x')) == "parse-failed@0");
}

TEST_CASE("short GTINs are filled with zeros only where that is wanted", "[link]") {
    const LinkRules filled{Gs1Profile::strict, true};
    CHECK(told("https://a/01/7791234567898", filled) == "01=07791234567898");
    CHECK(told("https://a/01/036000291452/21/A", filled) == "01=00036000291452 21=A");
    CHECK(told("https://a/01/96385074", filled) == "01=00000096385074");
    CHECK(told("https://a/01/779123456788", filled) == "check-digit@13 01");
    CHECK(told("https://a/01/77912345678", filled) == "value-length@13 01");
}

TEST_CASE("the canonical link has the key first, its qualifiers in order, and predefined lengths before others", "[link]") {
    CHECK(made("(01)07791234567898") == "https://id.gs1.org/01/07791234567898");
    CHECK(made("(17)270630(21)S1(10)L1(01)07791234567898") == "https://id.gs1.org/01/07791234567898/10/L1/21/S1?17=270630");
    CHECK(made("(01)07791234567898(22)V(10)L(21)S") == "https://id.gs1.org/01/07791234567898/22/V/10/L/21/S");
    CHECK(made("(01)07791234567898(235)T(10)L") == "none");  // 235 goes with no lot, and has no place in the query
    CHECK(made("(01)07791234567898(235)T") == "https://id.gs1.org/01/07791234567898/235/T");
    CHECK(made("(01)07791234567898(240)X(17)270630(30)5(11)260101") ==
          "https://id.gs1.org/01/07791234567898?17=270630&11=260101&240=X&30=5");
    CHECK(made("(00)106141412345678908(02)07791234567898(37)12") ==
          "https://id.gs1.org/00/106141412345678908?02=07791234567898&37=12");
    CHECK(made("(01)07791234567898(10)L1(10)L1(17)270630(17)270630") == "https://id.gs1.org/01/07791234567898/10/L1?17=270630");
    CHECK(made("(01)07791234567898(21)%&'\\()*+,-./:;<=>?_!\"") ==
          "https://id.gs1.org/01/07791234567898/21/%25%26%27%28%29%2A%2B%2C-.%2F%3A%3B%3C%3D%3E%3F_%21%22");
    CHECK(made("(10)L1") == "none");
    CHECK(made("(01)07791234567898(8200)http://a") == "none");
    CHECK(made("(414)7791234567898(254)A") == "https://id.gs1.org/414/7791234567898/254/A");
}

TEST_CASE("a link cut anywhere or with any bit turned is read or refused, within its bounds", "[link]") {
    const std::string link = "https://id.gs1.org/01/07791234567898/22/2A/10/L%2F1/21/A%2Bb?17=270630&3103=001250#x";
    const auto bounded = [](std::string_view uri) {
        const Gs1Message message = parse(uri);
        bool good = message.fault.offset <= uri.size();
        for (const Gs1Element& element : message.elements())
            good = good && element.at <= uri.size() && element.value.size() <= kLongestValue + 1;
        return good;
    };
    for (std::size_t size = 0; size <= link.size(); ++size) {
        const std::vector<char> cut(link.begin(), link.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(bounded({cut.data(), cut.size()}));
    }
    for (std::size_t bit = 0; bit < link.size() * 8; ++bit) {
        std::string turned = link;
        turned[bit / 8] = static_cast<char>(static_cast<unsigned char>(turned[bit / 8]) ^ (1U << (bit % 8)));
        CHECK(bounded(turned));
    }
}

TEST_CASE("values too long for any AI are refused, however they are escaped", "[link]") {
    std::string escaped;
    for (int i = 0; i < 5000; ++i) escaped += "%41";
    CHECK(told("https://a/01/07791234567898/21/" + escaped) == "value-length@31 21");
    std::string many = "https://a/01/07791234567898?";
    for (int i = 0; i < 200; ++i) many += "91=" + escaped.substr(0, 90) + "&";
    CHECK_FALSE(parse(many).ok());
}
