// SPDX-License-Identifier: Apache-2.0
// What reading tags costs: bench_tags FAMILY BRIDGE SECONDS [TAGS_A_SECOND [TRAY [each]]]. A simulated pad is read for so long in virtual time,
// and what came over the wire is kept; then the same transfers go through the bridge's chip, the driver, the window and the identification
// again, at the same times, and nothing but that is measured. Every three seconds another tray of TRAY (100) lies there. `each`: every single read
// is identified, which the daemon does only of a set that is stable. Under callgrind with --toggle-collect='*replay*' only the second part
// is counted.
#include "bench/measure.hpp"
#include "control/tag_code.hpp"
#include "epc/epc.hpp"
#include "reader/driver.hpp"
#include "simulated/pad.hpp"
#include "workflow/desk.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <variant>

namespace {

using namespace dosario;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint8_t kIn = 0x81;
constexpr std::size_t kPacket = 64;
constexpr seconds kTrayLies{3};
const Date kToday = std::chrono::year{2026} / 11 / 21;

/// One of the things that happened to the driver.
struct Step {
    MonoTime at{};
    Bytes received;  ///< empty: its time had come
};

UsbInterface bridge(std::string_view name) {
    UsbInterface one;
    one.vid = name == "ftdi" ? 0x0403 : 0x10C4;
    one.pid = name == "ftdi" ? 0x6001 : 0xEA60;
    one.class_code = kVendorClass;
    one.bulk_in = kIn;
    one.bulk_out = 0x01;
    one.bulk_packet = kPacket;
    return one;
}

ReaderSettings settings() {
    ReaderSettings made;
    made.uhf_country = "AR";
    made.is_replayed = true;
    return made;
}

/// As the chip sends it: an FTDI puts two bytes of status in front of each packet.
Bytes on_the_wire(std::string_view name, ByteView bytes) {
    if (name != "ftdi") return {bytes.begin(), bytes.end()};
    Bytes made;
    for (std::size_t i = 0; i < bytes.size(); i += kPacket - 2) {
        made.push_back(std::byte{0x01});
        made.push_back(std::byte{0x60});
        const ByteView part = bytes.subspan(i, std::min(kPacket - 2, bytes.size() - i));
        made.insert(made.end(), part.begin(), part.end());
    }
    return made;
}

/// Boxes of one product: GTIN 07791234567898, and serial numbers of twelve digits, as SGTIN-96.
simulated::PadTag box(std::uint64_t number) {
    const std::uint64_t serial = 123'456'000'000 + number;
    Bytes epc = *from_hex("3015db8a0837754000000000");
    for (std::size_t i = 0; i < 5; ++i) {
        const auto part = static_cast<std::byte>(serial >> 8 * (4 - i) & 0xFF);
        epc[7 + i] |= i == 0 ? part & std::byte{0x3F} : part;
    }
    return simulated::make_tag(epc);
}

class Pharmacy {
public:
    Pharmacy(const char* driver, const UsbInterface& interface)
        : reader_(find_driver(driver)->make(interface, settings())), window_(*pad_preset(kUsualField)) {}

    std::uint64_t reads = 0, identified = 0, sets = 0, largest = 0;

