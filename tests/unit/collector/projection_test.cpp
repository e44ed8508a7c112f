// SPDX-License-Identifier: Apache-2.0
// The collector's tables of stock against those of the station whose entries they come from, and what happens to entries that no
// honest station writes.
#include "support/facts.hpp"
#include "unit/collector/store_rig.hpp"

#include <map>
#include <set>

using namespace dosario;
using namespace dosario::test;

namespace {

/// A counter whose entries a collector has.
class Mirror {
public:
    explicit Mirror(std::uint64_t seed) : counter({.rules = {0, 60, 25}, .seed = seed}), random_(seed) {}

    void gesture() {
        counter.clock.pass(std::chrono::seconds{1 + below(3000)});
        if (below(30) == 0) counter.clock.pass(std::chrono::hours{24 * (1 + below(20))});
        Box box;
        box.product = 1 + static_cast<unsigned>(below(kKnownProducts));
        box.lot = "L" + std::to_string(below(3));
        box.expires = format_date(day("2027-12-31") + std::chrono::days{static_cast<int>(30 * (box.lot[1] - '0') + box.product)});
        if (below(2) == 0) box.serial = "S" + std::to_string(below(30));
        const char* someone = below(2) == 0 ? kAna : kEva;
        const auto small = [this](std::uint64_t limit) { return static_cast<std::uint32_t>(below(limit)); };
        switch (below(12)) {
            case 0:
            case 1: scan(Scan{box.code()}.mode("receive").packs(box.serial.empty() ? 1 + small(9) : 1)); break;
            case 2: {
                const auto answer = scan(Scan{box.code()}
                                             .mode("fraction")
                                             .by(someone)
                                             .doses(small(4))
                                             .units_per_dose(small(12))
                                             .waste(small(5) / 4 * 3));
                for (const auto& dose : answer.reply.doses()) doses_.push_back(dose.code());
                break;
            }
            case 3:
            case 4: scan(Scan{some_dose()}.mode("verify").by(someone)); break;
            case 5:
                scan(Scan{some_dose()}.mode("dispense"));
                if (below(3) == 0) scan(Scan{}.mode("undo"));
                break;
            case 6: scan(Scan{box.code()}.mode("dispense").packs(box.serial.empty() ? 1 + small(3) : 1)); break;
            case 7:
                scan(Scan{}.mode("undo").undo_seq(
                    below(3) == 0 || counter.ledger().head_seq() < 9 ? 0 : counter.ledger().head_seq() - below(9)));
                break;
            case 8: back(some_dose(), 1, someone); break;
            case 9:
            case 10: back(box.code(), box.serial.empty() ? 1 + small(2) : 1, someone); break;
            default: scan(Scan{below(2) == 0 ? kPerson : kDone});
        }
    }

    /// It comes back, perhaps is released, and perhaps one of that is taken back.
    void back(const std::string& code, std::uint32_t packs, const char* someone) {
        if (scan(Scan{code}.mode("return").packs(packs)).what() != "returned") return;
        if (below(2) == 0) scan(Scan{code}.mode("release").by(someone).packs(packs));
        for (auto undone = below(4); undone > 1; --undone) scan(Scan{}.mode("undo"));
    }

    /// Sends what is new, in batches.
    void send(Store& store) {
        const LedgerTail tail = must(counter.ledger().tail());
        if (session_ == 0) {
            must(store.begin());
            session_ = must(store.begin_session({"farmacia", tail.ledger, tail.branches, {}, "test", tail.boot}, noon())).number;
            must(store.commit());
        }
        for (;;) {
            Append append{tail.ledger, session_, tail.branches.back(), must(counter.ledger().entries_after(sent_, 50)),
                          0,           noon()};
            if (append.entries.empty()) return;
            sent_ = append.entries.back().header.seq;
            REQUIRE(test::append(store, append).what == Appended::stored);
        }
    }

    Counter counter;
    std::map<std::string, int> tally;

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    std::string some_dose() { return doses_.empty() ? dose_code({5}) : doses_[below(doses_.size())]; }
    Answer scan(const v1::ScanRequest& request) {
        const auto answer = counter.scan(request);
        ++tally[answer.what()];
        return answer;
    }

