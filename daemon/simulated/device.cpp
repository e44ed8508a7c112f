// SPDX-License-Identifier: Apache-2.0
// The standard requests (USB 2.0, 9.4), and how packets make transfers (USB 2.0, 5.7.3 and 5.8.3).
#include "simulated/device.hpp"

#include "simulated/little_endian.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

enum : std::uint8_t {  // USB 2.0, table 9-4
    kGetStatus = 0,
    kClearFeature = 1,
    kSetFeature = 3,
    kSetAddress = 5,
    kGetDescriptor = 6,
    kGetConfiguration = 8,
    kSetConfiguration = 9,
    kGetInterface = 10,
    kSetInterface = 11,
};
enum : std::uint16_t { kEndpointHalt = 0, kRemoteWakeup = 1 };  // table 9-6

constexpr std::uint8_t kForDevice = 0, kForInterface = 1, kForEndpoint = 2;
std::uint8_t recipient(const UsbSetup& setup) { return setup.request_type & 0x1F; }

std::optional<Bytes> done() { return Bytes{}; }

}  // namespace

std::optional<Bytes> SimulatedDevice::control(const UsbSetup& setup, ByteView out) {
    if (!setup.in() && out.size() != setup.length) return std::nullopt;
    const bool is_standard = (setup.request_type & 0x60) == 0;
    std::optional<Bytes> answer;
    if (is_standard) {
        answer = standard(setup);
    } else if (configured()) {
        answer = requested(setup, out);
    }
    if (!answer) return std::nullopt;
    answer->resize(setup.in() ? std::min<std::size_t>(answer->size(), setup.length) : 0);
    return answer;
}

std::optional<Bytes> SimulatedDevice::standard(const UsbSetup& setup) {
    if (recipient(setup) == kForEndpoint) return standard_of_endpoint(setup);
    const bool to_interface = recipient(setup) == kForInterface;
    if (to_interface && (!configured() || description_.find_interface(low(setup.index)) == nullptr)) return std::nullopt;
    if (!to_interface && recipient(setup) != kForDevice) return std::nullopt;
    if (setup.in()) {
        switch (setup.request) {
            case kGetStatus: return to_interface ? bytes_of({0, 0}) : bytes_of({remote_wakeup_ ? 2u : 0u, 0});
            case kGetDescriptor: return get_descriptor(setup);
            case kGetConfiguration: return to_interface ? std::nullopt : std::optional{bytes_of({configuration_})};
            case kGetInterface: return to_interface ? std::optional{bytes_of({0})} : std::nullopt;
            default: return std::nullopt;
        }
    }
    switch (setup.request) {
        case kClearFeature:
        case kSetFeature:
            if (to_interface || setup.value != kRemoteWakeup) return std::nullopt;
            remote_wakeup_ = setup.request == kSetFeature;
            return done();
        case kSetAddress: return to_interface ? std::nullopt : done();
        case kSetConfiguration:
            if (to_interface || setup.value > 1) return std::nullopt;
            configuration_ = low(setup.value);
            halted_.clear();
            packets_.clear();
            return done();
        // The alternate setting 0 is the only one; choosing it again clears the halts (USB 2.0, 9.1.1.5).
        case kSetInterface:
            if (!to_interface || setup.value != 0) return std::nullopt;
            for (const UsbEndpoint& one : description_.find_interface(low(setup.index))->endpoints) halted_.erase(one.address);
            return done();
        default: return std::nullopt;
    }
}

std::optional<Bytes> SimulatedDevice::standard_of_endpoint(const UsbSetup& setup) {
    const std::uint8_t address = low(setup.index);
    const bool default_pipe = (address & 0x7F) == 0;
    if (!default_pipe && (!configured() || description_.find_endpoint(address) == nullptr)) return std::nullopt;
    if (setup.in()) {
        if (setup.request != kGetStatus) return std::nullopt;
        return bytes_of({halted_.contains(address) ? 1u : 0u, 0});
    }
    if (setup.value != kEndpointHalt || (setup.request != kClearFeature && setup.request != kSetFeature)) return std::nullopt;
    if (setup.request == kClearFeature) {
        halted_.erase(address);
    } else if (!default_pipe) {
        halted_.insert(address);
    }
    return done();
}

