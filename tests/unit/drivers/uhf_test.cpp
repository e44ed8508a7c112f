// SPDX-License-Identifier: Apache-2.0
// Both drivers of UHF readers against simulated pads of all four families, in virtual time.
#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/pad_rig.hpp"

using namespace dosario;
using namespace dosario::test;
using std::chrono::seconds;

namespace {

constexpr const char* kFirst = "30346c7a2c00004000000001";
constexpr const char* kSecond = "30346c7a2c00004000000002";
constexpr const char* kLong = "30bb027e2200bb0101027e0130bb027e";

bool all_in_band(const PadRig& rig) {
    for (const simulated::PadDeed& deed : rig.pad->deeds())
        if (!deed.in_band) return false;
    return true;
}

}  // namespace

TEST_CASE("a pad with three tags: all are heard again and again, rounds end, and it stops when told", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        PadRig rig{pad_of(family)};
        for (const char* epc : {kFirst, kSecond, kLong}) rig.pad->field().add(tag_of(epc));
        rig.pass(seconds{3});
        CHECK(rig.ready == 1);
        CHECK(rig.seen.empty());
        CHECK(rig.pad->deeds().empty());
        CHECK(rig.asked(StartInventory{}).status == "ok");
        rig.pass(seconds{2});
        for (const char* epc : {kFirst, kSecond, kLong}) CHECK(rig.times_seen(epc) > 10);
        CHECK(rig.seen.size() == rig.times_seen(kFirst) + rig.times_seen(kSecond) + rig.times_seen(kLong));
        CHECK(rig.rounds > 10);
        CHECK(rig.seen.front().pc >> 11 == rig.seen.front().epc.size() / 2);
        CHECK(rig.asked(StopInventory{}).status == "ok");
        const std::size_t before = rig.seen.size();
        rig.pass(seconds{5});
        CHECK(rig.seen.size() <= before + 3);
        CHECK(all_in_band(rig));
        CHECK(rig.faults.empty());
    }
}

TEST_CASE("an empty pad ends its rounds, and says nothing else", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        PadRig rig{pad_of(family)};
        CHECK(rig.asked(StartInventory{}).status == "ok");
        rig.pass(seconds{2});
        CHECK(rig.rounds > 5);
        CHECK(rig.seen.empty());
        CHECK(rig.faults.empty());
    }
}

TEST_CASE("without a country nothing is sent, and who asks is told", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        for (const char* country : {"", "XX"}) {
            PadRig rig{pad_of(family), in_country(country)};
            rig.pad->field().add(tag_of(kFirst));
            const ReaderAnswer answer = rig.asked(StartInventory{});
            CHECK(answer.status.find("nothing is transmitted") != std::string::npos);
            rig.pass(seconds{30});
            CHECK(rig.pad->commands_heard == 0);
            CHECK_FALSE(rig.reader().next_wake());
        }
    }
}

TEST_CASE("each country's band: nothing is transmitted outside of it", "[uhf]") {
    struct Row {
        const char* country;
        int low_khz, high_khz;
    };
    for (const char* family : kPadFamilies) {
        for (const Row& row : {Row{"AR", 902'000, 928'000},
                               {"CL", 915'000, 928'000},
                               {"CO", 915'000, 928'000},
                               {"PE", 915'000, 928'000},
                               {"UY", 902'000, 928'000}}) {
            INFO(family << " in " << row.country);
            PadRig rig{pad_of(family), in_country(row.country)};
            rig.pad->allowed_low_khz = row.low_khz;
            rig.pad->allowed_high_khz = row.high_khz;
            rig.pad->field().add(tag_of(kFirst));
            CHECK(rig.asked(StartInventory{}).status == "ok");
            rig.pass(seconds{1});
            CHECK(rig.seen.size() > 5);
            CHECK_FALSE(rig.pad->deeds().empty());
            CHECK(all_in_band(rig));
        }
    }
}

