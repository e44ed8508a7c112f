// SPDX-License-Identifier: Apache-2.0
// Packs, a document and any bytes in any order, recorded: the capture is one, replays without a fault, and nothing of the document comes
// out of it. The first byte chooses the reader; then gestures, each a byte and what it needs.
#include "base/check.hpp"
#include "control/recording.hpp"
#include "reader/replay.hpp"
#include "support/keyboard.hpp"

#include <algorithm>

using namespace dosario;

namespace {

constexpr std::string_view kDocument = "20-26756539-3";  // invented
constexpr std::string_view kTold = "26756539";
constexpr std::string_view kPack = "0107791234500017";

/// HID POS in Zebra's layout, which the driver finds out without a descriptor.
std::vector<Bytes> scanned(std::string_view aim, std::string_view text) {
    Bytes report(64);
    report[0] = std::byte{2};
    report[1] = static_cast<std::byte>(text.size());
    std::ranges::transform(aim, report.begin() + 3, [](char c) { return static_cast<std::byte>(c); });
    std::ranges::transform(text, report.begin() + 6, [](char c) { return static_cast<std::byte>(c); });
    return {report};
}

struct Rig {
    bool types;
    Recording recording;
    MonoTime now{};

    void hear(const std::vector<Bytes>& reports) {
        for (const Bytes& report : reports) recording.received(0x81, report, now += std::chrono::milliseconds{2});
    }
    void scan(std::string_view aim, std::string_view text) {
        hear(types ? test::typed(std::string{text} + '\r') : scanned(aim, text));
    }
};

UsbInterface interface_of(bool types) {
    UsbInterface one;
    one.vid = 0x05E0;
    one.pid = types ? 0x1200 : 0x2100;
    one.class_code = kHidClass;
    one.subclass = one.protocol = types ? 1 : 0;
    return one;
}

void check(const std::string& text) {
    const auto capture = parse_capture(text);
    DOSARIO_CHECK(capture.has_value());
    const auto sink = [](const ReaderEvent& event, MonoTime) {
        DOSARIO_CHECK(!std::holds_alternative<ReaderFault>(event));
        if (const auto* const read = std::get_if<BarcodeRead>(&event))
            DOSARIO_CHECK(read->bytes.find(kTold) == std::string::npos);
    };
    DOSARIO_CHECK(replay(*capture, all_drivers(), "", sink).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const bool types = (bytes[0] & 1) != 0;
    const Driver* const driver = all_drivers().front();
    Rig rig{types, Recording{interface_of(types), {}, *driver, {}, MonoTime{}}};
    for (std::size_t at = 1; at < size; ++at) {
        switch (bytes[at] % 6) {
            case 0: rig.scan("]d2", kPack); break;
            case 1: rig.scan("]A0", kDocument); break;
            case 2: rig.recording.wake(rig.now += std::chrono::milliseconds{350}); break;
            case 3: rig.recording.wake(rig.now += std::chrono::seconds{61}); break;
            case 4:
                rig.recording.unplugged(rig.now);
                rig.recording.plugged(rig.now += std::chrono::milliseconds{5});
                break;
            case 5: {
                const std::size_t length = std::min<std::size_t>(types ? 8 : 64, size - at - 1);
                const ByteView raw = std::as_bytes(std::span{bytes + at + 1, length});
                rig.hear({Bytes{raw.begin(), raw.end()}});
                at += length;
                break;
            }
        }
    }
    rig.recording.end(rig.now);
    std::string text;
    while (rig.recording.has_text()) text += rig.recording.take(1 << 16);
    check(text);
    return 0;
}
