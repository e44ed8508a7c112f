// SPDX-License-Identifier: Apache-2.0
// The driver of contactless readers and a simulated reader, with a cable of USB's making between them, in time that the test makes.
#pragma once

#include "support/catch.hpp"
#include "support/reader_rig.hpp"
#include "support/result.hpp"

#include "simulated/ccid_reader.hpp"

#include <map>

namespace dosario::test {

class CcidBench {
public:
    explicit CcidBench(std::string_view words, ReaderSettings settings = {}) : settings_(settings) {
        device_ = must(simulated::make_simulated(must(simulated::parse_scanner(words))));
        model_ = dynamic_cast<simulated::CcidReaderModel*>(device_.get());
        REQUIRE(model_ != nullptr);
        REQUIRE(device_->control({0x00, 0x09, 1, 0, 0}, {}).has_value());
        interface_ = interface_of(*device_);
        plug();
    }

    /// What the USB shell would say of the first interface.
    static UsbInterface interface_of(const simulated::SimulatedDevice& device, std::size_t index = 0) {
        const simulated::UsbDescription& description = device.description();
        const simulated::UsbInterface& from = description.interfaces.at(index);
        UsbInterface one;
        one.vid = description.vendor;
        one.pid = description.product;
        one.product = description.product_name;
        one.number = one.data_number = from.number;
        one.class_code = from.class_code;
        one.name = from.name;
        one.class_descriptor = from.class_descriptors;
        for (const simulated::UsbEndpoint& endpoint : from.endpoints) {
            if (endpoint.interrupt)
                one.endpoint_in = endpoint.address;
            else
                (endpoint.in() ? one.bulk_in : one.bulk_out) = endpoint.address;
        }
        one.bulk_packet = 64;
        return one;
    }

    void plug() {
        reader_ = driver_named("ccid").make(interface_, settings_);
        reader_->opened(now_);
        turn();
    }
    void unplug() {
        reader_->closed(now_, PortEnd::unplugged);
        drain();
    }
    /// Time goes by; answers take a millisecond, and time passes for the reader too. Where nothing happens it is jumped over.
    void pass(milliseconds time) {
        constexpr milliseconds kIdle{20};
        const MonoTime until = now_ + time;
        while (now_ < until) {
            const MonoTime soon = now_ + milliseconds{1};
            const MonoTime woken = std::max(reader_->next_wake().value_or(until), soon);
            now_ = busy_ ? soon : std::min({until, woken, idle_at_});
            if (now_ >= idle_at_) {
                device_->idle();
                idle_at_ = now_ + kIdle;
            }
            turn();
        }
    }
    void lay(std::string_view words) { must(device_->card_command("lay " + std::string{words})), busy_ = true; }
    void take(std::string_view uid = "") { must(device_->card_command("take " + std::string{uid})), busy_ = true; }
    simulated::CcidReaderModel& model() { return *model_; }
    ReaderProtocol& reader() { return *reader_; }
    UsbInterface& interface() { return interface_; }
    MonoTime now() const { return now_; }

    bool ask(const ReaderCommand& command, std::uint32_t number) {
        const bool accepted = reader_->command(command, number, now_);
        drain();
        return accepted;
    }

    template <class Event>
    std::vector<Event> all() const {
        std::vector<Event> found;
        for (const ReaderEvent& one : events)
            if (const auto* event = std::get_if<Event>(&one)) found.push_back(*event);
        return found;
    }
    /// Cards as they were told: `UID kind text`, `-` for one that went; statuses of answers that nobody asked for; `fault`.
    std::vector<std::string> story() const;
    std::vector<ReaderEvent> events;
    std::size_t writes = 0;
    bool connected = true;

private:
    /// The reader's orders go out, and what it has to say comes in, one transfer of each endpoint at a time.
    void turn() {
        busy_ = false;
        wake();
        drain();
        for (const std::uint8_t endpoint : {interface_.bulk_in, interface_.endpoint_in}) {
            if (endpoint == 0 || !connected) continue;
            const simulated::UsbRead read = device_->read(endpoint, endpoint == interface_.bulk_in ? 512 : 16);
            if (read.outcome != simulated::UsbRead::Outcome::done || read.bytes.empty()) continue;
            reader_->receive(endpoint, read.bytes, now_);
            drain();
            busy_ = true;
        }
    }
    void wake() {
        for (int i = 0; i < 100 && reader_->next_wake() && *reader_->next_wake() <= now_; ++i) {
            reader_->wake(now_);
            drain();
        }
    }
    void drain() {
        while (auto event = reader_->next_event()) events.push_back(std::move(*event));
        while (auto write = reader_->next_write()) {
            ++writes;
            busy_ = true;
            if (!connected) continue;
            if (!write->setup) {
                REQUIRE(write->endpoint == interface_.bulk_out);
                REQUIRE(device_->write(write->endpoint, write->bytes));
                continue;
            }
            const auto& s = *write->setup;
            const auto two = [&](std::size_t at) { return static_cast<std::uint16_t>(s[at] | s[at + 1] << 8); };
            REQUIRE(device_->control({s[0], s[1], two(2), two(4), two(6)}, write->bytes).has_value());
        }
    }

    ReaderSettings settings_;
    std::unique_ptr<simulated::SimulatedDevice> device_;
    simulated::CcidReaderModel* model_ = nullptr;
    UsbInterface interface_;
    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
    MonoTime idle_at_{};
    bool busy_ = true;  ///< an order went out or an answer came in: the next may be a millisecond away
};

}  // namespace dosario::test
