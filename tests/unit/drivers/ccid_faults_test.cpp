// SPDX-License-Identifier: Apache-2.0
// The driver of contactless readers while cards come and go at the worst moment, and while the reader, its line and its answers fail.
#include "ccid_bench.hpp"
#include "ccid_cards.hpp"

using namespace dosario;
using namespace dosario::test;
using simulated::CcidFault;
using std::chrono::seconds;

TEST_CASE("a card taken away at any moment of its reading is told whole, or not at all", "[ccid]") {
    for (const char* const model : kModels) {
        std::size_t told = 0, half = 0;
        for (int answers = 0; answers < 40; ++answers) {
            INFO(model << ", taken after " << answers);
            CcidBench bench{model};
            bench.pass(seconds{1});
            bench.lay(kTag);
            bench.model().take_after(answers);
            bench.pass(seconds{15});
            if (!bench.model().cards().empty()) continue;  // so many answers did not come
            const Story story = bench.story();
            const bool whole = story == Story{kTold, "-"};
            const bool said = story == Story{"taken_too_soon"};
            CHECK((whole || said || story.empty()));
            told += whole;
            half += said;
            bench.lay(kTag);
            bench.pass(seconds{2});
            CHECK(bench.story().back() == kTold);
        }
        CHECK(told > 0);
        CHECK(half > 0);
    }
}

TEST_CASE("a card exchanged at any moment of its reading never gives one card's message under the other's UID", "[ccid]") {
    for (const char* const model : kModels) {
        for (int answers = 0; answers < 30; ++answers) {
            INFO(model << ", exchanged after " << answers);
            CcidBench bench{model};
            bench.pass(seconds{1});
            bench.lay(kTag);
            const int before = bench.model().orders();
            for (int i = 0; i < 2000 && bench.model().orders() < before + answers; ++i) bench.pass(milliseconds{1});
            bench.take();
            bench.lay(kOther);
            bench.pass(seconds{15});
            for (const std::string& line : bench.story())
                CHECK((line == kTold || line == kOtherTold || line == "-" || line == "fault" || line == "taken_too_soon"));
            CHECK(bench.story().back() == kOtherTold);
        }
    }
}

TEST_CASE("one bad answer at any moment costs no card and invents none", "[ccid][faults]") {
    constexpr CcidFault kFaults[] = {CcidFault::lost,     CcidFault::late,     CcidFault::twice,    CcidFault::split,
                                     CcidFault::extended, CcidFault::stranger, CcidFault::hardware, CcidFault::busy,
                                     CcidFault::garbage,  CcidFault::cut};
    for (const char* const model : kModels) {
        for (const CcidFault fault : kFaults) {
            for (int after = 0; after < 18; ++after) {
                INFO(model << ", fault " << static_cast<int>(fault) << " after " << after);
                CcidBench bench{model};
                bench.model().fail_answers(fault, 1, after);
                bench.pass(milliseconds{10});
                bench.lay(kTag);
                bench.pass(seconds{12});
                bench.take();
                bench.pass(seconds{4});
                Story story = bench.story();
                std::erase(story, "fault");
                std::erase(story, "card_unreadable");
                REQUIRE(story == Story{kTold, "-"});
            }
        }
    }
}

TEST_CASE("trouble of the USB line in the middle of an answer costs no card", "[ccid][faults]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        bench.model().fail_answers(CcidFault::cut, 1, 3);
        bench.lay(kTag);
        bench.pass(milliseconds{100});
        bench.reader().interrupted(bench.now());
        bench.pass(seconds{5});
        Story story = bench.story();
        std::erase(story, "fault");
        CHECK(story == Story{kTold});
    }
}

TEST_CASE("a reader on which everything goes wrong now and then tells every card once", "[ccid][faults]") {
    constexpr CcidFault kFaults[] = {CcidFault::late, CcidFault::twice, CcidFault::split, CcidFault::extended,
                                     CcidFault::stranger};
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        for (int i = 0; i < 300; ++i) bench.model().fail_answers(kFaults[i % 5], 1, 3 + i * 4);
        Story expected;
        for (int i = 0; i < 8; ++i) {
            bench.lay(i % 2 == 0 ? kTag : kOther);
            bench.pass(seconds{12});
            bench.take();
            bench.pass(seconds{6});
            expected.push_back(i % 2 == 0 ? kTold : kOtherTold);
            expected.emplace_back("-");
        }
        Story story = bench.story();
        std::erase(story, "fault");
        CHECK(story == expected);
    }
}

TEST_CASE("a reader that falls silent is told once, asked seldom, and used again when it answers", "[ccid][faults]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        bench.model().fail_answers(CcidFault::lost, 1000);
        const std::size_t before = bench.writes;
        bench.pass(seconds{60});
        CHECK(bench.story() == Story{"fault"});
        CHECK(bench.writes - before <= 150);
        bench.model().forget_faults();
        bench.lay(kTag);
        bench.pass(seconds{10});
        CHECK(bench.story() == Story{"fault", kTold});
    }
}

TEST_CASE("a reader that lost its power and its settings is prepared again", "[ccid][faults]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        bench.model().reboot();
        bench.pass(seconds{20});
        bench.lay(kTag);
        bench.pass(seconds{10});
        Story story = bench.story();
        std::erase(story, "fault");
        CHECK(story == Story{kTold});
    }
}
