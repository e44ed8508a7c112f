// SPDX-License-Identifier: Apache-2.0
#include "doctor/scanner_judges.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace dosario;

namespace {

constexpr char kGs = '\x1D';
const std::string kItem = "010029999999999410DOSARIO";

HeardCode heard_as(TestCode code, std::string content) { return {std::string{test_code_aim(code)}, std::move(content), 0}; }

/// A scanner that sends everything as it should, over HID POS.
Heard good() {
    Heard heard;
    heard.way = ScannerWay::hid_pos;
    heard.gs = heard_as(TestCode::gs, std::string{test_code_content(TestCode::gs)});
    heard.text = heard_as(TestCode::text, std::string{test_code_content(TestCode::text)});
    heard.ean = heard_as(TestCode::ean, std::string{test_code_content(TestCode::ean)});
    return heard;
}

std::vector<std::string> said(const Heard& heard) {
    std::vector<std::string> all;
    for (const Finding& one : judge_scanner(heard)) all.emplace_back(one.code);
    return all;
}

bool says(const Heard& heard, std::string_view code) {
    const auto all = said(heard);
    return std::ranges::find(all, code) != all.end();
}

std::string word(const Heard& heard, std::string_view code, std::string_view name) {
    for (const Finding& one : judge_scanner(heard)) {
        if (one.code != code) continue;
        for (const auto& [key, text] : one.words) {
            if (key == name) return text;
        }
    }
    return "not said";
}

std::string inverted(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 32);
        else if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + 32);
    }
    return text;
}

}  // namespace

TEST_CASE("of a scanner that is set well nothing is to be changed", "[scanner]") {
    CHECK(said(good()) == std::vector<std::string>{"gs_kept", "text_right", "ean_whole", "aim_sent"});
    Heard keyboard = good();
    keyboard.way = ScannerWay::keyboard;
    CHECK(said(keyboard) == std::vector<std::string>{"gs_kept", "text_right_keyboard", "ean_whole", "aim_sent"});
    Heard serial = good();
    serial.way = ScannerWay::serial;
    for (const Finding& one : judge_scanner(serial)) CHECK(one.verdict == Verdict::ok);
}

TEST_CASE("GS is kept, lost, or replaced by what then stands in its place", "[scanner]") {
    const auto with = [](const std::string& separator) { return judge_gs(kItem + separator + "21PRUEBA" + separator + "91GS"); };
    CHECK(with(std::string{kGs}).state == GsTrust::State::kept);
    CHECK(with("").state == GsTrust::State::lost);
    CHECK(with("|").state == GsTrust::State::replaced);
    CHECK(with("|").sent == "|");
    CHECK(with("{GS}").sent == "{GS}");
    CHECK(judge_gs(kGs + kItem + kGs + "21PRUEBA" + kGs + "91GS").state == GsTrust::State::kept);  // FNC1 in front is sent too
    CHECK(judge_gs(kItem + kGs + "21PRUEBA" + "91GS").state == GsTrust::State::unknown);           // one kept and one lost
    CHECK(judge_gs("").state == GsTrust::State::unknown);
    CHECK(judge_gs(kItem).state == GsTrust::State::unknown);
    CHECK(judge_gs(inverted(kItem + kGs + "21PRUEBA" + kGs + "91GS")).state ==
          GsTrust::State::kept);  // Caps Lock is another finding
}

TEST_CASE("each thing that a scanner does to GS has its own advice", "[scanner]") {
    Heard heard = good();
    const auto with = [&](const std::string& separator) {
        heard.gs->content = kItem + separator + "21PRUEBA" + separator + "91GS";
    };
    with("");
    CHECK(says(heard, "gs_lost"));
    with("~");
    CHECK(says(heard, "gs_replaced"));
    CHECK(word(heard, "gs_replaced", "sent") == "~");
    with("\\");
    CHECK(word(heard, "gs_replaced", "sent") == "\\\\");  // as TOML wants it
    with("<GS>");
    CHECK(word(heard, "gs_replaced_by_several", "sent") == "<GS>");
    heard.gs->content = kItem + kGs + "21PRUEBA91GS";
    CHECK(says(heard, "gs_unclear"));
    heard.gs.reset();
    CHECK(says(heard, "no_matrix"));
    heard.faults = {"a key without character inside a scan; set the scanner to control characters"};
    CHECK(says(heard, "gs_as_key"));
    CHECK_FALSE(says(heard, "no_matrix"));
}

TEST_CASE("the layout that the scanner is set to is found, whatever is configured", "[scanner]") {
    const std::string text{test_code_content(TestCode::text)};
    const auto of = [&](KeyboardLayout scanner, KeyboardLayout configured) {
        Heard heard = good();
        heard.way = ScannerWay::keyboard;
        heard.layout = configured;
        heard.text.reset();
        if (const auto read = typed_and_read(text, scanner, configured)) {
            heard.text = HeardCode{"", *read, 0};
        } else {
            heard.faults = {"a key without character inside a scan; set the scanner to control characters"};
        }
        return heard;
    };
    using enum KeyboardLayout;
    for (const KeyboardLayout one : {us, es, latam}) CHECK(says(of(one, one), "text_right_keyboard"));
    CHECK(word(of(us, es), "layout_other", "layout") == "us");
    CHECK(word(of(us, latam), "layout_other", "layout") == "us");
    CHECK(word(of(latam, us), "layout_other", "layout") == "latam");
    CHECK(word(of(latam, us), "layout_other", "configured") == "us");
    CHECK(word(of(latam, es), "layout_other", "layout") == "latam");
    CHECK(word(of(es, latam), "layout_other", "layout") == "es");
    CHECK(says(of(es, us), "layout_unknown"));  // a key of es that us does not have: the driver refuses the scan
    Heard garbled = of(us, us);
    garbled.text->content = "DOSARIO.PRUEBA.aZ01 what is this";
    CHECK(says(garbled, "text_garbled"));
    garbled.way = ScannerWay::hid_pos;
    CHECK(says(garbled, "text_changed"));
}

