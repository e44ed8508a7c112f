// SPDX-License-Identifier: Apache-2.0
// A bus with simulated scanners, the real libusb shell, and the real drivers on top: what the daemon does with a reader, without the daemon.
#pragma once

#include "usb_world.hpp"

#include "reader/event_json.hpp"
#include "support/result.hpp"
#include "usb/claim_policy.hpp"

#include <algorithm>
#include <utility>

namespace dosario::test {

/// Takes every interface that a driver matches, and feeds the driver. All on the host's thread, as in a program with one.
class DriverListener final : public UsbListener {
public:
    UsbHost* host = nullptr;
    ReaderSettings settings = [] {
        ReaderSettings quick;
        quick.is_replayed = true;
        return quick;
    }();

    void appeared(UsbPort port, UsbInterface interface) override {
        const Driver* const driver = driver_for(interface);
        const std::lock_guard lock{mutex_};
        Reader& reader = readers_[port];
        reader.interface = interface;
        if (driver != nullptr) reader.core = driver->make(interface, settings);
        ++appeared_;
        waiting_.push_back(port);
        changed_.notify_all();
    }
    void disappeared(UsbPort port) override {
        end(port);
        const std::lock_guard lock{mutex_};
        ++gone_;
        changed_.notify_all();
    }
    void opened(UsbPort port) override {
        const std::lock_guard lock{mutex_};
        readers_[port].core->opened(clock.mono());
        if (pump(port) == 0) ++set_up_;
        ++opened_;
        changed_.notify_all();
    }
    void failed(UsbPort port, Error why) override {
        end(port);
        const std::lock_guard lock{mutex_};
        failures_.push_back(why.message);
        changed_.notify_all();
    }
    void received(UsbPort port, std::uint8_t endpoint, Bytes bytes, MonoTime at) override {
        const std::lock_guard lock{mutex_};
        Reader& reader = readers_[port];
        if (reader.core == nullptr) return;
        reader.core->receive(endpoint, bytes, at);
        pump(port);
    }

    void written(UsbPort port) override {
        const std::lock_guard lock{mutex_};
        Reader& reader = readers_[port];
        if (reader.core != nullptr) reader.core->written(clock.mono());
        set_up_ += !std::exchange(reader.set_up, true);
        changed_.notify_all();
    }
    void interrupted(UsbPort port) override {
        const std::lock_guard lock{mutex_};
        Reader& reader = readers_[port];
        if (reader.core == nullptr) return;
        reader.core->interrupted(clock.mono());
        pump(port);
    }

    void open_all() {
        std::vector<UsbPort> ports;
        {
            const std::lock_guard lock{mutex_};
            ports.swap(waiting_);
        }
        for (const UsbPort port : ports) host->open(port);
    }
    /// Only the ports that some driver matched.
    void open_matched() {
        std::vector<UsbPort> ports;
        {
            const std::lock_guard lock{mutex_};
            for (const UsbPort port : waiting_)
                if (readers_[port].core != nullptr) ports.push_back(port);
            waiting_.clear();
        }
        for (const UsbPort port : ports) host->open(port);
    }
    /// Scans of all readers, each as its AIM identifier and the bytes.
    std::vector<std::string> scans() const {
        const std::lock_guard lock{mutex_};
        return scans_;
    }
    /// All that was told of cards and commands, in words (event_text).
    std::vector<std::string> told() const {
        const std::lock_guard lock{mutex_};
        return told_;
    }
    /// Time goes by as on a wall, in steps, until so much was told: for readers that are asked now and then.
    void wait_told(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        std::unique_lock lock{mutex_};
        while (told_.size() < count) {
            if (std::chrono::steady_clock::now() > deadline) FAIL("not enough was told in time");
            constexpr std::chrono::milliseconds kStep{5};
            changed_.wait_for(lock, kStep);
            clock.advance(kStep);
            for (auto& [port, reader] : readers_) {
                const auto wake = reader.core != nullptr ? reader.core->next_wake() : std::nullopt;
                if (!wake || *wake > clock.mono()) continue;
                reader.core->wake(clock.mono());
                pump(port);
            }
        }
    }
    /// Asks the one reader that there is.
    bool ask(const ReaderCommand& command, std::uint32_t number) {
        const std::lock_guard lock{mutex_};
        for (auto& [port, reader] : readers_) {
            if (reader.core == nullptr) continue;
            const bool accepted = reader.core->command(command, number, clock.mono());
            pump(port);
            return accepted;
        }
        return false;
    }
    std::size_t set_up() const {
        const std::lock_guard lock{mutex_};
        return set_up_;
    }
    std::size_t faults() const {
        const std::lock_guard lock{mutex_};
        return faults_;
    }
    std::vector<std::string> failures() const {
        const std::lock_guard lock{mutex_};
        return failures_;
    }
    void wait_scans(std::size_t count) {
        wait([&] { return scans_.size() >= count; }, "scans");
    }
    void wait_faults(std::size_t count) {
        wait([&] { return faults_ >= count; }, "faults");
    }
    void wait_appeared(std::size_t count) {
        wait([&] { return appeared_ >= count; }, "appearances");
    }
    void wait_opened(std::size_t count) {
        wait([&] { return opened_ >= count; }, "openings");
    }
    /// Readers that were opened, and told all that they must be told.
    void wait_set_up(std::size_t count) {
        wait([&] { return set_up_ >= count; }, "readers that were told everything");
    }
    void wait_gone(std::size_t count) {
        wait([&] { return gone_ >= count; }, "departures");
    }
    void wait_ended(std::size_t count) {
        wait([&] { return gone_ + failures_.size() >= count; }, "departures or failures");
    }

private:
    struct Reader {
        UsbInterface interface;
        std::unique_ptr<ReaderProtocol> core;
        bool set_up = false;
    };

