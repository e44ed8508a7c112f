// SPDX-License-Identifier: Apache-2.0
#include "redir_wire.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdio>

namespace dosario::test {

using namespace dosario::simulated;

namespace {

constexpr std::size_t kMostPending = 64;  // IN requests that QEMU may have open at once
constexpr std::uint8_t kIn = 0x80;
constexpr std::uint8_t kSetConfiguration = 9;  // USB 2.0, 9.4
constexpr std::uint8_t kSetInterface = 11;

std::uint8_t status_of(UsbRead::Outcome outcome) {
    switch (outcome) {
        case UsbRead::Outcome::waits:
        case UsbRead::Outcome::done: return usb_redir_success;
        case UsbRead::Outcome::stalled: return usb_redir_stall;
        case UsbRead::Outcome::overflow: return usb_redir_babble;
    }
    return usb_redir_ioerror;
}

RedirWire& of(void* self) { return *static_cast<RedirWire*>(self); }

std::uint8_t* raw(Bytes& bytes) { return reinterpret_cast<std::uint8_t*>(bytes.data()); }

}  // namespace

RedirWire::RedirWire(int socket) : socket_(socket), parser_(usbredirparser_create()) {
    take_callbacks();
    // QEMU's xHCI refuses a device whose side lacks one of the last three.
    std::uint32_t capabilities[USB_REDIR_CAPS_SIZE]{};
    for (const int one : {usb_redir_cap_connect_device_version, usb_redir_cap_device_disconnect_ack,
                          usb_redir_cap_ep_info_max_packet_size, usb_redir_cap_64bits_ids, usb_redir_cap_32bits_bulk_length})
        usbredirparser_caps_set_cap(capabilities, one);
    usbredirparser_init(parser_, "dosario kernel test", capabilities, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
}

void RedirWire::take_callbacks() {
    parser_->priv = this;
    parser_->log_func = [](void*, int level, const char* words) {
        if (level <= usbredirparser_warning) std::fprintf(stderr, "usbredir: %s\n", words);
    };
    parser_->read_func = [](void* self, std::uint8_t* to, int room) { return of(self).receive(to, room); };
    parser_->write_func = [](void* self, std::uint8_t* from, int size) { return of(self).transmit(from, size); };
    parser_->hello_func = [](void* self, usb_redir_hello_header*) { of(self).greeted_ = true; };
    parser_->reset_func = [](void* self) {
        if (of(self).device_) of(self).begin_anew();
    };
    parser_->device_disconnect_ack_func = [](void* self) { of(self).answer("ok"); };
    parser_->set_configuration_func = [](void* self, std::uint64_t id, usb_redir_set_configuration_header* wanted) {
        of(self).set_configuration(id, wanted->configuration);
    };
    parser_->get_configuration_func = [](void* self, std::uint64_t id) { of(self).tell_configuration(id, usb_redir_success); };
    parser_->set_alt_setting_func = [](void* self, std::uint64_t id, usb_redir_set_alt_setting_header* wanted) {
        of(self).set_alternate(id, *wanted);
    };
    parser_->get_alt_setting_func = [](void* self, std::uint64_t id, usb_redir_get_alt_setting_header* wanted) {
        usb_redir_alt_setting_status_header status{usb_redir_success, wanted->interface, 0};
        usbredirparser_send_alt_setting_status(of(self).parser_, id, &status);
    };
    parser_->start_interrupt_receiving_func = [](void* self, std::uint64_t id,
                                                 usb_redir_start_interrupt_receiving_header* wanted) {
        of(self).receive_interrupts(id, wanted->endpoint, true);
    };
    parser_->stop_interrupt_receiving_func = [](void* self, std::uint64_t id, usb_redir_stop_interrupt_receiving_header* wanted) {
        of(self).receive_interrupts(id, wanted->endpoint, false);
    };
    parser_->cancel_data_packet_func = [](void* self, std::uint64_t id) { of(self).cancel(id); };
    parser_->control_packet_func = [](void* self, std::uint64_t id, usb_redir_control_packet_header* header, std::uint8_t* bytes,
                                      int size) { of(self).control(id, *header, of(self).taken(bytes, size)); };
    parser_->bulk_packet_func = [](void* self, std::uint64_t id, usb_redir_bulk_packet_header* header, std::uint8_t* bytes,
                                   int size) { of(self).bulk(id, *header, of(self).taken(bytes, size)); };
    parser_->interrupt_packet_func = [](void* self, std::uint64_t id, usb_redir_interrupt_packet_header* header,
                                        std::uint8_t* bytes,
                                        int size) { of(self).interrupt_out(id, *header, of(self).taken(bytes, size)); };
}

bool RedirWire::flush() {
    while (usbredirparser_has_data_to_write(parser_) > 0) {
        if (usbredirparser_do_write(parser_) != 0) return false;
    }
    return true;
}

int RedirWire::idle_ms() const {
    const auto period = device_ ? device_->idle_period() : std::nullopt;
    return period ? static_cast<int>(period->count()) : -1;
}

void RedirWire::idle() {
    if (!device_) return;
    device_->idle();
    send_what_waits();
}

int RedirWire::receive(std::uint8_t* to, int room) {
    const ssize_t got = ::recv(socket_, to, static_cast<std::size_t>(room), MSG_DONTWAIT);
    if (got > 0) return static_cast<int>(got);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
}

int RedirWire::transmit(const std::uint8_t* from, int size) {
    const ssize_t put = ::send(socket_, from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    return put < 0 ? -1 : static_cast<int>(put);
}

void RedirWire::answer(const std::string& words) {
    std::printf("%s\n", words.c_str());
    std::fflush(stdout);
}

Bytes RedirWire::taken(std::uint8_t* bytes, int size) {
    const auto* const from = reinterpret_cast<const std::byte*>(bytes);
    Bytes copy = size > 0 ? Bytes(from, from + size) : Bytes{};
    usbredirparser_free_packet_data(parser_, bytes);
    return copy;
}

void RedirWire::forget() {
    pending_.clear();
    listening_.clear();
    room_.reset();
}

void RedirWire::plug(const std::string& words) {
    if (device_) return answer("error it is plugged in already");
    auto settings = parse_scanner(words);
    if (!settings) return answer("error " + settings.error().message);
    settings_ = std::move(*settings);
    begin_anew();
    if (!device_) return answer("error there is no such kind");
    describe_interfaces();
    describe_endpoints();
    const UsbDescription& said = device_->description();
    usb_redir_device_connect_header connect{};
    connect.speed = said.speed == UsbSpeed::high ? usb_redir_speed_high : usb_redir_speed_full;
    connect.device_class = said.class_code;
    connect.device_subclass = said.subclass;
    connect.device_protocol = said.protocol;
    connect.vendor_id = said.vendor;
    connect.product_id = said.product;
    connect.device_version_bcd = said.release;
    usbredirparser_send_device_connect(parser_, &connect);
    answer("ok");
}

/// As after a reset of the bus: a device that nobody has spoken to.
void RedirWire::begin_anew() {
    auto made = make_simulated(settings_);
    device_ = made ? std::move(*made) : nullptr;
    forget();
}

void RedirWire::describe_interfaces() {
    usb_redir_interface_info_header header{};
    for (const UsbInterface& one : device_->description().interfaces) {
        const auto at = header.interface_count++;
        header.interface[at] = one.number;
        header.interface_class[at] = one.class_code;
        header.interface_subclass[at] = one.subclass;
        header.interface_protocol[at] = one.protocol;
    }
    usbredirparser_send_interface_info(parser_, &header);
}

void RedirWire::describe_endpoints() {
    usb_redir_ep_info_header header{};
    for (auto& type : header.type) type = usb_redir_type_invalid;
    header.type[0] = header.type[16] = usb_redir_type_control;
    header.max_packet_size[0] = header.max_packet_size[16] = 64;
    for (const UsbInterface& interface : device_->description().interfaces) {
        for (const UsbEndpoint& one : interface.endpoints) {
            const int at = (one.address & 0x0F) | (one.in() ? 16 : 0);
            header.type[at] = one.interrupt ? usb_redir_type_interrupt : usb_redir_type_bulk;
            header.interval[at] = one.interval;
            header.interface[at] = interface.number;
            header.max_packet_size[at] = one.max_packet;
        }
    }
    usbredirparser_send_ep_info(parser_, &header);
}

void RedirWire::set_configuration(std::uint64_t id, std::uint8_t configuration) {
    const bool good = device_ && device_->control({0, kSetConfiguration, configuration, 0, 0}, {});
    configuration_ = good ? configuration : configuration_;
    if (good) {
        describe_interfaces();
        describe_endpoints();
    }
    tell_configuration(id, good ? usb_redir_success : usb_redir_stall);
}

void RedirWire::tell_configuration(std::uint64_t id, std::uint8_t status) {
    usb_redir_configuration_status_header header{status, configuration_};
    usbredirparser_send_configuration_status(parser_, id, &header);
}

void RedirWire::set_alternate(std::uint64_t id, const usb_redir_set_alt_setting_header& wanted) {
    const bool good = device_ && device_->control({1, kSetInterface, wanted.alt, wanted.interface, 0}, {});
    usb_redir_alt_setting_status_header header{static_cast<std::uint8_t>(good ? usb_redir_success : usb_redir_stall),
                                               wanted.interface, wanted.alt};
    usbredirparser_send_alt_setting_status(parser_, id, &header);
}

void RedirWire::control(std::uint64_t id, usb_redir_control_packet_header header, const Bytes& out) {
    std::optional<Bytes> said;
    if (device_) said = device_->control({header.requesttype, header.request, header.value, header.index, header.length}, out);
    const bool in = (header.requesttype & kIn) != 0;
    header.status = said ? usb_redir_success : usb_redir_stall;
    Bytes back = said && in ? std::move(*said) : Bytes{};
    if (in || !said) header.length = static_cast<std::uint16_t>(back.size());
    usbredirparser_send_control_packet(parser_, id, &header, raw(back), static_cast<int>(back.size()));
    send_what_waits();
}

void RedirWire::bulk(std::uint64_t id, usb_redir_bulk_packet_header header, const Bytes& out) {
    if ((header.endpoint & kIn) != 0) {
        const std::size_t length = header.length | std::size_t{header.length_high} << 16;
        if (pending_.size() >= kMostPending) return answer_bulk({id, header, length}, usb_redir_inval, {});
        pending_.push_back({id, header, length});
        return send_what_waits();
    }
    header.status = device_ && device_->write(header.endpoint, out) ? usb_redir_success : usb_redir_stall;
    usbredirparser_send_bulk_packet(parser_, id, &header, nullptr, 0);
    send_what_waits();
}

void RedirWire::answer_bulk(Pending one, std::uint8_t status, Bytes bytes) {
    one.header.status = status;
    one.header.length = static_cast<std::uint16_t>(bytes.size() & 0xFFFF);
    one.header.length_high = static_cast<std::uint16_t>(bytes.size() >> 16);
    usbredirparser_send_bulk_packet(parser_, one.id, &one.header, raw(bytes), static_cast<int>(bytes.size()));
}

void RedirWire::cancel(std::uint64_t id) {
    for (auto one = pending_.begin(); one != pending_.end(); ++one) {
        if (one->id != id) continue;
        answer_bulk(*one, usb_redir_cancelled, {});
        pending_.erase(one);
        return;
    }
}

void RedirWire::interrupt_out(std::uint64_t id, usb_redir_interrupt_packet_header header, const Bytes& out) {
    header.status = device_ && device_->write(header.endpoint, out) ? usb_redir_success : usb_redir_stall;
    usbredirparser_send_interrupt_packet(parser_, id, &header, nullptr, 0);
    send_what_waits();
}

void RedirWire::receive_interrupts(std::uint64_t id, std::uint8_t endpoint, bool wanted) {
    if (wanted)
        listening_.insert(endpoint);
    else
        listening_.erase(endpoint);
    usb_redir_interrupt_receiving_status_header header{usb_redir_success, endpoint};
    usbredirparser_send_interrupt_receiving_status(parser_, id, &header);
    send_what_waits();
}

void RedirWire::scan(const std::string& aim, const std::string& hex) {
    if (!device_) return answer("error nothing is plugged in");
    const auto text = from_hex(hex);
    if (!text) return answer("error the content is no hexadecimal");
    const auto done = device_->scan(aim, std::string_view{reinterpret_cast<const char*>(text->data()), text->size()});
    send_what_waits();
    answer(done ? "ok" : "error " + done.error().message);
}

void RedirWire::unplug() {
    if (!device_) return answer("error nothing is plugged in");
    device_.reset();
    forget();
    usbredirparser_send_device_disconnect(parser_);  // QEMU's acknowledgement is the answer
}

void RedirWire::hold(std::optional<std::size_t> packets) {
    room_ = packets;
    send_what_waits();
    answer("ok");
}

void RedirWire::sent() {
    if (room_) --*room_;
}

void RedirWire::send_what_waits() {
    // A copy: a halted endpoint is not listened to any more.
    for (const std::uint8_t endpoint : std::set<std::uint8_t>{listening_}) send_interrupts(endpoint);
    for (auto one = pending_.begin(); one != pending_.end() && may_send();) {
        UsbRead got = device_->read(one->header.endpoint, one->length);
        if (got.outcome == UsbRead::Outcome::waits) {
            ++one;
            continue;
        }
        answer_bulk(*one, status_of(got.outcome), std::move(got.bytes));
        one = pending_.erase(one);
        sent();
    }
}

void RedirWire::send_interrupts(std::uint8_t endpoint) {
    while (may_send()) {
        const UsbEndpoint* const one = device_->description().find_endpoint(endpoint);
        UsbRead got = one == nullptr ? UsbRead{UsbRead::Outcome::stalled, {}} : device_->read(endpoint, one->max_packet);
        if (got.outcome == UsbRead::Outcome::waits) return;
        usb_redir_interrupt_packet_header header{endpoint, status_of(got.outcome), static_cast<std::uint16_t>(got.bytes.size())};
        usbredirparser_send_interrupt_packet(parser_, next_id_++, &header, raw(got.bytes), static_cast<int>(got.bytes.size()));
        sent();
        if (got.outcome != UsbRead::Outcome::done) listening_.erase(endpoint);
    }
}

}  // namespace dosario::test
