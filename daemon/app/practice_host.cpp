// SPDX-License-Identifier: Apache-2.0
#include "app/practice_host.hpp"

#include "app/practice_interfaces.hpp"
#include "base/check.hpp"
#include "usb/transfer_size.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>
#include <mutex>

namespace dosario {
namespace {

constexpr std::size_t kMostWrites = 64;        // as the host of libusb has it
constexpr int kMostTries = 3;                  // of a write that is required
constexpr int kMostTransfers = 1024;           // of one endpoint at once
constexpr int kMostIdlesAtOnce = 200;          // after that a device's time has stood still
constexpr std::uint8_t kSetConfiguration = 9;  // USB 2.0, 9.4.7

}  // namespace

class PracticeHost::Bench : public std::enable_shared_from_this<Bench> {
public:
    Bench(boost::asio::io_context& context, UsbListener& listener, const Clock& clock)
        : context_(context), listener_(listener), clock_(clock) {}

    /// `work` on the context's thread, if the host is there then.
    template <class Work>
    void later(Work work) {
        boost::asio::post(context_, [weak = weak_from_this(), work = std::move(work)]() mutable {
            if (const auto bench = weak.lock()) work(*bench);
        });
    }

    void add(simulated::NamedScanner named) {
        all_.push_back(std::make_unique<One>(context_, std::move(named), all_.size() + 1));
        later([one = all_.back().get()](Bench& bench) { bench.plug(*one); });
    }

    Result<std::string> obey(std::string_view text) {
        const auto line = simulated::parse_stage_line(text);
        if (!line) return invalid("what is to be done? " + std::string{kWords});
        if (line->verb == "list") return list();
        constexpr std::string_view kVerbs[] = {"scan", "card", "pad", "plug", "unplug"};
        if (std::ranges::find(kVerbs, line->verb) == std::end(kVerbs))
            return invalid("there is no command " + escape(line->verb) + "; " + std::string{kWords});
        const auto found = std::ranges::find_if(all_, [&](const auto& one) { return one->what.name == line->name; });
        if (found == all_.end())
            return fail(Failure::not_found, "there is no practice reader " + escape(line->name) + "; `list` names them");
        One& one = **found;
        if (line->verb == "plug" && one.device != nullptr) return invalid(one.what.name + " is plugged in already");
        if (line->verb == "plug") return plug(one), std::string{};
        if (one.device == nullptr) return fail(Failure::unavailable, one.what.name + " is unplugged");
        if (line->verb == "unplug") return unplug(one), std::string{};
        auto answer = obey_stage(*one.device, *line);
        serve(one);
        return answer;
    }

    std::vector<std::string> pads() const {
        std::vector<std::string> names;
        for (const auto& one : all_)
            if (one->device != nullptr && one->device->pad() != nullptr) names.push_back(one->what.name);
        return names;
    }

    std::vector<UsbPort> ports_of(std::string_view name) const {
        std::vector<UsbPort> ports;
        for (const auto& [port, what] : ports_)
            if (what.of->what.name == name) ports.push_back(port);
        return ports;
    }

    void open(UsbPort port) {
        const auto found = ports_.find(port);
        if (found == ports_.end() || found->second.open) return;
        found->second.open = true;
        listener_.opened(port);
        serve(*found->second.of);
    }
    void close(UsbPort port) {
        if (const auto found = ports_.find(port); found != ports_.end()) found->second.open = false;
    }
    void flush(UsbPort port) {
        const auto found = ports_.find(port);
        if (found != ports_.end()) serve(*found->second.of);
        listener_.flushed(port);
    }

    void queue(UsbPort port, ReaderWrite write) {
        {
            const std::lock_guard lock{mutex_};
            ++waiting_[port];
        }
        later([port, write = std::move(write)](Bench& bench) { bench.write(port, write); });
    }

private:
    static constexpr std::string_view kWords = "there are scan, card, pad, plug, unplug and list (sim.md)";

    struct One {
        One(boost::asio::io_context& context, simulated::NamedScanner named, std::size_t number)
            : what(std::move(named)), place("practice-" + std::to_string(number)), timer(context) {}
        simulated::NamedScanner what;
        std::string place;
        std::unique_ptr<simulated::SimulatedDevice> device;  ///< while it is plugged in
        boost::asio::steady_timer timer;
        std::chrono::steady_clock::time_point idle_at{};
    };
    struct Port {
        One* of = nullptr;
        UsbInterface interface;
        bool open = false;
    };

    /// A new object, as a real device begins anew. The kernel chooses its configuration before anybody sees it.
    void plug(One& one) {
        auto device = make_simulated(one.what.settings);
        DOSARIO_CHECK(device.has_value());  // it was tried when the configuration was read
        one.device = std::move(*device);
        DOSARIO_CHECK(one.device->control({0, kSetConfiguration, 1, 0, 0}, {}).has_value());
        for (UsbInterface& interface : practice_interfaces(one.device->description(), one.place)) {
            const UsbPort port = next_port_++;
            ports_[port] = {&one, interface, false};
            listener_.appeared(port, std::move(interface));
        }
        one.idle_at = std::chrono::steady_clock::now();
        idle_later(one);
    }
    void unplug(One& one) {
        one.timer.cancel();
        one.device.reset();
        std::vector<UsbPort> gone;
        std::erase_if(ports_, [&](const auto& port) {
            if (port.second.of == &one) gone.push_back(port.first);
            return port.second.of == &one;
        });
        for (const UsbPort port : gone) listener_.disappeared(port);
    }

