// SPDX-License-Identifier: Apache-2.0
// Our own codes: doses, opened packs, badges, the desk card; and what a damaged one may become.
#include "identity/digital_link.hpp"
#include "identity/identity.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"

#include <random>
#include <string>

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr std::size_t kBody = 10;  // `DOSARIO.D.`
constexpr std::uint64_t kSixtyBits = (std::uint64_t{1} << 60) - 1;

CodeFault fault_of(std::string_view content) {
    const Identity identity = identify("", content);
    REQUIRE(std::holds_alternative<Unknown>(identity));
    return std::get<Unknown>(identity).why;
}

/// True if it is read as a dose or pack, and as another one than `number`.
bool is_other_thing(std::string_view content, std::uint64_t number) {
    const Identity identity = identify("", content);
    if (const auto* dose = std::get_if<DoseLabel>(&identity)) return dose->dose.number != number;
    if (const auto* pack = std::get_if<PackLabel>(&identity)) return pack->pack.number != number;
    return false;
}

}  // namespace

TEST_CASE("doses and packs go from number to code and back", "[own]") {
    std::mt19937_64 random{1};
    for (int i = 0; i < 2000; ++i) {
        const ThingId thing{(random() & kSixtyBits) | 1};
        const std::string dose = dose_code(thing);
        const std::string pack = pack_code(thing);
        CHECK(dose.size() == 23);
        CHECK(std::get<DoseLabel>(identify("]d1", dose)).dose == thing);
        CHECK(std::get<PackLabel>(identify("", pack)).pack == thing);
        CHECK(parse_thing(thing_text(thing)) == thing);
        CHECK(parse_thing(dose) == thing);
    }
    CHECK(thing_text(ThingId{1}) == "000000000001");
    CHECK(thing_text(ThingId{kSixtyBits}) == "ZZZZZZZZZZZZ");
}

TEST_CASE("one wrong character in a dose code never names another dose", "[own]") {
    std::mt19937_64 random{2};
    for (int i = 0; i < 50; ++i) {
        const ThingId thing{(random() & kSixtyBits) | 1};
        const std::string code = dose_code(thing);
        for (std::size_t at = 0; at < code.size(); ++at) {
            for (int c = 0; c < 256; ++c) {
                std::string wrong = code;
                wrong[at] = static_cast<char>(c);
                if (wrong == code) continue;
                if (is_other_thing(wrong, thing.number)) FAIL(wrong << " from " << code);
            }
        }
    }
}

