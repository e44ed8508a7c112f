// SPDX-License-Identifier: Apache-2.0
// Recordings: what is harmless is in them byte for byte, what may be a document is not, and they replay without a fault. All persons are
// invented.
#include "control/recording.hpp"

#include "reader/replay.hpp"
#include "support/catch.hpp"
#include "support/gs1_codes.hpp"
#include "support/hid_descriptors.hpp"
#include "support/keyboard.hpp"
#include "support/reader_rig.hpp"

#include <random>

namespace dosario::test {
namespace {

const std::string kPack = "01" + gtin_text(1) + "17281231" + "10L1\x1D" + "21S1";
const std::string kCuil = "20-26756539-3";
const std::string kCard = "00123456789@PEREZ@JUAN CARLOS@M@12345678@A@01/02/1980@01/01/2010";

UsbInterface keyboard() {
    UsbInterface one;
    one.vid = 0x05E0;
    one.pid = 0x1200;
    one.serial = "K 1#";
    one.class_code = kHidClass;
    one.subclass = kBootSubclass;
    one.protocol = 1;
    one.endpoint_in = 0x81;
    one.report_descriptor = *from_hex(kBootKeyboard);
    return one;
}

UsbInterface pos() {
    UsbInterface one;
    one.vid = 0x05E0;
    one.pid = 0x2100;
    one.serial = "P1";
    one.class_code = kHidClass;
    one.max_packet = 64;
    one.endpoint_in = 0x81;
    one.report_descriptor = *from_hex(kZebraDescriptor);
    return one;
}

/// Reports of 64 bytes in Zebra's layout: id, length, 0, identifier, 56 of content, vendor's symbology, more follows.
std::vector<Bytes> pos_reports(std::string_view aim, std::string_view text) {
    std::vector<Bytes> reports;
    do {
        const std::string_view part = text.substr(0, 56);
        text.remove_prefix(part.size());
        Bytes report(64);
        report[0] = std::byte{2};
        report[1] = static_cast<std::byte>(part.size());
        for (std::size_t i = 0; i < aim.size(); ++i) report[3 + i] = static_cast<std::byte>(aim[i]);
        for (std::size_t i = 0; i < part.size(); ++i) report[6 + i] = static_cast<std::byte>(part[i]);
        report[63] = static_cast<std::byte>(text.empty() ? 0 : 1);
        reports.push_back(std::move(report));
    } while (!text.empty());
    return reports;
}

/// A recording and the clock in the test's hands.
struct Tape {
    MonoTime now{};
    UsbInterface interface;
    ReaderSettings settings;
    Recording recording;

    explicit Tape(UsbInterface of, Recording::Options options = {}, ReaderSettings how = {})
        : interface(std::move(of)),
          settings(std::move(how)),
          recording(interface, settings, driver_named("hid_scanner"), options, now) {}

