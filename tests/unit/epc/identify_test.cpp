// SPDX-License-Identifier: Apache-2.0
// A tag and a barcode of one thing are one thing.
#include "unit/epc/tags.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

struct Seen {
    explicit Seen(std::string_view hex) : tag(hex), reading(tag.read()), identity(identify_epc(reading, kToday)) {}
    Tag tag;
    EpcReading reading;
    Identity identity;
};

/// A GS1 DataMatrix with these AIs.
struct Scanned {
    explicit Scanned(std::string_view ais) {
        CodeBuffer brackets;
        const Gs1Message message = parse_bracketed(ais, kToday, brackets, Gs1Profile::lenient);
        REQUIRE(message.ok());
        content = element_string(message.elements());
        identity = identify("]d2", content, kToday, buffer);
    }
    std::string content;
    CodeBuffer buffer;
    Identity identity = Unknown{};
};

template <class Thing>
const Thing& as(const Identity& identity) {
    REQUIRE(std::holds_alternative<Thing>(identity));
    return std::get<Thing>(identity);
}

}  // namespace

TEST_CASE("a box is the same by its tag and by its DataMatrix", "[identify]") {
    const std::string_view ais = "(01)07791234567898(21)123456789012";
    for (const std::string_view scheme : {"SGTIN-96", "SGTIN-198", "SGTIN+"}) {
        const Seen tag{written(scheme, ais, 7)};
        const Scanned code{ais};
        const auto& by_tag = as<SerialPack>(tag.identity);
        const auto& by_code = as<SerialPack>(code.identity);
        CHECK(by_tag.gtin == by_code.gtin);
        CHECK(by_tag.serial == by_code.serial);
        CHECK(by_tag.lot == by_code.lot);
        CHECK(by_tag.expires_on == by_code.expires_on);
        CHECK_FALSE(by_tag.suspect_missing_fnc1);
    }
    // Zeros in front of a serial number count.
    const Seen tag{written("SGTIN-198", "(01)07791234567898(21)0012", 7)};
    CHECK(as<SerialPack>(tag.identity).serial == "0012");
}

TEST_CASE("lot and expiry of a tag are those of the box", "[identify]") {
    const std::string_view ais = "(01)07791234567898(21)S1(17)281200(10)L-1";
    for (const std::string_view scheme : {"SGTIN+", "DSGTIN+"}) {
        const Seen tag{written(scheme, ais)};
        const auto& pack = as<SerialPack>(tag.identity);
        CHECK(pack.expires_on == parse_date("2028-12-31"));
        CHECK(pack.lot == "L-1");
        CHECK(pack.serial == as<SerialPack>(Scanned{ais}.identity).serial);
    }
    const Seen made{written("DSGTIN+", "(01)07791234567898(21)S1(11)260101")};
    CHECK_FALSE(as<SerialPack>(made.identity).expires_on);
}

TEST_CASE("the AIs of a tag as a scanner would send them are the same box", "[identify]") {
    Seen tag{written("DSGTIN+", "(01)07791234567898(21)S1(17)281231(10)L-1")};
    const std::string sent = element_string(tag.reading.elements());
    CodeBuffer buffer;
    const Identity identity = identify("]d2", sent, kToday, buffer);
    const auto& by_text = as<SerialPack>(identity);
    const auto& by_tag = as<SerialPack>(tag.identity);
    CHECK(by_text.gtin == by_tag.gtin);
    CHECK(by_text.serial == by_tag.serial);
    CHECK(by_text.lot == by_tag.lot);
    CHECK(by_text.expires_on == by_tag.expires_on);
}

TEST_CASE("a crate is the same by its tag and by its label", "[identify]") {
    for (const std::string_view scheme : {"SSCC-96", "SSCC+"}) {
        const Seen tag{written(scheme, "(00)095201234567891235", 7)};
        CHECK(as<LogisticUnit>(tag.identity).sscc == as<LogisticUnit>(Scanned{"(00)095201234567891235"}.identity).sscc);
    }
}