std::optional<Bytes> SimulatedDevice::get_descriptor(const UsbSetup& setup) const {
    enum : std::uint8_t { kDevice = 1, kConfiguration = 2, kString = 3, kQualifier = 6, kHid = 0x21, kReport = 0x22 };
    const std::uint8_t index = low(setup.value);
    if (recipient(setup) == kForInterface) {
        const auto interface = low(setup.index);
        if (high(setup.value) == kHid) return description_.hid_descriptor(interface);
        const Bytes& report = description_.find_interface(interface)->report_descriptor;
        return high(setup.value) == kReport && !report.empty() ? std::optional{report} : std::nullopt;
    }
    switch (high(setup.value)) {
        case kDevice: return index == 0 ? std::optional{description_.device_descriptor()} : std::nullopt;
        case kConfiguration: return index == 0 ? std::optional{description_.configuration_descriptor()} : std::nullopt;
        case kString: return description_.string_descriptor(index);
        // A device of full speed only has no qualifier and says so (USB 2.0, 9.6.2).
        case kQualifier:
            if (description_.speed == UsbSpeed::full) return std::nullopt;
            return bytes_of({10, kQualifier, low(description_.usb), high(description_.usb), description_.class_code,
                             description_.subclass, description_.protocol, 64, 1, 0});
        default: return std::nullopt;
    }
}

bool SimulatedDevice::write(std::uint8_t endpoint, ByteView bytes) {
    const UsbEndpoint* const one = description_.find_endpoint(endpoint);
    if (!configured() || one == nullptr || one->in() || halted_.contains(endpoint)) return false;
    written(endpoint, bytes);
    return true;
}

UsbRead SimulatedDevice::read(std::uint8_t endpoint, std::size_t room) {
    asked_.insert(endpoint);
    const UsbEndpoint* const one = description_.find_endpoint(endpoint);
    if (!configured() || one == nullptr || !one->in() || halted_.contains(endpoint)) return {UsbRead::Outcome::stalled, {}};
    std::deque<Bytes>& waiting = packets_[endpoint];
    // Only a short packet or a full buffer ends a transfer: see first how far it goes, then take.
    std::size_t taken = 0, size = 0;
    bool ends = false;
    while (!ends && taken < waiting.size() && size + waiting[taken].size() <= room) {
        size += waiting[taken].size();
        ends = waiting[taken].size() < one->max_packet || size == room;
        ++taken;
    }
    const bool too_long = !ends && taken < waiting.size();
    if (!ends && !too_long) return {};
    UsbRead read{too_long ? UsbRead::Outcome::overflow : UsbRead::Outcome::done, {}};
    for (; taken > 0; --taken) {
        append(read.bytes, waiting.front());
        waiting.pop_front();
    }
    if (too_long) waiting.pop_front();
    return read;
}

Result<void> SimulatedDevice::scan(std::string_view aim, std::string_view text) {
    if (!aim.empty() && (aim.size() != 3 || aim[0] != ']'))
        return fail(Failure::invalid, "a symbology identifier has three characters, the first is ]: for example ]d2");
    if (text.size() > kLongestScan)
        return fail(Failure::invalid, "no symbol holds more than " + std::to_string(kLongestScan) + " characters");
    if (const std::string_view what = silent_until(); !what.empty())
        return fail(Failure::unavailable, "the scan is lost: the host has not " + std::string{what});
    return scanned(aim, text);
}

Result<void> SimulatedDevice::card_command(std::string_view) { return fail(Failure::invalid, "this is no reader of cards"); }

Result<std::string> SimulatedDevice::on_pad(std::string_view) {
    return invalid("this is a scanner and no pad: nothing lies on it");
}

std::string_view SimulatedDevice::silent_until() const { return configured() ? missing() : "configured the device"; }

bool SimulatedDevice::has_room(std::uint8_t endpoint, std::size_t packets) const {
    const auto found = packets_.find(endpoint);
    return packets <= kMostPackets - (found == packets_.end() ? 0 : found->second.size());
}

void SimulatedDevice::send_packet(std::uint8_t endpoint, Bytes packet) {
    if (has_room(endpoint, 1)) packets_[endpoint].push_back(std::move(packet));
}

void SimulatedDevice::send(std::uint8_t endpoint, ByteView bytes, bool ends) {
    const std::size_t full = description_.find_endpoint(endpoint)->max_packet;
    for (; bytes.size() >= full; bytes = bytes.subspan(full))
        send_packet(endpoint, {bytes.begin(), bytes.begin() + static_cast<long>(full)});
    if (ends || !bytes.empty()) send_packet(endpoint, {bytes.begin(), bytes.end()});
}

bool SimulatedDevice::all_taken() const {
    return std::all_of(packets_.begin(), packets_.end(),
                       [this](const auto& of) { return of.second.empty() || (!asked_.empty() && !asked_.contains(of.first)); });
}

bool SimulatedDevice::nothing_waits(std::uint8_t endpoint) const {
    const auto found = packets_.find(endpoint);
    return found == packets_.end() || found->second.empty();
}

}  // namespace dosario::simulated
