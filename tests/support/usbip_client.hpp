// SPDX-License-Identifier: Apache-2.0
// The importing side of USB/IP for tests, written from the kernel's documentation apart from the exporting side.
#pragma once

#include "simulated/device.hpp"

#include <cstdint>
#include <vector>

namespace dosario::test {

/// Commands as bytes; their numbers count up.
class UsbipClient {
public:
    explicit UsbipClient(std::uint32_t device_id = 0x00010001) : device_id_(device_id) {}
    std::uint32_t next_number() const { return number_; }

    static Bytes import(std::string_view bus_id) {
        Bytes bytes = from_hex("0111800300000000").value();
        const ByteView text = as_bytes(bus_id);
        bytes.insert(bytes.end(), text.begin(), text.end());
        bytes.resize(40);
        return bytes;
    }
    Bytes control(const simulated::UsbSetup& setup, ByteView out) { return submit(0, setup.in(), setup.length, setup, out); }
    Bytes read(std::uint8_t endpoint, std::size_t room, std::uint32_t flags = 0) {
        return submit(endpoint, true, room, {}, {}, flags);
    }
    Bytes write(std::uint8_t endpoint, ByteView out) { return submit(endpoint, false, out.size(), {}, out); }
    Bytes unlink(std::uint32_t victim) {
        Bytes bytes;
        for (const std::uint32_t one : {2u, number_++, device_id_, 0u, 0u, victim}) add(bytes, one);
        bytes.resize(48);
        return bytes;
    }
    /// `number` 0 = the next one.
    Bytes submit(std::uint8_t endpoint, bool in, std::size_t room, const simulated::UsbSetup& setup, ByteView out,
                 std::uint32_t flags = 0, std::uint32_t number = 0) {
        Bytes bytes;
        const std::uint32_t head[] = {1,
                                      number != 0 ? number : number_++,
                                      device_id_,
                                      in ? 1u : 0u,
                                      endpoint & 0x0Fu,
                                      flags,
                                      static_cast<std::uint32_t>(room),
                                      0,
                                      0,
                                      0};
        for (const std::uint32_t one : head) add(bytes, one);
        bytes.push_back(static_cast<std::byte>(setup.request_type));
        bytes.push_back(static_cast<std::byte>(setup.request));
        for (const std::uint16_t one : {setup.value, setup.index, setup.length}) {
            bytes.push_back(static_cast<std::byte>(one & 0xFF));
            bytes.push_back(static_cast<std::byte>(one >> 8));
        }
        if (!in) bytes.insert(bytes.end(), out.begin(), out.end());
        return bytes;
    }

private:
    static void add(Bytes& bytes, std::uint32_t value) {
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(value >> shift & 0xFF));
    }

    std::uint32_t device_id_;
    std::uint32_t number_ = 1;
};

struct UsbipAnswer {
    std::uint32_t command = 0, number = 0;
    std::int32_t status = 0;
    std::uint32_t actual = 0;
    Bytes in;  ///< of an IN transfer
};

/// Whole answers of the exporting side after the import. One to an OUT transfer carries nothing and must be the last of them.
inline std::vector<UsbipAnswer> usbip_answers(ByteView bytes) {
    const auto u32 = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
        return value;
    };
    std::vector<UsbipAnswer> all;
    while (bytes.size() >= 48) {
        UsbipAnswer one;
        one.command = u32(0);
        one.number = u32(4);
        one.status = static_cast<std::int32_t>(u32(20));
        if (one.command == 3) one.actual = u32(24);
        bytes = bytes.subspan(48);
        const bool carries = one.command == 3 && bytes.size() >= one.actual;
        if (carries) {
            one.in.assign(bytes.begin(), bytes.begin() + one.actual);
            bytes = bytes.subspan(one.actual);
        }
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace dosario::test