TEST_CASE("a reader that stays in another band, or hops where it may not, is refused and never transmits", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        auto settings = pad_of(family);
        settings.keeps_band = true;
        PadRig rig{settings};
        rig.pad->field().add(tag_of(kFirst));
        const ReaderAnswer answer = rig.asked(StartInventory{});
        CHECK(answer.status.find("nothing is transmitted") != std::string::npos);
        CHECK(rig.asked(ReadTag{hex(kFirst), TagBank::tid, 0, 6, 0}).status.find("nothing is transmitted") != std::string::npos);
        rig.pass(seconds{60});
        CHECK(rig.pad->deeds().empty());
        CHECK(rig.ready == 0);
    }
    auto settings = pad_of("m100");
    settings.has_channels = false;
    PadRig rig{settings, in_country("CL")};
    CHECK(rig.asked(StartInventory{}).status.find("keep to the channels") != std::string::npos);
    CHECK(rig.pad->deeds().empty());
}

TEST_CASE("power: set at the start and when asked, and never more than the country allows", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        auto settings = in_country("CL");
        settings.power_cdbm = 1500;
        PadRig rig{pad_of(family), settings};
        CHECK(rig.asked(SetPower{2000}).status == "ok");
        CHECK(rig.asked(SetPower{2800}).status == "0 to 27 dBm are allowed in CL");
        CHECK(rig.asked(SetPower{-1}).status != "ok");
        rig.pad->restart(rig.pad_now());
        CHECK(rig.asked(StartInventory{}).status == "ok");
    }
}

TEST_CASE("words are read and written, and a write is ok only when it was read back", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        PadRig rig{pad_of(family)};
        rig.pad->field().add(tag_of(kFirst));
        rig.pad->field().add(tag_of(kSecond));
        const ReaderAnswer tid = rig.asked(ReadTag{hex(kFirst), TagBank::tid, 0, 6, 0});
        CHECK(tid.status == "ok");
        CHECK(tid.content == rig.pad->field().tags()[0].banks[2]);
        CHECK(rig.asked(WriteTag{hex(kSecond), TagBank::user, 3, hex("12345678"), 0}).status == "ok");
        CHECK(to_hex(rig.pad->field().tags()[1].banks[3]).substr(12, 8) == "12345678");
        CHECK(to_hex(rig.pad->field().tags()[0].banks[3]).substr(12, 8) == "00000000");
        const ReaderAnswer user = rig.asked(ReadTag{hex(kSecond), TagBank::user, 2, 4, 0});
        CHECK(to_hex(*user.content) == "0000123456780000");
        CHECK(rig.asked(ReadTag{hex(kSecond), TagBank::user, 31, 2, 0}).status == "the tag refuses: it has no memory there");
        CHECK(rig.asked(ReadTag{hex(kLong), TagBank::tid, 0, 6, 0}).status != "ok");
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::tid, 0, hex("0000"), 0}).status ==
              "the tag refuses: the memory is locked");
        CHECK(all_in_band(rig));
        CHECK(rig.answered_twice == 0);
    }
}

TEST_CASE("commands in the middle of an inventory: it goes on afterwards", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        PadRig rig{pad_of(family)};
        rig.pad->field().add(tag_of(kFirst));
        CHECK(rig.asked(StartInventory{}).status == "ok");
        rig.pass(seconds{1});
        for (std::uint16_t word = 0; word < 5; ++word) {
            const Bytes words = hex("c0ffee0" + std::to_string(word));
            CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::user, word, words, 0}).status == "ok");
            CHECK(rig.asked(ReadTag{hex(kFirst), TagBank::user, word, 2, 0}).content == words);
        }
        const std::size_t before = rig.seen.size();
        rig.pass(seconds{1});
        CHECK(rig.seen.size() > before + 5);
    }
}

