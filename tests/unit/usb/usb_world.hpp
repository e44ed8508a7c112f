// SPDX-License-Identifier: Apache-2.0
// A bus, a host and a listener that remembers everything it heard and can be waited on.
#pragma once

#include "support/catch.hpp"
#include "support/usbfs/fake_usb.hpp"
#include "usb/host.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

namespace dosario::test {

class CountingClock final : public Clock {
public:
    UtcTime wall() const override { return {}; }
    MonoTime mono() const override { return MonoTime{Micros{++ticks_}}; }
    void advance(Micros time) { ticks_ += time.count(); }

private:
    mutable std::atomic<std::int64_t> ticks_{0};
};

struct Heard {
    enum class What { appeared, disappeared, opened, failed, received };
    What what;
    UsbPort port;
    UsbInterface interface;
    Error error;
    Bytes bytes;
    MonoTime at{};
};

class RememberingListener final : public UsbListener {
public:
    using What = Heard::What;
    void appeared(UsbPort port, UsbInterface interface) override {
        if (on_appeared) on_appeared();
        add({What::appeared, port, std::move(interface), {}, {}, {}});
    }
    void disappeared(UsbPort port) override { add({What::disappeared, port, {}, {}, {}, {}}); }
    void opened(UsbPort port) override { add({What::opened, port, {}, {}, {}, {}}); }
    void failed(UsbPort port, Error why) override { add({What::failed, port, {}, std::move(why), {}, {}}); }
    void received(UsbPort port, std::uint8_t, Bytes bytes, MonoTime at) override {
        add({What::received, port, {}, {}, std::move(bytes), at});
    }

    /// The `nth` (from 1) of its kind, of any port if `port` is 0; fails the test if it does not come.
    Heard wait(What what, std::size_t nth = 1, UsbPort port = 0) {
        std::unique_lock lock{mutex_};
        const bool came = changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return find(what, nth, port) != nullptr; });
        if (!came) FAIL("event " << static_cast<int>(what) << " number " << nth << " of port " << port << " did not come");
        return *find(what, nth, port);
    }
    std::size_t count(What what, UsbPort port = 0) const {
        const std::lock_guard lock{mutex_};
        std::size_t n = 0;
        for (const Heard& one : heard_) n += one.what == what && (port == 0 || one.port == port);
        return n;
    }
    std::vector<Heard> all() const {
        const std::lock_guard lock{mutex_};
        return heard_;
    }
    /// Waits until one of both kinds came for that port.
    What wait_either(What a, What b, UsbPort port) {
        std::unique_lock lock{mutex_};
        const bool came = changed_.wait_for(lock, std::chrono::seconds{30},
                                            [&] { return find(a, 1, port) != nullptr || find(b, 1, port) != nullptr; });
        if (!came) FAIL("neither of two events came for port " << port);
        return find(a, 1, port) != nullptr ? a : b;
    }

    /// Runs on the host's thread; set before the host starts.
    std::function<void()> on_appeared;

private:
    void add(Heard heard) {
        const std::lock_guard lock{mutex_};
        heard_.push_back(std::move(heard));
        changed_.notify_all();
    }
    const Heard* find(What what, std::size_t nth, UsbPort port) const {
        for (const Heard& one : heard_)
            if (one.what == what && (port == 0 || one.port == port) && --nth == 0) return &one;
        return nullptr;
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Heard> heard_;
};

using What = Heard::What;

/// Members in the order of their life: the host goes first.
struct UsbWorld {
    std::unique_ptr<FakeUsb> bus = FakeUsb::create();
    CountingClock clock;
    RememberingListener listener;
    std::unique_ptr<UsbHost> host;

    void start(UsbHostSettings settings = {}) {
        auto started = UsbHost::start(listener, clock, settings);
        REQUIRE(started.has_value());
        host = std::move(*started);
    }
    /// Opens the port of the `nth` interface that appeared.
    UsbPort open(std::size_t nth = 1) {
        const UsbPort port = listener.wait(What::appeared, nth).port;
        host->open(port);
        listener.wait(What::opened, 1, port);
        return port;
    }
};

inline Bytes numbered_report(std::uint32_t number, std::size_t size = 64) {
    Bytes report(size);
    for (std::size_t i = 0; i < 4; ++i) report[i] = static_cast<std::byte>(number >> (8 * i));
    return report;
}

}  // namespace dosario::test
