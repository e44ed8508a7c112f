// SPDX-License-Identifier: Apache-2.0
// Pads at the desk of readers, with real drivers and simulated readers, in their own time: chips that are asked for and what lies there meanwhile.
#include "app/count_turn.hpp"
#include "app/reader_desk.hpp"
#include "app/untold_trays.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/result.hpp"
#include "system/system_clock.hpp"

#include <algorithm>

using namespace dosario;
using namespace dosario::test;
using namespace std::chrono_literals;

namespace {

struct PadsRig {
    PadsRig() {
        ReaderDeskSettings settings;
        std::vector<simulated::NamedScanner> readers;
        for (const std::string name : {"uno", "dos"}) {
            ReaderRow row;
            row.match = "10c4:ea60:" + name + ":0";
            row.name = name;
            row.zone = name == "uno" ? "caja" : "estante";
            row.driver = "m100_uhf";
            row.settings.uhf_country = "AR";
            settings.rows.push_back(row);
            readers.push_back(
                must(simulated::parse_named_scanner(name + "=cp210x:vid=10c4,pid=ea60,serial=" + name + ",pad=m100")));
        }
        ReaderDesk::Hooks hooks;
        hooks.scanned = [](const dosario::Scan&) {};
        hooks.tray = [this](SeenTray seen) { told.push_back(std::move(seen)); };
        hooks.damaged = [](const std::string&, const std::string&) {};
        hooks.changed = [] {};
        desk = std::make_unique<ReaderDesk>(context, *clock, std::move(settings), std::move(hooks));
        desk->practise(std::move(readers));
    }
    ~PadsRig() { desk->stop(); }

    bool run_until(const std::function<bool()>& done, std::chrono::milliseconds longest = 20s) {
        for (const auto end = std::chrono::steady_clock::now() + longest; !done();) {
            if (std::chrono::steady_clock::now() >= end) return false;
            context.restart();
            context.run_one_for(5ms);
        }
        return true;
    }
    static std::string epc(int number) {
        const std::string text = std::to_string(number);
        return "3034257bf7194e40" + std::string(8 - text.size(), '0') + text;
    }
    void lay(const std::string& pad, std::initializer_list<int> numbers) {
        std::string words = "pad " + pad + " add";
        for (const int number : numbers) words += " " + epc(number);
        REQUIRE(desk->practise(words).has_value());
    }
    bool lies(const std::string& pad, int number) const {
        const auto tags = desk->lies_on(pad, "").set.tags;
        return std::ranges::any_of(tags, [&](const Sighting& tag) { return tag.epc == *from_hex(epc(number)); });
    }
    std::size_t tags(const std::string& pad) const { return desk->lies_on(pad, "").set.tags.size(); }

    boost::asio::io_context context{1};
    std::unique_ptr<Clock> clock = make_system_clock();
    std::vector<SeenTray> told;
    std::unique_ptr<ReaderDesk> desk;
};

}  // namespace

TEST_CASE("a tray that was taken away while its chips were asked for is not taken for what lies there", "[reader_pads]") {
    PadsRig rig;
    REQUIRE(rig.run_until([&] { return rig.desk->field("uno").has_value(); }));
    rig.lay("uno", {1, 2, 4, 7});
    REQUIRE(rig.run_until([&] { return rig.tags("uno") == 4; }));
    CHECK(rig.desk->is_unsure("caja"));
    CHECK(rig.desk->is_unsure(""));
    CHECK_FALSE(rig.desk->is_unsure("estante"));
    REQUIRE(rig.desk->practise("pad uno clear").has_value());
    rig.lay("uno", {21, 22, 24, 27});
    const MonoTime began = rig.clock->mono();
    REQUIRE(rig.run_until([&] { return !rig.desk->is_unsure("caja"); }));
    CHECK(rig.clock->mono() - began < 8s);
    for (const int gone : {1, 2, 4, 7}) CHECK_FALSE(rig.lies("uno", gone));
}

TEST_CASE("a tray that stays is sure soon after its chips were asked for", "[reader_pads]") {
    PadsRig rig;
    REQUIRE(rig.run_until([&] { return rig.desk->field("uno").has_value(); }));
    rig.lay("uno", {1, 2, 4});
    REQUIRE(rig.run_until([&] { return rig.tags("uno") == 3; }));
    const MonoTime began = rig.clock->mono();
    REQUIRE(rig.run_until([&] { return !rig.desk->is_unsure("caja"); }));
    CHECK(rig.clock->mono() - began < 2s);
    CHECK(rig.told.size() == 1);
}

