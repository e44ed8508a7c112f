// SPDX-License-Identifier: Apache-2.0
// The hard rules, with facts that no workflow decided: the ledger refuses them and stays as it was.
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr ThingId kPack{900};
const Date kExpires = day("2028-06-30");

PacksReceived received(const char* serial = "", std::uint32_t packs = 1) {
    return {gtin(1), serial, "L1", kExpires, packs, kTablets, *serial == '\0' ? ThingId{} : kPack, false};
}

PackFractioned fractioned(std::vector<MadeDose> doses, std::uint32_t remaining, std::uint32_t wasted = 0) {
    return {kPack,
            gtin(1),
            "S1",
            "L1",
            kExpires,
            true,
            day("2026-11-21"),
            kTablets,
            std::move(doses),
            remaining,
            wasted,
            day("2027-05-20"),
            BeyondUseRule::days_after_opening};
}

PacksDispensed dispensed(std::uint32_t packs = 1, ThingId pack = {}) {
    return {gtin(1), "", "L1", kExpires, packs, kTablets, pack, {}};
}

std::string everything(Counter& counter) {
    return counter.rows("SELECT * FROM stock") + "/" + counter.rows("SELECT * FROM pack") + "/" +
           counter.rows("SELECT * FROM dose") + "/" + counter.rows("SELECT * FROM lot") + "/" +
           counter.rows("SELECT * FROM taken_back") + "/" + counter.rows("SELECT * FROM subject_event") + "/" +
           counter.rows("SELECT count(*) FROM event");
}

/// Appends, expects a refusal, and that nothing at all is different.
void refuses(Counter& counter, const Fact& fact, const char* badge = "ANA00001", const char* on = "2026-11-21") {
    const std::string before = everything(counter);
    const Seq head = counter.ledger().head_seq();
    const Sha256 hash = counter.ledger().head_hash();
    const auto seq = counter.append(fact, 0, badge, "", on);
    REQUIRE_FALSE(seq.has_value());
    CHECK(seq.error().failure == Failure::refused);
    CHECK(everything(counter) == before);
    CHECK(counter.ledger().head_seq() == head);
    CHECK(counter.ledger().head_hash() == hash);
    CHECK(first_fault(counter.verify()) == "");
}

Seq takes(Counter& counter, const Fact& fact, const char* badge = "ANA00001", const char* on = "2026-11-21") {
    const auto seq = counter.append(fact, 0, badge, "", on);
    INFO((seq ? std::string{} : seq.error().message));
    REQUIRE(seq.has_value());
    return *seq;
}

}  // namespace

TEST_CASE("a dose does not leave twice, unverified or expired", "[rules]") {
    Counter counter;
    takes(counter, received("S1"));
    takes(counter, fractioned({{{901}, 10}, {{902}, 10}}, 10));
    refuses(counter, DoseDispensed{{901}, {}});
    takes(counter, DosesVerified{kPack, {{901}, {902}}}, "EVA00002");
    refuses(counter, DoseDispensed{{901}, {}}, "ANA00001", "2027-05-21");
    takes(counter, DoseDispensed{{901}, {}}, "ANA00001", "2027-05-20");
    refuses(counter, DoseDispensed{{901}, {}});
    refuses(counter, DoseDispensed{{999}, {}});
}

TEST_CASE("a dose is verified once, by somebody, who is not who made it", "[rules]") {
    Counter counter;
    takes(counter, received("S1"));
    takes(counter, fractioned({{{901}, 10}}, 20));
    refuses(counter, DosesVerified{kPack, {{901}}}, "ANA00001");
    refuses(counter, DosesVerified{kPack, {{901}}}, "");
    refuses(counter, DosesVerified{kPack, {{901}, {901}}}, "EVA00002");
    refuses(counter, DosesVerified{kPack, {{901}, {999}}}, "EVA00002");
    refuses(counter, DosesVerified{{77}, {{901}}}, "EVA00002");  // not from that pack
    refuses(counter, DosesVerified{kPack, {}}, "EVA00002");
    takes(counter, DosesVerified{kPack, {{901}}}, "EVA00002");
    refuses(counter, DosesVerified{kPack, {{901}}}, "EVA00002");
}

