// SPDX-License-Identifier: Apache-2.0
// What every driver owes, held against all of them with every capture of tests/captures/. Beside a capture stand its events
// (capture.events, one line of JSON each). `= pieces any` in its head says that its bytes are a stream, with no packets that mean anything.
#include "support/catch.hpp"
#include "support/reader_rig.hpp"

#include "reader/event_json.hpp"
#include "reader/replay.hpp"

#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

namespace fs = std::filesystem;
using namespace dosario;

namespace {

using Lines = std::vector<std::string>;

struct Recording {
    std::string name;
    std::string driver;  ///< of the capture's head; empty = whoever matches
    Capture capture;
    Lines events;
};

std::string content_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    REQUIRE(file.good());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<Recording> recordings() {
    std::vector<Recording> all;
    for (const auto& entry : fs::directory_iterator{DOSARIO_SOURCE_DIR "/tests/captures"}) {
        if (entry.path().extension() != ".txt") continue;
        auto parsed = parse_capture(content_of(entry.path()));
        REQUIRE(parsed.has_value());
        Recording one{entry.path().stem().string(), std::string{capture_value(*parsed, "family")}, std::move(*parsed), {}};
        std::istringstream events{content_of(fs::path{entry.path()}.replace_extension(".events"))};
        for (std::string line; std::getline(events, line);) one.events.push_back(line);
        all.push_back(std::move(one));
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

Lines events_of(const Capture& capture, PortEnd end = PortEnd::end_of_recording) {
    Lines lines;
    const auto done = replay(
        capture, all_drivers(), "", [&lines](const ReaderEvent& event, MonoTime) { lines.push_back(event_json(event)); }, end);
    REQUIRE(done.has_value());
    return lines;
}

bool is_scan(const std::string& line) {
    return line.starts_with(R"({"event":"barcode")") || line.starts_with(R"({"event":"tag")") ||
           line.starts_with(R"({"event":"card",)");
}

Lines scans_of(const Lines& events) {
    Lines scans;
    std::copy_if(events.begin(), events.end(), std::back_inserter(scans), is_scan);
    return scans;
}

bool is_stream(const Capture& capture) { return capture_value(capture, "pieces") == "any"; }

Capture in_pieces(const Capture& capture, std::size_t size) {
    Capture cut{capture.headers, {}};
    for (const CaptureStep& step : capture.steps) {
        for (std::size_t at = 0; at < std::max<std::size_t>(step.bytes.size(), 1); at += size) {
            CaptureStep piece = step;
            const auto first = step.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at, step.bytes.size()));
            const auto last = step.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, step.bytes.size()));
            piece.bytes.assign(first, last);
            cut.steps.push_back(std::move(piece));
        }
    }
    return cut;
}

/// The same, each scan two minutes after the one before: as long as any driver looks for the tail of a lost scan.
Capture well_apart(const Capture& capture) {
    CaptureStep unplug;
    unplug.kind = CaptureStep::Kind::unplug;
    Capture apart{capture.headers, {}};
    std::int64_t offset_ms = 0, last_ms = -1;
    std::size_t heard = 0;
    for (const CaptureStep& step : capture.steps) {
        CaptureStep moved = step;
        last_ms = step.at_ms.value_or(last_ms + 1);
        moved.at_ms = last_ms + offset_ms;
        apart.steps.push_back(std::move(moved));
        // What is heard although the plug is pulled at once was whole.
        Capture so_far = apart;
        so_far.steps.push_back(unplug);
        const std::size_t now = scans_of(events_of(so_far)).size();
        if (now > heard) offset_ms += 120'000;
        heard = now;
    }
    return apart;
}

/// How many of `wanted` are not in `got`, in their order.
std::size_t missing(const Lines& wanted, const Lines& got) {
    std::size_t lost = 0;
    auto from = got.begin();
    for (const std::string& one : wanted) {
        const auto found = std::find(from, got.end(), one);
        if (found == got.end())
            ++lost;
        else
            from = found + 1;
    }
    return lost;
}