TEST_CASE("each pad is asked for its chips by its name, also while another one is", "[reader_pads]") {
    PadsRig rig;
    REQUIRE(rig.run_until([&] { return rig.desk->field("uno").has_value() && rig.desk->field("dos").has_value(); }));
    rig.lay("uno", {1, 2, 4, 7, 8});
    rig.lay("dos", {21, 22, 24, 27, 28});
    REQUIRE(rig.run_until([&] { return rig.tags("uno") == 5 && rig.tags("dos") == 5; }));
    CHECK_FALSE(rig.desk->is_unsure(""));  // nobody asked, and they are many
    rig.desk->look_at_chips("dos");
    CHECK_FALSE(rig.desk->is_unsure("caja"));
    rig.desk->look_at_chips("uno");
    CHECK(rig.desk->is_unsure("caja"));
    CHECK(rig.desk->is_unsure("estante"));
    rig.desk->cut_short("caja");  // else it takes some seconds
    CHECK(rig.run_until([&] { return !rig.desk->is_unsure("caja"); }, 2s));
    CHECK(rig.run_until([&] { return !rig.desk->is_unsure(""); }));
    CHECK(rig.told.size() == 2);
}

TEST_CASE("while a sweep asks what was read nobody asks for chips", "[reader_pads]") {
    PadsRig rig;
    REQUIRE(rig.run_until([&] { return rig.desk->field("uno").has_value(); }));
    rig.lay("uno", {1, 2});
    REQUIRE(rig.run_until([&] {
        CHECK_FALSE(rig.desk->is_unsure(""));
        return rig.desk->field("uno", 1s)->set.tags.size() == 2 && rig.tags("uno") == 2;
    }));
    CHECK_FALSE(rig.desk->is_unsure(""));
    CHECK(rig.desk->lies_on("tres", "caja").set.tags.empty());
}

TEST_CASE("a count waits for a pad that is not sure, and what is scanned behind it waits too", "[count_turn]") {
    boost::asio::io_context context{1};
    ManualClock clock;
    bool is_unsure = true;
    CountTurn turn{context, clock, [&](const std::string& zone) { return is_unsure && zone == "caja"; }};
    std::vector<std::string> story;
    const auto take = [&](const std::string& zone, const std::string& content) {
        turn.take(zone, content, [&story, content](bool is_known) { story.push_back(content + (is_known ? "" : " no")); });
    };
    const auto run = [&] {
        context.restart();
        context.run_for(60ms);
    };
    take("caja", "first");
    take("otra", "DOSARIO.X3");
    CHECK(story == std::vector<std::string>{"first", "DOSARIO.X3"});
    story.clear();
    take("caja", "DOSARIO.X4");
    take("caja", "next");
    run();
    CHECK(story.empty());
    SECTION("it is decided when the pad is sure") {
        is_unsure = false;
        run();
        CHECK(story == std::vector<std::string>{"DOSARIO.X4", "next"});
        take("caja", "DOSARIO.X5");
        CHECK(story.back() == "DOSARIO.X5");
    }
    SECTION("it is refused when that takes too long") {
        clock.pass(CountTurn::kLongest);
        run();
        CHECK(story == std::vector<std::string>{"DOSARIO.X4 no", "next"});
    }
    SECTION("nobody waits when all ends") {
        turn.stop();
        CHECK(story == std::vector<std::string>{"DOSARIO.X4 no", "next no"});
    }
    SECTION("so many wait and no more") {
        for (std::size_t i = 2; i < CountTurn::kMostWaiting; ++i) take("caja", "more");
        CHECK(story.empty());
        take("caja", "much");
        CHECK(story == std::vector<std::string>{"much no"});
    }
}

TEST_CASE("a tray that was not taken is told again until it is", "[untold_trays]") {
    boost::asio::io_context context{1};
    int taken_after = 3;
    std::vector<std::string> told;
    UntoldTrays* all = nullptr;
    UntoldTrays untold{context,
                       [&](const std::string& pad, const std::string& zone) {
                           told.push_back(pad + "@" + zone);
                           if (--taken_after > 0) all->lost(pad, zone);
                       },
                       10ms};
    all = &untold;
    untold.lost("uno", "caja");
    untold.lost("uno", "caja");
    context.run_for(5s);
    CHECK(told == std::vector<std::string>{"uno@caja", "uno@caja", "uno@caja"});
    untold.lost("uno", "caja");
    untold.stop();
    context.restart();
    context.run_for(50ms);
    CHECK(told.size() == 3);
}