    void hear(const std::vector<Bytes>& reports) {
        for (const Bytes& report : reports) {
            now += milliseconds{2};
            recording.received(0x81, report, now);
        }
    }
    void pass(milliseconds time) {
        now += time;
        recording.wake(now);
    }
    std::string text() {
        recording.end(now);
        std::string all;
        while (recording.has_text()) all += recording.take(1000);
        return all;
    }
};

struct Heard {
    std::vector<std::string> scans;
    std::size_t faults = 0;
};

Heard replayed(const std::string& text) {
    const auto capture = parse_capture(text);
    INFO((capture ? std::string{} : capture.error().message));
    REQUIRE(capture.has_value());
    Heard heard;
    const auto sink = [&heard](const ReaderEvent& event, MonoTime) {
        if (const auto* read = std::get_if<BarcodeRead>(&event))
            heard.scans.push_back(std::string{read->aim.text()} + read->bytes);
        heard.faults += std::holds_alternative<ReaderFault>(event);
    };
    REQUIRE(replay(*capture, all_drivers(), "", sink).has_value());
    return heard;
}

/// No run of four bytes of `secret` is in the bytes of the capture, nor in its text.
void check_holds_nothing_of(const std::string& text, const std::vector<Bytes>& secret) {
    const auto capture = parse_capture(text);
    REQUIRE(capture.has_value());
    for (const Bytes& report : secret) {
        const bool silent = std::all_of(report.begin(), report.end(), [](std::byte b) { return b == std::byte{0}; });
        if (silent) continue;
        for (const CaptureStep& step : capture->steps) CHECK(step.bytes != report);
    }
}

TEST_CASE("codes of goods and commands are recorded byte for byte and replay the same", "[recording]") {
    Tape tape{keyboard()};
    tape.hear(typed(kPack + "\r"));
    tape.hear(typed("DOSARIO.LISTO\r"));
    tape.hear(typed("]C1" + kPack + "\r"));
    const Heard heard = replayed(tape.text());
    CHECK(heard.scans == std::vector<std::string>{kPack, "DOSARIO.LISTO", "]C1" + kPack});
    CHECK(heard.faults == 0);
    CHECK(tape.recording.counts().scans == 3);
}

TEST_CASE("a document that is typed between two packs is left out, and said so", "[recording]") {
    Tape tape{keyboard()};
    const auto secret = typed(kCuil + "\r");
    tape.hear(typed(kPack + "\r"));
    tape.hear(secret);
    tape.hear(typed(kPack + "X\r"));
    const std::string text = tape.text();
    const Heard heard = replayed(text);
    CHECK(heard.scans == std::vector<std::string>{kPack, kPack + "X"});
    CHECK(heard.faults == 0);
    CHECK(text.find("reports were left out: a document or badge of a person") != std::string::npos);
    CHECK(tape.recording.counts().persons == 1);
    // Keys are common to both; their number is not: nothing of the document is there.
    CHECK(parse_capture(text)->steps.size() < typed(kPack + kPack + "X\r\r").size() + secret.size() / 4);
}

TEST_CASE("the card of a DNI in several reports is left out whole", "[recording]") {
    Tape tape{pos()};
    const auto secret = pos_reports("]L2", kCard);
    REQUIRE(secret.size() == 2);
    tape.hear(pos_reports("]d2", kPack));
    tape.hear(secret);
    tape.hear(pos_reports("]d2", kPack));
    const std::string text = tape.text();
    check_holds_nothing_of(text, secret);
    CHECK(text.find("PEREZ") == std::string::npos);
    CHECK(text.find(to_hex(as_bytes(std::string_view{"PEREZ"}))) == std::string::npos);
    CHECK(replayed(text).scans == std::vector<std::string>{"]d2" + kPack, "]d2" + kPack});
    CHECK(replayed(text).faults == 0);
}

TEST_CASE("what a scanner left in its buffer behind a short code is not in the capture", "[recording]") {
    Tape tape{pos()};
    const auto card = pos_reports("]L2", kCard);
    tape.hear(card);
    const std::string code = "01" + gtin_text(1);
    Bytes pack = pos_reports("]d2", code).front();
    const Bytes clean = pack;
    for (std::size_t i = 6 + code.size(); i < 62; ++i) pack[i] = card.front()[i];
    REQUIRE(as_text(pack).find("@") != std::string_view::npos);
    tape.hear({pack, clean});
    const std::string text = tape.text();
    CHECK(replayed(text).scans == std::vector<std::string>(2, "]d2" + code));
    const auto capture = parse_capture(text);
    for (const CaptureStep& step : capture->steps) {
        if (step.bytes.empty()) continue;
        CHECK(to_hex(ByteView{step.bytes}.first(61)) == to_hex(ByteView{clean}.first(61)));
    }
}

TEST_CASE("what is not understood may be a document, and is left out", "[recording]") {
    for (const char* content :
         {"PEREZ JUAN CARLOS", "26756539", "https://receta.example/5f1b", "2612345678906", "DOSARIO.B.ANA00001"}) {
        INFO(content);
        Tape tape{pos()};
        const auto secret = pos_reports("", content);
        tape.hear(secret);
        const std::string text = tape.text();
        check_holds_nothing_of(text, secret);
        CHECK(replayed(text).scans.empty());
        CHECK(tape.recording.counts().persons + tape.recording.counts().others == 1);
    }
}

TEST_CASE("eight bare digits may be a DNI though they are a right GTIN-8, and an EAN-8 is none", "[recording]") {
    for (const std::string aim : {"", "]E4"}) {
        INFO(aim);
        Tape tape{pos()};
        tape.hear(pos_reports(aim, "36756537"));
        CHECK(replayed(tape.text()).scans.size() == (aim.empty() ? 0 : 1));
    }
}

TEST_CASE("half a document is left out wherever it is cut", "[recording]") {
    const auto secret = pos_reports("]L2", kCard + kCard);
    REQUIRE(secret.size() == 3);
    for (std::size_t missing = 0; missing < secret.size(); ++missing) {
        INFO("without report " << missing);
        Tape tape{pos()};
        auto heard = secret;
        heard.erase(heard.begin() + static_cast<std::ptrdiff_t>(missing));
        tape.hear(heard);
        tape.pass(milliseconds{3000});
        tape.hear(pos_reports("]d2", kPack));
        const std::string text = tape.text();
        check_holds_nothing_of(text, secret);
        CHECK(replayed(text).faults == 0);
    }
    Tape tape{keyboard()};
    tape.hear(typed(kCuil));  // and the recording ends
    const std::string text = tape.text();
    CHECK(parse_capture(text)->steps.empty());
    CHECK(tape.recording.counts().broken == 1);
}

TEST_CASE("the tail of a broken document, which the driver drops without a word, does not ride along with the next pack",
          "[recording]") {
    auto secret = pos_reports("]L2", kCard + kCard);
    REQUIRE(secret.size() == 3);
    secret[1][1] = std::byte{200};  // more than a report holds
    Tape tape{pos()};
    tape.hear(secret);
    tape.hear(pos_reports("]d2", kPack));
    tape.hear(pos_reports("]d2", kPack));
    const std::string text = tape.text();
    check_holds_nothing_of(text, secret);
    CHECK(replayed(text).scans == std::vector<std::string>{"]d2" + kPack});
    CHECK(tape.recording.counts().broken == 1);
    CHECK(tape.recording.counts().others == 1);
}

TEST_CASE("a report that ends one scan and begins a document is left out", "[recording]") {
    // Two keys at once: the Enter of the pack, and the first digit of what follows.
    Tape tape{keyboard()};
    auto reports = typed(kPack);
    reports.push_back(boot_report(0, {kEnter, 0x1F}));  // Enter and 2
    tape.hear(reports);
    tape.hear(typed(kCuil.substr(1) + "\r"));
    tape.hear(typed(kPack + "\r"));
    const std::string text = tape.text();
    CHECK(replayed(text).scans == std::vector<std::string>{kPack});
    CHECK(tape.recording.counts().scans == 1);
}

TEST_CASE("a scan that ends by silence is judged when it ended", "[recording]") {
    Tape tape{keyboard()};
    tape.hear(typed(kPack));
    tape.pass(milliseconds{350});
    tape.hear(typed(kCuil));
    tape.pass(milliseconds{350});
    const std::string text = tape.text();
    CHECK(replayed(text).scans == std::vector<std::string>{kPack});
    CHECK(tape.recording.counts().scans == 1);
    CHECK(tape.recording.counts().persons == 1);
}

TEST_CASE("reports that are no scan are left out, and the capture replays without their fault", "[recording]") {
    Tape tape{pos()};
    Bytes torn = pos_reports("]d2", kPack).front();
    torn[1] = std::byte{200};
    tape.hear({torn});
    tape.hear(pos_reports("]C1", kPack));
    const std::string text = tape.text();
    CHECK(replayed(text).faults == 0);
    CHECK(tape.recording.counts().broken == 1);
    CHECK(text.find("no whole scan") != std::string::npos);
}

TEST_CASE("raw keeps every report, and says what it may hold", "[recording]") {
    Tape tape{pos(), {true, false}};
    tape.hear(pos_reports("]L2", kCard));
    const std::string text = tape.text();
    CHECK(replayed(text).scans == std::vector<std::string>{"]L2" + kCard});
    CHECK(text.starts_with("# Raw: this MAY HOLD DOCUMENTS OF PERSONS"));
}

TEST_CASE("the head of a capture makes the same reader again, without its number if that is wanted", "[recording]") {
    ReaderSettings settings;
    settings.layout = KeyboardLayout::latam;
    settings.gs_substitutes = "| #\\";
    settings.terminators = "\t";
    settings.idle_ms = 250;
    Tape tape{keyboard(), {}, settings};
    const std::string text = tape.text();
    const auto capture = parse_capture(text);
    REQUIRE(capture.has_value());
    const UsbInterface again = capture_interface(*capture);
    CHECK(again.serial == "K 1#");
    CHECK(again.vid == 0x05E0);
    CHECK(again.pid == 0x1200);
    CHECK(again.report_descriptor == tape.interface.report_descriptor);
    CHECK(is_boot_keyboard(again));
    CHECK(capture_settings(*capture).gs_substitutes == settings.gs_substitutes);
    CHECK(capture_settings(*capture).terminators == "\t");
    CHECK(capture_settings(*capture).layout == KeyboardLayout::latam);
    CHECK(capture_settings(*capture).idle_ms == 250);
    CHECK(capture_value(*capture, "family") == "hid_scanner");
    Tape nameless{keyboard(), {false, true}};
    CHECK(nameless.text().find("serial") == std::string::npos);
}

TEST_CASE("a reader that is unplugged and comes back goes on being recorded", "[recording]") {
    Tape tape{keyboard()};
    tape.hear(typed(kPack + "\r"));
    tape.hear(typed("2026"));
    tape.recording.unplugged(tape.now += milliseconds{5});
    tape.recording.plugged(tape.now += milliseconds{500});
    tape.hear(typed(kPack + "\r"));
    const std::string text = tape.text();
    CHECK(text.find(" ! unplug\n") < text.find(" ! plug\n"));
    CHECK(replayed(text).scans == std::vector<std::string>{kPack, kPack});
    CHECK(replayed(text).faults == 0);
    CHECK(tape.recording.counts().broken == 1);
}

TEST_CASE("a recording has a size, and ends with a whole line", "[recording]") {
    Tape tape{pos(), {true, false}};
    const auto reports = pos_reports("]d2", kPack);
    std::string all;
    for (int i = 0; i < 400'000 && !tape.recording.full(); ++i) {
        tape.hear(reports);
        if (i % 1000 == 0) all += tape.recording.take(1 << 20);
    }
    CHECK(tape.recording.full());
    all += tape.text();
    CHECK(all.size() <= Recording::kLargest_bytes);
    CHECK(all.ends_with('\n'));
    Tape untaken{pos(), {true, false}};
    while (!untaken.recording.full()) untaken.hear(reports);
    CHECK(untaken.text().size() <= Recording::kMostUntaken_bytes);
}

TEST_CASE("a run that never becomes a scan does not grow", "[recording]") {
    Tape tape{keyboard()};
    for (int i = 0; i < 40'000; ++i) tape.hear({boot_report(0, {1, 1, 1, 1, 1, 1})});  // roll over: ignored
    CHECK(tape.recording.counts().broken == 2);
    CHECK(tape.text().size() < 2000);
}

TEST_CASE("text is taken in whole lines", "[recording]") {
    Tape tape{keyboard()};
    tape.hear(typed("DOSARIO.LISTO\r"));
    const std::string first = tape.recording.take(1);
    CHECK(first.ends_with('\n'));
    CHECK(std::count(first.begin(), first.end(), '\n') == 1);
    const std::string second = tape.recording.take(100);
    CHECK(second.ends_with('\n'));
    CHECK(second.size() <= 100);
}

TEST_CASE("whatever order packs and documents come in, no document is in the capture", "[recording]") {
    std::mt19937 random{11};
    for (int round = 0; round < 200; ++round) {
        Tape tape{round % 2 == 0 ? pos() : keyboard()};
        const bool types = round % 2 != 0;
        std::size_t packs = 0;
        for (int i = 0; i < 12; ++i) {
            const bool person = random() % 2 == 0;
            const std::string content = person ? kCuil : kPack + std::to_string(100 + i);
            const bool ends_by_silence = random() % 4 == 0;
            auto reports = types ? typed(content + (ends_by_silence ? "" : "\r")) : pos_reports(person ? "]A0" : "]d2", content);
            packs += !person;
            if (random() % 8 == 0) reports.pop_back();
            tape.hear(reports);
            tape.pass(milliseconds{!ends_by_silence && random() % 2 == 0 ? 1 : 350});
        }
        const std::string text = tape.text();
        const Heard heard = replayed(text);
        CHECK(heard.faults == 0);
        CHECK(heard.scans.size() <= packs);
        for (const std::string& scan : heard.scans) {
            INFO(scan);
            CHECK(scan.find("26756539") == std::string::npos);
            CHECK(scan.find(gtin_text(1)) != std::string::npos);
        }
    }
}

}  // namespace
}  // namespace dosario::test
