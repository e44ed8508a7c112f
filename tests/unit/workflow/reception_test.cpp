// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

std::string stock_line(Counter& counter) {
    return counter.rows("SELECT lot, counted_packs, serial_packs, units FROM stock WHERE place = 1 ORDER BY lot");
}

}  // namespace

TEST_CASE("a pack with serial is received once, and seeing it again changes nothing", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    const Answer first = counter.scan(Box{.serial = "S1"}.code());
    CHECK(first.what() == "received");
    CHECK(first.sound() == "recorded");
    CHECK(first.seq() == counter.ledger().head_seq());
    const Answer again = counter.scan(Box{.serial = "S1"}.code());
    CHECK(again.what() == "already_received");
    CHECK(again.sound() == "repeated");
    CHECK(again.seq() == 0);
    CHECK(stock_line(counter) == "L1|0|1|30");
}

TEST_CASE("a known serial with another lot or expiry is not the same pack", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(Box{.serial = "S1"}.code());
    const Answer lot = counter.scan(Box{.lot = "L2", .serial = "S1"}.code());
    CHECK(lot.what() == "wrong_lot");
    CHECK(lot.reply.message().starts_with("The lot differs: L2 is said and L1 was expected."));
    const Answer expiry = counter.scan(Box{.expires = "2028-07-31", .serial = "S1"}.code());
    CHECK(expiry.what() == "wrong_lot");
    CHECK(expiry.reply.message().starts_with("The expiry differs: 2028-07-31 is said and 2028-06-30 was expected."));
    const Answer both = counter.scan(Box{.lot = "L2", .expires = "2028-07-31", .serial = "S1"}.code());
    CHECK(both.reply.message().starts_with("Lot and expiry differ: L2, 2028-07-31 is said and L1, 2028-06-30 was expected."));
    CHECK(stock_line(counter) == "L1|0|1|30");
}

TEST_CASE("the serial of a pack that has left is not received again", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(Box{.serial = "S1"}.code());
    CHECK(counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("dispense")).what() == "dispensed");
    const Answer back = counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    CHECK(back.what() == "already_received");
    CHECK(back.sound() == "stop");
    CHECK(back.seq() == 0);
}

TEST_CASE("packs without serial are counted", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    CHECK(counter.scan(Box{}.code()).what() == "received");
    CHECK(counter.scan(Box{}.code()).what() == "received");
    CHECK(stock_line(counter) == "L1|2|0|60");
    CHECK(counter.scan("DOSARIO.X10").what() == "count_set");
    CHECK(counter.scan(Box{}.code()).what() == "received");
    CHECK(stock_line(counter) == "L1|12|0|360");
    CHECK(counter.scan(Box{}.code()).what() == "received");  // the multiplier was for one scan
    CHECK(counter.scan(Scan{Box{}.code()}.packs(3)).what() == "received");
    CHECK(stock_line(counter) == "L1|16|0|480");
}

TEST_CASE("a serial number names one pack, whatever the multiplier says", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan("DOSARIO.X10");
    CHECK(counter.scan(Box{.serial = "S1"}.code()).what() == "serial_needs_one");
    CHECK(counter.scan(Box{.serial = "S1"}.code()).what() == "received");
    CHECK(counter.scan(Scan{Box{.serial = "S2"}.code()}.packs(2)).what() == "serial_needs_one");
}

TEST_CASE("a linear code asks lot and expiry once per lot", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    const Answer asked = counter.scan(linear(1));
    CHECK(asked.what() == "lot_needed");
    CHECK(asked.reply.has_ask());
    CHECK(asked.reply.ask().choices().empty());
    CHECK(counter.scan(Scan{}.lot("L7").expires("2028-01-31")).what() == "received");
    CHECK(counter.scan(linear(1)).what() == "received");
    CHECK(stock_line(counter) == "L7|2|0|60");
    CHECK(counter.scan(linear(2)).what() == "lot_needed");  // another product has another lot
    CHECK(counter.scan(Scan{linear(1)}.lot("L8").expires("2028-02-29")).what() == "received");
    CHECK(counter.scan(linear(1)).what() == "received");  // the lot typed last
    CHECK(stock_line(counter) == "L7|2|0|60\nL8|2|0|60");
    counter.scan(kDone);
    counter.scan(kReceive);
    CHECK(counter.scan(linear(1)).what() == "lot_needed");  // another work, another delivery
}

TEST_CASE("a typed lot that is known needs no expiry, and the multiplier waits for the answer", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(Box{}.code());
    counter.scan("DOSARIO.X10");
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("NEW")).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("L1")).what() == "received");
    CHECK(stock_line(counter) == "L1|11|0|330");
}

