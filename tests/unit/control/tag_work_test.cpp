// SPDX-License-Identifier: Apache-2.0
// One tag is written on pads of every family: real drivers, simulated readers, and what is said when it goes wrong.
#include "control/tag_work.hpp"

#include "control/tag_code.hpp"
#include "control/tag_label.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"
#include "support/counter.hpp"
#include "support/pad_rig.hpp"
#include "support/result.hpp"

using namespace dosario;
using namespace dosario::test;
using std::chrono::seconds;

namespace {

constexpr const char* kBlank = "e20000000000000000000001";
constexpr std::uint32_t kPassword = 0x0BADF00D;

const std::string kBox =
    "]d2"
    "0107791234567898"
    "17280630"
    "10L1\x1d"
    "21S1";

/// The same as the tag's order has it.
const std::string kSaid =
    "]d2"
    "0107791234567898"
    "21S1\x1d"
    "17280630"
    "10L1";

Bytes bank_of(const std::string& code) { return must(make_tag_label(code, "", kToday, Language::en)).bank; }

struct PadDesk {
    explicit PadDesk(const char* family, simulated::PadFaults faults = {}, std::uint64_t seed = 1)
        : rig(settings(family, faults, seed)) {
        rig.asked(StartInventory{});
    }
    static simulated::PadSettings settings(const char* family, const simulated::PadFaults& faults, std::uint64_t seed) {
        simulated::PadSettings all = pad_of(family, seed);
        all.faults = faults;
        return all;
    }
    simulated::PadTag& lay(std::string_view epc, std::size_t room = 31) {
        rig.pad->field().add(simulated::make_tag(*from_hex(epc), 32, room));
        return rig.pad->field().tags().back();
    }
    TagReport work(TagTask task) {
        const simulated::PadTag& tag = rig.pad->field().tags().front();
        TagWork work{std::move(task), tag.pc(), tag.epc()};
        for (int step = 0; step < 40; ++step) {
            const auto command = work.next();
            if (!command) return work.report();
            work.answered(rig.asked(*command));
        }
        FAIL("it never ends");
        return work.report();
    }
    TagReport write(const std::string& code, std::optional<std::uint32_t> password = std::nullopt) {
        return work({bank_of(code), password});
    }
    const simulated::PadTag& tag() { return rig.pad->field().tags().front(); }

    PadRig rig;
};

}  // namespace

TEST_CASE("a blank tag becomes the tag of a box, and its chip is told", "[tag_work]") {
    for (const char* const family : kPadFamilies) {
        INFO(family);
        PadDesk desk{family};
        desk.lay(kBlank);
        const TagReport report = desk.write(kBox);
        REQUIRE(report.problem == TagReport::Problem::none);
        CHECK(report.state == TagState::written);
        CHECK(to_hex(report.old_epc) == kBlank);
        CHECK(desk.tag().epc() == report.epc);
        CHECK(report.tid == desk.tag().banks[2]);
        CHECK_FALSE(report.locked);
        Sighting seen;
        seen.epc = desk.tag().epc();
        seen.pc = desk.tag().pc();
        CHECK(tag_code(seen, kToday) == kSaid);
        CHECK(desk.write(kBox).state == TagState::written);  // once more is nothing new
    }
}

TEST_CASE("what the tag itself keeps of its PC word is left to it", "[tag_work]") {
    PadDesk desk{"m100"};
    simulated::PadTag& tag = desk.lay(kBlank);
    tag.banks[1][2] |= std::byte{0x04};  // it has user memory
    const TagReport report = desk.write(kBox);
    CHECK(report.state == TagState::written);
    CHECK((desk.tag().pc() & 0x0400) != 0);
}

TEST_CASE("only reading changes nothing, and a tag of the first years has no number", "[tag_work]") {
    for (const char* const family : kPadFamilies) {
        INFO(family);
        PadDesk desk{family};
        desk.lay(kBlank).banks[2].resize(4);
        const TagReport report = desk.work({});
        CHECK(report.problem == TagReport::Problem::none);
        CHECK(report.state == TagState::as_before);
        CHECK(report.tid.size() == 4);
        CHECK(to_hex(desk.tag().epc()) == kBlank);
    }
}

TEST_CASE("a tag whose memory is too short is refused before anything is changed, with the length that is wanted", "[tag_work]") {
    for (const char* const family : kPadFamilies) {
        INFO(family);
        PadDesk desk{family};
        desk.lay(kBlank, 8);
        const Bytes before = desk.tag().banks[1];
        const TagReport report = desk.write(kBox);
        CHECK(report.problem == TagReport::Problem::too_short);
        CHECK(report.state == TagState::as_before);
        CHECK(report.wanted_bits == (bank_of(kBox).size() - 2) * 8);
        CHECK(report.wanted_bits > 128);
        CHECK(desk.tag().banks[1] == before);
    }
}

