// SPDX-License-Identifier: Apache-2.0
#include "simulated/usbip_export.hpp"

#include "base/check.hpp"
#include "simulated/little_endian.hpp"
#include "simulated/stage.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dosario::simulated {
namespace {

// errno of Linux, which USB/IP sends.
constexpr std::int32_t kStalled = -32 /*EPIPE*/, kOverflow = -75 /*EOVERFLOW*/, kTooShort = -121 /*EREMOTEIO*/,
                       kUnlinked = -104 /*ECONNRESET*/;
constexpr std::uint32_t kShortIsWrong = 1;  // URB_SHORT_NOT_OK

}  // namespace

Result<ExportedScanner*> UsbipDesk::add(std::string name, ScannerSettings settings) {
    if (const std::string_view fault = name_fault(name); !fault.empty()) return invalid(std::string{fault});
    if (find(name) != nullptr)
        return fail(Failure::invalid, "there are two scanners of the name " + name + "; give one another: NAME=" + settings.kind);
    if (scanners_.size() >= kMostScanners)
        return fail(Failure::full, "at most " + std::to_string(kMostScanners) + " scanners at a time");
    if (const auto trial = make_simulated(settings); !trial) return trial.error();
    auto scanner = std::make_unique<ExportedScanner>();
    const auto number = static_cast<std::uint16_t>(scanners_.size() + 1);
    scanner->name = std::move(name);
    scanner->settings = std::move(settings);
    scanner->place = {"1-" + std::to_string(number), 1, number};
    scanners_.push_back(std::move(scanner));
    return scanners_.back().get();
}

ExportedScanner* UsbipDesk::find(std::string_view name) {
    const auto found = std::find_if(scanners_.begin(), scanners_.end(), [&](const auto& one) { return one->name == name; });
    return found == scanners_.end() ? nullptr : found->get();
}

ListedDevice listed(const ExportedScanner& scanner) {
    const auto device = make_simulated(scanner.settings);
    DOSARIO_CHECK(device.has_value());
    return {scanner.place, (*device)->description()};
}

bool UsbipSession::take(ExportedScanner& scanner) {
    if (scanner_ != nullptr || scanner.device != nullptr || !scanner.plugged) return false;
    auto device = make_simulated(scanner.settings);
    DOSARIO_CHECK(device.has_value());
    scanner.device = std::move(*device);
    scanner_ = &scanner;
    return true;
}

void UsbipSession::closed() {
    if (scanner_ != nullptr) scanner_->device.reset();
    scanner_ = nullptr;
}

Bytes UsbipSession::next_write() {
    Bytes bytes = std::exchange(unsent_, {});
    // There is room again for what was received before, and for URBs that wait.
    if (!bytes.empty()) {
        work();
        serve();
    }
    return bytes;
}

void UsbipSession::receive(ByteView bytes) {
    append(received_, bytes);
    work();
}

/// What is left over is less than one transfer, or waits for room.
void UsbipSession::work() {
    std::size_t taken = 0;
    for (bool whole = true; whole && !broken_ && listens();) {
        const auto size = work_once(ByteView{received_}.subspan(taken));
        if (!size) broken_ = size.error();
        whole = size && *size != 0;
        if (whole) taken += *size;
    }
    received_.erase(received_.begin(), received_.begin() + static_cast<long>(taken));
}

/// How many bytes the message at the front took, 0 = it is not whole.
Result<std::size_t> UsbipSession::work_once(ByteView bytes) {
    if (scanner_ == nullptr) {
        const auto request = parse_usbip_request(bytes);
        if (!request) return request.error();
        if (request->size != 0) asked(request->message);
        return request->size;
    }
    const auto command = parse_usbip_command(bytes);
    if (!command) return command.error();
    if (command->size == 0) return std::size_t{0};
    if (const auto* one = std::get_if<SubmitCommand>(&command->message)) {
        if (const auto submitted = submit(*one); !submitted) return submitted.error();
    } else {
        unlink(std::get<UnlinkCommand>(command->message));
    }
    return command->size;
}

