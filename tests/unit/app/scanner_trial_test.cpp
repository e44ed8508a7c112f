// SPDX-License-Identifier: Apache-2.0
#include "app/scanner_trial.hpp"
#include "support/catch.hpp"
#include "support/hid_descriptors.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/io_context.hpp>

using namespace dosario;
using std::chrono::milliseconds;

namespace {

struct Trial {
    test::ManualClock clock;
    boost::asio::io_context context;
    ScannerTrial trial{context, clock};
    ReaderSettings settings;
    std::vector<Result<v1::ListenReply>> answers;

    void listen(const std::string& reader, bool stop = false) {
        v1::ListenRequest request;
        request.set_reader(reader);
        request.set_wait_ms(2000);
        request.set_stop(stop);
        trial.listen(
            request, [](const std::string& id) { return id != "shut"; },
            [this](Result<v1::ListenReply> answer) { answers.push_back(std::move(answer)); });
    }
    bool hear(const std::string& reader, const std::string& content) {
        return trial.heard({reader, ScannerWay::keyboard, &settings}, {{}, content, clock.mono()});
    }
    void pass(milliseconds time) { clock.pass(time); }
    const v1::ListenReply& last() { return *answers.back(); }
};

const std::string kGsCode{test_code_content(TestCode::gs)};

}  // namespace

TEST_CASE("what a reader sends while it is listened to is no work, and is told once", "[scanner_trial]") {
    Trial rig;
    CHECK_FALSE(rig.hear("a", kGsCode));
    rig.listen("a");
    CHECK(rig.answers.empty());
    CHECK_FALSE(rig.hear("b", kGsCode));
    CHECK(rig.hear("a", kGsCode));
    REQUIRE(rig.answers.size() == 1);
    REQUIRE(rig.last().scans_size() == 1);
    CHECK(rig.last().scans(0).code() == "gs");
    CHECK(rig.last().scans(0).content() == "010029999999999410DOSARIO\\x1d21PRUEBA\\x1d91GS");
    CHECK(rig.trial.gs_of("a").state == GsTrust::State::kept);
    CHECK(rig.trial.gs_of("b").state == GsTrust::State::unknown);
    CHECK(rig.hear("a", "between two looks"));
    rig.listen("a");
    REQUIRE(rig.answers.size() == 2);
    CHECK(rig.last().scans_size() == 1);
}

TEST_CASE("of anything but a test code only the length is told", "[scanner_trial]") {
    Trial rig;
    rig.listen("a");
    CHECK(rig.hear("a", "20301112"));
    CHECK(rig.last().scans(0).length() == 8);
    CHECK(rig.last().scans(0).content().empty());
    CHECK(rig.last().scans(0).code().empty());
}

TEST_CASE("when any reader will do, only test codes are taken out of the work", "[scanner_trial]") {
    Trial rig;
    rig.listen("");
    CHECK_FALSE(rig.hear("b", "7791234567898"));
    CHECK(rig.hear("a", kGsCode));
    CHECK(rig.last().scans(0).reader() == "a");
}

TEST_CASE("three seconds after the last look the reader works again", "[scanner_trial]") {
    Trial rig;
    rig.listen("a");
    rig.pass(milliseconds{4999});
    CHECK(rig.hear("a", "x"));
    rig.pass(milliseconds{1});
    CHECK_FALSE(rig.trial.active());
    CHECK_FALSE(rig.hear("a", "x"));
}

TEST_CASE("a stop gives the reader back at once, and answers who waits", "[scanner_trial]") {
    Trial rig;
    rig.listen("a");
    rig.listen("a", true);
    REQUIRE(rig.answers.size() == 2);
    CHECK_FALSE(rig.hear("a", "x"));
    rig.listen("a");
    rig.trial.stop();
    CHECK(rig.answers.size() == 3);
}

TEST_CASE("a second look answers the first, and a reader that is not open is refused", "[scanner_trial]") {
    Trial rig;
    rig.listen("a");
    rig.listen("a");
    CHECK(rig.answers.size() == 1);
    rig.listen("shut");
    CHECK(rig.answers.size() == 3);
    CHECK(rig.answers.back().has_error());
    CHECK(rig.answers.back().error().failure == Failure::not_found);
}

TEST_CASE("a reader that never stops fills no memory: the oldest scans go", "[scanner_trial]") {
    Trial rig;
    rig.listen("a");
    CHECK(rig.hear("a", "first"));
    for (std::size_t i = 0; i < 100; ++i) CHECK(rig.hear("a", std::string(i, 'x')));
    rig.listen("a");
    REQUIRE(rig.last().scans_size() == static_cast<int>(ScannerTrial::kMostHeard));
    CHECK(rig.last().scans(15).length() == 99);
}

TEST_CASE("reports are counted for each scan, and faults are told with their words", "[scanner_trial]") {
    Trial rig;
    rig.trial.reported("a");  // before anybody listens
    rig.listen("a");
    for (int i = 0; i < 5; ++i) rig.trial.reported("a");
    rig.trial.reported("b");
    CHECK(rig.hear("a", kGsCode));
    CHECK(rig.last().scans(0).reports() == 5);
    rig.listen("a");
    rig.trial.faulted({"b", ScannerWay::keyboard, &rig.settings}, "not ours");
    rig.trial.faulted({"a", ScannerWay::keyboard, &rig.settings}, "a key without character");
    CHECK(rig.last().scans(0).fault() == "a key without character");
}

TEST_CASE("a wait that nothing comes in ends by itself", "[scanner_trial]") {
    Trial rig;
    v1::ListenRequest request;
    request.set_wait_ms(1);
    rig.trial.listen(
        request, [](const std::string&) { return true; },
        [&](Result<v1::ListenReply> answer) { rig.answers.push_back(std::move(answer)); });
    rig.context.run();
    REQUIRE(rig.answers.size() == 1);
    CHECK(rig.last().ok());
    CHECK(rig.last().scans_size() == 0);
}

TEST_CASE("how a scanner reaches us is read from its descriptors", "[scanner_trial]") {
    UsbInterface interface;
    interface.class_code = 0x0A;
    CHECK(way_of(interface) == ScannerWay::serial);
    interface.class_code = kHidClass;
    interface.subclass = kBootSubclass;
    interface.protocol = 1;
    CHECK(way_of(interface) == ScannerWay::keyboard);
    interface.report_descriptor = from_hex(test::kBootKeyboard).value();
    CHECK(way_of(interface) == ScannerWay::keyboard);
    interface.subclass = interface.protocol = 0;
    interface.report_descriptor = from_hex(test::kZebraDescriptor).value();
    CHECK(way_of(interface) == ScannerWay::hid_pos);
}
