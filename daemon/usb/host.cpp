// SPDX-License-Identifier: Apache-2.0
// The USB thread. One round: wait for libusb's descriptors and for commands, let libusb run its callbacks (they only queue and note),
// then act: arrivals, commands, sessions, and now and then the rescan.
//
// The rescan. libusb learns of devices from udevd. Where none answers (containers, a minimal system) it says that it has hotplug and
// reports nothing; its list of devices stays as it was when the context started. So the kernel's own list is compared with ours. A
// device that libusb missed twice in a row is found by a fresh context, which reads sysfs once at its start; older contexts live as
// long as one of their devices is known.
#include "usb/host.hpp"

#include "base/check.hpp"

#include "usb/context.hpp"
#include "usb/ports.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

namespace dosario {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::int64_t kLookAgainMs = 50;
/// Far more than all ports may ask for while the thread comes by.
constexpr std::size_t kMostCommands = 65536;

struct OpenPort {
    UsbPort port;
};
struct ClosePort {
    UsbPort port;
};
struct WritePort {
    UsbPort port;
    ReaderWrite write;
};
struct FlushPort {
    UsbPort port;
};
struct StopAll {};
using Command = std::variant<OpenPort, ClosePort, WritePort, FlushPort, StopAll>;

class LibusbHost final : public UsbHost {
public:
    LibusbHost(UsbListener& listener, const Clock& clock, UsbHostSettings settings)
        : listener_(listener),
          ports_(listener, clock, [this] { handle_ready(); }),
          settings_(settings),
          wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~LibusbHost() override {
        if (thread_.joinable()) {
            send(StopAll{});
            thread_.join();
        }
        if (wake_fd_ >= 0) ::close(wake_fd_);
    }

    std::optional<Error> begin() {
        if (wake_fd_ < 0) return fail(Failure::io, "USB cannot be used: the process has too many open files. Raise LimitNOFILE.");
        auto context = new_context();
        if (context.has_error()) return context.error();
        contexts_.push_back(std::move(*context));
        thread_ = std::thread{[this] { run(); }};
        return std::nullopt;
    }

    void open(UsbPort port) override { send(OpenPort{port}); }
    void close(UsbPort port) override { send(ClosePort{port}); }
    void write(UsbPort port, ReaderWrite write) override { send(WritePort{port, std::move(write)}); }
    void flush(UsbPort port) override { send(FlushPort{port}); }

private:
    struct Arrived {
        UsbDeviceRef device;
    };
    using Change = std::variant<Arrived, UsbAddress>;  ///< the address of one that left

    Result<std::shared_ptr<UsbContext>> new_context() {
        return UsbContext::start({.arrived = [this](UsbDeviceRef device) { changes_.emplace_back(Arrived{std::move(device)}); },
                                  .left = [this](UsbAddress address) { changes_.emplace_back(address); }});
    }

    void send(Command command) {
        {
            const std::lock_guard lock{mutex_};
            DOSARIO_CHECK(commands_.size() < kMostCommands);  // libusb has not come back for minutes: a new process helps
            commands_.push_back(std::move(command));
        }
        // Fails only when the counter is full, and then the thread is awake.
        [[maybe_unused]] const int code = eventfd_write(wake_fd_, 1);
    }

    void run() {
        next_rescan_ = std::chrono::steady_clock::now() + settings_.rescan_every;
        apply_changes();
        while (!stopping_ || !ports_.idle()) {
            wait();
            handle_ready();
            apply_commands();
            if (!flushes_.empty()) handle_ready();  // what came in between counts too
            ports_.tend();
            for (const UsbPort port : std::exchange(flushes_, {})) listener_.flushed(port);
            if (!stopping_) {
                apply_changes();
                if (ports_.is_about_to_be_configured()) ports_.look_again();
                rescan_if_due();
            }
        }
        for (const UsbAddress address : ports_.addresses()) ports_.remove(address);
        changes_.clear();
        contexts_.clear();
    }

    void handle_ready() {
        for (std::size_t i = 0; i < contexts_.size(); ++i) contexts_[i]->handle_ready();
    }

