// SPDX-License-Identifier: Apache-2.0
// Readers of UHF tags with all that is between them and a tag: pad, chip, real libusb, real driver. Time is the test's: a millisecond goes by
// for the pad and for the driver when the bus is quiet.
#include "driver_world.hpp"

namespace dosario::test {
namespace {

class SteppedClock final : public Clock {
public:
    UtcTime wall() const override { return {}; }
    MonoTime mono() const override { return MonoTime{Micros{now_.load()}}; }
    void step() { now_ += 1000; }

private:
    std::atomic<std::int64_t> now_{0};
};

class PadListener final : public UsbListener {
public:
    PadListener(const char* driver, ReaderSettings settings) : driver_(*find_driver(driver)), settings_(std::move(settings)) {}

    void appeared(UsbPort port, UsbInterface interface) override {
        const std::lock_guard lock{mutex_};
        REQUIRE(driver_.match(interface) == Match::if_named);
        core_ = driver_.make(interface, settings_);
        port_ = port;
        changed_.notify_all();
    }
    void disappeared(UsbPort) override { end(); }
    void failed(UsbPort, Error) override { end(); }
    void opened(UsbPort) override {
        const std::lock_guard lock{mutex_};
        core_->opened(clock.mono());
        open_ = true;
        pump();
    }
    void received(UsbPort, std::uint8_t endpoint, Bytes bytes, MonoTime) override {
        const std::lock_guard lock{mutex_};
        if (core_ == nullptr) return;
        core_->receive(endpoint, bytes, clock.mono());
        pump();
    }
    void flushed(UsbPort) override {
        const std::lock_guard lock{mutex_};
        ++flushed_;
        const auto wake = core_ != nullptr ? core_->next_wake() : std::nullopt;
        if (wake && *wake <= clock.mono()) core_->wake(clock.mono());
        pump();
    }

    void take() {
        wait([this] { return port_.has_value(); });
        host->open(*port_);
        wait([this] { return open_; });
    }
    /// A millisecond: the pad says what it has to say, and the driver hears it before it is told the time.
    void step(PluggedDevice& pad) {
        clock.step();
        pad.device().idle();
        const std::size_t before = [this] {
            const std::lock_guard lock{mutex_};
            return flushed_;
        }();
        host->flush(*port_);
        wait([&] { return flushed_ > before || core_ == nullptr; });
    }
    std::uint32_t command(const ReaderCommand& what) {
        const std::lock_guard lock{mutex_};
        REQUIRE(core_->command(what, ++number_, clock.mono()));
        pump();
        return number_;
    }
    std::optional<ReaderAnswer> answer(std::uint32_t number) const {
        const std::lock_guard lock{mutex_};
        const auto found = answers_.find(number);
        return found == answers_.end() ? std::nullopt : std::optional{found->second};
    }
    void wait_answer(std::uint32_t number) {
        wait([&] { return answers_.contains(number); });
    }
    std::size_t seen(const std::string& epc) const {
        const std::lock_guard lock{mutex_};
        return static_cast<std::size_t>(std::count(tags_.begin(), tags_.end(), epc));
    }
    std::vector<std::string> faults() const {
        const std::lock_guard lock{mutex_};
        return faults_;
    }

    UsbHost* host = nullptr;
    SteppedClock clock;

private:
    void pump() {
        while (core_ != nullptr) {
            const auto event = core_->next_event();
            if (!event) break;
            if (const auto* answer = std::get_if<ReaderAnswer>(&*event); answer != nullptr && answer->number != 0)
                answers_.emplace(answer->number, *answer);
            if (const auto* tag = std::get_if<TagRead>(&*event)) tags_.push_back(to_hex(tag->epc));
            if (const auto* fault = std::get_if<ReaderFault>(&*event)) faults_.push_back(fault->what);
        }
        while (core_ != nullptr) {
            auto write = core_->next_write();
            if (!write) break;
            host->write(*port_, std::move(*write));
        }
        changed_.notify_all();
    }
    void end() {
        const std::lock_guard lock{mutex_};
        if (core_ == nullptr) return;
        core_->closed(clock.mono(), PortEnd::unplugged);
        pump();
        core_.reset();
        changed_.notify_all();
    }
    template <class Claim>
    void wait(Claim claim) {
        std::unique_lock lock{mutex_};
        if (!changed_.wait_for(lock, std::chrono::seconds{30}, claim)) FAIL("nothing happened in time");
    }

