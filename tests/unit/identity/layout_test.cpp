// SPDX-License-Identifier: Apache-2.0
// Codes that lost their separators: what a supplier's layout makes of them, all ways to read them, and the site's separator.
#include "identity/identity.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"
#include "support/gs1_codes.hpp"

#include <random>
#include <set>
#include <string>
#include <vector>

using namespace dosario;
using namespace dosario::test;

namespace {

const std::string kItem = "01" + gtin_text(1);

CodeLayout layout(const std::vector<std::string>& fields, std::vector<std::string> prefixes = {"0"}) {
    CodeLayout made{"Drogueria", std::move(prefixes), {}};
    for (const std::string& field : fields) {
        const auto parsed = parse_layout_field(field);
        REQUIRE(parsed.has_value());
        made.fields.push_back(*parsed);
    }
    REQUIRE(layout_fault(made.fields) == "");
    return made;
}

std::string rejoined(const CodeReading& reading) {
    std::string text;
    for (const Gs1Element& element : reading.elements()) text.append(element.ai).append(element.value);
    return text;
}

/// `serial|lot|YYMMDD` of each.
std::set<std::string> said(const CodeReadings& readings) {
    std::set<std::string> all;
    for (const CodeReading& reading : readings.all()) {
        all.insert(std::string{reading.serial()} + "|" + std::string{reading.lot()} + "|" + std::string{reading.value(17)});
    }
    return all;
}

CodeReadings by(const std::string& content, const std::vector<CodeLayout>& layouts) {
    return readings_by_layout(content, layouts, kToday);
}

Identity read(const std::string& aim, const std::string& content, const CodeHabits& habits = {}) {
    return identify(aim, content, kToday, buffer, habits);
}

}  // namespace

TEST_CASE("each order that wholesalers print is split by counting", "[layout]") {
    struct Row {
        std::vector<std::string> fields;
        std::string content;
        std::string expected;
    };
    const std::string serial = "211234567";
    const std::string lot = "10AB12";
    const std::string expiry = "17280630";
    for (const Row& row : std::vector<Row>{
             {{"01", "21"}, kItem + serial, "1234567||"},
             {{"01", "21:7", "17", "10"}, kItem + serial + expiry + lot, "1234567|AB12|280630"},
             {{"01", "10:4", "17", "21"}, kItem + lot + expiry + serial, "1234567|AB12|280630"},
             {{"01", "17", "10:4", "21"}, kItem + expiry + lot + serial, "1234567|AB12|280630"},
             {{"01", "17", "21:7", "10"}, kItem + expiry + serial + lot, "1234567|AB12|280630"},
             {{"01", "21:7", "10:4", "17"}, kItem + serial + lot + expiry, "1234567|AB12|280630"},
             {{"01", "21:7", "10"}, kItem + serial + lot, "1234567|AB12|"},
             {{"01", "21:7", "17"}, kItem + serial + expiry, "1234567||280630"},
         }) {
        INFO(row.content);
        CHECK(said(by(row.content, {layout(row.fields)})) == std::set{row.expected});
        CHECK(said(free_readings(row.content, kToday)).contains(row.expected));
    }
}

TEST_CASE("serial numbers of 2 to 20 and lots of 2 to 13 characters are found by a layout", "[layout]") {
    for (std::size_t serial = 2; serial <= 20; ++serial) {
        for (std::size_t lot = 2; lot <= 13; ++lot) {
            const std::string content = kItem + "21" + std::string(serial, '1') + "17280630" + "10" + std::string(lot, '0');
            const auto readings =
                by(content, {layout({"01", "21:" + std::to_string(serial), "17", "10:" + std::to_string(lot)})});
            REQUIRE(readings.all().size() == 1);
            CHECK(readings.all()[0].serial().size() == serial);
            CHECK(readings.all()[0].lot().size() == lot);
            CHECK(readings.all()[0].expires_on(kToday) == parse_date("2028-06-30"));
        }
    }
}