TEST_CASE("one read of the memory that fails does not make a tag too short", "[tag_work]") {
    for (const int failures : {1, 2}) {
        PadDesk desk{"m100"};
        desk.lay(kBlank);
        TagWork work{{bank_of(kBox), std::nullopt}, desk.tag().pc(), desk.tag().epc()};
        const auto is_wide = [](const ReaderCommand& command) {
            const auto* const read = std::get_if<ReadTag>(&command);
            return read != nullptr && read->bank == TagBank::epc && read->words > 7;
        };
        int left = failures;
        for (auto command = work.next(); command; command = work.next()) {
            ReaderAnswer answer = desk.rig.asked(*command);
            if (is_wide(*command) && left > 0) --left, answer.status = "the tag could not be read", answer.content.reset();
            work.answered(answer);
        }
        CHECK(work.report().problem == (failures == 1 ? TagReport::Problem::none : TagReport::Problem::too_short));
        CHECK(work.report().state == (failures == 1 ? TagState::written : TagState::as_before));
    }
}

TEST_CASE("with a second tag in the field nothing is written", "[tag_work]") {
    for (const char* const family : kPadFamilies) {
        INFO(family);
        PadDesk desk{family};
        desk.lay(kBlank);
        desk.lay("e20000000000000000000002");
        const TagReport report = desk.write(kBox);
        CHECK(report.problem == TagReport::Problem::not_written);
        CHECK(report.state == TagState::as_before);
        CHECK(to_hex(desk.tag().epc()) == kBlank);
    }
}

TEST_CASE("of two tags with one EPC neither is written, and both are told", "[tag_work]") {
    int read_as_one = 0, runs = 0;
    for (const char* const family : kPadFamilies) {
        for (std::uint64_t seed = 1; seed <= 15; ++seed) {
            INFO(family << " seed " << seed);
            PadDesk desk{family, {}, seed};
            desk.lay(kBlank);
            desk.lay(kBlank);
            REQUIRE(desk.rig.pad->field().tags()[0].banks[2] != desk.rig.pad->field().tags()[1].banks[2]);
            const TagReport read = desk.work({});
            ++runs;
            // Either may answer each time: one in 32 answers alone to the end.
            read_as_one += read.problem == TagReport::Problem::none;
            if (read.problem != TagReport::Problem::none) {
                CHECK((read.problem == TagReport::Problem::copies || read.problem == TagReport::Problem::no_chip));
                CHECK((read.chips.size() == 2 || read.problem == TagReport::Problem::no_chip));
            }
            const TagReport written = desk.write(kBox);
            CHECK(written.problem != TagReport::Problem::none);
            CHECK(written.state == TagState::as_before);
            for (const simulated::PadTag& tag : desk.rig.pad->field().tags()) CHECK(to_hex(tag.epc()) == kBlank);
        }
    }
    CHECK(read_as_one * 10 < runs);
}

TEST_CASE("a second tag of that EPC that shows itself only after the write is told", "[tag_work]") {
    const Bytes first = *from_hex("e28011052000000100020003"), second = *from_hex("e28011052000000100020004");
    const auto ok = [](Bytes content) {
        ReaderAnswer answer;
        answer.status = "ok";
        answer.content = std::move(content);
        return answer;
    };
    for (const bool other_chip : {true, false}) {
        INFO(other_chip);
        TagWork work{{bank_of(kBox), std::nullopt}, 0x3000, *from_hex(kBlank)};
        bool wrote = false;
        for (int step = 0; step < 40; ++step) {
            const auto command = work.next();
            if (!command) break;
            const auto* const read = std::get_if<ReadTag>(&*command);
            wrote = wrote || std::holds_alternative<WriteTag>(*command);
            if (read == nullptr) {
                work.answered(ok({}));
            } else if (read->bank == TagBank::tid) {
                const Bytes& chip = wrote && other_chip ? second : first;
                work.answered(ok({chip.begin() + 2 * read->first_word, chip.begin() + 2 * (read->first_word + read->words)}));
            } else {
                Bytes memory = *from_hex(std::string{"3000"} + kBlank);
                memory.resize(64);
                work.answered(ok({memory.begin(), memory.begin() + 2 * read->words}));
            }
        }
        CHECK(wrote);
        CHECK(work.report().problem == TagReport::Problem::copies);
        CHECK(work.report().state == TagState::unknown);
    }
}

