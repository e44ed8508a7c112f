// SPDX-License-Identifier: Apache-2.0
#include "usb/session.hpp"

#include "base/check.hpp"
#include "usb/messages.hpp"
#include "usb/transfer_size.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr unsigned kTimeoutMs = 1000;
constexpr std::size_t kSetupSize = LIBUSB_CONTROL_SETUP_SIZE;

}  // namespace

UsbSession::UsbSession(UsbDeviceRef device, UsbPort port, const UsbInterface& interface, UsbListener& listener,
                       const Clock& clock)
    : device_(std::move(device)), port_(port), interface_(interface), listener_(listener), clock_(clock) {}

UsbSession::~UsbSession() {
    DOSARIO_CHECK(!in_in_flight() && !out_.in_flight);
    for (Transfer& transfer : in_) libusb_free_transfer(transfer.usb);
    libusb_free_transfer(out_.usb);
}

Result<std::unique_ptr<UsbSession>> UsbSession::open(UsbDeviceRef device, UsbPort port, const UsbInterface& interface,
                                                     UsbListener& listener, const Clock& clock) {
    std::unique_ptr<UsbSession> session{new UsbSession{std::move(device), port, interface, listener, clock}};
    libusb_device_handle* raw = nullptr;
    if (const int code = libusb_open(session->device_.get(), &raw); code != LIBUSB_SUCCESS) {
        Error error = usb_error(code, interface, "open");
        // libusb says the same for a device that left and for a node that is missing; only hotplug knows which it was.
        if (error.failure == Failure::not_found) error.failure = Failure::unavailable;
        return error;
    }
    session->handle_.reset(raw);
    if (const int code = session->claim(); code != LIBUSB_SUCCESS) {
        session->give_back();
        return usb_error(code, interface, "take over");
    }
    return session;
}

/// The kernel's driver of CDC-ACM has both interfaces, and leaves both when it is taken from one.
int UsbSession::claim() {
    const int code = claim(interface_.number);
    const bool has_another = interface_.bulk_in != 0 && interface_.data_number != interface_.number;
    return code == LIBUSB_SUCCESS && has_another ? claim(interface_.data_number) : code;
}

int UsbSession::claim(std::uint8_t number) {
    const int active = libusb_kernel_driver_active(handle_.get(), number);
    if (active == LIBUSB_ERROR_NO_DEVICE) return active;
    if (active == 1) {
        const int code = libusb_detach_kernel_driver(handle_.get(), number);
        // NOT_FOUND: it went by itself in between, and is not ours to put back.
        if (code != LIBUSB_SUCCESS && code != LIBUSB_ERROR_NOT_FOUND) return code;
        if (code == LIBUSB_SUCCESS) detached_.push_back(number);
    }
    const int code = libusb_claim_interface(handle_.get(), number);
    if (code == LIBUSB_SUCCESS) claimed_.push_back(number);
    return code;
}

void UsbSession::give_back() {
    for (const std::uint8_t number : claimed_) libusb_release_interface(handle_.get(), number);
    for (const std::uint8_t number : detached_) libusb_attach_kernel_driver(handle_.get(), number);
    claimed_.clear();
    detached_.clear();
    handle_.reset();
    finished_ = true;
}

bool UsbSession::arm() {
    out_.session = this;
    out_.usb = libusb_alloc_transfer(0);
    if (out_.usb == nullptr) note(LIBUSB_ERROR_NO_MEM, "read from");
    in_.back().of_notices = true;
    for (Transfer& transfer : in_) {
        const bool is_wanted = transfer.of_notices ? has_notices(interface_) : endpoint_in() != 0;
        if (stopping_ || left_) break;
        if (is_wanted && (!prepare(transfer) || !submit(transfer))) break;
    }
    if (left_) stop();
    return !stopping_;
}

bool UsbSession::prepare(Transfer& transfer) {
    transfer.session = this;
    transfer.usb = libusb_alloc_transfer(0);
    if (transfer.usb == nullptr) {
        note(LIBUSB_ERROR_NO_MEM, "read from");
        return false;
    }
    const bool bulk = interface_.bulk_in != 0 && !transfer.of_notices;
    transfer.buffer.resize(transfer.of_notices ? notice_size(interface_) : transfer_size(interface_));
    const auto fill = bulk ? libusb_fill_bulk_transfer : libusb_fill_interrupt_transfer;
    fill(transfer.usb, handle_.get(), transfer.of_notices ? interface_.endpoint_in : endpoint_in(), transfer.buffer.data(),
         static_cast<int>(transfer.buffer.size()), on_in, &transfer, 0);
    return true;
}