    void wait() {
        std::vector<pollfd> fds{{wake_fd_, POLLIN, 0}};
        for (const auto& context : contexts_) context->add_poll_fds(fds);
        const auto until_rescan =
            std::chrono::ceil<std::chrono::milliseconds>(next_rescan_ - std::chrono::steady_clock::now()).count();
        const std::int64_t longest_ms = ports_.is_about_to_be_configured() ? kLookAgainMs : 60'000;
        const std::int64_t timeout_ms = ports_.restless() ? 0 : std::clamp<std::int64_t>(until_rescan, 0, longest_ms);
        poll(fds.data(), fds.size(), static_cast<int>(timeout_ms));
        eventfd_t woken = 0;
        [[maybe_unused]] const int code = eventfd_read(wake_fd_, &woken);
    }

    void apply_changes() {
        // Asking a device runs events, which may queue more changes.
        while (!changes_.empty())
            for (Change& change : std::exchange(changes_, {})) {
                if (const auto* const left = std::get_if<UsbAddress>(&change))
                    ports_.remove(*left);
                else
                    ports_.add(std::get<Arrived>(change).device);
            }
    }

    void apply_commands() {
        std::vector<Command> commands;
        {
            const std::lock_guard lock{mutex_};
            commands.swap(commands_);
        }
        for (Command& command : commands) {
            if (const auto* const open = std::get_if<OpenPort>(&command))
                ports_.open(open->port);
            else if (const auto* const close = std::get_if<ClosePort>(&command))
                ports_.close(close->port);
            else if (auto* const write = std::get_if<WritePort>(&command))
                ports_.write(write->port, std::move(write->write));
            else if (const auto* const flush = std::get_if<FlushPort>(&command))
                flushes_.push_back(flush->port);
            else {
                stopping_ = true;
                ports_.stop();
            }
        }
    }

    void rescan_if_due() {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now < next_rescan_) return;
        next_rescan_ = now + settings_.rescan_every;
        const auto present = list_sysfs_devices();
        if (!present) return;
        for (const UsbAddress address : ports_.addresses())
            if (!present->contains(address)) ports_.remove(address);
        ports_.find_again(*present);
        ports_.look_again();
        std::set<UsbAddress> missed;
        for (const UsbAddress address : *present)
            if (!ports_.knows(address)) missed.insert(address);
        // Missed once can be an arrival that udevd is still busy with.
        const bool missed_twice =
            std::any_of(missed.begin(), missed.end(), [&](UsbAddress address) { return missed_.contains(address); });
        if (missed != missed_) next_skip_ = skip_ = 0;
        missed_ = std::move(missed);
        if (missed_twice) look_afresh();
        const UsbContext* const newest = contexts_.back().get();
        std::erase_if(contexts_, [&](const auto& context) { return context.get() != newest && context.use_count() == 1; });
    }

    /// A device that even a fresh context does not show is sought ever more seldom.
    void look_afresh() {
        if (skip_-- > 0) return;
        constexpr int kMostSkipped = 64;
        skip_ = next_skip_ = std::clamp(next_skip_ * 2, 1, kMostSkipped);
        auto context = new_context();
        if (context.has_error()) return;
        contexts_.push_back(std::move(*context));
        apply_changes();
    }

    UsbListener& listener_;
    UsbPorts ports_;
    UsbHostSettings settings_;
    int wake_fd_;
    std::mutex mutex_;
    std::vector<Command> commands_;                      ///< under mutex_
    std::vector<std::shared_ptr<UsbContext>> contexts_;  ///< never empty while running, the newest last
    std::vector<Change> changes_;
    std::vector<UsbPort> flushes_;  ///< asked in this round
    std::set<UsbAddress> missed_;   ///< by libusb, at the last rescan
    int skip_ = 0;                  ///< rescans until the next fresh look for the same devices
    int next_skip_ = 0;
    SteadyTime next_rescan_{};
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<UsbHost>> UsbHost::start(UsbListener& listener, const Clock& clock, UsbHostSettings settings) {
    auto host = std::make_unique<LibusbHost>(listener, clock, settings);
    if (auto error = host->begin()) return std::move(*error);
    return std::unique_ptr<UsbHost>{std::move(host)};
}

}  // namespace dosario