TEST_CASE("a layout splits nothing that is not right by itself", "[layout]") {
    const std::vector<CodeLayout> layouts = {layout({"01", "21:7", "17", "10"})};
    const std::string good = kItem + "2112345671728063010AB12";
    REQUIRE(by(good, layouts).all().size() == 1);
    std::string wrong_digit = good;
    wrong_digit[15] = wrong_digit[15] == '9' ? '0' : static_cast<char>(wrong_digit[15] + 1);
    CHECK(by(wrong_digit, layouts).all().empty());
    CHECK(by(kItem + "2112345671728133010AB12", layouts).all().empty());  // month 13
    CHECK(by(kItem + "21123456\x80"
                     "1728063010AB12",
             layouts)
              .all()
              .empty());                                                                   // no character of GS1
    CHECK(by(kItem + "211234561728063010AB12", layouts).all().empty());                    // a serial that is shorter
    CHECK(by(kItem + "2112345671728063011AB12", layouts).all().empty());                   // another AI
    CHECK(by(kItem + "211234567172806301012345678901234567890A", layouts).all().empty());  // a lot of 21
    CHECK(by(kItem + "21123456717280630", layouts).all().empty());
    CHECK(by(kItem + "2112345671728063010", layouts).all().empty());
    CHECK(by(kItem + "211234567\x1d"
                     "1728063010AB12",
             layouts)
              .all()
              .empty());  // it has its separator
    CHECK(by("", layouts).all().empty());
    CHECK(by(std::string(70'000, '1'), layouts).all().empty());
}

TEST_CASE("a layout holds for the products that it names", "[layout]") {
    const std::string content = kItem + "2112345671728063010AB12";
    const auto of = [&](std::vector<std::string> prefixes) {
        return by(content, {layout({"01", "21:7", "17", "10"}, std::move(prefixes))}).all().size();
    };
    CHECK(of({}) == 0);
    CHECK(of({gtin_text(1)}) == 1);
    CHECK(of({"0779"}) == 1);
    CHECK(of({"0123", "077912345"}) == 1);
    CHECK(of({"0778"}) == 0);
    CHECK(of({"779"}) == 0);  // 14 digits begin with a zero
    CHECK(by(content, {layout({"01", "21:7", "17", "10"}, {"0779"})}).all().size() == 1);
}

TEST_CASE("layouts that read a code differently leave it open, those that agree do not", "[layout]") {
    const std::string content = kItem +
                                "21"
                                "12345"
                                "10"
                                "678"
                                "10"
                                "AB";
    CHECK(said(by(content, {layout({"01", "21:5", "10"}), layout({"01", "21:10", "10"})})) ==
          std::set<std::string>{"12345|67810AB|", "1234510678|AB|"});
    CHECK(by(content, {layout({"01", "21:5", "10"}), layout({"01", "21:5", "10:7"})}).all().size() == 1);
    const CodeHabits habits{{layout({"01", "21:5", "10"}), layout({"01", "21:10", "10"})}, '\0'};
    CHECK(std::holds_alternative<UnclearCode>(read("", content, habits)));
    CHECK(code_readings(content, habits.layouts, kToday).all().size() == 2);
}

TEST_CASE("fields of a layout are AIs and lengths, and mistakes are told in words", "[layout]") {
    CHECK(parse_layout_field("01")->length == 14);
    CHECK(parse_layout_field("17")->length == 6);
    CHECK(parse_layout_field("17:6")->length == 6);
    CHECK(parse_layout_field("21:7")->length == 7);
    CHECK(parse_layout_field("10")->length == 0);
    CHECK(parse_layout_field("7003")->length == 10);
    CHECK(parse_layout_field("713:13")->ai == 713);
    for (const char* odd : {"", ":", "1", "001", "21:", "21:0", "21:21", "21:x", "21:7x", "21:-7", "21: 7", "17:5", "05", "xx:7",
                            "21:99999999999999999999"}) {
        INFO(odd);
        CHECK_FALSE(parse_layout_field(odd).has_value());
    }
    CHECK(parse_layout_field("21:21").error().message == "'21:21': a value of AI 21 has 1 to 20 characters");
    CHECK(parse_layout_field("17:5").error().message == "'17:5': a value of AI 17 has 6 characters");
    const auto fault = [](const std::vector<std::string>& fields) {
        std::vector<LayoutField> parsed;
        for (const std::string& field : fields) parsed.push_back(*parse_layout_field(field));
        return layout_fault(parsed);
    };
    CHECK(fault({}).find("\"01\"") != std::string::npos);
    CHECK(fault({"21:7", "10"}).find("\"01\"") != std::string::npos);
    CHECK(fault({"01", "21", "10"}).find("only the last") != std::string::npos);
    CHECK(fault({"01", "21:7", "10:3", "21"}).find("twice") != std::string::npos);
    CHECK(fault({"01", "11", "13", "15", "16", "17", "20", "37:1", "30:1", "240:2", "241:2"}).find("at most 10") !=
          std::string::npos);
}

TEST_CASE("all ways to read a code are listed, the whole code each time", "[readings]") {
    CHECK(said(free_readings(kItem + "10ABC17261231", kToday)) == std::set<std::string>{"|ABC17261231|", "|ABC|261231"});
    CHECK(said(free_readings(kItem + "1728063010L121SERIAL", kToday)) ==
          std::set<std::string>{"|L121SERIAL|280630", "SERIAL|L1|280630"});
    // An AI stands once, and what is no date is no expiry.
    CHECK(said(free_readings(kItem + "1728063010ABC17261231", kToday)) == std::set<std::string>{"|ABC17261231|280630"});
    CHECK(said(free_readings(kItem + "10ABC17261331", kToday)) == std::set<std::string>{"|ABC17261331|"});
    // Too long for one value: the whole is nothing, its parts are.
    CHECK(said(free_readings(kItem + "1728063010LOTE-ABC12321SERIAL1234567890ABCD", kToday)) ==
          std::set<std::string>{"SERIAL1234567890ABCD|LOTE-ABC123|280630"});
    CHECK(free_readings("10ABC17261231", kToday).all().empty());  // of nothing
    CHECK(free_readings("0107791234567897"
                        "10ABC",
                        kToday)
              .all()
              .empty());
    CHECK(said(free_readings(kItem + "713123456789"
                                     "10AB",
                             kToday)) == std::set<std::string>{"||", "|AB|"});
}

TEST_CASE("nine readings are listed, and more are too many", "[readings]") {
    const auto nine = free_readings(kItem + "101" + "2121212121212121" + "1", kToday);
    CHECK(nine.all().size() == kMostReadings);
    CHECK_FALSE(nine.too_many);
    const auto more = free_readings(kItem + "101" + "212121212121212121" + "1", kToday);
    CHECK(more.all().size() == kMostReadings);
    CHECK(more.too_many);
    CHECK(std::holds_alternative<UnclearCode>(read("", kItem + "101" + "212121212121212121" + "1")));
}

TEST_CASE("no flip and no cut of a code crashes, and every reading is the whole content", "[readings]") {
    const std::string code = kItem +
                             "21ABC1234510XY17280630"
                             "10LOTE1";
    const std::vector<CodeLayout> layouts = {layout({"01", "21:8", "10"}), layout({"01", "21:12", "17", "10"}),
                                             layout({"01", "17", "21:3", "10"}, {"0779"})};
    std::size_t seen = 0;
    const auto look = [&](const std::string& content) {
        for (const CodeReadings& readings : {by(content, layouts), free_readings(content, kToday)}) {
            for (const CodeReading& reading : readings.all()) {
                CHECK(rejoined(reading) == content);
                CHECK(gs1_check_digit_holds(reading.item()));
                ++seen;
            }
        }
        const std::vector<char> own{content.begin(), content.end()};  // exactly as long: a sanitizer minds what is behind
        const CodeHabits habits{layouts, '|'};
        seen += identify("", {own.data(), own.size()}, kToday, buffer, habits).index() < std::variant_size_v<Identity>;
    };
    for (std::size_t size = 0; size <= code.size(); ++size) look(code.substr(0, size));
    for (std::size_t at = 0; at < code.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string turned = code;
            turned[at] = static_cast<char>(turned[at] ^ (1 << bit));
            look(turned);
        }
    }
    std::minstd_rand random{7};
    const std::vector<std::string> pieces = {"10",  "21",  "17", "280630", "11", "13",   "15", "240",
                                             "713", "710", "1",  "0",      "A",  "\x1d", "|"};
    for (int i = 0; i < 3000; ++i) {
        std::string content = kItem;
        for (auto n = random() % 40; n > 0; --n) content += pieces[random() % pieces.size()];
        look(content);
    }
    CHECK(seen > 4000);
}

TEST_CASE("a suspected code is unclear, unless one layout or one reading is left", "[identify]") {
    const std::string content = kItem + "10ABC17261231";
    CHECK(std::get<UnclearCode>(read("", content)).content == content);
    CHECK(std::get<UnclearCode>(read("]d2", content)).content == content);
    CHECK(std::get<UnclearCode>(read("", "\x1d" + content)).content == content);
    for (const char* aim : {"", "]d2", "]C1"}) {
        const Identity identity = read(aim, content, {{layout({"01", "10:3", "17"})}, '\0'});
        REQUIRE(std::holds_alternative<ProductLot>(identity));
        CHECK(std::get<ProductLot>(identity).lot == "ABC");
        CHECK(std::get<ProductLot>(identity).expires_on == parse_date("2026-12-31"));
        CHECK_FALSE(std::get<ProductLot>(identity).suspect_missing_fnc1);
    }
    // A layout that does not fit settles nothing.
    CHECK(std::holds_alternative<UnclearCode>(read("", content, {{layout({"01", "10:4", "17"})}, '\0'})));
    // What no value can be is asked about as well.
    CHECK(std::holds_alternative<UnclearCode>(read("]d2", kItem + "1728063010LOTE-ABC12321SERIAL1234567890ABCD")));
    // 17 and a date in a serial number, and an AI behind it that is there already: one reading is left.
    const auto only = std::get<SerialPack>(read("]d2", kItem + "10L1\x1d"
                                                               "21SER117270430"));
    CHECK(only.suspect_missing_fnc1);  // a reader that sends GS, and no way to ask: the old warning
}

TEST_CASE("what a reader separates is not split again", "[identify]") {
    const CodeHabits habits{{layout({"01", "21:7", "10"}, {"0779"})}, '\0'};
    const std::string plain = kItem + "2112345671045678";
    CHECK(std::get<SerialPack>(read("", plain)).serial ==
          "1234567"
          "1045678");
    // A layout that names its products splits all of their codes that come without identifier ...
    CHECK(std::get<SerialPack>(read("", plain, habits)).serial == "1234567");
    CHECK(std::get<SerialPack>(read("", plain, habits)).lot == "45678");
    // ... and no others: the reader has said how it sends FNC1.
    CHECK(std::get<SerialPack>(read("]d2", plain, habits)).serial == "12345671045678");
    CHECK(std::get<SerialPack>(read("", "\x1d" + plain, habits)).serial == "12345671045678");
    CHECK(std::get<SerialPack>(read("",
                                    kItem + "2112345671045678\x1d"
                                            "10L1",
                                    habits))
              .lot == "L1");
    // One of other products does nothing.
    CHECK(std::get<SerialPack>(read("", plain, {{layout({"01", "21:7", "10"}, {"0778"})}, '\0'})).serial == "12345671045678");
    const std::string too_long = kItem +
                                 "21"
                                 "123456789012345678"
                                 "10"
                                 "45678";
    CHECK(std::holds_alternative<Unknown>(read("", too_long)));
    CHECK(std::get<SerialPack>(read("", too_long, {{layout({"01", "21:18", "10"})}, '\0'})).lot == "45678");
}

TEST_CASE("the site's separator is a GS where a code has none and no identifier", "[identify]") {
    const CodeHabits habits{{}, '|'};
    for (const std::string front : {"", "|", "\x1d"}) {
        const std::string content = front + kItem + "10L1|21SER1" + (front == "\x1d" ? "" : "|17280630");
        INFO(content);
        const Identity identity = read("", content, habits);
        if (front == "\x1d") {
            CHECK(std::holds_alternative<Unknown>(identity));  // it has its GS
            continue;
        }
        REQUIRE(std::holds_alternative<SerialPack>(identity));
        CHECK(std::get<SerialPack>(identity).serial == "SER1");
        CHECK(std::get<SerialPack>(identity).lot == "L1");
        CHECK(std::get<SerialPack>(identity).expires_on == parse_date("2028-06-30"));
    }
    CHECK(std::holds_alternative<Unknown>(read("", kItem + "10L1|21SER1")));
    CHECK(std::holds_alternative<Unknown>(read("]d2", kItem + "10L1|21SER1", habits)));
    // A faulty code still names its AI in what was given.
    const std::string faulty = kItem + "10L1|17281330";
    const auto why = std::get<Unknown>(read("", faulty, habits)).why;
    CHECK(code_error_name(why.error) == "bad-date");
    CHECK(why.ai == "17");
    CHECK(why.ai.data() == faulty.data() + kItem.size() + 5);
    // The first part alone is a mark of FNC1, and a suspicion stays one.
    CHECK(std::get<UnclearCode>(read("", "|" + kItem + "10ABC17261231", habits)).content == kItem + "10ABC17261231");
    // Brackets, links and plain texts are as they were.
    CHECK(std::get<ProductLot>(read("", "(01)" + gtin_text(1) + "(10)L\\(1", habits)).lot == "L(1");
    CHECK(std::holds_alternative<Unknown>(read("", "https://id.gs1.org/01/" + gtin_text(1) + "/10/a|b", habits)));
    CHECK(std::get<Command>(read("", "DOSARIO.SI", habits)).word == CommandWord::yes);
    CHECK(std::holds_alternative<Unknown>(read("", std::string(6000, '1') + "|", habits)));
    CHECK(may_be_separator('|'));
    for (const char c : {'A', '0', '-', '/', '(', '@', '"', ']', ' ', '\x1d', '\0'}) CHECK_FALSE(may_be_separator(c));
}

TEST_CASE("of a reader that loses separators every code with several readings is asked about", "[layout]") {
    // 21 and two characters: too little to look suspicious, and the lot may have swallowed it all the same.
    const std::string content = kItem + "17280630" + "10L1" + "21A1";
    CHECK(std::holds_alternative<ProductLot>(read("]d2", content)));
    const Identity lost = identify("]d2", content, kToday, buffer, {}, true);
    REQUIRE(std::holds_alternative<UnclearCode>(lost));
    CHECK(said(free_readings(std::get<UnclearCode>(lost).content, kToday)) ==
          std::set<std::string>{"|L121A1|280630", "A1|L1|280630"});
}

TEST_CASE("of a reader that loses separators what has one reading stands", "[layout]") {
    const auto lost = [](const std::string& content) { return identify("]d2", content, kToday, buffer, {}, true); };
    CHECK(std::holds_alternative<ProductLot>(lost(kItem + "17280630" + "10ABC")));
    CHECK(std::holds_alternative<SerialPack>(lost(kItem + "17280630" + "21XYZ")));
    CHECK(std::holds_alternative<ProductLot>(lost(kItem)));
    CHECK(std::holds_alternative<SerialPack>(lost(kItem + "10ABC\x1D"
                                                          "21A1")));  // here it kept one
    CHECK(std::holds_alternative<Unknown>(lost("HOLA")));
    CHECK(std::holds_alternative<ProductLot>(identify("]E0", gtin_text(1).substr(1), kToday, buffer, {}, true)));
    CHECK(std::holds_alternative<Command>(identify("", "DOSARIO.LISTO", kToday, buffer, {}, true)));
}