bool UsbSession::submit(Transfer& transfer) {
    const int code = libusb_submit_transfer(transfer.usb);
    transfer.in_flight = code == LIBUSB_SUCCESS;
    if (!transfer.in_flight) note(code, "read from");
    return transfer.in_flight;
}

/// A call failed for good: the session stops at the next tend().
void UsbSession::note(int code, std::string_view attempt) {
    if (code == LIBUSB_ERROR_NO_DEVICE)
        left_ = true;
    else if (!failure_)
        failure_ = usb_error(code, interface_, attempt);
    if (failure_) stopping_ = true;
}

void UsbSession::note_trouble(Trouble trouble) { trouble_ = std::max(trouble_, trouble); }

void UsbSession::on_in(libusb_transfer* usb) {
    auto& transfer = *static_cast<Transfer*>(usb->user_data);
    transfer.session->in_done(transfer);
}

void UsbSession::in_done(Transfer& transfer) {
    transfer.in_flight = false;
    noted_ = true;
    if (stopping_) return;
    // Without notices a serial line works all the same, and a driver of CCID looks now and then by itself.
    const bool gives_up = transfer.of_notices && transfer.usb->status != LIBUSB_TRANSFER_COMPLETED;
    if (gives_up && transfer.usb->status != LIBUSB_TRANSFER_NO_DEVICE) return;
    switch (transfer.usb->status) {
        case LIBUSB_TRANSFER_COMPLETED:
            // Also when it is known that the device left: this report came before.
            bad_rounds_ = 0;
            deliver(transfer);
            if (trouble_ == Trouble::none && !left_) submit(transfer);
            return;
        case LIBUSB_TRANSFER_STALL: note_trouble(Trouble::halted); return;
        case LIBUSB_TRANSFER_ERROR:
        case LIBUSB_TRANSFER_OVERFLOW:
        case LIBUSB_TRANSFER_TIMED_OUT:
            note_trouble(Trouble::line);
            listener_.interrupted(port_);
            return;
        case LIBUSB_TRANSFER_NO_DEVICE: left_ = true; return;
        case LIBUSB_TRANSFER_CANCELLED:
            // By recover(), or by the kernel, which took the interface away while the computer slept.
            note_trouble(Trouble::line);
            return;
    }
}

void UsbSession::deliver(const Transfer& transfer) {
    if (transfer.usb->actual_length <= 0) return;
    const auto size = static_cast<std::size_t>(transfer.usb->actual_length);
    const ByteView report = std::as_bytes(std::span{transfer.buffer.data(), size});
    listener_.received(port_, transfer.usb->endpoint, Bytes{report.begin(), report.end()}, clock_.mono());
}

void UsbSession::write(ReaderWrite write) {
    if (stopping_ || left_) return;
    const std::size_t waiting = queue_.size() - (out_.in_flight ? 1 : 0);
    if (waiting >= kLongestQueue) {
        failure_ = fail(Failure::io, "reader " + name_for_people(interface_) +
                                         " does not take its commands. Unplug it and plug it in again; no scan is lost.");
        stop();
        return;
    }
    queue_.push_back(std::move(write));
}

void UsbSession::fill_out(const ReaderWrite& write) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(write.bytes.data());
    if (!write.setup) {
        out_.buffer.assign(bytes, bytes + write.bytes.size());
        const auto endpoint = static_cast<unsigned char>(write.endpoint & ~unsigned{LIBUSB_ENDPOINT_IN});
        const auto fill = endpoint == interface_.bulk_out ? libusb_fill_bulk_transfer : libusb_fill_interrupt_transfer;
        fill(out_.usb, handle_.get(), endpoint, out_.buffer.data(), static_cast<int>(out_.buffer.size()), on_out, &out_,
             kTimeoutMs);
        // A message that fills its last packet is ended by an empty one (USB 2.0, 5.8.3).
        out_.usb->flags = interface_.class_code == kSmartCardClass && endpoint == interface_.bulk_out
                              ? static_cast<std::uint8_t>(LIBUSB_TRANSFER_ADD_ZERO_PACKET)
                              : std::uint8_t{0};
        return;
    }
    out_.usb->flags = 0;
    // wLength (USB 2.0, 9.3.5) rules: the data stage is cut or filled up with zeros to it.
    const std::size_t data_size = (*write.setup)[6] | static_cast<std::size_t>((*write.setup)[7]) << 8;
    out_.buffer.assign(write.setup->begin(), write.setup->end());
    out_.buffer.insert(out_.buffer.end(), bytes, bytes + std::min(write.bytes.size(), data_size));
    out_.buffer.resize(kSetupSize + data_size);
    libusb_fill_control_transfer(out_.usb, handle_.get(), out_.buffer.data(), on_out, &out_, kTimeoutMs);
}

