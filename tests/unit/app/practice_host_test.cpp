// SPDX-License-Identifier: Apache-2.0
// The host of a practice pharmacy keeps what every UsbHost promises.
#include "app/practice_host.hpp"

#include "app/practice_interfaces.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/result.hpp"

#include <algorithm>

using namespace dosario;
using namespace dosario::test;

namespace {

using namespace std::chrono_literals;

struct Ear final : UsbListener {
    void appeared(UsbPort port, UsbInterface interface) override { there[port] = std::move(interface), told("appeared"); }
    void disappeared(UsbPort port) override { there.erase(port), told("disappeared"); }
    void opened(UsbPort) override { told("opened"); }
    void failed(UsbPort, Error) override { told("failed"); }
    void received(UsbPort, std::uint8_t, Bytes bytes, MonoTime) override { reports.push_back(std::move(bytes)); }
    void written(UsbPort) override { told("written"); }
    void flushed(UsbPort) override { told("flushed"); }
    void told(const char* what) { story.emplace_back(what); }

    std::map<UsbPort, UsbInterface> there;
    std::vector<std::string> story;
    std::vector<Bytes> reports;
};

struct PracticeBench {
    explicit PracticeBench(std::initializer_list<const char*> words) {
        std::vector<simulated::NamedScanner> readers;
        for (const char* one : words) readers.push_back(must(simulated::parse_named_scanner(one)));
        host = std::make_unique<PracticeHost>(context, ear, clock, std::move(readers));
        run();
    }
    /// What waits, and nothing else.
    void run() {
        context.restart();
        context.poll();
    }
    UsbPort port() const { return ear.there.begin()->first; }

    boost::asio::io_context context{1};
    ManualClock clock;
    Ear ear;
    std::unique_ptr<PracticeHost> host;
};

using Story = std::vector<std::string>;

}  // namespace

TEST_CASE("readers of a practice pharmacy appear, are opened, read and closed as real ones", "[practice]") {
    PracticeBench bench{"one=hidpos:serial=A1"};
    REQUIRE(bench.ear.there.size() == 1);
    CHECK(PracticeHost::has(bench.port()));
    CHECK(reader_id(bench.ear.there.begin()->second) == "05e0:2100:A1:0");
    CHECK(bench.host->obey("scan one early").has_value());  // the device keeps it, as a real one would
    bench.run();
    CHECK(bench.ear.reports.empty());
    bench.host->open(bench.port());
    CHECK(bench.ear.story == Story{"appeared"});  // nothing is told within the call
    bench.run();
    CHECK(bench.ear.story == Story{"appeared", "opened"});
    CHECK(bench.ear.reports.size() == 1);
    CHECK(bench.host->obey("scan one ]d2 01077912345678982").has_value());
    bench.host->flush(bench.port());
    bench.run();
    CHECK(bench.ear.reports.size() == 2);
    CHECK(bench.ear.story.back() == "flushed");
    bench.host->close(bench.port());
    bench.run();
    CHECK(bench.host->obey("scan one late").has_value());
    bench.run();
    CHECK(bench.ear.reports.size() == 2);
}

TEST_CASE("a plug that is pulled and put in again is another port", "[practice]") {
    PracticeBench bench{"one=hidpos:serial=A1"};
    const UsbPort first = bench.port();
    CHECK(bench.host->obey("unplug one").has_value());
    CHECK(bench.ear.there.empty());
    CHECK(bench.host->obey("scan one x").error().failure == Failure::unavailable);
    CHECK(bench.host->obey("unplug one").error().failure == Failure::unavailable);
    bench.host->open(first);
    bench.run();
    CHECK(bench.ear.story == Story{"appeared", "disappeared"});
    CHECK(bench.host->obey("plug one").has_value());
    CHECK(bench.port() > first);
    CHECK(bench.host->obey("plug one").error().failure == Failure::invalid);
}

TEST_CASE("written() is told once when all that waited has gone out, and a required write that is refused fails the port",
          "[practice]") {
    PracticeBench bench{"bridge=cp210x:serial=B1"};
    bench.host->open(bench.port());
    const ReaderWrite enable{std::array<std::uint8_t, 8>{0x41, 0x00, 1, 0, 0, 0, 0, 0}, 0, {}, true};
    ReaderWrite nonsense = enable;
    nonsense.setup->at(1) = 0x77;
    nonsense.required = false;
    for (int i = 0; i < 3; ++i) bench.host->write(bench.port(), enable);
    bench.host->write(bench.port(), nonsense);  // passed over
    bench.run();
    CHECK(std::ranges::count(bench.ear.story, "written") == 1);
    nonsense.required = true;
    bench.host->write(bench.port(), nonsense);
    bench.run();
    CHECK(bench.ear.story.back() == "failed");
    bench.host->open(bench.port());
    bench.run();
    CHECK(bench.ear.story.back() == "opened");
    for (int i = 0; i < 65; ++i) bench.host->write(bench.port(), enable);
    bench.run();
    CHECK(std::ranges::count(bench.ear.story, "failed") == 2);
}

TEST_CASE("words that mean nothing are refused, and what is there is listed", "[practice]") {
    PracticeBench bench{"one=hidpos", "pad=cp210x:pad=m100"};
    for (const char* words : {"", "#", "jump one", "await one ready", "scan one \\q", "pad one list", "card pad take"})
        CHECK(bench.host->obey(words).error().failure == Failure::invalid);
    CHECK(bench.host->obey("scan nobody x").error().failure == Failure::not_found);
    CHECK(bench.host->obey("pad pad add 300000000000000000000001").has_value());
    CHECK(must(bench.host->obey("pad pad list")) == "300000000000000000000001");
    CHECK(must(bench.host->obey("list")) == "one hidpos ready; pad cp210x attached");
    CHECK(bench.host->pads() == std::vector<std::string>{"pad"});
}

TEST_CASE("what is on its way when the host ends reaches nobody", "[practice]") {
    PracticeBench bench{"one=hidpos"};
    const std::size_t before = bench.ear.story.size();
    bench.host->open(bench.port());
    bench.host->flush(bench.port());
    bench.host.reset();
    bench.run();
    CHECK(bench.ear.story.size() == before);
}

TEST_CASE("simulated devices are described as libusb's shell describes real ones", "[practice]") {
    const auto interfaces = [](const char* words) {
        const auto device = must(simulated::make_simulated(must(simulated::parse_scanner(words))));
        return practice_interfaces(device->description(), "practice-1");
    };
    const auto serial = interfaces("cdc_acm");
    REQUIRE(serial.size() == 1);
    CHECK(serial[0].class_code == kCommunicationsClass);
    CHECK(serial[0].data_number != serial[0].number);
    CHECK(serial[0].bulk_in != 0);
    CHECK(serial[0].endpoint_in != 0);
    const auto one = interfaces("cdc_acm_one");
    REQUIRE(one.size() == 1);
    CHECK(one[0].data_number == one[0].number);
    const auto card = interfaces("ccid:model=acr1252u");
    REQUIRE_FALSE(card.empty());
    CHECK(card[0].class_descriptor.size() == 54);
    CHECK_FALSE(card[0].name.empty());
    const auto keys = interfaces("keyboard");
    REQUIRE(keys.size() == 1);
    CHECK(is_boot_keyboard(keys[0]));
    CHECK_FALSE(keys[0].report_descriptor.empty());
    CHECK(reader_id(keys[0]) == "05e0:1200:@practice-1:0");
}
