// SPDX-License-Identifier: Apache-2.0
// The smallest program on a UsbHost: opens every interface and prints what it hears, one line each. For tests of the stage, and to look
// at a reader on a desk.
#include "usb/host.hpp"

#include <csignal>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace dosario::test {
namespace {

class BootClock final : public Clock {
public:
    UtcTime wall() const override { return {}; }
    MonoTime mono() const override {
        timespec now{};
        clock_gettime(CLOCK_BOOTTIME, &now);
        return MonoTime{Micros{now.tv_sec * 1'000'000 + now.tv_nsec / 1000}};
    }
};

class Printer final : public UsbListener {
public:
    UsbHost* host = nullptr;
    void appeared(UsbPort port, UsbInterface interface) override {
        say(port, "appeared " + reader_id(interface));
        {
            // Devices that are there at the start may be told before start() has returned the host.
            const std::lock_guard lock{mutex};
            waiting.push_back(port);
        }
        open_waiting();
    }
    void disappeared(UsbPort port) override { say(port, "disappeared"); }
    void opened(UsbPort port) override { say(port, "opened"); }
    void failed(UsbPort port, Error why) override { say(port, "failed " + why.message); }
    void received(UsbPort port, std::uint8_t, Bytes bytes, MonoTime) override { say(port, "received " + to_hex(bytes)); }

    void open_waiting() {
        const std::lock_guard lock{mutex};
        if (host == nullptr) return;
        for (const UsbPort port : waiting) host->open(port);
        waiting.clear();
    }
    std::mutex mutex;

private:
    static void say(UsbPort port, const std::string& text) {
        std::printf("%llu %s\n", static_cast<unsigned long long>(port), text.c_str());
        std::fflush(stdout);
    }
    std::vector<UsbPort> waiting;
};

int watch() {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, nullptr);
    BootClock clock;
    Printer printer;
    auto host = UsbHost::start(printer, clock);
    if (host.has_error()) {
        std::fprintf(stderr, "%s\n", host.error().message.c_str());
        return 1;
    }
    {
        const std::lock_guard lock{printer.mutex};
        printer.host = host->get();
    }
    printer.open_waiting();
    int signal_number = 0;
    sigwait(&ends, &signal_number);
    host->reset();
    std::printf("ended\n");
    return 0;
}

}  // namespace
}  // namespace dosario::test

int main() { return dosario::test::watch(); }
