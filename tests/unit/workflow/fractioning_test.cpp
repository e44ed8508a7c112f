// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

Answer cut(Counter& counter, Scan scan) { return counter.scan(std::move(scan).mode("fraction").by(kAna)); }

std::string until(const Answer& answer) { return answer.reply.doses(0).beyond_use_on(); }

}  // namespace

TEST_CASE("a pack with serial becomes doses that keep its lot and expiry", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{kSerialBox}.mode("receive"));
    const Answer answer = cut(counter, Scan{kSerialBox}.units_per_dose(10));
    REQUIRE(answer.what() == "fractioned");
    REQUIRE(answer.reply.doses_size() == 3);
    CHECK(answer.reply.doses(0).units() == 10);
    CHECK(until(answer) == "2028-06-30");
    const auto dose = counter.stock().dose(*parse_thing(answer.reply.doses(2).code()));
    REQUIRE(dose);
    CHECK(dose->lot == "L1");
    CHECK(dose->expires_on == day("2028-06-30"));
    CHECK(dose->made_by == "ANA00001");
    CHECK(counter.rows(
              "SELECT serial_packs, opened_packs, opened_units, doses_made, dose_units, units FROM stock WHERE place = 1") ==
          "0|1|0|3|30|30");
}

TEST_CASE("a counted pack is opened and gets a label", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(2));
    const Answer first = cut(counter, Scan{Box{}.code()}.doses(4).units_per_dose(5));
    REQUIRE(first.what() == "fractioned");
    CHECK(counter.rows("SELECT counted_packs, opened_packs, opened_units, dose_units FROM stock WHERE place = 1") == "1|1|10|20");
    const Answer rest = cut(counter, Scan{first.reply.pack()}.doses(1));  // the recipe of last time
    REQUIRE(rest.what() == "fractioned");
    CHECK(rest.reply.doses(0).units() == 5);
    CHECK(rest.reply.pack() == first.reply.pack());
    CHECK(counter.rows("SELECT counted_packs, opened_packs, opened_units, dose_units FROM stock WHERE place = 1") == "1|1|5|25");
    CHECK(cut(counter, Scan{first.reply.pack()}.doses(2)).what() == "recipe_refused");
}

TEST_CASE("with no closed pack left the box's own code finds the opened one", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    cut(counter, Scan{Box{}.code()}.doses(1).units_per_dose(10));
    CHECK(cut(counter, Scan{Box{}.code()}.doses(1)).what() == "fractioned");
    CHECK(cut(counter, Scan{Box{}.code()}.doses(1)).what() == "fractioned");
    CHECK(cut(counter, Scan{Box{}.code()}.doses(1)).what() == "not_in_stock");  // empty
}

TEST_CASE("several opened packs of one lot want their label", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(2));
    const Answer first = cut(counter, Scan{Box{}.code()}.doses(1).units_per_dose(10));
    cut(counter, Scan{Box{}.code()}.doses(1));
    CHECK(cut(counter, Scan{Box{}.code()}.doses(1)).what() == "not_in_stock");
    CHECK(cut(counter, Scan{first.reply.pack()}.doses(1)).what() == "fractioned");
}

TEST_CASE("doses, remainder and waste make up the pack", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{kSerialBox}.mode("receive"));
    SECTION("waste is taken off first") {
        const Answer answer = cut(counter, Scan{kSerialBox}.units_per_dose(7).waste(3));
        REQUIRE(answer.what() == "fractioned");
        CHECK(counter.rows("SELECT units_before, units_dosed, units_remaining, units_wasted FROM fractioning") == "30|21|6|3");
        CHECK(counter.rows("SELECT units FROM stock WHERE place = 1") == "27");
    }
    SECTION("a recipe beyond the pack is refused") {
        CHECK(cut(counter, Scan{kSerialBox}.doses(4).units_per_dose(10)).what() == "recipe_refused");
        CHECK(cut(counter, Scan{kSerialBox}.units_per_dose(31)).what() == "recipe_refused");
        CHECK(cut(counter, Scan{kSerialBox}.waste(31)).what() == "recipe_refused");
        CHECK(cut(counter, Scan{kSerialBox}.waste(30)).what() == "recipe_refused");
        CHECK(cut(counter, Scan{kSerialBox}.doses(9999).units_per_dose(9999)).what() == "recipe_refused");
        CHECK(counter.rows("SELECT serial_packs, units FROM stock WHERE place = 1") == "1|30");
    }
    SECTION("exactly the pack is enough") {
        CHECK(cut(counter, Scan{kSerialBox}.doses(29).units_per_dose(1).waste(1)).what() == "fractioned");
        CHECK(cut(counter, Scan{kSerialBox}.doses(1)).what() == "not_in_stock");
    }
}