/// Drives a reader as the shell does, and counts what it gives.
struct Pump {
    std::unique_ptr<ReaderProtocol> reader;
    MonoTime now{};
    std::size_t scans = 0, faults = 0, writes = 0;
    Lines* texts = nullptr;  ///< of the scans, where they are wanted

    void drain() {
        while (const auto event = reader->next_event()) {
            if (const std::string line = event_json(*event); texts != nullptr && is_scan(line)) texts->push_back(line);
            scans += std::holds_alternative<BarcodeRead>(*event) || std::holds_alternative<TagRead>(*event) ||
                     std::holds_alternative<CardRead>(*event);
            faults += std::holds_alternative<ReaderFault>(*event);
        }
        while (reader->next_write()) ++writes;
    }
    void open() {
        reader->opened(now);
        drain();
        now += std::chrono::seconds{1};
    }
    void feed(ByteView bytes) {
        now += std::chrono::milliseconds{1};
        reader->receive(0, bytes, now);
        drain();
        while (reader->next_wake() && *reader->next_wake() <= now) {
            reader->wake(now);
            drain();
        }
    }
};

/// The driver that the head of a capture names, or that takes its interface.
const Driver* driver_of(const Recording& one) {
    if (!one.driver.empty()) return find_driver(one.driver);
    for (const Match wanted : {Match::yes, Match::if_adopted}) {
        for (const Driver* driver : all_drivers())
            if (driver->match(capture_interface(one.capture)) == wanted) return driver;
    }
    return find_driver("hid_scanner");
}

/// Interfaces that a driver takes, out of its own captures.
std::vector<UsbInterface> interfaces_of(const Driver& driver) {
    std::vector<UsbInterface> all;
    for (const Recording& one : recordings()) {
        const UsbInterface interface = capture_interface(one.capture);
        if (driver.match(interface) == Match::no || driver.match(interface) == Match::never) continue;
        // What only the configuration can name shows in its own captures.
        if (driver.match(interface) == Match::if_named && one.driver != driver.name) continue;
        const auto alike = [&](const UsbInterface& other) {
            return other.vid == interface.vid && other.pid == interface.pid && other.class_code == interface.class_code &&
                   other.report_descriptor == interface.report_descriptor;
        };
        if (std::none_of(all.begin(), all.end(), alike)) all.push_back(interface);
    }
    return all;
}

}  // namespace

TEST_CASE("every driver has captures and a fuzz target, and its row is whole", "[contract]") {
    std::set<std::string> names;
    for (const Driver* driver : all_drivers()) {
        INFO(driver->name);
        CHECK(names.insert(driver->name).second);
        CHECK(fs::is_directory(fs::path{DOSARIO_SOURCE_DIR "/drivers"} / driver->name));
        CHECK(fs::is_regular_file(fs::path{DOSARIO_SOURCE_DIR "/tests/fuzz"} / (std::string{driver->name} + ".cpp")));
        CHECK_FALSE(interfaces_of(*driver).empty());
        CHECK(driver->match(UsbInterface{}) == Match::no);
        CHECK(driver->make(UsbInterface{}, ReaderSettings{}) != nullptr);
        for (const Driver::Known& row : driver->known) CHECK((row.vid != 0 && row.what != nullptr && *row.what != '\0'));
    }
}

TEST_CASE("captures give their events", "[contract]") {
    for (const Recording& one : recordings()) {
        INFO(one.name);
        CHECK(events_of(one.capture) == one.events);
    }
}

TEST_CASE("a stream gives the same in pieces of 1, 2, 7 and 64 bytes", "[contract]") {
    std::size_t streams = 0;
    for (const Recording& one : recordings()) {
        if (!is_stream(one.capture)) continue;
        ++streams;
        for (const std::size_t size : {1U, 2U, 7U, 64U}) {
            INFO(one.name << " in pieces of " << size);
            CHECK(events_of(in_pieces(one.capture, size)) == one.events);
        }
    }
    CHECK(streams > 0);
}