TEST_CASE("an EPC is written only to the one tag in the field, with its PC word where its length changes", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        PadRig rig{pad_of(family)};
        rig.pad->field().add(tag_of(kFirst));
        rig.pad->field().add(tag_of(kSecond));
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::epc, 2, hex("ffff"), 0}).status.find("more than one tag") == 0);
        rig.pad->field().remove(hex(kSecond));
        CHECK(rig.asked(WriteTag{hex(kSecond), TagBank::epc, 2, hex("ffff"), 0}).status == "another tag is in the field");
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::epc, 2, hex(kLong), 0}).status.find("needs its PC word") !=
              std::string::npos);
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::epc, 0, hex("0000"), 0}).status != "ok");
        const ReaderAnswer same = rig.asked(WriteTag{hex(kFirst), TagBank::epc, 2, hex(kSecond), 0});
        CHECK(same.status == "ok");
        CHECK(to_hex(*same.epc) == kSecond);
        const ReaderAnswer longer = rig.asked(WriteTag{hex(kSecond), TagBank::epc, 1, hex(std::string{"4000"} + kLong), 0});
        CHECK(longer.status == "ok");
        CHECK(to_hex(rig.pad->field().tags()[0].epc()) == kLong);
        rig.pad->field().clear();
        CHECK(rig.asked(WriteTag{hex(kLong), TagBank::epc, 2, hex("ffff"), 0}).status == "no tag is in the field");
    }
}

TEST_CASE("passwords and locks: none without a password, and what is locked stays as it is", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        PadRig rig{pad_of(family)};
        rig.pad->field().add(tag_of(kFirst));
        LockTag lock;
        lock.epc = hex(kFirst);
        lock.user_bank = TagLock::with_password;
        lock.epc_bank = TagLock::with_password;
        CHECK(rig.asked(lock).status.find("write one first") != std::string::npos);
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::reserved, 3, hex("0001"), 0}).status.find("two words") !=
              std::string::npos);
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::reserved, 2, hex("cafe0001"), 0}).status == "ok");
        lock.password = 0xCAFE0002;
        CHECK(rig.asked(lock).status == "the access password is wrong");
        lock.password = 0xCAFE0001;
        CHECK(rig.asked(lock).status == "ok");
        const simulated::PadTag& tag = rig.pad->field().tags()[0];
        CHECK(tag.needs_password == std::array<bool, 5>{false, false, true, false, true});
        CHECK(tag.for_ever == std::array<bool, 5>{});
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::user, 0, hex("1111"), 0}).status ==
              "the tag refuses: the memory is locked");
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::user, 0, hex("1111"), 0xCAFE0001}).status == "ok");
        lock.user_bank = TagLock::closed_for_ever;
        lock.epc_bank = TagLock::open;
        CHECK(rig.asked(lock).status == "ok");
        CHECK(rig.pad->field().tags()[0].needs_password == std::array<bool, 5>{false, false, false, false, true});
        CHECK(rig.pad->field().tags()[0].for_ever == std::array<bool, 5>{false, false, false, false, true});
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::user, 0, hex("2222"), 0xCAFE0001}).status ==
              "the tag refuses: the memory is locked");
        LockTag nothing;
        nothing.epc = hex(kFirst);
        CHECK(rig.asked(nothing).status == "nothing is to be locked");
    }
}

TEST_CASE("an M100 that does not tell its selection is used all the same", "[uhf]") {
    auto settings = pad_of("m100");
    settings.tells_selection = false;
    PadRig rig{settings};
    rig.pad->field().add(tag_of(kFirst));
    rig.pad->field().add(tag_of(kSecond));
    for (const char* epc : {kFirst, kSecond, kFirst}) {
        CHECK(rig.asked(WriteTag{hex(epc), TagBank::user, 0, hex("12345678"), 0}).status == "ok");
        CHECK(rig.asked(ReadTag{hex(epc), TagBank::tid, 0, 6, 0}).status == "ok");
    }
}

TEST_CASE("a Chafon reader that wants a mask gets one over the whole EPC", "[uhf]") {
    for (const char* family : {"chafon18", "chafon288"}) {
        INFO(family);
        auto settings = pad_of(family);
        settings.wants_mask = true;
        PadRig rig{settings};
        rig.pad->field().add(tag_of(kFirst));
        CHECK(rig.asked(ReadTag{hex(kFirst), TagBank::tid, 0, 6, 0}).status == "ok");
        CHECK(rig.asked(WriteTag{hex(kFirst), TagBank::user, 0, hex("1111"), 0}).status == "ok");
    }
}