void UsbipSession::asked(const UsbipRequest& request) {
    if (std::holds_alternative<ListRequest>(request)) {
        std::vector<ListedDevice> devices;
        for (const auto& one : desk_.scanners())
            if (one->plugged) devices.push_back(listed(*one));
        say(usbip_list(devices));
        return;
    }
    const std::string& bus_id = std::get<ImportRequest>(request).bus_id;
    for (const auto& one : desk_.scanners()) {
        if (one->place.bus_id != bus_id || !take(*one)) continue;
        const ListedDevice device = listed(*one);
        say(usbip_import(&device));
        return;
    }
    say(usbip_import(nullptr));
}

Result<void> UsbipSession::submit(const SubmitCommand& command) {
    const auto same = [&](const Waiting& urb) { return urb.number == command.number; };
    if (command.device_id != scanner_->place.device_id())
        return fail(Failure::invalid, "the other side asks for a device that it has not imported");
    if (std::any_of(waiting_.begin(), waiting_.end(), same))
        return fail(Failure::invalid, "the other side uses the number of an URB twice");
    if (command.endpoint == 0) {
        submit_control(command);
    } else if (!command.in) {
        const bool taken = scanner_->device->write(command.endpoint, command.out);
        say(usbip_submitted(command.number, taken ? 0 : kStalled, taken ? command.out.size() : 0, {}));
    } else {
        if (waiting_.size() >= kMostWaitingUrbs) return fail(Failure::full, "the other side lets too many URBs wait");
        waiting_.push_back({command.number, static_cast<std::uint8_t>(command.endpoint | 0x80), command.room, command.flags});
    }
    serve();
    return {};
}

void UsbipSession::submit_control(const SubmitCommand& command) {
    // The direction stands in the set-up too, and that one counts on the bus.
    const UsbSetup& setup = command.setup;
    const bool agrees = setup.length == 0 || setup.in() == command.in;
    std::optional<Bytes> answer;
    if (agrees) answer = scanner_->device->control(setup, command.out);
    if (!answer) return say(usbip_submitted(command.number, kStalled, 0, {}));
    if (!setup.in()) return say(usbip_submitted(command.number, 0, command.out.size(), {}));
    const bool too_long = answer->size() > command.room;
    answer->resize(std::min<std::size_t>(answer->size(), command.room));
    say(usbip_submitted(command.number, too_long ? kOverflow : 0, answer->size(), *answer));
}

void UsbipSession::unlink(const UnlinkCommand& command) {
    const auto victim =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& urb) { return urb.number == command.victim; });
    // An URB that is not here was answered before: that answer is on its way.
    say(usbip_unlinked(command.number, victim == waiting_.end() ? 0 : kUnlinked));
    if (victim != waiting_.end()) waiting_.erase(victim);
}

void UsbipSession::serve() {
    if (scanner_ == nullptr) return;
    std::array<bool, 256> waits{};
    for (auto urb = waiting_.begin(); urb != waiting_.end() && listens();) {
        UsbRead read;
        if (!waits[urb->endpoint]) read = scanner_->device->read(urb->endpoint, urb->room);
        if (read.outcome == UsbRead::Outcome::waits) {
            waits[urb->endpoint] = true;
            ++urb;
            continue;
        }
        say_read(*urb, read);
        urb = waiting_.erase(urb);
    }
}

void UsbipSession::say_read(const Waiting& urb, const UsbRead& read) {
    std::int32_t status = 0;
    if (read.outcome == UsbRead::Outcome::stalled) status = kStalled;
    if (read.outcome == UsbRead::Outcome::overflow) status = kOverflow;
    if (status == 0 && (urb.flags & kShortIsWrong) != 0 && read.bytes.size() < urb.room) status = kTooShort;
    say(usbip_submitted(urb.number, status, read.bytes.size(), read.bytes));
}

}  // namespace dosario::simulated