TEST_CASE("doses, remainder and waste are the pack", "[rules]") {
    Counter counter;
    takes(counter, received("S1"));
    refuses(counter, fractioned({{{901}, 10}}, 21));
    refuses(counter, fractioned({{{901}, 10}}, 19));
    refuses(counter, fractioned({{{901}, 10}}, 10, 11));
    refuses(counter, fractioned({}, 30));
    refuses(counter, fractioned({}, 0, 30));
    refuses(counter, fractioned({{{901}, 0}, {{902}, 30}}, 0));
    // Sums that come round to 10 in 32 bits.
    refuses(counter, fractioned({{{901}, 0x80000000U}, {{902}, 0x80000000U}, {{903}, 10}}, 20));
    refuses(counter, fractioned({{{901}, 10}}, 0xffffffff, 21));
    refuses(counter, fractioned({{{901}, 10}, {{901}, 10}}, 10));
    auto more = fractioned({{{901}, 30}}, 10);
    more.units_before = 40;
    refuses(counter, more);
    takes(counter, fractioned({{{901}, 10}}, 19, 1));
    auto again = fractioned({{{902}, 20}}, 0);
    again.opened = false;
    again.units_before = 20;
    refuses(counter, again);
    again.opened = true;
    refuses(counter, again);
}

TEST_CASE("a dose never outlives its box, and nothing expired is cut", "[rules]") {
    Counter counter;
    takes(counter, received("S1"));
    auto late = fractioned({{{901}, 10}}, 20);
    late.beyond_use_on = kExpires + std::chrono::days{1};
    refuses(counter, late);
    refuses(counter, fractioned({{{901}, 10}}, 20), "ANA00001", "2027-05-21");
    auto other_lot = fractioned({{{901}, 10}}, 20);
    other_lot.lot = "L2";
    refuses(counter, other_lot);
    auto other_day = fractioned({{{901}, 10}}, 20);
    other_day.expires_on += std::chrono::days{1};
    refuses(counter, other_day);
    auto unknown = fractioned({{{901}, 10}}, 20);
    unknown.pack = {77};
    refuses(counter, unknown);
    refuses(counter, fractioned({{{901}, 10}}, 20), "");  // cut by nobody: anybody could verify it
}

TEST_CASE("packs are received with one serial, one lot, one expiry and one size", "[rules]") {
    Counter counter;
    takes(counter, received("S1"));
    auto again = received("S1");
    refuses(counter, again);
    again.pack = {901};
    refuses(counter, again);
    again.serial = "S2";
    again.packs = 2;
    refuses(counter, again);
    again.packs = 1;
    again.pack = {};
    refuses(counter, again);
    again.pack = kPack;
    refuses(counter, again);
    auto odd = received();
    odd.expires_on += std::chrono::days{1};
    refuses(counter, odd);
    odd = received();
    odd.units_per_pack = 20;
    refuses(counter, odd);
    odd.lot = "";
    refuses(counter, odd);
    odd.lot = "L2";
    odd.units_per_pack = 0;
    refuses(counter, odd);
    odd = received();
    odd.pack = {905};  // an id for a count
    refuses(counter, odd);
    odd = received("", 0);
    refuses(counter, odd);
    refuses(counter, received(), "ANA00001", "2028-07-01");
}

TEST_CASE("no more packs leave than there are, and none expired", "[rules]") {
    Counter counter;
    takes(counter, received("", 3));
    takes(counter, received("S1"));
    refuses(counter, dispensed(4));
    refuses(counter, dispensed(0));
    refuses(counter, dispensed(1), "ANA00001", "2028-07-01");
    refuses(counter, dispensed(1, {77}));
    refuses(counter, dispensed(2, kPack));
    auto other = dispensed(1);
    other.lot = "L2";
    refuses(counter, other);
    other = dispensed(1);
    other.expires_on += std::chrono::days{1};
    refuses(counter, other);
    takes(counter, dispensed(1, kPack));
    refuses(counter, dispensed(1, kPack));
    takes(counter, dispensed(3));
    refuses(counter, dispensed(1));
    refuses(counter, fractioned({{{901}, 10}}, 20));
}