TEST_CASE("a reader that starts again in the middle is set up again and goes on reading, in its band", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        PadRig rig{pad_of(family), in_country("CL")};
        rig.pad->allowed_low_khz = 915'000;
        rig.pad->field().add(tag_of(kFirst));
        CHECK(rig.asked(StartInventory{}).status == "ok");
        for (int times = 0; times < 5; ++times) {
            rig.pass(seconds{1});
            rig.pad->restart(rig.pad_now());
            rig.pass(seconds{10});
            const std::size_t before = rig.seen.size();
            rig.pass(seconds{1});
            CHECK(rig.seen.size() > before + 5);
        }
        CHECK(rig.ready >= 2);
        CHECK(all_in_band(rig));
    }
}

TEST_CASE("a reader that is switched on later is found", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        auto settings = pad_of(family);
        settings.faults.deaf = 1;
        PadRig rig{settings};
        rig.pad->field().add(tag_of(kFirst));
        CHECK(rig.asked(StartInventory{}).status == "no reader of this family answers: is it switched on, is line_rate right?");
        rig.pass(seconds{60});
        rig.pad->settings().faults.deaf = 0;
        rig.pass(seconds{15});
        CHECK(rig.ready == 1);
        CHECK(rig.asked(StartInventory{}).status == "ok");
    }
}

TEST_CASE("the wrong driver says whose reader it is", "[uhf]") {
    PadRig chafon{pad_of("m100"), in_country("AR"), "chafon_uhf"};
    CHECK(chafon.asked(StartInventory{}).status == "this is an M100 or R200 reader: its driver is m100_uhf");
    PadRig r200{pad_of("r200"), in_country("AR"), "chafon_uhf"};
    CHECK(r200.asked(StartInventory{}).status == "this is an M100 or R200 reader: its driver is m100_uhf");
    PadRig m100{pad_of("chafon288"), in_country("AR"), "m100_uhf"};
    CHECK(m100.asked(StartInventory{}).status.find("its driver is chafon_uhf") != std::string::npos);
}

