// SPDX-License-Identifier: Apache-2.0
// Simulated scanners behind the pretended usbfs, driven by libusb itself and nothing of ours: that the stage is sound for serial scanners.
#include "support/catch.hpp"
#include "support/result.hpp"
#include "support/usbfs/fake_usb.hpp"

#include <libusb.h>

#include <cerrno>
#include <memory>

namespace dosario::test {
namespace {

constexpr unsigned kPatience_ms = 20'000;

/// A device opened by libusb alone.
class Opened {
public:
    explicit Opened(std::string_view words) {
        const auto scanner = must(simulated::parse_scanner(words));
        plugged = bus->plug(simulated_spec(scanner));
        REQUIRE(libusb_init(&context_) == 0);
        const FakeSpec& spec = plugged->device().spec();
        handle = libusb_open_device_with_vid_pid(context_, spec.vid, spec.pid);
        REQUIRE(handle != nullptr);
    }
    ~Opened() {
        libusb_close(handle);
        libusb_exit(context_);
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    void take(int interface) {
        if (libusb_kernel_driver_active(handle, interface) == 1) CHECK(libusb_detach_kernel_driver(handle, interface) == 0);
        CHECK(libusb_claim_interface(handle, interface) == 0);
    }
    int control(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index, Bytes bytes = {}) const {
        return libusb_control_transfer(handle, type, request, value, index, reinterpret_cast<unsigned char*>(bytes.data()),
                                       static_cast<std::uint16_t>(bytes.size()), kPatience_ms);
    }
    /// One bulk transfer; `code` is libusb's.
    std::string read(std::uint8_t endpoint, int* code = nullptr, int room = 512) const {
        std::string bytes(static_cast<std::size_t>(room), '\0');
        int actual = 0;
        const int ended =
            libusb_bulk_transfer(handle, endpoint, reinterpret_cast<unsigned char*>(bytes.data()), room, &actual, kPatience_ms);
        if (code == nullptr)
            CHECK(ended == 0);
        else
            *code = ended;
        bytes.resize(static_cast<std::size_t>(actual));
        return bytes;
    }
    FakeDevice& device() const { return plugged->device(); }

    std::unique_ptr<FakeUsb> bus = FakeUsb::create();
    std::shared_ptr<PluggedDevice> plugged;
    libusb_device_handle* handle = nullptr;

private:
    libusb_context* context_ = nullptr;
};

void start_ftdi(const Opened& ftdi) {
    CHECK(ftdi.control(0x40, 3, 0x4138, 0) == 0);
    CHECK(ftdi.control(0x40, 4, 8, 0) == 0);
    CHECK(ftdi.control(0x40, 1, 0x0303, 0) == 0);
}

TEST_CASE("an FTDI scanner is found by libusb, prepared, and read through bulk transfers", "[usb][simulated]") {
    Opened ftdi{"ftdi:serial=F1"};
    CHECK(ftdi.device().driver(0) == "ftdi_sio");
    ftdi.take(0);
    CHECK(ftdi.device().scan("]d2", "A").has_error());  // not prepared yet
    start_ftdi(ftdi);
    must(ftdi.device().scan("]d2", "0107791234567898"));
    CHECK(ftdi.read(0x81) ==
          "\x01\x60"
          "0107791234567898\r");
    ftdi.device().idle();
    CHECK(ftdi.read(0x81) == "\x01\x60");
    // A stall, an error of the line, and what came meanwhile.
    int code = 0;
    ftdi.device().stall(0x81);
    ftdi.read(0x81, &code);
    CHECK(code == LIBUSB_ERROR_PIPE);
    CHECK(libusb_clear_halt(ftdi.handle, 0x81) == 0);
    ftdi.device().fail_reads(-EPROTO, 1, 0x81);
    ftdi.read(0x81, &code);
    CHECK(code == LIBUSB_ERROR_IO);
    must(ftdi.device().scan("", "B"));
    ftdi.read(0x81, &code, 1);
    CHECK(code == LIBUSB_ERROR_OVERFLOW);
    must(ftdi.device().scan("", "C"));
    CHECK(ftdi.read(0x81) ==
          "\x01\x60"
          "C\r");
    CHECK(ftdi.control(0x40, 0x77, 0, 0) == LIBUSB_ERROR_PIPE);
    int sent = 0;
    unsigned char word[] = {1, 2, 3};
    CHECK(libusb_bulk_transfer(ftdi.handle, 0x02, word, 3, &sent, kPatience_ms) == 0);
    CHECK(sent == 3);
    CHECK(to_hex(ftdi.device().writes().back()) == "010203");
    CHECK(libusb_release_interface(ftdi.handle, 0) == 0);
    CHECK(libusb_attach_kernel_driver(ftdi.handle, 0) == 0);
    CHECK(ftdi.device().driver(0) == "ftdi_sio");
    CHECK(ftdi.device().misuse().empty());
    CHECK(ftdi.device().all_read());
}

TEST_CASE("the driver of a COM port has two interfaces, and comes back by the first when both are free", "[usb][simulated]") {
    Opened port{"cdc_acm:serial=C1"};
    CHECK((port.device().driver(0) == "cdc_acm" && port.device().driver(1) == "cdc_acm"));
    CHECK(libusb_claim_interface(port.handle, 1) == LIBUSB_ERROR_BUSY);
    port.take(0);
    CHECK(port.device().driver(1).empty());
    port.take(1);
    CHECK(port.control(0x21, 0x22, 3, 0) == 0);
    must(port.device().scan("", "A"));
    CHECK(port.read(0x82) == "A\r");
    CHECK(libusb_release_interface(port.handle, 0) == 0);
    CHECK(libusb_attach_kernel_driver(port.handle, 0) != 0);  // the other one is still taken
    CHECK(port.device().driver(0).empty());
    CHECK(libusb_release_interface(port.handle, 1) == 0);
    libusb_attach_kernel_driver(port.handle, 1);
    CHECK(port.device().driver(1).empty());
    CHECK(libusb_attach_kernel_driver(port.handle, 0) == 0);
    CHECK((port.device().driver(0) == "cdc_acm" && port.device().driver(1) == "cdc_acm"));
}

TEST_CASE("a request to an interface that is not claimed is misuse", "[usb][simulated]") {
    Opened port{"cdc_acm"};
    port.take(0);
    CHECK(libusb_release_interface(port.handle, 0) == 0);
    CHECK(port.control(0x21, 0x22, 3, 0) < 0);
    CHECK_FALSE(port.device().misuse().empty());
}

TEST_CASE("every simulated scanner can be plugged, opened and unplugged under libusb", "[usb][simulated]") {
    for (const simulated::ScannerKind& kind : simulated::scanner_kinds()) {
        INFO(kind.name);
        Opened one{std::string{kind.name} + ":serial=A1"};
        libusb_config_descriptor* configuration = nullptr;
        REQUIRE(libusb_get_active_config_descriptor(libusb_get_device(one.handle), &configuration) == 0);
        CHECK(configuration->bNumInterfaces == one.device().spec().interfaces.size());
        for (int i = 0; i < configuration->bNumInterfaces; ++i) one.take(i);
        libusb_free_config_descriptor(configuration);
        unsigned char serial[64];
        CHECK(libusb_get_string_descriptor_ascii(one.handle, 3, serial, sizeof serial) == 2);
        one.bus->unplug(*one.plugged);
        CHECK(libusb_get_string_descriptor_ascii(one.handle, 3, serial, sizeof serial) == LIBUSB_ERROR_NO_DEVICE);
    }
}

}  // namespace
}  // namespace dosario::test