// A serial line has no checksum: where the flipped byte was the end of a scan, that scan and the one behind it can become one. A frame of a
// reader of tags may tell several.
TEST_CASE("a flipped byte costs at most the scan it is in, and nothing is heard twice", "[contract]") {
    for (const Recording& one : recordings()) {
        const Capture apart = well_apart(one.capture);
        const Lines scans = scans_of(events_of(apart));
        std::size_t before = 0;
        for (std::size_t i = 0; i < apart.steps.size(); ++i) {
            if (apart.steps[i].kind != CaptureStep::Kind::from_device) continue;
            const auto end = apart.steps.begin() + static_cast<std::ptrdiff_t>(i) + 1;
            const std::size_t heard = scans_of(events_of(Capture{apart.headers, {apart.steps.begin(), end}})).size();
            const std::size_t in_it = std::max<std::size_t>(heard - std::min(heard, std::exchange(before, heard)), 1);
            for (std::size_t byte = 0; byte < apart.steps[i].bytes.size(); ++byte) {
                for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
                    Capture damaged = apart;
                    std::byte& changed = damaged.steps[i].bytes[byte];
                    const bool was_an_end = is_stream(apart) && (changed == std::byte{'\r'} || changed == std::byte{'\n'});
                    changed ^= static_cast<std::byte>(flip);
                    const Lines got = scans_of(events_of(damaged));
                    INFO(one.name << ", line " << i << ", byte " << byte << " ^ " << flip);
                    REQUIRE(missing(scans, got) <= (was_an_end ? 2U : in_it));
                    REQUIRE(got.size() <= scans.size() + 1);
                }
            }
        }
    }
}

TEST_CASE("unplugged anywhere: what was whole is heard, and nothing else", "[contract]") {
    for (const Recording& one : recordings()) {
        const Lines scans = scans_of(one.events);
        const Capture fine = is_stream(one.capture) ? in_pieces(one.capture, 1) : one.capture;
        for (std::size_t steps = 0; steps <= fine.steps.size(); ++steps) {
            Capture cut{fine.headers, {fine.steps.begin(), fine.steps.begin() + static_cast<std::ptrdiff_t>(steps)}};
            if (steps == 0) continue;
            CaptureStep unplug;
            unplug.kind = CaptureStep::Kind::unplug;
            cut.steps.push_back(unplug);
            const Lines got = scans_of(events_of(cut, PortEnd::unplugged));
            INFO(one.name << ", after " << steps);
            REQUIRE(got.size() <= scans.size());
            REQUIRE(std::equal(got.begin(), got.end(), scans.begin()));
        }
    }
}

TEST_CASE("what began before an unplug is never finished by what comes after it", "[contract]") {
    for (const Recording& one : recordings()) {
        const Lines scans = scans_of(one.events);
        for (std::size_t at = 1; at < one.capture.steps.size(); ++at) {
            Capture broken = one.capture;
            for (CaptureStep& step : broken.steps) step.at_ms.reset();
            CaptureStep unplug, plug;
            unplug.kind = CaptureStep::Kind::unplug;
            plug.kind = CaptureStep::Kind::plug;
            broken.steps.insert(broken.steps.begin() + static_cast<std::ptrdiff_t>(at), {unplug, plug});
            const Lines before = scans_of(events_of(
                Capture{broken.headers, {broken.steps.begin(), broken.steps.begin() + static_cast<std::ptrdiff_t>(at) + 1}}));
            Capture after{broken.headers, {broken.steps.begin() + static_cast<std::ptrdiff_t>(at) + 2, broken.steps.end()}};
            Lines apart = before;
            for (std::string& scan : scans_of(events_of(after))) apart.push_back(std::move(scan));
            INFO(one.name << ", unplugged before line " << at);
            REQUIRE(scans_of(events_of(broken)) == apart);
        }
    }
}