TEST_CASE("the wrong driver says so at the other rate of such readers, too, once", "[uhf]") {
    struct Row {
        const char *family, *driver, *said;
        int rate;
    };
    for (const Row& row : {Row{"m100", "chafon_uhf", "its driver is m100_uhf", 115'200},
                           Row{"r200", "chafon_uhf", "its driver is m100_uhf", 115'200},
                           Row{"chafon18", "m100_uhf", "its driver is chafon_uhf", 57'600}}) {
        INFO(row.family);
        PadRig rig{pad_of(row.family), in_country("AR"), row.driver, row.rate};
        CHECK(rig.asked(StartInventory{}).status.find(row.said) != std::string::npos);
        rig.pass(seconds{120});
        CHECK(rig.faults.size() == 1);
        CHECK(rig.pad->deeds().empty());
        CHECK(rig.asked(StartInventory{}).status.find(row.said) != std::string::npos);
        const auto own = rig.line_rate;
        CHECK(own != row.rate);  // its own again
    }
}

TEST_CASE("a reader of the family whose line has the other rate is read at that", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        const int other = std::string_view{family}.starts_with("chafon") ? 115'200 : 57'600;
        PadRig rig{pad_of(family), in_country("AR"), nullptr, other};
        rig.pad->field().add(tag_of(kFirst));
        CHECK(rig.asked(StartInventory{}).status == "ok");
        rig.pass(seconds{2});
        CHECK(rig.times_seen(kFirst) > 5);
        CHECK(rig.faults.empty());
        CHECK(all_in_band(rig));
    }
}

TEST_CASE("a reader that was found at the other rate and comes back at its own is found there", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        const int own = std::string_view{family}.starts_with("chafon") ? 57'600 : 115'200;
        for (const auto& [first, then] : {std::pair{57'600 + 115'200 - own, own}, std::pair{own, 57'600 + 115'200 - own}}) {
            PadRig rig{pad_of(family), in_country("AR"), nullptr, first};
            rig.pad->field().add(tag_of(kFirst));
            CHECK(rig.asked(StartInventory{}).status == "ok");
            rig.pass(seconds{5});
            rig.pad_rate = then;
            rig.pass(seconds{40});
            rig.seen.clear();
            CHECK(rig.asked(StartInventory{}).status == "ok");
            rig.pass(seconds{2});
            CHECK(rig.times_seen(kFirst) > 5);
            CHECK(all_in_band(rig));
        }
    }
}

TEST_CASE("answers that come twice do not make two tags of one that is written", "[uhf]") {
    for (const char* family : kPadFamilies) {
        int refused = 0;
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            simulated::PadSettings settings = pad_of(family, seed);
            settings.faults.doubled = 0.1;
            PadRig rig{settings};
            rig.pad->field().add(tag_of(kFirst));
            const ReaderAnswer answer = rig.asked(WriteTag{hex(kFirst), TagBank::epc, 2, hex(kSecond), 0});
            refused += answer.status.find("several tags") != std::string::npos;
        }
        INFO(family);
        CHECK(refused == 0);
    }
}

TEST_CASE("several parts are locked without a wait for echoes that do not come", "[uhf]") {
    for (const char* family : kPadFamilies) {
        INFO(family);
        PadRig rig{pad_of(family)};
        auto tag = tag_of(kFirst);
        tag.banks[0][7] = std::byte{1};
        rig.pad->field().add(tag);
        CHECK(rig.asked(StopInventory{}).status == "ok");
        LockTag lock;
        lock.epc = hex(kFirst);
        lock.password = 1;
        lock.kill_password = lock.access_password = lock.epc_bank = TagLock::with_password;
        const MonoTime before = rig.now();
        CHECK(rig.asked(lock).status == "ok");
        CHECK(rig.now() - before < milliseconds{1500});
    }
}

TEST_CASE("the EPC bank of one of two tags with one EPC is not written", "[uhf]") {
    for (const char* family : kPadFamilies) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            INFO(family << " seed " << seed);
            PadRig rig{pad_of(family, seed)};
            rig.pad->field().add(tag_of(kFirst));
            rig.pad->field().add(tag_of(kFirst));
            const ReaderAnswer answer = rig.asked(WriteTag{hex(kFirst), TagBank::epc, 2, hex(kSecond), 0});
            CHECK(answer.status == "several tags with this one EPC are in the field: leave only the one to be written");
            CHECK(rig.pad->field().with(hex(kFirst)).size() == 2);
        }
    }
}

TEST_CASE("unplugged in the middle: whoever waits is answered, once", "[uhf]") {
    for (const char* family : kPadFamilies) {
        for (int ms = 0; ms < 200; ms += 7) {
            INFO(family << " after " << ms);
            PadRig rig{pad_of(family)};
            rig.pad->field().add(tag_of(kFirst));
            rig.pass(seconds{3});
            const auto start = rig.command(StartInventory{});
            const auto write = rig.command(WriteTag{hex(kFirst), TagBank::user, 0, hex("1111"), 0});
            const auto read = rig.command(ReadTag{hex(kFirst), TagBank::user, 0, 1, 0});
            rig.pass(milliseconds{ms});
            rig.unplug();
            for (const auto number : {start, write, read}) CHECK(rig.answers.contains(number));
            CHECK(rig.answered_twice == 0);
        }
    }
}

TEST_CASE("more commands than can wait are not taken, and each that was is answered", "[uhf]") {
    for (const char* family : kPadFamilies) {
        PadRig rig{pad_of(family)};
        rig.pad->field().add(tag_of(kFirst));
        std::uint32_t taken = 0;
        for (std::uint32_t number = 1; number <= 40; ++number) {
            if (rig.reader().command(ReadTag{hex(kFirst), TagBank::tid, 0, 1, 0}, number, rig.now())) ++taken;
        }
        CHECK(taken == 16);
        rig.pass(seconds{120});
        CHECK(rig.answers.size() == taken);
    }
}