TEST_CASE("a dose is the same by its tag and by its label", "[identify]") {
    const ThingId dose{123456789};
    const std::string label = "(8006)077912345678980310(17)281231(10)L1(91)" + dose_code(dose);
    const Seen tag{written("ITIP+", "(8006)077912345678980310(21)1(17)281231(10)L1(91)" + dose_code(dose))};
    CHECK(as<DoseLabel>(tag.identity).dose == dose);
    CHECK(as<DoseLabel>(Scanned{label}.identity).dose == dose);
    const Seen other{written("SGTIN+", "(01)07791234567898(21)S1")};
    CHECK_FALSE(std::holds_alternative<DoseLabel>(other.identity));
}

TEST_CASE("what names nothing we keep says so with its AI, by tag as by barcode", "[identify]") {
    for (const std::string_view ais :
         {"(8006)077912345678980310(21)981", "(8003)095211411234545678", "(8004)95211415678", "(8017)952114112345678906"}) {
        for (const std::string_view scheme :
             {"ITIP-110", "GRAI-96", "GIAI-96", "GSRNP-96", "ITIP+", "GRAI+", "GIAI+", "GSRNP+"}) {
            const EpcScheme& row = *epc_scheme(scheme);
            if (row.segments[0].ai != ais.substr(1, 4)) continue;
            const Seen tag{written(scheme, ais, 7)};
            const CodeFault& by_tag = as<Unknown>(tag.identity).why;
            const Scanned code{ais};
            const CodeFault& by_code = as<Unknown>(code.identity).why;
            CHECK(by_tag.error == by_code.error);
            CHECK(by_tag.ai == by_code.ai);
        }
    }
}

TEST_CASE("a patient's tag is a person, as a wristband is", "[identify]") {
    const Seen tag{written("GSRN-96", "(8018)952114112345678906", 7)};
    CHECK(as<Person>(tag.identity).id_kind == as<Person>(Scanned{"(8018)952114112345678906"}.identity).id_kind);
}

TEST_CASE("a number of one company is no product on a tag either", "[identify]") {
    // 02 in front, made by who minds no rules: header F7h, filter 0, GTIN 02001234567893, serial 1.
    const Seen tag{
        "F70"
        "02001234567893"
        "01"
        "1000"};
    REQUIRE(tag.reading.ok());
    CHECK(std::holds_alternative<RestrictedNumber>(tag.identity));
}

TEST_CASE("a tag whose AIs break a rule for barcodes is read, told, and not taken", "[identify]") {
    struct Broken {
        std::string_view hex;
        CodeError error;
        std::string_view ai;
    };
    constexpr Broken kBroken[] = {
        {"F70"
         "07791234567897"
         "01"
         "1000",
         CodeError::check_digit, "01"},
        {"F30"
         "077912345678980503"
         "01"
         "1000",
         CodeError::bad_piece_total, "8006"},  // piece 5 of 3
        {"F90"
         "095201234567891236",
         CodeError::check_digit, "00"},
        {"F90"
         "095201234567891235"
         "10"
         "011"
         "10"
         "012",
         CodeError::ai_duplicate_conflict, "10"},  // lots 1 and 2
        {"FB05"
         "3840"
         "07791234567898"
         "624B50",
         CodeError::bad_date, "7006"},  // day 00 of a first freezing
        {"F70"
         "07791234567898"
         "624B5"
         "7006"
         "3820",
         CodeError::bad_date, "7006"},
        {"F70"
         "07791234567898"
         "624B5"
         "7003"
         "3821C000",
         CodeError::bad_time, "7003"},  // 24:00
    };
    for (const Broken& broken : kBroken) {
        INFO(broken.hex);
        Seen tag{broken.hex};
        const EpcReading reading = tag.tag.read();
        CHECK(reading.ok());
        const CodeFault rule = epc_rule(reading, kToday);
        CHECK(code_error_name(rule.error) == code_error_name(broken.error));
        CHECK(rule.ai == broken.ai);
        Seen seen{broken.hex};
        CHECK(as<Unknown>(seen.identity).why.error == broken.error);
    }
}

TEST_CASE("a tag that cannot be read is unknown, with the class of its damage", "[identify]") {
    CHECK(as<Unknown>(Seen{"307CC4409047E140075BCD15"}.identity).why.error == CodeError::bad_partition);
    CHECK(as<Unknown>(Seen{"000000000000000000000000"}.identity).why.error == CodeError::unprogrammed);
}