    const Driver& driver_;
    const ReaderSettings settings_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<UsbPort> port_;
    std::unique_ptr<ReaderProtocol> core_;
    bool open_ = false;
    std::size_t flushed_ = 0;
    std::uint32_t number_ = 0;
    std::map<std::uint32_t, ReaderAnswer> answers_;
    std::vector<std::string> tags_, faults_;
};

struct PadWorld {
    std::unique_ptr<FakeUsb> bus = FakeUsb::create();
    PadListener listener;
    std::unique_ptr<UsbHost> host;
    std::shared_ptr<PluggedDevice> pad;

    PadWorld(const std::string& words, const char* driver, int line_rate = 0)
        : listener(driver, [line_rate] {
              ReaderSettings settings;
              settings.uhf_country = "AR";
              settings.line_rate = line_rate;
              return settings;
          }()) {
        host = must(UsbHost::start(listener, listener.clock, {}));
        listener.host = host.get();
        pad = bus->plug(simulated_spec(must(simulated::parse_scanner(words))));
        listener.take();
    }
    void pass(int ms) {
        for (int i = 0; i < ms; ++i) listener.step(*pad);
    }
    std::string asked(const ReaderCommand& what) {
        const std::uint32_t number = listener.command(what);
        for (int ms = 0; ms < 30'000; ++ms) {
            if (const auto answer = listener.answer(number)) return answer->status;
            listener.step(*pad);
        }
        return "no answer";
    }
};

constexpr const char* kFirst = "30346c7a2c00004000000001";
constexpr const char* kSecond = "30346c7a2c00004000000002";

}  // namespace

TEST_CASE("a pad of each family behind each chip: tags are heard, words are read and written", "[usb][pad]") {
    struct Row {
        const char* kind;
        const char* pad;
        const char* driver;
    };
    for (const Row& row : {Row{"cp210x", "m100", "m100_uhf"},
                           {"ch341", "r200", "m100_uhf"},
                           {"ch341", "chafon18", "chafon_uhf"},
                           {"cp210x", "chafon288", "chafon_uhf"}}) {
        INFO(row.pad << " behind " << row.kind);
        PadWorld world{std::string{row.kind} + ":serial=P1,pad=" + row.pad, row.driver};
        must(world.pad->device().on_pad(std::string{"add "} + kFirst + " " + kSecond));
        REQUIRE(world.asked(StartInventory{}) == "ok");
        world.pass(300);
        CHECK(world.listener.seen(kFirst) > 2);
        CHECK(world.listener.seen(kSecond) > 2);
        WriteTag write;
        write.epc = *from_hex(kFirst);
        write.content = *from_hex("12345678");
        CHECK(world.asked(write) == "ok");
        CHECK(world.asked(ReadTag{*from_hex(kSecond), TagBank::tid, 0, 6, 0}) == "ok");
        CHECK(world.asked(StopInventory{}) == "ok");
        CHECK(world.listener.faults().empty());
        CHECK(world.pad->device().misuse().empty());
    }
}

TEST_CASE("a pad at a rate that nobody would think of is not understood, and nobody says that it is", "[usb][pad]") {
    PadWorld world{"cp210x:serial=P1,pad=m100,baud=9600", "m100_uhf"};
    must(world.pad->device().on_pad(std::string{"add "} + kFirst));
    CHECK(world.asked(StartInventory{}) != "ok");
    CHECK(world.listener.seen(kFirst) == 0);
}

TEST_CASE("a pad is heard at the other rate of UHF readers where the configuration is wrong", "[usb][pad]") {
    PadWorld world{"cp210x:serial=P1,pad=m100", "m100_uhf", 57600};
    must(world.pad->device().on_pad(std::string{"add "} + kFirst));
    CHECK(world.asked(StartInventory{}) == "ok");
}

TEST_CASE("a pad that is unplugged in the middle answers whoever waits", "[usb][pad]") {
    PadWorld world{"ch341:serial=P1,pad=chafon288", "chafon_uhf"};
    must(world.pad->device().on_pad(std::string{"add "} + kFirst));
    REQUIRE(world.asked(StartInventory{}) == "ok");
    const std::uint32_t number = world.listener.command(ReadTag{*from_hex(kFirst), TagBank::tid, 0, 6, 0});
    world.bus->unplug(*world.pad);
    world.listener.wait_answer(number);
    CHECK(world.listener.answer(number)->status == "the reader was unplugged");
}

}  // namespace dosario::test