TEST_CASE("what is depended upon is not reversed", "[rules]") {
    Counter counter;
    const Seq in = takes(counter, received("S1"));
    const Seq cut = takes(counter, fractioned({{{901}, 10}, {{902}, 10}}, 10));
    refuses(counter, Reversed{in});
    const Seq checked = takes(counter, DosesVerified{kPack, {{901}, {902}}}, "EVA00002");
    refuses(counter, Reversed{cut});
    const Seq out = takes(counter, DoseDispensed{{901}, {}});
    refuses(counter, Reversed{checked});
    const Seq undone = takes(counter, Reversed{out});
    refuses(counter, Reversed{out});
    refuses(counter, Reversed{undone});
    refuses(counter, Reversed{0});
    refuses(counter, Reversed{1});  // a product
    refuses(counter, Reversed{9999});
    takes(counter, Reversed{checked});
    takes(counter, Reversed{cut});
    takes(counter, Reversed{in});
    const Seq counted = takes(counter, received("", 2));
    takes(counter, dispensed(1));
    refuses(counter, Reversed{counted});
}

TEST_CASE("work closes once", "[rules]") {
    Counter counter;
    refuses(counter, WorkClosed{});
    const Seq work = takes(counter, WorkOpened{WorkKind::reception, {}});
    REQUIRE(counter.append(WorkClosed{}, work).has_value());
    CHECK_FALSE(counter.append(WorkClosed{}, work).has_value());
}

TEST_CASE("entries, boots and branches are neither changed nor deleted", "[rules]") {
    Counter counter;
    for (const char* table : {"event", "boot", "branch"}) {
        const std::string remove = std::string{"DELETE FROM "} + table;
        CHECK_FALSE(counter.ledger().database().execute(remove.c_str()).has_value());
    }
    for (
        const char* change :
        {"UPDATE event SET body = x''", "UPDATE event SET seq = seq + 100", "UPDATE boot SET build = ''",
         "UPDATE branch SET why = ''",
         "INSERT INTO event SELECT seq + 50, randomblob(16), kind, version, boot, mono_us, wall_us, clock, body, hash FROM event LIMIT 1",
         "INSERT OR REPLACE INTO event SELECT seq, event_id, kind, version, boot, mono_us, wall_us, clock, x'00', hash FROM event LIMIT 1"}) {
        INFO(change);
        CHECK_FALSE(counter.ledger().database().execute(change).has_value());
    }
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("a refused fact in a group leaves those around it", "[rules]") {
    Counter counter;
    Ledger& ledger = counter.ledger();
    const Seq before = ledger.head_seq();
    REQUIRE(ledger.begin().has_value());
    for (const Fact& fact : {Fact{received("", 2)}, Fact{dispensed(3)}, Fact{dispensed(2)}}) {
        REQUIRE(ledger.savepoint().has_value());
        const auto seq = ledger.append({fact, 0, "", "", counter.today()}, counter.stamp());
        REQUIRE((seq ? ledger.keep() : ledger.undo()).has_value());
    }
    REQUIRE(ledger.commit().has_value());
    CHECK(ledger.head_seq() == before + 2);
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("the mark of what is on the shelf or in quarantine is right, whoever writes it", "[rules]") {
    Counter counter;
    const auto marks = [&] { return counter.rows("SELECT place, here FROM stock ORDER BY place"); };
    takes(counter, received("S1"));
    CHECK(marks() == "1|1");
    REQUIRE(counter.ledger().database().execute("UPDATE stock SET here = 0").has_value());
    CHECK(marks() == "1|1");
    const Seq out = takes(counter, dispensed(1, kPack));
    CHECK(marks() == "1|0\n3|0");
    REQUIRE(counter.ledger().database().execute("UPDATE stock SET here = 1").has_value());
    CHECK(marks() == "1|0\n3|0");
    takes(counter, Reversed{out});
    CHECK(marks() == "1|1\n3|0");
    CHECK(first_fault(counter.verify()) == "");
}