TEST_CASE("keys are typed in one layout and read in another", "[scanner]") {
    using enum KeyboardLayout;
    CHECK(typed_and_read("aZ09", es, us) == "aZ09");
    CHECK(typed_and_read("-", us, es) == "'");
    CHECK(typed_and_read("/", es, us) == "&");
    CHECK(typed_and_read("^", es, es) == "^");    // a dead key and a blank
    CHECK(typed_and_read("^", es, us) == "{ ");   // which is a key and a blank elsewhere
    CHECK_FALSE(typed_and_read("#", es, us));     // AltGr
    CHECK_FALSE(typed_and_read("\x01", us, us));  // no key
}

TEST_CASE("case that is inverted or converted is told from a layout", "[scanner]") {
    Heard heard = good();
    heard.way = ScannerWay::keyboard;
    heard.text->content = inverted(heard.text->content);
    CHECK(says(heard, "caps_lock"));
    for (char& c : heard.text->content) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    CHECK(says(heard, "upper_case"));
    for (char& c : heard.text->content) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    CHECK(says(heard, "lower_case"));
}

TEST_CASE("digits that are cut off a bar code are missed", "[scanner]") {
    Heard heard = good();
    heard.ean->content = "290000000001";
    CHECK(says(heard, "check_digit_cut"));
    heard.ean->content = "900000000018";
    CHECK(says(heard, "first_digit_cut"));
    heard.ean->content = "29-00000000018";
    CHECK(says(heard, "ean_changed"));
    heard.ean.reset();
    CHECK(says(heard, "no_ean"));
}

TEST_CASE("prefix and suffix are what stands around every code", "[scanner]") {
    Heard heard = good();
    for (auto* one : {&heard.gs, &heard.text, &heard.ean}) (*one)->content = "<" + (*one)->content + "\t";
    CHECK(word(heard, "prefix", "sent") == "<");
    CHECK(word(heard, "suffix", "sent") == "\\x09");
    CHECK(says(heard, "gs_kept"));
    CHECK(says(heard, "ean_whole"));
    heard = good();
    heard.ean->content = "X" + heard.ean->content;  // of one kind of code only: no prefix of the scanner
    CHECK_FALSE(says(heard, "prefix"));
}

TEST_CASE("symbology identifiers: of all, of some, of none, or not of GS1", "[scanner]") {
    Heard heard = good();
    heard.gs->aim = "]d1";
    CHECK(says(heard, "aim_not_gs1"));
    heard.gs->aim.clear();
    CHECK(says(heard, "aim_sometimes"));
    heard.text->aim.clear();
    heard.ean->aim.clear();
    CHECK(says(heard, "aim_absent"));
}

TEST_CASE("a keyboard that sends many reports for a letter types by Alt and digits", "[scanner]") {
    Heard heard = good();
    heard.way = ScannerWay::keyboard;
    heard.ean->reports = 2 * 13 + 2;
    CHECK_FALSE(says(heard, "alt_codes"));
    heard.ean->reports = 8 * 13;
    CHECK(says(heard, "alt_codes"));
    heard.way = ScannerWay::hid_pos;
    CHECK_FALSE(says(heard, "alt_codes"));
}

TEST_CASE("when nothing came, or other things, that is all that is said of it", "[scanner]") {
    Heard heard;
    CHECK(said(heard) == std::vector<std::string>{"nothing_came"});
    heard.others = true;
    CHECK(said(heard) == std::vector<std::string>{"not_our_codes"});
    heard = good();
    heard.text.reset();
    CHECK(says(heard, "no_code128"));
}

TEST_CASE("test codes are recognised however they were changed, and nothing else is", "[scanner]") {
    for (const TestCode code : {TestCode::gs, TestCode::text, TestCode::ean, TestCode::adoption}) {
        const std::string content{test_code_content(code)};
        CHECK(recognise_test_code(content) == code);
        CHECK(recognise_test_code(inverted(content)) == code);
        CHECK(recognise_test_code("x" + content + "\r") == code);
        CHECK(parse_test_code(test_code_name(code)) == code);
        using enum KeyboardLayout;
        for (const KeyboardLayout scanner : {us, es, latam}) {
            for (const KeyboardLayout configured : {us, es, latam}) {
                const auto read = typed_and_read(content, scanner, configured);
                if (read) CHECK(recognise_test_code(*read) == code);
            }
        }
    }
    for (const char* other :
         {"", "DOSARIO.B.ANA00001", "DOSARIO.RECIBIR", "7791234567898", "20231105001", "30111222", "0107791234567898"})
        CHECK_FALSE(recognise_test_code(other));
    CHECK_FALSE(parse_test_code("x"));
}