void UsbSession::start_next_write() {
    if (out_.in_flight || queue_.empty()) return;
    fill_out(queue_.front());
    const int code = libusb_submit_transfer(out_.usb);
    out_.in_flight = code == LIBUSB_SUCCESS;
    if (code == LIBUSB_ERROR_NO_DEVICE)
        left_ = true;
    else if (!out_.in_flight) {
        note_trouble(Trouble::line);
        write_failed(true);
    }
}

void UsbSession::on_out(libusb_transfer* usb) { static_cast<Transfer*>(usb->user_data)->session->out_done(); }

void UsbSession::out_done() {
    out_.in_flight = false;
    noted_ = true;
    if (stopping_) return;
    switch (out_.usb->status) {
        case LIBUSB_TRANSFER_COMPLETED: return write_done();
        case LIBUSB_TRANSFER_CANCELLED: return write_failed(true);  // by the kernel, as those of in_done()
        case LIBUSB_TRANSFER_STALL:
            // On endpoint 0 it means "I do not know that", and passes with the next setup packet (USB 2.0, 8.5.3.4).
            if (out_.usb->type != LIBUSB_TRANSFER_TYPE_CONTROL) halted_out_ = out_.usb->endpoint;
            return write_failed(false);
        case LIBUSB_TRANSFER_ERROR:
        case LIBUSB_TRANSFER_OVERFLOW: note_trouble(Trouble::line); return write_failed(true);
        case LIBUSB_TRANSFER_TIMED_OUT: note_trouble(Trouble::line); return write_failed(false);
        case LIBUSB_TRANSFER_NO_DEVICE: left_ = true; return;
    }
}

/// The first of the queue has been sent, or is given up.
void UsbSession::write_done() {
    tries_ = 0;
    queue_.pop_front();
    if (queue_.empty()) listener_.written(port_);
}

/// `again`: the line damaged it. What is required is tried again whatever happened to it.
void UsbSession::write_failed(bool again) {
    const bool required = queue_.front().required;
    if ((again || required) && ++tries_ < kMostTries) return;
    if (!required) return write_done();
    note(LIBUSB_ERROR_PIPE, "set up");
}

void UsbSession::stop() {
    stopping_ = true;
    queue_.clear();
    cancel_all();
    noted_ = true;
}

void UsbSession::cancel_all() {
    cancel_in();
    if (out_.in_flight) libusb_cancel_transfer(out_.usb);
}

void UsbSession::cancel_in() {
    // NOT_FOUND means that the transfer is done and its callback still to come: in_flight stays until then.
    for (Transfer& transfer : in_)
        if (transfer.in_flight) libusb_cancel_transfer(transfer.usb);
}

bool UsbSession::in_in_flight() const {
    return std::any_of(in_.begin(), in_.end(), [](const Transfer& transfer) { return transfer.in_flight; });
}

void UsbSession::tend() {
    noted_ = false;
    if (finished_) return;
    if (!stopping_ && !left_) recover();
    if (!stopping_ && !left_) start_next_write();
    if (!stopping_ && !left_) return;
    if (in_in_flight() || out_.in_flight)
        cancel_all();
    else
        give_back();
}

void UsbSession::recover() {
    if (halted_out_ != 0) {
        const int code = libusb_clear_halt(handle_.get(), halted_out_);
        halted_out_ = 0;
        if (code == LIBUSB_ERROR_NO_DEVICE) left_ = true;
    }
    if (trouble_ == Trouble::none) return;
    // The kernel wants an empty queue before a halt is cleared, and re-arming in order needs the same.
    cancel_in();
    if (in_in_flight()) return;
    const Trouble trouble = std::exchange(trouble_, Trouble::none);
    if (++bad_rounds_ > kMostBadRounds) return note(LIBUSB_ERROR_IO, "read from");
    if (trouble == Trouble::halted && libusb_clear_halt(handle_.get(), endpoint_in()) == LIBUSB_ERROR_NO_DEVICE) left_ = true;
    if (left_ || !probe()) return;
    for (Transfer& transfer : in_)
        if (transfer.usb != nullptr && !submit(transfer)) return;
}

/// An unplugged device often shows as an error of the line first; a control request tells them apart.
bool UsbSession::probe() {
    constexpr std::uint8_t kInStandardDevice = 0x80;
    std::array<unsigned char, 2> status{};
    const int code = libusb_control_transfer(handle_.get(), kInStandardDevice, LIBUSB_REQUEST_GET_STATUS, 0, 0, status.data(),
                                             static_cast<std::uint16_t>(status.size()), kTimeoutMs);
    if (code == LIBUSB_ERROR_NO_DEVICE) left_ = true;
    return !left_;
}

}  // namespace dosario
