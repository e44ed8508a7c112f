// SPDX-License-Identifier: Apache-2.0
// What is asked of contactless readers: blocks read and written, of the tag that was meant and of no other.
#include "ccid_bench.hpp"
#include "ccid_cards.hpp"

#include "ccid/reader.hpp"

using namespace dosario;
using namespace dosario::test;
using simulated::CcidFault;
using std::chrono::seconds;

TEST_CASE("blocks are written, read back, and read", "[ccid][blocks]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.lay(kTag);
        bench.pass(seconds{2});
        REQUIRE(bench.ask(WriteBlocks{kUid, 20, hex("0102030405060708")}, 7));
        REQUIRE(bench.ask(ReadBlocks{kUid, 19, 4}, 8));
        bench.pass(seconds{2});
        CHECK(bench.story() == Story{kTold, "7 write_blocks ok", "8 read_blocks ok"});
        CHECK(bench.all<ReaderAnswer>().back().content == hex("00000000010203040506070800000000"));
        CHECK(bench.model().cards()[0].read(20, 8) == hex("0102030405060708"));
    }
    for (const char* const model : kVicinityModels) {
        INFO(model);
        CcidBench bench{model};
        bench.lay("e004010167452301 kind=vicinity8 text=x");
        bench.pass(seconds{2});
        const Bytes uid = hex("e004010167452301");
        REQUIRE(bench.ask(WriteBlocks{uid, 20, hex("0102030405060708")}, 7));
        REQUIRE(bench.ask(WriteBlocks{uid, 20, hex("01020304")}, 8));
        REQUIRE(bench.ask(ReadBlocks{uid, 20, 1}, 9));
        bench.pass(seconds{2});
        CHECK(bench.story() ==
              Story{"e004010167452301 iso15693 x", "7 write_blocks ok", "8 write_blocks invalid", "9 read_blocks ok"});
        CHECK(bench.all<ReaderAnswer>().back().content == hex("0102030405060708"));
    }
}

TEST_CASE("lock bits and configuration of a Type 2 tag are never written", "[ccid][blocks]") {
    for (const char* const model : {"ccid:model=acr122u", "ccid:model=acr1252u"}) {
        for (const std::uint16_t block : std::initializer_list<std::uint16_t>{0, 1, 2, 3, 40, 41, 44, 255}) {
            INFO(model << " block " << block);
            CcidBench bench{model};
            bench.lay(kTag);
            bench.pass(seconds{2});
            const Bytes before = bench.model().cards()[0].memory;
            REQUIRE(bench.ask(WriteBlocks{kUid, block, hex("ffffffff")}, 1));
            bench.pass(seconds{2});
            CHECK(bench.story().back() == "1 write_blocks refused");
            CHECK(bench.model().cards()[0].memory == before);
        }
    }
}

TEST_CASE("only the tag that was meant is read and written", "[ccid][blocks]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        REQUIRE(bench.ask(ReadBlocks{kUid, 4, 1}, 1));
        bench.pass(seconds{1});
        bench.lay(kOther);
        bench.pass(seconds{2});
        const Bytes before = bench.model().cards()[0].memory;
        REQUIRE(bench.ask(WriteBlocks{kUid, 8, hex("01020304")}, 2));
        bench.pass(seconds{1});
        // Exchanged at the very moment.
        bench.take();
        bench.lay(kTag);
        REQUIRE(bench.ask(WriteBlocks{hex("04ffeeddccbbaa"), 8, hex("01020304")}, 3));
        bench.pass(seconds{2});
        const Story story = bench.story();
        CHECK(has(story, "1 read_blocks no_tag"));
        CHECK(has(story, "2 write_blocks no_tag"));
        CHECK(has(story, "3 write_blocks no_tag"));
        CHECK(bench.model().cards()[0].read(8, 4) != hex("01020304"));
        CHECK(has(story, kTold));
    }
}

TEST_CASE("every command is answered once, whatever becomes of the reader's answers", "[ccid][blocks][faults]") {
    constexpr CcidFault kFaults[] = {CcidFault::lost,     CcidFault::late,     CcidFault::twice,    CcidFault::split,
                                     CcidFault::extended, CcidFault::stranger, CcidFault::hardware, CcidFault::cut};
    for (const char* const model : kModels) {
        for (const CcidFault fault : kFaults) {
            for (int after = 0; after < 12; ++after) {
                INFO(model << ", fault " << static_cast<int>(fault) << " after " << after);
                CcidBench bench{model};
                bench.lay(kTag);
                bench.pass(seconds{2});
                bench.model().fail_answers(fault, 2, after);
                REQUIRE(bench.ask(WriteBlocks{kUid, 20, hex("0102030405060708")}, 1));
                REQUIRE(bench.ask(ReadBlocks{kUid, 20, 2}, 2));
                bench.pass(seconds{12});
                std::map<std::uint32_t, int> answers;
                for (const ReaderAnswer& one : bench.all<ReaderAnswer>()) {
                    if (one.number == 0) continue;
                    ++answers[one.number];
                    if (one.number == 2 && one.status == "ok") CHECK(one.content == bench.model().cards()[0].read(20, 8));
                    if (one.number == 1 && one.status == "ok")
                        CHECK(bench.model().cards()[0].read(20, 8) == hex("0102030405060708"));
                }
                REQUIRE(answers == std::map<std::uint32_t, int>{{1, 1}, {2, 1}});
            }
        }
    }
}

TEST_CASE("commands that wait are answered when the reader leaves, and too many are not accepted", "[ccid][blocks]") {
    CcidBench bench{"ccid"};
    bench.lay(kTag);
    bench.pass(seconds{2});
    bench.model().fail_answers(CcidFault::lost, 1000);
    std::uint32_t accepted = 0;
    while (bench.ask(ReadBlocks{kUid, 4, 1}, accepted + 1)) ++accepted;
    CHECK(accepted == ccid::kMostPending);
    bench.pass(milliseconds{100});
    bench.unplug();
    std::size_t answered = 0;
    for (const ReaderAnswer& one : bench.all<ReaderAnswer>()) answered += one.status == "unplugged";
    CHECK(answered == accepted);
    CHECK_FALSE(bench.ask(ReadBlocks{kUid, 4, 1}, 99));
}

TEST_CASE("what only readers of UHF know is not accepted, and what makes no sense is answered so", "[ccid][blocks]") {
    CcidBench bench{"ccid"};
    bench.lay(kTag);
    bench.pass(seconds{2});
    CHECK_FALSE(bench.ask(StartInventory{}, 1));
    CHECK_FALSE(bench.ask(SetPower{1000}, 2));
    REQUIRE(bench.ask(ReadBlocks{kUid, 4, 0}, 3));
    REQUIRE(bench.ask(ReadBlocks{kUid, 4, kMostTagBlocks + 1}, 4));
    REQUIRE(bench.ask(WriteBlocks{kUid, 4, hex("010203")}, 5));
    REQUIRE(bench.ask(WriteBlocks{kUid, 4, {}}, 6));
    bench.pass(seconds{2});
    CHECK(bench.story() ==
          Story{kTold, "3 read_blocks invalid", "4 read_blocks invalid", "5 write_blocks invalid", "6 write_blocks invalid"});
}