TEST_CASE("the beyond-use date is the earliest that any rule gives, and the answer says which", "[fractioning]") {
    const auto winner = [](Rules rules, std::uint32_t product_days, const char* expected_on, const char* expected_rule) {
        Counter counter{{.rules = rules}};
        REQUIRE(counter.append(ProductLearned{gtin(1), "Product 1", "tablet", 30, product_days, 10}).has_value());
        counter.scan(Scan{kSerialBox}.mode("receive"));
        const Answer answer = cut(counter, Scan{kSerialBox});
        REQUIRE(answer.what() == "fractioned");
        CHECK(until(answer) == expected_on);
        CHECK(answer.reply.message().find(expected_rule) != std::string::npos);
        CHECK(answer.reply.doses_size() == 3);  // the product's recipe
    };
    winner({0, 0, 0}, 0, "2028-06-30", "maker's expiry");
    winner({0, 180, 0}, 0, "2027-05-20", "days after opening");
    winner({0, 0, 25}, 0, "2027-04-16", "share of the time left");
    winner({0, 180, 25}, 7, "2026-11-28", "the product's rule");
    winner({0, 9999, 100}, 9999, "2028-06-30", "maker's expiry");
}

TEST_CASE("a second cut keeps the beyond-use date of the opening", "[fractioning]") {
    Counter counter{{.rules = {0, 30, 0}}};
    counter.scan(Scan{kSerialBox}.mode("receive"));
    cut(counter, Scan{kSerialBox}.doses(1).units_per_dose(10));
    counter.clock.pass_to(day("2026-12-20"));
    CHECK(until(cut(counter, Scan{kSerialBox}.doses(1))) == "2026-12-21");
    counter.clock.pass_to(day("2026-12-22"));
    CHECK(cut(counter, Scan{kSerialBox}.doses(1)).what() == "expired");
}

TEST_CASE("nothing expired, unknown, mistaken or unsigned is fractioned", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{kSerialBox}.mode("receive"));
    CHECK(counter.scan(Scan{kSerialBox}.mode("fraction")).what() == "operator_needed");
    CHECK(cut(counter, Scan{Box{.serial = "S2"}.code()}).what() == "not_in_stock");
    CHECK(cut(counter, Scan{Box{.product = 2}.code()}).what() == "not_in_stock");
    CHECK(cut(counter, Scan{Box{.lot = "L2", .serial = "S1"}.code()}).what() == "wrong_lot");
    CHECK(cut(counter, Scan{Box{.expires = "2028-06-29", .serial = "S1"}.code()}).what() == "wrong_lot");
    CHECK(cut(counter, Scan{kSerialBox}.lot("L2")).what() == "wrong_lot");
    CHECK(cut(counter, Scan{pack_code({77})}).what() == "not_in_stock");
    counter.clock.pass_to(day("2028-07-01"));
    CHECK(cut(counter, Scan{kSerialBox}).what() == "expired");
}

TEST_CASE("a counted pack with another expiry than its lot is not opened", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    CHECK(cut(counter, Scan{Box{.expires = "2028-06-29"}.code()}).what() == "wrong_lot");
    CHECK(cut(counter, Scan{Box{.lot = "L9"}.code()}).what() == "not_in_stock");
}

TEST_CASE("a pack with serial is not cut when its lot is said wrong, and both lots are told", "[fractioning]") {
    Counter counter;
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    const Answer answer = cut(counter, Scan{Box{.lot = "L2", .serial = "S1"}.code()});
    CHECK(answer.what() == "wrong_lot");
    CHECK(answer.reply.message().starts_with("The lot differs: L2 is said and L1 was expected."));
}

TEST_CASE("a dose is not cut again", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{kSerialBox}.mode("receive"));
    const auto doses = counter.fraction(Scan{kSerialBox}.doses(2));
    CHECK(cut(counter, Scan{doses[0]}).what() == "not_understood");
}

TEST_CASE("a pack that left is not cut", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{kSerialBox}.mode("receive"));
    counter.scan(Scan{kSerialBox}.mode("dispense"));
    CHECK(cut(counter, Scan{kSerialBox}).what() == "not_in_stock");
}

TEST_CASE("which lot to open is asked, and the recipe waits for the answer", "[fractioning]") {
    Counter counter{};
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    counter.scan(Scan{Box{.lot = "L2"}.code()}.mode("receive"));
    const Answer asked = cut(counter, Scan{linear(1)}.doses(4).units_per_dose(6).waste(2));
    CHECK(asked.what() == "lot_needed");
    CHECK(asked.reply.ask().question().find("--expires") == std::string::npos);
    CHECK(asked.reply.ask().choices_size() == 2);
    counter.clock.pass(std::chrono::seconds{200});  // time to read it off the box
    const Answer answer = counter.scan(Scan{}.lot("L2").by(kAna));
    REQUIRE(answer.what() == "fractioned");
    CHECK(answer.reply.doses_size() == 4);
    CHECK(counter.rows("SELECT units_dosed, units_remaining, units_wasted FROM fractioning") == "24|4|2");
    CHECK(counter.rows("SELECT lot FROM pack") == "L2");
}