TEST_CASE("what was typed and what the code says are both told when they differ", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    CHECK(counter.scan(Scan{Box{}.code()}.lot("L9"))
              .reply.message()
              .starts_with("The lot differs: L9 is said and L1 was expected."));
    CHECK(counter.scan(Scan{Box{}.code()}.expires("2029-01-31"))
              .reply.message()
              .starts_with("The expiry differs: 2029-01-31 is said and 2028-06-30 was expected."));
    CHECK(counter.scan(Scan{Box{}.code()}.lot("L9").expires("2029-01-31")).reply.message().starts_with("Lot and expiry differ:"));
}

TEST_CASE("a lot has one expiry: another one stops", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(Box{}.code());
    const Answer other = counter.scan(Box{.expires = "2029-06-30"}.code());
    CHECK(other.what() == "wrong_lot");
    CHECK(other.seq() == 0);
    CHECK(counter.scan(Scan{linear(1)}.lot("L1").expires("2029-06-30")).what() == "wrong_lot");
    CHECK(counter.scan(Scan{Box{}.code()}.lot("L2")).what() == "wrong_lot");
    CHECK(counter.scan(Scan{Box{}.code()}.expires("2028-06-29")).what() == "wrong_lot");
    CHECK(stock_line(counter) == "L1|1|0|30");
}

TEST_CASE("nothing expired comes in, and the last day still counts", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    CHECK(counter.scan(Box{.expires = "2026-11-20"}.code()).what() == "expired");
    CHECK(counter.scan(Box{.expires = "2026-11-21"}.code()).what() == "received");
}

TEST_CASE("short life is asked about", "[reception]") {
    Counter counter{{.rules = {90, 0, 0}}};
    counter.scan(kReceive);
    CHECK(counter.scan(Box{.expires = "2027-02-19"}.code()).what() == "received");  // 90 days are enough
    const Answer asked = counter.scan(Box{.lot = "L2", .expires = "2027-02-18"}.code());
    CHECK(asked.what() == "short_life");
    REQUIRE(asked.reply.ask().choices_size() == 2);
    SECTION("yes receives") {
        CHECK(counter.scan(asked.reply.ask().choices(0)).what() == "received");
        CHECK(stock_line(counter) == "L1|1|0|30\nL2|1|0|30");
        CHECK(counter.scan(kYes).what() == "not_understood");  // one answer, one question
    }
    SECTION("no receives nothing") {
        CHECK(counter.scan(asked.reply.ask().choices(1)).what() == "cancelled");
        CHECK(stock_line(counter) == "L1|1|0|30");
        CHECK(counter.scan(kYes).what() == "not_understood");
    }
}

TEST_CASE("an unknown product asks for the pack size, and a card answers", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan("DOSARIO.X10");
    const Answer asked = counter.scan(Box{.product = 9}.code());
    CHECK(asked.what() == "unknown_product");
    CHECK(asked.seq() == 0);
    const Answer answered = counter.scan("DOSARIO.X20");
    CHECK(answered.what() == "received");
    CHECK(answered.reply.seq_size() == 2);  // the product, then the packs
    CHECK(stock_line(counter) == "L1|10|0|200");
    CHECK(counter.scan(Box{.product = 9}.code()).what() == "received");
}

TEST_CASE("an unknown product is learned with what was typed", "[reception]") {
    Counter counter;
    v1::ScanRequest request = Scan{Box{.product = 9}.code()}.mode("receive").units_per_pack(14);
    request.set_product_name("Invented 5 mg");
    CHECK(counter.scan(request).what() == "received");
    const auto product = counter.stock().product(gtin(9));
    REQUIRE(product);
    CHECK(product->name == "Invented 5 mg");
    CHECK(product->units_per_pack == 14);
}

TEST_CASE("units per pack that differ from what is known stop", "[reception]") {
    Counter counter;
    counter.scan(kReceive);
    CHECK(counter.scan(Scan{Box{}.code()}.units_per_pack(20)).what() == "units_differ");
    CHECK(counter.scan(Scan{Box{}.code()}.units_per_pack(30)).what() == "received");
    REQUIRE(counter.append(ProductLearned{gtin(1), "Product 1", "tablet", 20, 0, 0}).has_value());
    CHECK(counter.scan(Box{}.code()).what() == "units_differ");  // of a lot that came in as 30
    CHECK(counter.scan(Box{.lot = "L2"}.code()).what() == "received");
    CHECK(stock_line(counter) == "L1|1|0|30\nL2|1|0|20");
}

TEST_CASE("the labels of the house are not received", "[reception]") {
    Counter counter;
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    const auto doses = counter.fraction(Scan{Box{.serial = "S1"}.code()}.doses(3));
    CHECK(counter.scan(Scan{doses[0]}.mode("receive")).what() == "not_understood");
}
