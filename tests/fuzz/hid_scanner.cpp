// SPDX-License-Identifier: Apache-2.0
// Any bytes, cut into reports, to each decoder of the HID scanner. The first byte chooses the interface; the second says how long
// the descriptor is that follows; then reports, each after a byte of pause and a byte of length.
#include "base/check.hpp"
#include "reader/event_json.hpp"
#include "reader/driver.hpp"

using namespace dosario;

namespace dosario {
extern const Driver k_hid_scanner_driver;
}

namespace {

class Feed {
public:
    explicit Feed(ByteView bytes) : bytes_(bytes) {}
    bool empty() const { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) return 0;
        const auto first = std::to_integer<std::uint8_t>(bytes_[0]);
        bytes_ = bytes_.subspan(1);
        return first;
    }
    ByteView take(std::size_t count) {
        const ByteView front = bytes_.first(std::min(count, bytes_.size()));
        bytes_ = bytes_.subspan(front.size());
        return front;
    }

private:
    ByteView bytes_;
};

UsbInterface interface_of(Feed& feed) {
    constexpr std::uint16_t kVendors[] = {0, 0x05E0, 0x0C2E, 0x1EAB};
    const std::uint8_t choice = feed.byte();
    UsbInterface one;
    one.vid = kVendors[choice & 3];
    one.pid = (choice & 4) != 0 ? 0x2110 : 0;
    one.class_code = 3;
    one.subclass = one.protocol = (choice & 8) != 0 ? 1 : 0;
    const ByteView descriptor = feed.take((choice & 16) != 0 ? feed.byte() : 0);
    one.report_descriptor.assign(descriptor.begin(), descriptor.end());
    return one;
}

void drain(ReaderProtocol& reader) {
    while (reader.next_write()) {
    }
    while (const auto event = reader.next_event()) {
        if (const auto* read = std::get_if<BarcodeRead>(&*event)) DOSARIO_CHECK(read->bytes.size() <= kLongestBarcode);
        DOSARIO_CHECK(!event_json(*event).empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Feed feed{std::as_bytes(std::span{bytes, size})};
    const UsbInterface one = interface_of(feed);
    ReaderSettings settings;
    settings.layout = static_cast<KeyboardLayout>(feed.byte() % 3);
    settings.is_replayed = true;
    k_hid_scanner_driver.match(one);
    const auto reader = k_hid_scanner_driver.make(one, settings);
    MonoTime now{};
    reader->opened(now);
    while (!feed.empty()) {
        now += std::chrono::milliseconds{feed.byte() * 10};
        const auto due = reader->next_wake();
        if (due && *due <= now) reader->wake(now);
        const std::uint8_t length = feed.byte();
        if (length == 0xFF) reader->interrupted(now);
        reader->receive(0x81, feed.take(length < 0x80 ? 8 : length < 0xF0 ? 64 : length), now);
        drain(*reader);
    }
    reader->closed(now, feed.byte() % 2 == 0 ? PortEnd::unplugged : PortEnd::end_of_recording);
    drain(*reader);
    DOSARIO_CHECK(!reader->next_wake());
    return 0;
}