TEST_CASE("a tag is locked with its password, opened by it, and by no other", "[tag_work]") {
    for (const char* const family : kPadFamilies) {
        INFO(family);
        PadDesk desk{family};
        desk.lay(kBlank);
        const TagReport locked = desk.write(kBox, kPassword);
        REQUIRE(locked.problem == TagReport::Problem::none);
        CHECK(locked.locked);
        CHECK(desk.tag().access_password() == kPassword);
        CHECK(desk.tag().needs_password[static_cast<std::size_t>(simulated::Part::epc)]);
        const std::string other = kBox.substr(0, kBox.size() - 1) + "2";
        for (const auto& wrong : {std::optional<std::uint32_t>{}, std::optional<std::uint32_t>{kPassword + 1}}) {
            const TagReport closed = desk.write(other, wrong);
            CHECK(closed.problem == TagReport::Problem::not_written);
            CHECK(closed.state == TagState::as_before);
            CHECK_FALSE(closed.why.empty());
            CHECK(desk.tag().epc() == locked.epc);
        }
        const TagReport opened = desk.write(other, kPassword);
        CHECK(opened.problem == TagReport::Problem::none);
        CHECK(opened.locked);
        CHECK(desk.tag().epc() == opened.epc);
    }
}

TEST_CASE("whatever goes wrong on the way, what is said of the tag is true", "[tag_work]") {
    int unknown = 0, written = 0, before = 0, copies = 0;
    for (const char* const family : kPadFamilies) {
        for (std::uint64_t seed = 1; seed <= 25; ++seed) {
            INFO(family << " seed " << seed);
            simulated::PadFaults faults;
            faults.mute = faults.deaf = faults.refused = 0.02;
            faults.late = faults.doubled = faults.split = 0.02;
            faults.reboot = 0.01;
            PadDesk desk{family, faults, seed};
            desk.lay(kBlank);
            const TagReport report = desk.write(kBox, seed % 2 == 0 ? std::optional{kPassword} : std::nullopt);
            const Bytes wanted = bank_of(kBox);
            const Bytes epc{wanted.begin() + 2, wanted.end()};
            switch (report.state) {
                case TagState::as_before:
                    ++before;
                    CHECK(to_hex(desk.tag().epc()) == kBlank);
                    CHECK(report.problem != TagReport::Problem::none);
                    break;
                case TagState::written:
                    ++written;
                    CHECK(desk.tag().epc() == epc);
                    break;
                case TagState::unknown:
                    ++unknown;
                    CHECK((report.problem == TagReport::Problem::not_written || report.problem == TagReport::Problem::copies));
                    break;
            }
            copies += report.problem == TagReport::Problem::copies;
            if (report.locked) CHECK(desk.tag().needs_password[static_cast<std::size_t>(simulated::Part::epc)]);
        }
    }
    CHECK(written > 50);
    CHECK(before > 5);
    CHECK(unknown < 10);
    CHECK(copies == 0);
}

TEST_CASE("a reader that takes no command leaves the tag as it was", "[tag_work]") {
    TagWork work{{bank_of(kBox), std::nullopt}, 0x3000, *from_hex(kBlank)};
    work.refused();
    CHECK_FALSE(work.next());
    CHECK(work.report().state == TagState::as_before);
    CHECK(work.report().problem == TagReport::Problem::not_written);
}

TEST_CASE("the tags of a fractioned box's doses are their labels", "[tag_work]") {
    Counter counter;
    counter.scan(Scan{kReceive}.by(kAna));
    REQUIRE(counter.scan(Scan{kBox}.units_per_pack(30)).ok());
    const Answer cut = counter.scan(Scan{kBox}.mode("fraction").by(kAna).doses(3).units_per_dose(10));
    REQUIRE(cut.reply.doses_size() == 3);
    v1::Tray tray;
    for (const auto& dose : cut.reply.doses()) {
        PadDesk desk{"m100"};
        desk.lay(kBlank);
        const TagReport report = desk.write(dose.label());
        REQUIRE(report.state == TagState::written);
        CHECK(report.wanted_bits == 208);
        Sighting seen;
        seen.epc = desk.tag().epc();
        seen.pc = desk.tag().pc();
        const auto code = tag_code(seen, kToday);
        REQUIRE(code);
        const Identity identity = identify("]d2", std::string_view{*code}.substr(3), kToday, buffer);
        REQUIRE(std::holds_alternative<DoseLabel>(identity));
        CHECK(dose_code(std::get<DoseLabel>(identity).dose) == dose.code());
        tray.add_codes(*code);
    }
    tray.set_tags(3);
    counter.scan(Scan{kVerify}.by(kEva));
    v1::ScanRequest seen;
    *seen.mutable_tray() = tray;
    CHECK(counter.scan(seen).what() == "tray_seen");
    CHECK(counter.scan(Scan{"DOSARIO.X3"}.by(kEva)).what() == "tray_booked");
    CHECK(counter.rows("SELECT COUNT(*) FROM dose WHERE state = 2") == "3");
}