    static const Driver* driver_for(const UsbInterface& one) {
        for (const Driver* driver : all_drivers()) {
            const Match match = driver->match(one);
            if (match == Match::yes || match == Match::if_adopted) return driver;
        }
        return nullptr;
    }
    /// How many writes it wanted.
    std::size_t pump(UsbPort port) {
        Reader& reader = readers_[port];
        while (const auto event = reader.core->next_event()) {
            if (const auto* read = std::get_if<BarcodeRead>(&*event))
                scans_.push_back(std::string{read->aim.text()} + read->bytes);
            else
                told_.push_back(event_text(*event));
            faults_ += std::holds_alternative<ReaderFault>(*event);
        }
        std::size_t writes = 0;
        for (; auto write = reader.core->next_write(); ++writes) host->write(port, std::move(*write));
        changed_.notify_all();
        return writes;
    }
    void end(UsbPort port) {
        const std::lock_guard lock{mutex_};
        Reader& reader = readers_[port];
        if (reader.core == nullptr) return;
        reader.core->closed(clock.mono(), PortEnd::unplugged);
        pump(port);
        reader.core.reset();
    }
    template <class Claim>
    void wait(Claim claim, const char* what) {
        std::unique_lock lock{mutex_};
        if (!changed_.wait_for(lock, std::chrono::seconds{30}, claim)) FAIL("not enough " << what << " in time");
    }

public:
    CountingClock clock;

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<UsbPort, Reader> readers_;
    std::vector<UsbPort> waiting_;
    std::vector<std::string> scans_, failures_, told_;
    std::size_t faults_ = 0, appeared_ = 0, opened_ = 0, set_up_ = 0, gone_ = 0;
};

/// Members in the order of their life: the host goes first.
struct DriverWorld {
    std::unique_ptr<FakeUsb> bus = FakeUsb::create();
    DriverListener listener;
    std::unique_ptr<UsbHost> host;
    std::size_t opened = 0;

    explicit DriverWorld(UsbHostSettings settings = {}) {
        host = must(UsbHost::start(listener, listener.clock, settings));
        listener.host = host.get();
    }
    /// Plugs a scanner (words of simulated/make.hpp), takes it, and waits until it has been told all that it must be told.
    std::shared_ptr<PluggedDevice> plug(std::string_view words, std::string port = "") {
        FakeSpec spec = simulated_spec(must(simulated::parse_scanner(words)));
        spec.port = std::move(port);
        auto plugged = bus->plug(spec);
        listener.wait_appeared(opened + 1);
        listener.open_matched();
        listener.wait_set_up(++opened);
        return plugged;
    }
    /// The commands that were queued have gone out: a flush comes back after them.
    static void settle(PluggedDevice& plugged) {
        int last = -1;
        // The shell sends one request after the other; when none came for a while there is none, longer where the scanner still wants one
        // (not every test lets it have that).
        REQUIRE(plugged.device().wait_until([&last, since = std::chrono::steady_clock::now()](const FakeDevice& now) mutable {
            const int sent = static_cast<int>(now.writes().size()) + now.reaps();
            if (sent != last) since = std::chrono::steady_clock::now();
            last = sent;
            return std::chrono::steady_clock::now() - since > std::chrono::milliseconds{now.is_prepared() ? 30 : 1500};
        }));
    }
};

}  // namespace dosario::test