    std::mt19937_64 random_;
    std::vector<std::string> doses_;
    std::uint64_t session_ = 0;
    Seq sent_ = 0;
};

struct Comparison {
    const char* here;
    const char* there;
};
const Comparison kComparisons[] = {
    {"SELECT gtin, lot, expires_on, units_per_pack, packs, opened_packs, opened_units, doses_to_verify, doses_ready, dose_units FROM stock"
     " ORDER BY gtin, lot",
     "SELECT gtin, lot, expires_on, units_per_pack, counted_packs + serial_packs, opened_packs, opened_units, doses_made, doses_ready,"
     " dose_units FROM stock WHERE place = 1 ORDER BY gtin, lot"},
    {"SELECT gtin, lot, held_packs, held_doses, held_units FROM stock WHERE held_units > 0 OR held_packs > 0 ORDER BY gtin, lot",
     "SELECT gtin, lot, counted_packs + serial_packs, doses_ready, dose_units FROM stock WHERE place = 2 AND units > 0 ORDER BY gtin, lot"},
    {"SELECT pack, gtin, serial, lot, state, units_left FROM pack ORDER BY pack",
     "SELECT pack, gtin, serial, lot, state, units_left FROM pack ORDER BY pack"},
    {"SELECT dose, pack, gtin, lot, expires_on, beyond_use_on, units, state, out_on FROM dose ORDER BY dose",
     "SELECT dose, pack, gtin, lot, expires_on, beyond_use_on, units, state, CASE state WHEN 3 THEN out_on END FROM dose ORDER BY dose"},
    {"SELECT gtin, name, unit, units_per_pack FROM product ORDER BY gtin",
     "SELECT gtin, name, unit, units_per_pack FROM product ORDER BY gtin"},
    {"SELECT gtin, lot, doses_out FROM stock WHERE doses_out > 0 ORDER BY gtin, lot",
     "SELECT gtin, lot, count(*) FROM dose WHERE state = 3 GROUP BY gtin, lot ORDER BY gtin, lot"},
    {"SELECT gtin, lot, packs_out FROM stock WHERE packs_out > 0 ORDER BY gtin, lot",
     "SELECT gtin, lot, counted_packs + serial_packs FROM stock WHERE place = 3 AND counted_packs + serial_packs > 0 ORDER BY gtin, lot"},
};

std::string dump(SqliteUnderTest& store) {
    std::string all;
    for (const char* table : {"projected", "effect", "quarantine", "taken_back", "product", "stock", "pack", "dose"}) {
        const std::string columns =
            store.rows(std::string{"SELECT group_concat('quote(' || name || ')', ', ') FROM pragma_table_info('"} + table + "')");
        all += std::string{table} + ":\n" + store.rows("SELECT " + columns + " FROM " + table + " ORDER BY " + columns) + "\n";
    }
    return all;
}

/// A ledger into which anything can be written, and the collector that gets it.
struct Poisoned {
    Poisoned() {
        gtin_of_box = gtin(1);
        book(ProductLearned{gtin_of_box, "Product", "tablet", 30, 0, 0});
        book(PacksReceived{gtin_of_box, "", "L1", day("2028-06-30"), 5, 30, {}, false});
    }
    Seq book(const Fact& fact) { return ledger.book(fact); }
    void book_bytes(const std::string& hex) {
        ledger.book_large(1);
        Entry& entry = ledger.entries.back();
        entry.body = *from_hex(hex);
        const Sha256 previous = entry.header.seq == 1 ? Sha256{} : ledger.entries[entry.header.seq - 2].hash;
        entry.hash = chain_hash(*digest, ledger.tail().ledger, previous, entry.header, entry.event_id, entry.body);
    }
    /// The sentences of the quarantine, by entry.
    std::map<Seq, std::string> quarantine() {
        REQUIRE(append_all(store.store(), ledger));
        project_all(store.store(), 3);
        std::map<Seq, std::string> all;
        auto query = store.sqlite().database().query("SELECT e.seq, q.why FROM quarantine q JOIN event e USING (n)");
        while (query.row()) all[static_cast<Seq>(query.number(0))] = query.text(1);
        CHECK(store.rows("SELECT n FROM projected") == store.rows("SELECT max(n) FROM event"));
        return all;
    }
    PackFractioned cut(ThingId pack, std::uint32_t doses, bool opened, std::uint32_t before) {
        PackFractioned fact;
        fact.pack = pack;
        fact.gtin = gtin_of_box;
        fact.lot = "L1";
        fact.expires_on = day("2028-06-30");
        fact.opened = opened;
        fact.opened_on = day("2026-11-21");
        fact.units_before = before;
        for (std::uint32_t i = 0; i < doses; ++i) fact.doses.push_back({{pack.number * 100 + before + i}, 2});
        fact.units_remaining = before - 2 * doses;
        fact.beyond_use_on = day("2028-01-01");
        return fact;
    }