    /// The device's own time goes by with ours: as often as it wants to be called, also where this thread was late.
    void idle_later(One& one) {
        const auto period = one.device->idle_period();
        if (!period) return;
        one.timer.expires_at(one.idle_at + *period);
        one.timer.async_wait([weak = weak_from_this(), &one](const boost::system::error_code& error) {
            const auto bench = weak.lock();
            if (error || bench == nullptr || one.device == nullptr) return;
            const auto now = std::chrono::steady_clock::now();
            for (int step = 0; step < kMostIdlesAtOnce && one.idle_at < now; ++step) {
                one.device->idle();
                one.idle_at += one.device->idle_period().value_or(std::chrono::milliseconds{1000});
            }
            one.idle_at = std::max(one.idle_at, now - std::chrono::milliseconds{1});
            bench->serve(one);
            bench->idle_later(one);
        });
    }

    /// Hands over all that its open interfaces have to say.
    void serve(const One& one) {
        for (auto& [number, port] : ports_) {
            if (port.of != &one || !port.open) continue;
            const UsbInterface& what = port.interface;
            read_all(number, *one.device, what.bulk_in != 0 ? what.bulk_in : what.endpoint_in, transfer_size(what));
            if (has_notices(what)) read_all(number, *one.device, what.endpoint_in, notice_size(what));
        }
    }
    void read_all(UsbPort port, simulated::SimulatedDevice& device, std::uint8_t endpoint, std::size_t room) {
        using Outcome = simulated::UsbRead::Outcome;
        for (int transfer = 0; endpoint != 0 && transfer < kMostTransfers; ++transfer) {
            simulated::UsbRead read = device.read(endpoint, room);
            if (read.outcome == Outcome::waits || read.outcome == Outcome::stalled) return;
            if (read.outcome == Outcome::overflow) listener_.interrupted(port);
            if (read.outcome == Outcome::done && !read.bytes.empty())
                listener_.received(port, endpoint, std::move(read.bytes), clock_.mono());
        }
    }

    void write(UsbPort port, const ReaderWrite& write) {
        const std::size_t waiting = taken_up(port);
        const auto found = ports_.find(port);
        if (found == ports_.end() || !found->second.open) return;
        bool taken = waiting <= kMostWrites;
        const int tries = !taken ? 0 : write.required ? kMostTries : 1;
        for (int tried = 0; tried < tries; ++tried) {
            taken = carry_out(*found->second.of->device, write);
            if (taken) break;
        }
        if (!taken && (write.required || waiting > kMostWrites)) {
            found->second.open = false;
            return listener_.failed(port, fail(Failure::io, "the simulated reader does not take its commands"));
        }
        if (waiting == 1) listener_.written(port);
        serve(*found->second.of);
    }
    static bool carry_out(simulated::SimulatedDevice& device, const ReaderWrite& write) {
        if (!write.setup) return device.write(static_cast<std::uint8_t>(write.endpoint & 0x7F), write.bytes);
        const auto& raw = *write.setup;
        const auto le16 = [&](std::size_t at) { return static_cast<std::uint16_t>(raw[at] | raw[at + 1] << 8); };
        const simulated::UsbSetup setup{raw[0], raw[1], le16(2), le16(4), le16(6)};
        Bytes out = write.bytes;
        out.resize(setup.in() ? 0 : setup.length);  // wLength rules (USB 2.0, 9.3.5)
        return device.control(setup, out).has_value();
    }
    /// How many waited, this one among them.
    std::size_t taken_up(UsbPort port) {
        const std::lock_guard lock{mutex_};
        const std::size_t waited = waiting_[port]--;
        if (waited <= 1) waiting_.erase(port);
        return waited;
    }

    Result<std::string> list() const {
        std::string text;
        for (const auto& one : all_) {
            const char* const state = one->device == nullptr                ? "unplugged"
                                      : one->device->silent_until().empty() ? "ready"
                                                                            : "attached";
            text += (text.empty() ? "" : "; ") + one->what.name + " " + one->what.settings.kind + " " + state;
        }
        return text;
    }

    boost::asio::io_context& context_;
    UsbListener& listener_;
    const Clock& clock_;
    std::vector<std::unique_ptr<One>> all_;
    std::map<UsbPort, Port> ports_;  ///< of what is plugged in
    UsbPort next_port_ = kFirstPort;
    std::mutex mutex_;                        ///< writes are queued from any thread
    std::map<UsbPort, std::size_t> waiting_;  ///< writes, under mutex_
};

PracticeHost::PracticeHost(boost::asio::io_context& context, UsbListener& listener, const Clock& clock,
                           std::vector<simulated::NamedScanner> readers)
    : bench_(std::make_shared<Bench>(context, listener, clock)) {
    for (simulated::NamedScanner& one : readers) bench_->add(std::move(one));
}

PracticeHost::~PracticeHost() = default;

void PracticeHost::open(UsbPort port) {
    bench_->later([port](Bench& bench) { bench.open(port); });
}
void PracticeHost::close(UsbPort port) {
    bench_->later([port](Bench& bench) { bench.close(port); });
}
void PracticeHost::write(UsbPort port, ReaderWrite write) { bench_->queue(port, std::move(write)); }
void PracticeHost::flush(UsbPort port) {
    bench_->later([port](Bench& bench) { bench.flush(port); });
}

Result<std::string> PracticeHost::obey(std::string_view line) { return bench_->obey(line); }
std::vector<std::string> PracticeHost::pads() const { return bench_->pads(); }
std::vector<UsbPort> PracticeHost::ports_of(std::string_view name) const { return bench_->ports_of(name); }

}  // namespace dosario
