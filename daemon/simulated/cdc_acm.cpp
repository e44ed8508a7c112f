// SPDX-License-Identifier: Apache-2.0
// A scanner in COM mode without a bridge: USB CDC, Abstract Control Model (CDC 1.2; PSTN 1.2, chapters 5.3 and 6). An interface for control
// (02/02, interrupt IN) and one for bytes (0A, bulk), tied by an association and a union descriptor; or all three endpoints in one interface.
// Requests 0x21 / 0xA1 to the interface of control:
//
//     20 SET_LINE_CODING    7 bytes: rate (4), stop bits, parity, data bits. No line is behind it: any rate will do
//     21 GET_LINE_CODING
//     22 SET_CONTROL_LINE_STATE: bit 0 DTR, bit 1 RTS
//     23 SEND_BREAK
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"
#include "simulated/serial_scanner.hpp"

namespace dosario::simulated {
namespace {

constexpr std::uint8_t kBytesIn = 0x82, kBytesOut = 0x02, kNotifications = 0x83;
constexpr std::uint8_t kControlInterface = 0, kBytesInterface = 1;
constexpr std::size_t kLineCodingSize = 7;

/// Functional descriptors (CDC 1.2, 5.2.3; PSTN 1.2, 5.3.2): header, ACM with line coding and break, and the union where there are two.
Bytes functional_descriptors(bool two_interfaces) {
    Bytes bytes = bytes_of({5, 0x24, 0x00, 0x20, 0x01, 4, 0x24, 0x02, 0x06});
    if (two_interfaces) append(bytes, bytes_of({5, 0x24, 0x06, kControlInterface, kBytesInterface}));
    return bytes;
}

UsbDescription with_interfaces(UsbDescription description, bool two_interfaces) {
    UsbInterface control;
    control.number = kControlInterface;
    control.class_code = control.subclass = 0x02;
    control.protocol = 0x01;
    control.class_descriptors = functional_descriptors(two_interfaces);
    control.endpoints = {{kNotifications, true, 16, 10}};
    const std::vector<UsbEndpoint> bytes_endpoints = {{kBytesIn, false, 64, 0}, {kBytesOut, false, 64, 0}};
    if (!two_interfaces) {
        control.endpoints.insert(control.endpoints.end(), bytes_endpoints.begin(), bytes_endpoints.end());
        description.class_code = 0x02;
        description.interfaces = {std::move(control)};
        return description;
    }
    UsbInterface bytes;
    bytes.number = kBytesInterface;
    bytes.class_code = 0x0A;
    bytes.endpoints = bytes_endpoints;
    // Miscellaneous, common class, interface association: what a device with an association says of itself.
    description.class_code = 0xEF;
    description.subclass = 0x02;
    description.protocol = 0x01;
    description.function = UsbFunction{kControlInterface, 2, 0x02, 0x02, 0x01};
    description.interfaces = {std::move(control), std::move(bytes)};
    return description;
}

class CdcAcm final : public SerialScanner {
public:
    CdcAcm(UsbDescription description, const ScannerSettings& settings, bool two_interfaces)
        : SerialScanner(with_interfaces(std::move(description), two_interfaces), settings) {}

private:
    std::string_view chip_missing() const override { return {}; }
    std::optional<LineFormat> receiver() const override { return std::nullopt; }
    std::uint8_t bytes_in() const override { return kBytesIn; }
    void arrived(ByteView bytes, bool) override { send(kBytesIn, bytes, sends_empty()); }

    std::optional<Bytes> requested(const UsbSetup& setup, ByteView out) override {
        constexpr std::uint8_t kRead = 0xA1, kWrite = 0x21;
        if (setup.index != kControlInterface) return std::nullopt;
        if (setup.request_type == kRead) return setup.request == 0x21 ? std::optional{line_coding_} : std::nullopt;
        if (setup.request_type != kWrite) return std::nullopt;
        switch (setup.request) {
            case 0x20: return set_line_coding(out);
            case 0x22: return set_control_lines(setup.value);
            case 0x23: return Bytes{};
            default: return std::nullopt;
        }
    }
    std::optional<Bytes> set_line_coding(ByteView out) {
        const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(out[i]); };
        if (out.size() != kLineCodingSize || byte(4) > 2 || byte(5) > 4) return std::nullopt;
        if ((byte(6) < 5 || byte(6) > 8) && byte(6) != 16) return std::nullopt;
        line_coding_.assign(out.begin(), out.end());
        return Bytes{};
    }
    std::optional<Bytes> set_control_lines(std::uint16_t value) {
        const bool before = dtr;
        dtr = (value & 1) != 0;
        rts = (value & 2) != 0;
        // SERIAL_STATE (PSTN 1.2, 6.5.4): carrier and data set ready follow DTR.
        if (dtr != before)
            send_packet(kNotifications, bytes_of({0xA1, 0x20, 0, 0, kControlInterface, 0, 2, 0, dtr ? 3u : 0u, 0}));
        return Bytes{};
    }

    Bytes line_coding_ = bytes_of({0x80, 0x25, 0, 0, 0, 0, 8});  // 9600 8N1
};

}  // namespace

SimulatedPtr make_cdc_acm(const ScannerSettings& settings, bool two_interfaces) {
    return std::make_unique<CdcAcm>(described(settings, two_interfaces ? 0x05E0 : 0x1EAB, two_interfaces ? 0x1701 : 0x8206,
                                              "Dosario", "Simulated COM scanner"),
                                    settings, two_interfaces);
}

}  // namespace dosario::simulated