    std::unique_ptr<Digest> digest = make_digest();
    SeededEntropy entropy{1};
    MemoryLedger ledger{*digest, entropy};
    Gtin gtin_of_box;
    SqliteUnderTest store;
};

}  // namespace

TEST_CASE("the collector's stock is the station's, after any history", "[projection]") {
    std::map<std::string, int> tally;
    std::map<std::int64_t, int> reversed;
    for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
        Mirror mirror{seed};
        SqliteUnderTest store;
        for (int step = 1; step <= 400; ++step) {
            mirror.gesture();
            if (step % 100 != 0) continue;
            mirror.send(store.store());
            project_all(store.store(), 1 + static_cast<std::size_t>(step) / 3);
            INFO("seed " << seed << " step " << step);
            REQUIRE(store.rows("SELECT e.seq, why FROM quarantine JOIN event e USING (n)") == "");
            for (const Comparison& one : kComparisons) {
                INFO(one.there);
                REQUIRE(store.rows(one.here) == mirror.counter.rows(one.there));
            }
        }
        for (const auto& [what, times] : mirror.tally) tally[what] += times;
        {
            auto back = store.sqlite().database().query(
                "SELECT e.kind, count(*) FROM taken_back t JOIN event e USING (n) GROUP BY e.kind");
            while (back.row()) reversed[back.number(0)] += static_cast<int>(back.number(1));
        }
        // Thrown away and made again, they are the same.
        const std::string before = dump(store);
        must(store.sqlite().forget_projections());
        CHECK(store.rows("SELECT count(*) FROM stock") == "0");
        project_all(store.store(), 7);
        CHECK(dump(store) == before);
        store.reopen();
        CHECK(dump(store) == before);
    }
    for (const char* what : {"received", "fractioned", "verified", "dispensed", "undone", "returned"}) CHECK(tally[what] > 20);
    CHECK(tally["released"] > 5);
    for (const Fact& fact : std::vector<Fact>{PacksReceived{}, PackFractioned{}, DosesVerified{}, DoseDispensed{},
                                              PacksDispensed{}, DoseReturned{}, PacksReturned{}}) {
        INFO(kind_name(kind_of(fact)));
        CHECK(reversed[kind_of(fact)] > 0);
    }
}

TEST_CASE("every body of the release is taken or set aside with a sentence", "[projection]") {
    Poisoned poisoned;
    for (const ReleaseBody& body : release_bodies()) poisoned.book_bytes(body.hex);
    for (const auto& [seq, why] : poisoned.quarantine()) CHECK_FALSE(why.empty());
}

TEST_CASE("a body that cannot be read is set aside, and the next one counts", "[projection]") {
    Poisoned poisoned;
    const Seq first = poisoned.ledger.head() + 1;
    const char* const bodies[] = {"ff",       "0801",   "",      "08051208414e4130303030311a08455641303030303220d4c402a2060808",
                                  "720208ff", "9a0100", "8a0100"};
    for (const char* hex : bodies) poisoned.book_bytes(hex);
    poisoned.book(PacksReceived{poisoned.gtin_of_box, "", "L1", day("2028-06-30"), 2, 30, {}, false});
    const auto aside = poisoned.quarantine();
    CHECK(aside.size() == std::size(bodies));
    for (Seq seq = first; seq < first + std::size(bodies); ++seq) {
        INFO("entry " << seq);
        REQUIRE(aside.contains(seq));
        CHECK(aside.at(seq).size() > 10);
    }
    CHECK(poisoned.store.rows("SELECT packs FROM stock") == "7");
}