    /// What the daemon does after each transfer and each alarm.
    void drain(bool each) {
        while (const auto event = reader_->next_event()) {
            const auto* tag = std::get_if<TagRead>(&*event);
            if (tag == nullptr) continue;
            ++reads;
            window_.see(*tag);
            if (!each) continue;
            CodeBuffer buffer;
            EpcReading reading = read_epc(tag->epc, kToday, buffer);
            identified += std::holds_alternative<SerialPack>(identify_epc(reading, kToday));
        }
    }
    void wake(MonoTime now) {
        if (const auto at = reader_->next_wake(); at && *at <= now) reader_->wake(now);
        if (const auto at = window_.next_wake(); at && *at <= now) window_.wake(now);
    }
    void look() {
        while (const auto set = window_.next_set()) {
            ++sets;
            const v1::Tray tray = tray_of(*set, kToday);
            largest = std::max<std::uint64_t>(largest, static_cast<std::uint64_t>(tray.codes_size()));
        }
    }
    std::optional<MonoTime> next_wake() const {
        const auto reader = reader_->next_wake(), window = window_.next_wake();
        if (!reader || !window) return reader ? reader : window;
        return std::min(*reader, *window);
    }
    ReaderProtocol& reader() { return *reader_; }

private:
    std::unique_ptr<ReaderProtocol> reader_;
    TagWindow window_;
};

/// The pad and the driver, in virtual time.
std::vector<Step> record(simulated::SimulatedPad& pad, Pharmacy& pharmacy, std::string_view wire, MonoTime end, int tray) {
    std::vector<Step> steps;
    MonoTime now{}, next_tray{};
    std::uint64_t number = 0;
    const auto settle = [&] {
        pharmacy.drain(false);
        pharmacy.look();
        while (const auto write = pharmacy.reader().next_write()) {
            if (!write->setup) pad.hear(write->bytes, now.time_since_epoch());
        }
    };
    pharmacy.reader().opened(now);
    settle();
    pharmacy.reader().command(StartInventory{}, 1, now);
    settle();
    while (now < end) {
        if (now >= next_tray) {
            pad.field().clear();
            for (int i = 0; i < tray; ++i) pad.field().add(box(++number));
            next_tray = now + kTrayLies;
        }
        const auto due = pad.next_due();
        const MonoTime pad_at = due ? std::max(now, MonoTime{*due}) : MonoTime::max();
        const MonoTime wake_at = std::max(now, pharmacy.next_wake().value_or(MonoTime::max()));
        now = std::min(pad_at, wake_at);
        if (now >= end) break;
        Bytes said;
        if (pad_at <= now) said = on_the_wire(wire, pad.say(now.time_since_epoch()));
        if (said.empty()) {
            pharmacy.wake(now);
        } else {
            pharmacy.reader().receive(kIn, said, now);
        }
        steps.push_back({now, std::move(said)});
        settle();
    }
    return steps;
}

/// The same again, without the pad.
__attribute__((noinline)) void replay(const std::vector<Step>& steps, Pharmacy& pharmacy, bool each) {
    const auto settle = [&] {
        pharmacy.drain(each);
        pharmacy.look();
        while (pharmacy.reader().next_write()) {
        }
    };
    pharmacy.reader().opened(MonoTime{});
    settle();
    pharmacy.reader().command(StartInventory{}, 1, MonoTime{});
    settle();
    for (const Step& step : steps) {
        if (step.received.empty()) {
            pharmacy.wake(step.at);
        } else {
            pharmacy.reader().receive(kIn, step.received, step.at);
        }
        settle();
    }
}

}  // namespace

int main(int argc, char** argv) {
    simulated::PadSettings pad_settings;
    if (argc > 1) pad_settings.family = argv[1];
    pad_settings.field.tags_per_s = argc > 4 ? std::atof(argv[4]) : 1'100;
    const auto pad = simulated::make_pad(pad_settings);
    const std::string_view wire = argc > 2 ? argv[2] : "";
    const int length_s = argc > 3 ? std::atoi(argv[3]) : 0;
    if (!pad || (wire != "ftdi" && wire != "cp210x") || length_s <= 0 || pad_settings.field.tags_per_s <= 0) {
        std::fprintf(stderr,
                     "usage: bench_tags m100|r200|chafon18|chafon288 ftdi|cp210x SECONDS [TAGS_A_SECOND [TRAY [each]]]\n");
        return 2;
    }
    const int tray = argc > 5 ? std::atoi(argv[5]) : 100;
    const bool each = argc > 6 && std::strcmp(argv[6], "each") == 0;
    const char* const driver = pad_settings.family.starts_with("chafon") ? "chafon_uhf" : "m100_uhf";
    Pharmacy recorded{driver, bridge(wire)};
    const auto steps = record(*pad, recorded, wire, MonoTime{seconds{length_s}}, tray);
    std::size_t bytes = 0;
    for (const Step& step : steps) bytes += step.received.size();

    Pharmacy measured{driver, bridge(wire)};
    const double begin_us = bench::processor_us();
    replay(steps, measured, each);
    const double used_us = bench::processor_us() - begin_us;
    std::printf(
        "%s behind %s: %llu reads in %d s of the pad's time, %zu bytes in %zu steps; %llu sets, the largest of %llu things\n",
        argv[1], argv[2], static_cast<unsigned long long>(measured.reads), length_s, bytes, steps.size(),
        static_cast<unsigned long long>(measured.sets), static_cast<unsigned long long>(measured.largest));
    std::printf("%.1f ms of the processor: %.3f %% of a core, %.2f us a read\n", used_us / 1e3, used_us / 1e4 / length_s,
                used_us / static_cast<double>(std::max<std::uint64_t>(1, measured.reads)));
    const bool same =
        measured.reads == recorded.reads && measured.sets == recorded.sets && (!each || measured.identified == measured.reads);
    if (!same) std::fprintf(stderr, "the second time it was not the same\n");
    return same && measured.largest >= static_cast<std::uint64_t>(std::min<int>(tray, PadTray::kMostTags)) ? 0 : 1;
}
