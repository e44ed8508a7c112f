// SPDX-License-Identifier: Apache-2.0
// A simulated scanner at the other end of QEMU's `-device usb-redir`. The device is daemon/simulated's; what is here is the USB redirection
// protocol (usbredir 0.7, docs/usb-redirection-protocol.md) by libusbredirparser, in the role of the side that has the device.
#pragma once

#include "simulated/make.hpp"

#include <usbredirparser.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dosario::test {

class RedirWire {
public:
    /// Speaks at a connected socket, which must outlive it.
    explicit RedirWire(int socket);
    ~RedirWire() { usbredirparser_destroy(parser_); }
    RedirWire(const RedirWire&) = delete;
    RedirWire& operator=(const RedirWire&) = delete;

    /// QEMU has said what it can. Before that nothing can be plugged in.
    bool greeted() const { return greeted_; }
    /// Takes what has come; false when QEMU is gone.
    bool read() { return usbredirparser_do_read(parser_) != usbredirparser_read_io_error; }
    /// Sends what waits; false when QEMU is gone.
    bool flush();
    /// How long the device stays idle, -1 = until something happens.
    int idle_ms() const;
    void idle();

    /// Each is answered by a line on standard output, `ok` or `error WHY`: kernel_redir_device's commands.
    void plug(const std::string& words);
    void unplug();
    void scan(const std::string& aim, const std::string& hex);
    void hold(std::optional<std::size_t> packets);
    static void answer(const std::string& words);

private:
    /// An IN request of a bulk endpoint that waits for the device.
    struct Pending {
        std::uint64_t id;
        usb_redir_bulk_packet_header header;
        std::size_t length;
    };

    void take_callbacks();
    int receive(std::uint8_t* to, int room);
    int transmit(const std::uint8_t* from, int size);
    Bytes taken(std::uint8_t* bytes, int size);

    void begin_anew();
    void forget();
    void describe_interfaces();
    void describe_endpoints();

    void set_configuration(std::uint64_t id, std::uint8_t configuration);
    void tell_configuration(std::uint64_t id, std::uint8_t status);
    void set_alternate(std::uint64_t id, const usb_redir_set_alt_setting_header& wanted);
    void control(std::uint64_t id, usb_redir_control_packet_header header, const Bytes& out);
    void bulk(std::uint64_t id, usb_redir_bulk_packet_header header, const Bytes& out);
    void answer_bulk(Pending one, std::uint8_t status, Bytes bytes);
    void cancel(std::uint64_t id);
    void interrupt_out(std::uint64_t id, usb_redir_interrupt_packet_header header, const Bytes& out);
    void receive_interrupts(std::uint64_t id, std::uint8_t endpoint, bool wanted);

    bool may_send() const { return device_ && room_ != std::size_t{0}; }
    void sent();
    void send_what_waits();
    void send_interrupts(std::uint8_t endpoint);

    int socket_;
    usbredirparser* parser_;
    bool greeted_ = false;
    simulated::ScannerSettings settings_;
    std::unique_ptr<simulated::SimulatedDevice> device_;
    std::uint8_t configuration_ = 0;
    std::vector<Pending> pending_;      ///< at most kMostPending
    std::set<std::uint8_t> listening_;  ///< interrupt IN endpoints that QEMU wants to hear
    std::optional<std::size_t> room_;   ///< packets until the wire is silent
    std::uint64_t next_id_ = 0;
};

}  // namespace dosario::test