TEST_CASE("what no shelf can hold is set aside, and the next entry counts", "[projection]") {
    Poisoned poisoned;
    const Gtin box = poisoned.gtin_of_box;
    const Date expires = day("2028-06-30");
    const Recipient somebody{std::byte{1}};
    std::set<Seq> bad;
    const auto poison = [&](const Fact& fact) { bad.insert(poisoned.book(fact)); };
    poison(PacksDispensed{box, "", "L1", expires, 6, 30, {}, somebody});  // more than there are
    poison(PacksDispensed{box, "", "L1", expires, 4'000'000'000U, 30, {}, somebody});
    poison(PacksDispensed{box, "", "L2", expires, 1, 30, {}, somebody});        // a lot nobody received
    poison(PacksDispensed{box, "S1", "L1", expires, 1, 30, {77}, somebody});    // a pack nobody received
    poison(PacksReceived{box, "", "L1", day("2028-07-31"), 1, 30, {}, false});  // another expiry
    poison(PacksReceived{box, "", "L1", expires, 1, 31, {}, false});            // another size
    poison(PacksReceived{box, "", "L9", expires, 1, 0, {}, false});             // packs of nothing
    poison(PacksReceived{box, "S9", "L1", expires, 2, 30, {9}, false});         // one serial, two packs
    poison(PacksReceived{box, "S9", "L1", expires, 1, 30, {}, false});          // a serial without an id
    poisoned.book(PacksReceived{box, "S1", "L1", expires, 1, 30, {50}, false});
    poison(PacksReceived{box, "S1", "L1", expires, 1, 30, {51}, false});  // the serial again
    poison(PacksReceived{box, "S2", "L1", expires, 1, 30, {50}, false});  // the id again
    poison(poisoned.cut({60}, 3, false, 30));                             // never opened
    poison(poisoned.cut({50}, 3, false, 30));                             // closed
    poisoned.book(poisoned.cut({60}, 3, true, 30));
    poison(poisoned.cut({60}, 2, true, 30));   // opened again
    poison(poisoned.cut({60}, 2, false, 30));  // holds 24
    auto uneven = poisoned.cut({60}, 2, false, 24);
    uneven.units_remaining = 21;  // made of nothing
    poison(uneven);
    auto same = poisoned.cut({60}, 2, false, 24);
    same.doses = {{{6030}, 2}, {{6099}, 2}};  // a dose that is there
    poison(same);
    auto empty = poisoned.cut({60}, 2, false, 24);
    empty.doses = {{{6098}, 0}, {{6099}, 4}};  // a dose of nothing
    poison(empty);
    poison(DoseDispensed{{6030}, somebody});  // not verified
    poison(DoseDispensed{{12345}, somebody});
    poison(DosesVerified{{60}, {{6030}, {12345}}});  // one of them unknown: none
    const Seq verified = poisoned.book(DosesVerified{{60}, {{6030}, {6031}}});
    poison(DosesVerified{{60}, {{6030}}});
    poisoned.book(DoseDispensed{{6030}, somebody});
    poison(DoseDispensed{{6030}, somebody});       // out twice
    poison(Reversed{verified});                    // a dose left since
    poison(Reversed{poisoned.ledger.head() + 5});  // not yet
    poison(Reversed{1});                           // a product
    poison(Reversed{poisoned.ledger.head()});      // a reversal, and one set aside
    poison(Reversed{4});                           // set aside itself
    const Seq last = poisoned.book(PacksDispensed{box, "S1", "L1", expires, 1, 30, {50}, somebody});
    const Seq back = poisoned.book(Reversed{last});
    poison(Reversed{last});  // twice
    poison(Reversed{back});  // a reversal
    poisoned.book(PacksReceived{box, "", "L1", expires, 1, 30, {}, false});

    const auto aside = poisoned.quarantine();
    for (const Seq seq : bad) {
        INFO("entry " << seq);
        CHECK(aside.contains(seq));
    }
    for (const auto& [seq, why] : aside) {
        INFO("entry " << seq << ": " << why);
        CHECK(bad.contains(seq));
        CHECK(why.size() > 10);
        CHECK(why.find("SQLite") == std::string::npos);
    }
    CHECK(poisoned.store.rows("SELECT packs_received, packs_out, packs, opened_packs, opened_units, doses_to_verify, doses_ready,"
                              " doses_out, dose_units FROM stock") == "7|0|6|1|24|1|1|1|4");
    CHECK(poisoned.store.rows("SELECT dose, state FROM dose ORDER BY dose") == "6030|3\n6031|2\n6032|1");
    const std::string before = dump(poisoned.store);
    must(poisoned.store.sqlite().forget_projections());
    project_all(poisoned.store.store(), 1);
    CHECK(dump(poisoned.store) == before);
}

TEST_CASE("numbers that add up to more than a column holds are set aside", "[projection]") {
    Poisoned poisoned;
    poisoned.book(PacksReceived{{0}, "", "", {}, 1, 1, {}, false});  // no product, no lot
    for (int i = 0; i < 3; ++i) {
        PackFractioned fact = poisoned.cut({~0ULL - static_cast<std::uint64_t>(i)}, 0, true, 0xffffffff);
        fact.doses.assign(1000, {{~0ULL}, 0xffffffff});
        poisoned.book(fact);
    }
    const auto aside = poisoned.quarantine();
    CHECK(aside.size() == 4);
    for (const auto& [seq, why] : aside) CHECK(why.find("SQLite") == std::string::npos);
}

TEST_CASE("one entry in two branches has one effect, and can be taken back from either", "[projection]") {
    Poisoned poisoned;
    const Seq received = poisoned.book(PacksReceived{poisoned.gtin_of_box, "", "L1", day("2028-06-30"), 3, 30, {}, false});
    MemoryLedger copy = poisoned.ledger;
    poisoned.ledger.fork(1, "");
    copy.fork(1, "");
    REQUIRE(append_all(poisoned.store.store(), poisoned.ledger));
    copy.book(Reversed{received});
    REQUIRE(append_all(poisoned.store.store(), copy));
    project_all(poisoned.store.store());
    CHECK(poisoned.store.rows("SELECT packs FROM stock") == "5");
    CHECK(poisoned.store.rows("SELECT count(*) FROM effect") == "4");
    CHECK(poisoned.store.rows("SELECT why FROM quarantine") ==
          "this entry came before, in another branch\nthis entry came before, in another branch");
    // The other disk takes it back too: once is enough.
    poisoned.ledger.book(Reversed{received});
    REQUIRE(append_all(poisoned.store.store(), poisoned.ledger));
    project_all(poisoned.store.store());
    CHECK(poisoned.store.rows("SELECT packs FROM stock") == "5");
}

TEST_CASE("a reversal reaches back over the beginnings of branches", "[projection]") {
    Poisoned poisoned;
    poisoned.ledger.fork(2, "");
    poisoned.ledger.fork(2, "");
    poisoned.book(OperatorChanged{"ANA00001"});
    poisoned.ledger.fork(3, "");
    poisoned.book(Reversed{2});
    CHECK(poisoned.quarantine().empty());
    CHECK(poisoned.store.rows("SELECT count(*) FROM stock") == "0");
}

TEST_CASE("an entry that breaks the chain has no effect", "[projection]") {
    Poisoned poisoned;
    poisoned.book(PacksReceived{poisoned.gtin_of_box, "", "L1", day("2028-06-30"), 3, 30, {}, false});
    poisoned.book(PacksReceived{poisoned.gtin_of_box, "", "L1", day("2028-06-30"), 1, 30, {}, false});
    const auto session = begin_session(poisoned.store.store(), poisoned.ledger).number;
    auto entries = append_of(poisoned.ledger, 0, session, 0, 4);
    entries.damaged = 3;
    append(poisoned.store.store(), entries);
    project_all(poisoned.store.store());
    CHECK(poisoned.store.rows("SELECT packs FROM stock") == "6");
    CHECK(poisoned.store.rows("SELECT why FROM quarantine") == "the chain of hashes breaks at this entry");
}

TEST_CASE("two ledgers share nothing in stock", "[projection]") {
    SqliteUnderTest store;
    const auto digest = make_digest();
    SeededEntropy entropy{1};
    for (const char* station : {"farmacia-1", "farmacia-2"}) {
        MemoryLedger ledger{*digest, entropy};
        ledger.book(PacksReceived{gtin(1), "S1", "L1", day("2028-06-30"), 1, 30, {50}, false});
        REQUIRE(append_all(store.store(), ledger, station));
    }
    project_all(store.store());
    CHECK(store.rows("SELECT packs FROM stock") == "1\n1");
    CHECK(store.rows("SELECT count(*) FROM quarantine") == "0");
}
