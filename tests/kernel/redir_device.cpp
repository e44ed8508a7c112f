// SPDX-License-Identifier: Apache-2.0
// A simulated scanner at the socket of QEMU's `-device usb-redir`: the virtual machine sees it on its own controller. The device is
// daemon/simulated's; what is here is the USB redirection protocol (usbredir 0.7, docs/usb-redirection-protocol.md) by libusbredirparser,
// in the role of the side that has the device.
//
//     kernel_redir_device SOCKET        commands on standard input, one a line, each answered by a line `ok` or `error WHY`:
//
//     plug KIND:name=value,...          a device as simulated/make.hpp names it, just plugged in
//     unplug                            pulled out; answered when QEMU has noticed
//     scan AIM HEX                      the trigger is pulled; AIM may be -, HEX is what the symbol holds
//     hold N                            after N more packets from the device the wire is silent: what waits is not sent any more
//     release                           it is sent again
#include "simulated/make.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <usbredirparser.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>
#include <vector>

namespace {

using namespace dosario;
using namespace dosario::simulated;

constexpr std::size_t kMostPending = 64;  // IN requests that QEMU may have open at once
constexpr std::size_t kLongestCommand = 16 * 1024;
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

std::uint8_t* raw(Bytes& bytes) { return reinterpret_cast<std::uint8_t*>(bytes.data()); }

class Wire {
public:
    explicit Wire(int socket) : socket_(socket), parser_(usbredirparser_create()) {
        parser_->priv = this;
        parser_->log_func = [](void*, int level, const char* words) {
            if (level <= usbredirparser_warning) std::fprintf(stderr, "usbredir: %s\n", words);
        };
        parser_->read_func = [](void* self, std::uint8_t* to, int room) { return of(self).receive(to, room); };
        parser_->write_func = [](void* self, std::uint8_t* from, int size) { return of(self).transmit(from, size); };
        parser_->hello_func = [](void* self, usb_redir_hello_header*) { of(self).greeted_ = true; };
        parser_->reset_func = [](void* self) { of(self).replug(); };
        parser_->device_disconnect_ack_func = [](void* self) { of(self).answer("ok"); };
        parser_->set_configuration_func = [](void* self, std::uint64_t id, usb_redir_set_configuration_header* wanted) {
            of(self).set_configuration(id, wanted->configuration);
        };
        parser_->get_configuration_func = [](void* self, std::uint64_t id) {
            of(self).tell_configuration(id, usb_redir_success);
        };
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
        parser_->stop_interrupt_receiving_func = [](void* self, std::uint64_t id,
                                                    usb_redir_stop_interrupt_receiving_header* wanted) {
            of(self).receive_interrupts(id, wanted->endpoint, false);
        };
        parser_->cancel_data_packet_func = [](void* self, std::uint64_t id) { of(self).cancel(id); };
        parser_->control_packet_func = [](void* self, std::uint64_t id, usb_redir_control_packet_header* header,
                                          std::uint8_t* bytes,
                                          int size) { of(self).control(id, *header, of(self).taken(bytes, size)); };
        parser_->bulk_packet_func = [](void* self, std::uint64_t id, usb_redir_bulk_packet_header* header, std::uint8_t* bytes,
                                       int size) { of(self).bulk(id, *header, of(self).taken(bytes, size)); };
        parser_->interrupt_packet_func = [](void* self, std::uint64_t id, usb_redir_interrupt_packet_header* header,
                                            std::uint8_t* bytes,
                                            int size) { of(self).interrupt_out(id, *header, of(self).taken(bytes, size)); };
        // QEMU's xHCI refuses a device whose side lacks one of the last three.
        std::uint32_t capabilities[USB_REDIR_CAPS_SIZE]{};
        for (const int one : {usb_redir_cap_connect_device_version, usb_redir_cap_device_disconnect_ack,
                              usb_redir_cap_ep_info_max_packet_size, usb_redir_cap_64bits_ids, usb_redir_cap_32bits_bulk_length})
            usbredirparser_caps_set_cap(capabilities, one);
        usbredirparser_init(parser_, "dosario kernel test", capabilities, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
    }
    ~Wire() { usbredirparser_destroy(parser_); }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// One command of standard input. Every one has one answer, unplug's comes from QEMU.
    void command(const std::string& line) {
        std::istringstream words{line};
        std::string verb, first, second;
        words >> verb >> first >> second;
        if (!greeted_) return answer("error QEMU has not answered yet");
        if (verb == "plug") return plug(first);
        if (!device_) return answer("error nothing is plugged in");
        if (verb == "unplug") {
            device_.reset();
            forget();
            return usbredirparser_send_device_disconnect(parser_);
        }
        if (verb == "scan") return scan(first == "-" ? "" : first, second);
        if (verb == "hold" || verb == "release") {
            room_ = verb == "hold" ? std::optional<std::size_t>{std::stoul("0" + first)} : std::nullopt;
            send_what_waits();
            return answer("ok");
        }
        answer("error unknown command");
    }

    bool greeted() const { return greeted_; }
    /// False when QEMU is gone.
    bool read() { return usbredirparser_do_read(parser_) != usbredirparser_read_io_error; }
    bool flush() {
        while (usbredirparser_has_data_to_write(parser_) > 0) {
            if (usbredirparser_do_write(parser_) != 0) return false;
        }
        return true;
    }
    int idle_ms() const {
        const auto period = device_ ? device_->idle_period() : std::nullopt;
        return period ? static_cast<int>(period->count()) : -1;
    }
    void idle() {
        if (!device_) return;
        device_->idle();
        send_what_waits();
    }

private:
    struct Pending {
        std::uint64_t id;
        usb_redir_bulk_packet_header header;
        std::size_t length;
    };

    static Wire& of(void* self) { return *static_cast<Wire*>(self); }

    int receive(std::uint8_t* to, int room) {
        const ssize_t got = ::recv(socket_, to, static_cast<std::size_t>(room), MSG_DONTWAIT);
        if (got > 0) return static_cast<int>(got);
        return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
    }
    int transmit(std::uint8_t* from, int size) {
        const ssize_t put = ::send(socket_, from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
        return put < 0 ? -1 : static_cast<int>(put);
    }
    static void answer(const std::string& words) {
        std::printf("%s\n", words.c_str());
        std::fflush(stdout);
    }
    Bytes taken(std::uint8_t* bytes, int size) {
        const auto* const from = reinterpret_cast<const std::byte*>(bytes);
        Bytes copy = size > 0 ? Bytes(from, from + size) : Bytes{};
        usbredirparser_free_packet_data(parser_, bytes);
        return copy;
    }

    void forget() {
        pending_.clear();
        listening_.clear();
        room_.reset();
    }

    // --- plugging in

    void plug(const std::string& words) {
        if (device_) return answer("error it is plugged in already");
        auto settings = parse_scanner(words);
        if (!settings) return answer("error " + settings.error().message);
        settings_ = std::move(*settings);
        replug();
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
    void replug() {
        auto made = make_simulated(settings_);
        device_ = made ? std::move(*made) : nullptr;
        forget();
    }

    void describe_interfaces() {
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

    void describe_endpoints() {
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

    // --- requests

    void set_configuration(std::uint64_t id, std::uint8_t configuration) {
        const bool good = device_ && device_->control({0, kSetConfiguration, configuration, 0, 0}, {});
        configuration_ = good ? configuration : configuration_;
        if (good) {
            describe_interfaces();
            describe_endpoints();
        }
        tell_configuration(id, good ? usb_redir_success : usb_redir_stall);
    }
    void tell_configuration(std::uint64_t id, std::uint8_t status) {
        usb_redir_configuration_status_header header{status, configuration_};
        usbredirparser_send_configuration_status(parser_, id, &header);
    }
    void set_alternate(std::uint64_t id, const usb_redir_set_alt_setting_header& wanted) {
        const bool good = device_ && device_->control({1, kSetInterface, wanted.alt, wanted.interface, 0}, {});
        usb_redir_alt_setting_status_header header{static_cast<std::uint8_t>(good ? usb_redir_success : usb_redir_stall),
                                                   wanted.interface, wanted.alt};
        usbredirparser_send_alt_setting_status(parser_, id, &header);
    }

    void control(std::uint64_t id, usb_redir_control_packet_header header, const Bytes& out) {
        std::optional<Bytes> said;
        if (device_)
            said = device_->control({header.requesttype, header.request, header.value, header.index, header.length}, out);
        const bool in = (header.requesttype & kIn) != 0;
        header.status = said ? usb_redir_success : usb_redir_stall;
        Bytes back = said && in ? std::move(*said) : Bytes{};
        if (in || !said) header.length = static_cast<std::uint16_t>(back.size());
        usbredirparser_send_control_packet(parser_, id, &header, raw(back), static_cast<int>(back.size()));
        send_what_waits();
    }

    void bulk(std::uint64_t id, usb_redir_bulk_packet_header header, const Bytes& out) {
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
    void answer_bulk(Pending one, std::uint8_t status, Bytes bytes) {
        one.header.status = status;
        one.header.length = static_cast<std::uint16_t>(bytes.size() & 0xFFFF);
        one.header.length_high = static_cast<std::uint16_t>(bytes.size() >> 16);
        usbredirparser_send_bulk_packet(parser_, one.id, &one.header, raw(bytes), static_cast<int>(bytes.size()));
    }
    void cancel(std::uint64_t id) {
        for (auto one = pending_.begin(); one != pending_.end(); ++one) {
            if (one->id != id) continue;
            answer_bulk(*one, usb_redir_cancelled, {});
            pending_.erase(one);
            return;
        }
    }

    void interrupt_out(std::uint64_t id, usb_redir_interrupt_packet_header header, const Bytes& out) {
        header.status = device_ && device_->write(header.endpoint, out) ? usb_redir_success : usb_redir_stall;
        usbredirparser_send_interrupt_packet(parser_, id, &header, nullptr, 0);
        send_what_waits();
    }
    void receive_interrupts(std::uint64_t id, std::uint8_t endpoint, bool wanted) {
        if (wanted)
            listening_.insert(endpoint);
        else
            listening_.erase(endpoint);
        usb_redir_interrupt_receiving_status_header header{usb_redir_success, endpoint};
        usbredirparser_send_interrupt_receiving_status(parser_, id, &header);
        send_what_waits();
    }

    // --- what the device sends

    void scan(const std::string& aim, const std::string& hex) {
        const auto text = from_hex(hex);
        if (!text) return answer("error the content is no hexadecimal");
        const auto done = device_->scan(aim, std::string_view{reinterpret_cast<const char*>(text->data()), text->size()});
        send_what_waits();
        answer(done ? "ok" : "error " + done.error().message);
    }

    bool may_send() const { return device_ && room_ != std::size_t{0}; }
    void sent() {
        if (room_) --*room_;
    }

    void send_what_waits() {
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
    void send_interrupts(std::uint8_t endpoint) {
        while (may_send()) {
            const UsbEndpoint* const one = device_->description().find_endpoint(endpoint);
            UsbRead got = one == nullptr ? UsbRead{UsbRead::Outcome::stalled, {}} : device_->read(endpoint, one->max_packet);
            if (got.outcome == UsbRead::Outcome::waits) return;
            usb_redir_interrupt_packet_header header{endpoint, status_of(got.outcome),
                                                     static_cast<std::uint16_t>(got.bytes.size())};
            usbredirparser_send_interrupt_packet(parser_, next_id_++, &header, raw(got.bytes),
                                                 static_cast<int>(got.bytes.size()));
            sent();
            if (got.outcome != UsbRead::Outcome::done) listening_.erase(endpoint);
        }
    }

    int socket_;
    usbredirparser* parser_;
    bool greeted_ = false;
    ScannerSettings settings_;
    std::unique_ptr<SimulatedDevice> device_;
    std::uint8_t configuration_ = 0;
    std::vector<Pending> pending_;      // bulk IN requests, at most kMostPending
    std::set<std::uint8_t> listening_;  // interrupt IN endpoints that QEMU wants to hear
    std::optional<std::size_t> room_;   // packets until the wire is silent
    std::uint64_t next_id_ = 0;
};

int connect_to(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (std::strlen(path) >= sizeof address.sun_path) return -1;
    std::strcpy(address.sun_path, path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
    std::perror(path);
    return -1;
}

/// Until QEMU or whoever gives the commands is gone.
int serve(Wire& wire, int socket) {
    std::string typed;
    while (true) {
        if (!wire.flush()) return 0;
        pollfd both[] = {{socket, POLLIN, 0}, {STDIN_FILENO, static_cast<short>(wire.greeted() ? POLLIN : 0), 0}};
        const int ready = ::poll(both, 2, wire.idle_ms());
        if (ready < 0) return 1;
        if (ready == 0) wire.idle();
        if (both[0].revents != 0 && !wire.read()) return 0;
        if (both[1].revents == 0 || !wire.greeted()) continue;
        char some[4096];
        const ssize_t got = ::read(STDIN_FILENO, some, sizeof some);
        if (got <= 0) return 0;
        typed.append(some, static_cast<std::size_t>(got));
        for (std::size_t end = 0; (end = typed.find('\n')) != std::string::npos; typed.erase(0, end + 1))
            wire.command(typed.substr(0, end));
        if (typed.size() > kLongestCommand) return 1;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: kernel_redir_device SOCKET\n");
        return 2;
    }
    const int socket = connect_to(argv[1]);
    if (socket < 0) return 1;
    Wire wire{socket};
    const int code = serve(wire, socket);
    ::close(socket);
    return code;
}