TEST_CASE("neighbours swapped in a dose code are caught, but for one pair in some six hundred", "[own]") {
    std::mt19937_64 random{3};
    int swapped = 0;
    int missed = 0;
    for (int i = 0; i < 5000; ++i) {
        const ThingId thing{(random() & kSixtyBits) | 1};
        const std::string code = dose_code(thing);
        for (std::size_t at = kBody; at + 1 < code.size(); ++at) {
            std::string wrong = code;
            std::swap(wrong[at], wrong[at + 1]);
            if (wrong == code) continue;
            ++swapped;
            if (is_other_thing(wrong, thing.number)) ++missed;
        }
    }
    CHECK(swapped > 50'000);
    CHECK(missed * 400 < swapped);
}

TEST_CASE("a dose code cut or with one bit turned never names another dose", "[own]") {
    const ThingId thing{0x123456789abcdef};
    const std::string code = dose_code(thing);
    for (std::size_t size = 0; size < code.size(); ++size) {
        CHECK(std::holds_alternative<Unknown>(identify("", std::string_view{code}.substr(0, size))));
    }
    for (std::size_t bit = 0; bit < code.size() * 8; ++bit) {
        std::string turned = code;
        turned[bit / 8] = static_cast<char>(static_cast<unsigned char>(turned[bit / 8]) ^ (1U << (bit % 8)));
        INFO(turned);
        CHECK(std::holds_alternative<Unknown>(identify("", turned)));
    }
}

TEST_CASE("a damaged code of ours says what is wrong and where", "[own]") {
    const std::string code = dose_code(ThingId{123456789});
    std::string wrong = code;
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    CHECK(fault_of(wrong).error == CodeError::check_character);
    CHECK(fault_of(wrong).offset == 22);
    wrong = code;
    wrong[12] = 'U';
    CHECK(fault_of(wrong).error == CodeError::bad_character);
    CHECK(fault_of(wrong).offset == 12);
    wrong = code;
    wrong.back() = '-';
    CHECK(fault_of(wrong).error == CodeError::bad_character);
    CHECK(fault_of(wrong).offset == 22);
    CHECK(fault_of(code + "0").error == CodeError::value_length);
    CHECK(fault_of(dose_code(ThingId{0})).error == CodeError::parse_failed);
    CHECK(fault_of("DOSARIO.Q.ABC").error == CodeError::parse_failed);
}

TEST_CASE("capitals turned by the keyboard are refused in a dose code", "[own]") {
    std::string code = dose_code(ThingId{kSixtyBits});
    for (char& c : code) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    CHECK(fault_of(code).error == CodeError::bad_character);
    CHECK(fault_of(code).offset == 0);
}

TEST_CASE("every word of the desk card is read, in either case", "[own]") {
    constexpr const char* kCodes[] = {"DOSARIO.RECIBIR",  "DOSARIO.FRACCIONAR", "DOSARIO.VERIFICAR",  "DOSARIO.ENTREGAR",
                                      "DOSARIO.CONTAR",   "DOSARIO.BAJA",       "DOSARIO.DEVOLUCION", "DOSARIO.LIBERAR",
                                      "DOSARIO.DESHACER", "DOSARIO.LISTO",      "DOSARIO.AYUDA",      "DOSARIO.SI",
                                      "DOSARIO.NO",       "DOSARIO.X1",         "DOSARIO.PRUEBA"};
    for (std::size_t i = 0; i < std::size(kCodes); ++i) {
        const auto word = static_cast<CommandWord>(i);
        CHECK(command_code(word) == kCodes[i]);
        const auto command = std::get<Command>(identify("]C0", kCodes[i]));
        CHECK(command.word == word);
        CHECK(command.times == 1);
    }
    CHECK(std::get<Command>(identify("", "dosario.si")).word == CommandWord::yes);
    CHECK(std::get<Command>(identify("", "]d1DOSARIO.NO")).word == CommandWord::no);
    CHECK(fault_of("DOSARIO.").error == CodeError::parse_failed);
    CHECK(fault_of("DOSARIO.SII").error == CodeError::parse_failed);
    CHECK(fault_of("DOSARIO.SII").offset == 8);
    CHECK(fault_of("DOSARIO").error == CodeError::none);
}

TEST_CASE("the printed text of a scanner's test is the test command, however a keyboard turns its signs", "[own]") {
    for (const char* content : {"DOSARIO.PRUEBA.aZ01-_/&", "dosario.prueba.Az01'?-/", "DOSARIO.PRUEBA."})
        CHECK(std::get<Command>(identify("", content)).word == CommandWord::test);
    CHECK(fault_of("DOSARIO.PRUEBAS").error == CodeError::parse_failed);
}

TEST_CASE("a multiplier is 1 to 9999 without leading zeros", "[own]") {
    const auto times = [](std::string_view content) { return std::get<Command>(identify("", content)).times; };
    CHECK(times("DOSARIO.X1") == 1);
    CHECK(times("DOSARIO.X9999") == 9999);
    CHECK(times("dosario.x30") == 30);
    for (const char* wrong : {"DOSARIO.X", "DOSARIO.X0", "DOSARIO.X01", "DOSARIO.X10000", "DOSARIO.X1A", "DOSARIO.X-1"}) {
        CHECK(fault_of(wrong).error == CodeError::parse_failed);
        CHECK(fault_of(wrong).offset == 9);
    }
}

TEST_CASE("a badge has eight capitals or digits", "[own]") {
    CHECK(std::get<Badge>(identify("", "DOSARIO.B.AB12CD34")).code == "AB12CD34");
    CHECK(fault_of("DOSARIO.B.AB12CD3").error == CodeError::value_length);
    CHECK(fault_of("DOSARIO.B.AB12CD345").error == CodeError::value_length);
    CHECK(fault_of("DOSARIO.B.AB12cD34").error == CodeError::bad_character);
    CHECK(fault_of("DOSARIO.B.AB12cD34").offset == 14);
}

TEST_CASE("the label of a dose carries its pack's GTIN, its place among the doses, lot and last day", "[own]") {
    const DoseContent content{ThingId{123456789}, *parse_gtin("7791234567898"), 3, 10, "LOTE-ABC123", parse_date("2027-02-28")};
    const std::string label = dose_label(content);
    CHECK(label ==
          "]d2"
          "8006077912345678980310\x1d"
          "17270228"
          "10LOTE-ABC123\x1d"
          "91" +
              dose_code(content.dose));
    CHECK(std::get<DoseLabel>(identify("", label)).dose == content.dose);
    CHECK(std::get<DoseLabel>(identify("]d2", label.substr(3))).dose == content.dose);
    const Gs1Message message = parse_element_string(std::string_view{label}.substr(3), kToday);
    REQUIRE(message.ok());
    CHECK(message.find(10) == "LOTE-ABC123");
    const auto link = make_digital_link(message.elements());
    REQUIRE(link);
    CHECK(std::get<DoseLabel>(identify("]d1", *link)).dose == content.dose);
}

TEST_CASE("where GS1 has no place for a dose, its label is the bare code", "[own]") {
    const DoseContent good{ThingId{5}, *parse_gtin("7791234567898"), 1, 99, "L1", parse_date("2027-02-28")};
    CHECK(dose_label(good).starts_with("]d2"));
    const std::string bare = "]d1" + dose_code(good.dose);
    DoseContent one = good;
    one.total = 100;
    CHECK(dose_label(one) == bare);
    one = good;
    one.piece = 0;
    CHECK(dose_label(one) == bare);
    one = good;
    one.gtin = parse_gtin(std::string{"201234567890"} + gs1_check_digit("201234567890")).value();
    CHECK(dose_label(one) == bare);
    for (const std::string_view lot : {"LOTE 1", "LOTÉ", "123456789012345678901",
                                       "A\x1d"
                                       "B"}) {
        one = good;
        one.lot = lot;
        CHECK(dose_label(one) == bare);
    }
    one = good;
    one.lot = "";
    one.use_by.reset();
    CHECK(std::get<DoseLabel>(identify("", dose_label(one))).dose == good.dose);
}

TEST_CASE("a piece of somebody else's item, or with a wrong code of ours, is no dose", "[own]") {
    CHECK(std::holds_alternative<Unknown>(identify("]d2",
                                                   "8006077912345678980310\x1d"
                                                   "91ABC")));
    CHECK(std::holds_alternative<Unknown>(identify("]d2",
                                                   "8006077912345678980310\x1d"
                                                   "91DOSARIO.D.0000003NVQHBX")));
    CHECK(std::holds_alternative<ProductLot>(identify("]d2",
                                                      "0107791234567898"
                                                      "91" +
                                                          dose_code(ThingId{5}))));
}

TEST_CASE("a dose is named by its number in 21 of a piece, as by its code in 91", "[own]") {
    const ThingId dose{0x0123456789ABCDE};
    const std::string serial = dose_serial(dose);
    CHECK(serial.size() == 20);
    const auto seen = [](const std::string& text) { return identify("]d2", text, *parse_date("2026-11-21"), buffer); };
    const std::string piece = "8006077912345678980203\x1d";
    const Identity by_serial = seen(piece + "21" + serial);
    REQUIRE(std::holds_alternative<DoseLabel>(by_serial));
    CHECK(std::get<DoseLabel>(by_serial).dose == dose);
    CHECK(std::get<DoseLabel>(seen(piece + "91" + dose_code(dose))).dose == dose);
    // A serial number of somebody else's, one with a wrong check character, and a box with that number.
    CHECK_FALSE(std::holds_alternative<DoseLabel>(seen(piece + "21DOSARIO1")));
    for (std::size_t i = 7; i < serial.size(); ++i) {
        std::string wrong = serial;
        wrong[i] = wrong[i] == '7' ? '8' : '7';
        INFO(i);
        CHECK_FALSE(std::holds_alternative<DoseLabel>(seen(piece + "21" + wrong)));
    }
    CHECK(std::holds_alternative<SerialPack>(seen("010779123456789821" + serial)));
}