// A transfer that ended in an error may have held something: in the middle of a scan it costs that scan, and never makes another one.
TEST_CASE("trouble of the USB line anywhere: each scan is heard as it was, or not at all", "[contract]") {
    for (const Recording& one : recordings()) {
        const auto hear = [&one](std::size_t trouble_at, bool loses) {
            const Driver* const driver = driver_of(one);
            REQUIRE(driver != nullptr);
            ReaderSettings settings = capture_settings(one.capture);
            settings.is_replayed = true;
            Pump pump{driver->make(capture_interface(one.capture), settings)};
            Lines texts;
            pump.texts = &texts;
            pump.open();
            for (std::size_t i = 0; i < one.capture.steps.size(); ++i) {
                const CaptureStep& step = one.capture.steps[i];
                if (step.kind != CaptureStep::Kind::from_device) continue;
                const bool under_way = pump.reader->next_wake().has_value();
                if (i == trouble_at) pump.reader->interrupted(pump.now);
                if (i != trouble_at || !loses || !under_way) pump.feed(step.bytes);
            }
            return texts;
        };
        const Lines whole = hear(one.capture.steps.size(), false);
        for (std::size_t at = 0; at < one.capture.steps.size(); ++at) {
            for (const bool loses : {false, true}) {
                INFO(one.name << ", trouble before line " << at << (loses ? ", which is lost" : ""));
                const Lines got = hear(at, loses);
                REQUIRE(missing(got, whole) == 0);
                if (!loses) REQUIRE(missing(whole, got) <= 1);
            }
        }
    }
}

// Noise can look like scans; what is held is that it ends, that every call gives little, and that nothing is kept.
TEST_CASE("garbage never hangs, throws or grows memory", "[contract]") {
    for (const Driver* driver : all_drivers()) {
        for (const UsbInterface& interface : interfaces_of(*driver)) {
            INFO(driver->name);
            std::mt19937 chance{7};
            const auto noise = [&](std::size_t size, unsigned least) {
                Bytes bytes(size);
                for (std::byte& one : bytes) one = static_cast<std::byte>(least + chance() % (256 - least));
                return bytes;
            };
            Pump pump{driver->make(interface, ReaderSettings{})};
            pump.open();
            std::size_t before = 0;
            constexpr int kRounds = 40'000;
            for (int i = 0; i < kRounds; ++i) {
                if (i == kRounds / 4) before = mallinfo2().uordblks;
                // Reports of the usual lengths, and slices of any; now without control characters, so that no line ever ends.
                pump.feed(noise(i % 3 == 0 ? 64 : i % 3 == 1 ? 8 : chance() % 600, i < kRounds / 2 ? 0 : 0x20));
            }
            const std::size_t after = mallinfo2().uordblks;
            CHECK(after < before + (std::size_t{64} << 10));
            CHECK(pump.faults > 0);
            CHECK(pump.writes <= 64);
            pump.reader->closed(pump.now, PortEnd::unplugged);
            pump.drain();
            CHECK_FALSE(pump.reader->next_wake());
        }
    }
}

TEST_CASE("a silent reader wants nothing, and telling it the time does nothing", "[contract]") {
    for (const Driver* driver : all_drivers()) {
        for (const UsbInterface& interface : interfaces_of(*driver)) {
            Pump pump{driver->make(interface, ReaderSettings{})};
            pump.open();
            if (pump.reader->next_wake()) continue;  // it has asked, and waits: see below
            pump.reader->wake(pump.now + std::chrono::hours{1});
            pump.reader->receive(0x81, {}, pump.now + std::chrono::hours{1});
            pump.drain();
            CHECK(pump.scans + pump.faults == 0);
        }
    }
}

TEST_CASE("a reader that must be asked and does not answer is asked seldom, and that is told once", "[contract]") {
    for (const Driver* driver : all_drivers()) {
        for (const UsbInterface& interface : interfaces_of(*driver)) {
            INFO(driver->name);
            Pump pump{driver->make(interface, ReaderSettings{})};
            pump.open();
            const MonoTime until = pump.now + std::chrono::minutes{10};
            std::size_t wakes = 0;
            while (pump.reader->next_wake() && *pump.reader->next_wake() <= until) {
                pump.now = std::max(pump.now, *pump.reader->next_wake());
                pump.reader->wake(pump.now);
                pump.drain();
                REQUIRE(++wakes < 10'000);
            }
            CHECK(pump.scans == 0);
            CHECK(pump.faults <= 1);
            CHECK(pump.writes <= 10 * 60 * 5);
        }
    }
}
