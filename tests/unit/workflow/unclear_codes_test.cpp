// SPDX-License-Identifier: Apache-2.0
// Codes that lost their separators are asked about, and labels of wholesalers find their pack.
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <algorithm>

using namespace dosario;
using namespace dosario::test;

namespace {

/// A lot, or a lot and an expiry.
const std::string kLotOrBoth = "]d201" + gtin_text(1) + "10ABC17281231";
/// A lot, or a lot and a serial number.
const std::string kLotOrSerial = "]d201" + gtin_text(1) + "1728063010L121SERIAL";

/// The label of a wholesaler.
std::string label(const std::string& serial = "0000123", const std::string& gln_begin = "779999999991") {
    return "]C1414" + gln_begin + gs1_check_digit(gln_begin) + "21" + serial;
}
std::string label_serial(const std::string& serial = "0000123") { return label(serial).substr(6, 13) + serial; }

bool has_line(const Answer& answer, const std::string& line) {
    return std::ranges::find(answer.reply.lines(), line) != answer.reply.lines().end();
}

std::string packs(Counter& counter) {
    return counter.rows("SELECT coalesce(serial, '-'), lot, date(expires_on * 86400, 'unixepoch') FROM pack ORDER BY pack");
}
std::string stock(Counter& counter) {
    return counter.rows(
        "SELECT lot, date(expires_on * 86400, 'unixepoch'), counted_packs, serial_packs FROM stock WHERE place = 1 ORDER BY lot");
}

CounterOptions with_layout(const std::vector<std::string>& fields, std::vector<std::string> prefixes = {"0"}) {
    CodeHabits habits;
    habits.layouts.push_back({"Drogueria", std::move(prefixes), {}});
    for (const std::string& field : fields) habits.layouts[0].fields.push_back(*parse_layout_field(field));
    CounterOptions options;
    options.rules.codes = std::make_shared<const CodeHabits>(std::move(habits));
    return options;
}

}  // namespace

TEST_CASE("a code that can be read in several ways is a question, and nothing is booked before the answer", "[unclear]") {
    Counter counter;
    const Seq head = counter.ledger().head_seq();
    const Answer asked = counter.scan(Scan{kLotOrBoth}.mode("receive"));
    CHECK(asked.what() == "code_unclear");
    CHECK(asked.sound() == "stop");
    CHECK(asked.reply.ask().choices_size() == 3);
    CHECK(asked.reply.ask().choices(0) == "DOSARIO.X1");
    CHECK(asked.reply.ask().choices(2) == "DOSARIO.NO");
    CHECK(has_line(asked, "1: lot ABC, expires 2028-12-31"));
    CHECK(has_line(asked, "2: lot ABC17281231, no expiry"));
    CHECK(counter.ledger().head_seq() == head);
    const Answer answer = counter.scan("DOSARIO.X1");
    CHECK(answer.what() == "received");
    CHECK(answer.reply.seq_size() == 2);  // the work that it was asked in opens
    CHECK(stock(counter) == "ABC|2028-12-31|1|0");
}

TEST_CASE("the other choice goes on as that code would have", "[unclear]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(kLotOrBoth);
    CHECK(counter.scan("DOSARIO.X2").what() == "lot_needed");
    CHECK(counter.scan(Scan{}.expires("2029-01-31")).what() == "received");
    CHECK(stock(counter) == "ABC17281231|2029-01-31|1|0");
}

TEST_CASE("a choice that is none, and a yes, ask again; no ends it", "[unclear]") {
    Counter counter;
    counter.scan(kReceive);
    const Seq head = counter.ledger().head_seq();
    counter.scan(kLotOrBoth);
    CHECK(counter.scan("DOSARIO.X3").what() == "code_unclear");
    CHECK(counter.scan(kYes).what() == "code_unclear");
    CHECK(counter.scan(Scan{}.lot("OTHER")).what() == "code_unclear");
    CHECK(counter.scan(kNo).what() == "cancelled");
    CHECK(counter.scan("DOSARIO.X1").what() == "count_set");
    CHECK(counter.ledger().head_seq() == head);
}

TEST_CASE("what is typed chooses the reading that says so", "[unclear]") {
    struct Row {
        v1::ScanRequest typed;
        const char* what;
        const char* stock;
    };
    for (const Row& row :
         {Row{Scan{}.lot("ABC"), "received", "ABC|2028-12-31|1|0"},
          Row{Scan{}.lot("ABC").expires("2028-12-31"), "received", "ABC|2028-12-31|1|0"},
          Row{Scan{}.expires("2028-12-31"), "received", "ABC|2028-12-31|1|0"},
          Row{Scan{}.lot("ABC17281231").expires("2029-01-31"), "received", "ABC17281231|2029-01-31|1|0"},
          Row{Scan{}.lot("ABC17281231"), "lot_needed", ""}, Row{Scan{}.lot("ABC").expires("2029-01-31"), "code_unclear", ""},
          Row{Scan{}.expires("2029-01-31"), "code_unclear", ""}}) {
        Counter counter;
        counter.scan(kReceive);
        counter.scan(kLotOrBoth);
        CHECK(counter.scan(row.typed).what() == row.what);
        CHECK(stock(counter) == row.stock);
        // The same, typed with the code.
        Counter other;
        v1::ScanRequest both = row.typed;
        both.set_content(kLotOrBoth);
        both.set_mode("receive");
        CHECK(other.scan(both).what() == row.what);
    }
}

TEST_CASE("the same code is asked about once in a work", "[unclear]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(kLotOrBoth);
    CHECK(counter.scan("DOSARIO.X1").what() == "received");
    for (int i = 0; i < 3; ++i) CHECK(counter.scan(kLotOrBoth).what() == "received");
    CHECK(stock(counter) == "ABC|2028-12-31|4|0");
    CHECK(counter.scan(kLotOrSerial).what() == "code_unclear");  // another code
    CHECK(counter.scan(kLotOrBoth).what() == "received");        // replaces the question
    counter.scan(kDone);
    CHECK(counter.scan(Scan{kLotOrBoth}.mode("receive")).what() == "code_unclear");
}

TEST_CASE("after an undo, a no and a restart the code is asked about again", "[unclear]") {
    Counter counter;
    counter.scan(kReceive);
    const auto receive = [&] {
        CHECK(counter.scan(kLotOrBoth).what() == "code_unclear");
        CHECK(counter.scan("DOSARIO.X1").what() == "received");
    };
    receive();
    CHECK(counter.scan(kUndo).what() == "undone");
    receive();
    CHECK(counter.scan(kLotOrSerial).what() == "code_unclear");
    CHECK(counter.scan(kNo).what() == "cancelled");
    receive();
    REQUIRE(counter.reopen().has_value());
    CHECK(counter.scan(kLotOrBoth).what() == "code_unclear");
}

TEST_CASE("a choice that led to a stop is not remembered", "[unclear]") {
    Counter counter;
    counter.scan(kReceive);
    const std::string past = "]d201" + gtin_text(1) + "10ABC17260131";
    counter.scan(past);
    CHECK(counter.scan("DOSARIO.X1").what() == "expired");
    CHECK(counter.scan(past).what() == "code_unclear");
    CHECK(counter.scan(Scan{}.lot("ABC")).what() == "expired");
    CHECK(counter.scan(past).what() == "code_unclear");
}

TEST_CASE("the question ends with its time, its person and its work", "[unclear]") {
    Counter counter;
    counter.scan(Scan{kLotOrBoth}.mode("receive"));
    counter.clock.pass(std::chrono::seconds{301});
    CHECK(counter.scan("DOSARIO.X1").what() == "count_set");
    counter.scan(Scan{kLotOrBoth}.mode("receive").by(kAna));
    CHECK(counter.scan(Scan{"DOSARIO.X1"}.by(kEva)).what() == "count_set");
    counter.scan(Scan{kLotOrBoth}.mode("receive"));
    CHECK(counter.scan(kDispense).what() == "work_opened");
    CHECK(counter.scan("DOSARIO.X1").what() == "count_set");
    CHECK(stock(counter).empty());
}

TEST_CASE("an unclear code without open work asks what to do first", "[unclear]") {
    Counter counter;
    CHECK(counter.scan(kLotOrBoth).what() == "work_needed");
    CHECK(counter.scan(kReceive).what() == "code_unclear");
    CHECK(counter.scan("DOSARIO.X1").what() == "received");
    CHECK(stock(counter) == "ABC|2028-12-31|1|0");
}

TEST_CASE("a multiplier waits for the answer", "[unclear]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan("DOSARIO.X10");
    CHECK(counter.scan(kLotOrBoth).what() == "code_unclear");
    CHECK(counter.scan("DOSARIO.X1").what() == "received");
    CHECK(stock(counter) == "ABC|2028-12-31|10|0");
    CHECK(counter.scan(kLotOrBoth).what() == "received");
    CHECK(stock(counter) == "ABC|2028-12-31|11|0");
}

TEST_CASE("the question is asked in every work", "[unclear]") {
    Counter counter;
    counter.scan(Scan{kLotOrSerial}.mode("receive"));
    CHECK(has_line(counter.scan("DOSARIO.X3"), "1: serial SERIAL, lot L1, expires 2028-06-30"));
    CHECK(counter.scan("DOSARIO.X1").what() == "received");
    CHECK(packs(counter) == "SERIAL|L1|2028-06-30");
    for (const char* mode : {"fraction", "verify", "dispense"}) {
        INFO(mode);
        const bool leaves = mode == std::string{"dispense"};
        CHECK(counter.scan(Scan{kLotOrSerial}.mode(mode).by(leaves           ? kAna
                                                            : mode[0] == 'f' ? kAna
                                                                             : kEva))
                  .what() == "code_unclear");
        const std::string what = counter.scan(Scan{"DOSARIO.X1"}.by(leaves || mode[0] == 'f' ? kAna : kEva)).what();
        CHECK(what == (leaves ? "not_supported" : mode[0] == 'f' ? "fractioned" : "verified"));
    }
}

TEST_CASE("too many readings are a stop and no question", "[unclear]") {
    Counter counter;
    counter.scan(kReceive);
    const Answer answer = counter.scan("]d201" + gtin_text(1) + "101" + "212121212121212121" + "1");
    CHECK(answer.what() == "code_unclear");
    CHECK_FALSE(answer.reply.has_ask());
    CHECK(answer.reply.message().find("too many ways") != std::string::npos);
}

TEST_CASE("one layout that fits answers without a question", "[unclear]") {
    Counter counter{with_layout({"01", "10:3", "17"})};
    counter.scan(kReceive);
    const Answer answer = counter.scan(kLotOrBoth);
    CHECK(answer.what() == "received");
    CHECK_FALSE(has_line(answer, "Careful: the code may lack a separator; compare lot and expiry with the pack."));
    CHECK(stock(counter) == "ABC|2028-12-31|1|0");
    v1::HistoryRequest request;
    request.set_id(kLotOrBoth);
    CHECK(counter.service().history(request).has_value());
    CHECK(counter.scan(kLotOrSerial).what() == "code_unclear");  // it does not fit that one
}

TEST_CASE("the history of a code that can be read in several ways is not guessed", "[unclear]") {
    Counter counter;
    v1::HistoryRequest request;
    request.set_id(kLotOrBoth);
    const auto story = counter.service().history(request);
    REQUIRE_FALSE(story.has_value());
    CHECK(story.error().message.find("several ways") != std::string::npos);
}

TEST_CASE("the label first and then the barcode are one pack with the label's number", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    const Seq head = counter.ledger().head_seq();
    const Answer asked = counter.scan(label());
    CHECK(asked.what() == "product_needed");
    CHECK(asked.reply.ask().choices_size() == 1);
    CHECK(counter.ledger().head_seq() == head);
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "received");
    CHECK(packs(counter) == label_serial() + "|L1|2028-06-30");
    CHECK(label_serial().size() == 20);
    // Lot and expiry are typed once.
    counter.scan(label("0000124"));
    CHECK(counter.scan(linear(1)).what() == "received");
    CHECK(stock(counter) == "L1|2028-06-30|0|2");
    // A pack that is in the house is known by its label.
    CHECK(counter.scan(label()).what() == "already_received");
    CHECK(counter.scan(label()).sound() == "repeated");
    CHECK(counter.verify().ok());
}

TEST_CASE("the label comes first: after the barcode of a pack it is asked whose it is", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    const Answer asked = counter.scan(label());
    CHECK(asked.what() == "product_needed");
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "not_understood");  // of which pack?
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "received");
    CHECK(packs(counter) == label_serial() + "|L1|2028-06-30");
    // A label that is on a pack in the house is that pack, whatever was asked about.
    CHECK(counter.scan(linear(2)).what() == "lot_needed");
    CHECK(counter.scan(label()).what() == "already_received");
}

TEST_CASE("a label stays with its pack until that is booked, whatever is scanned of it in between", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(label());
    const Answer lot = counter.scan(linear(1));
    CHECK(lot.what() == "lot_needed");
    CHECK(lot.reply.DebugString().find(label_serial()) != std::string::npos);  // the answer says which label
    CHECK(counter.scan(Box{}.code()).what() == "received");                    // the DataMatrix of the same pack
    CHECK(packs(counter) == label_serial() + "|L1|2028-06-30");
    // A stop does not drop it.
    counter.scan(Scan{label("0000124")}.lot("LA"));
    CHECK(counter.scan(Box{}.code()).what() == "wrong_lot");
    CHECK(counter.scan(Box{.lot = "LA"}.code()).what() == "received");
    counter.scan(label("0000125"));
    CHECK(counter.scan(Box{.lot = "OLD", .expires = "2020-01-31"}.code()).what() == "expired");
    CHECK(counter.scan(dose_code({5})).sound() == "stop");
    CHECK(counter.scan(Box{}.code()).what() == "received");
    CHECK(stock(counter) == "L1|2028-06-30|0|2\nLA|2028-06-30|0|1");
    // Scanned twice, it is still one.
    counter.scan(label("0000126"));
    CHECK(counter.scan(linear(2)).what() == "lot_needed");
    CHECK(counter.scan(linear(2)).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("L2").expires("2028-06-30")).what() == "received");
    CHECK(counter.rows("SELECT serial FROM pack WHERE lot = 'L2'") == label_serial("0000126"));
}

TEST_CASE("a label that has met its pack is not put on another product", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(label());
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    const Answer other = counter.scan(Box{.product = 2}.code());
    CHECK(other.what() == "product_needed");
    CHECK(other.reply.message().find("finish that pack") != std::string::npos);
    CHECK(packs(counter).empty());
    CHECK(counter.scan(kNo).what() == "cancelled");
    CHECK(counter.scan(Box{.product = 2}.code()).what() == "received");
    CHECK(stock(counter) == "L1|2028-06-30|1|0");
    // Scanned again, the label begins anew.
    counter.scan(label());
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    counter.scan(label());
    CHECK(counter.scan(Box{.product = 2}.code()).what() == "received");
}

TEST_CASE("what a label itself says is held against the code of its pack", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    const std::string said = label() +
                             "\x1d"
                             "1728063010L1";
    counter.scan(said);
    CHECK(counter.scan(Box{.lot = "L2"}.code()).what() == "wrong_lot");
    CHECK(counter.scan(Box{.expires = "2029-06-30"}.code()).what() == "wrong_lot");
    CHECK(packs(counter).empty());
    CHECK(counter.scan(linear(1)).what() == "received");  // lot and expiry are the label's
    CHECK(packs(counter) == label_serial() + "|L1|2028-06-30");
    CHECK(counter
              .scan(label() + "\x1d"
                              "254A")
              .what() == "not_understood");
}

TEST_CASE("a serial number that ends in the typed lot is asked about: it may have swallowed it, or end so by chance",
          "[unclear]") {
    Counter counter;
    counter.scan(kReceive);
    const auto code = [](const std::string& serial, const std::string& lot) {
        return "]d201" + gtin_text(1) + "21" + serial + "10" + lot;
    };
    CHECK(counter.scan(code("1234568", "12345")).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("12345").expires("2028-06-30")).what() == "code_unclear");
    CHECK(packs(counter).empty());
    CHECK(counter.scan("DOSARIO.X1").what() == "received");
    CHECK(packs(counter) == "1234568|12345|2028-06-30");
    CHECK(counter.scan(Scan{code("7654321", "12345")}.lot("12345").expires("2028-06-30")).what() == "code_unclear");
    CHECK(counter.scan("DOSARIO.X2").what() == "received");
    CHECK(counter.rows("SELECT serial FROM pack ORDER BY serial") == "1234568\n76543211012345");
}

TEST_CASE("label without open work, and with the verb beside it", "[label]") {
    Counter counter;
    CHECK(counter.scan(label()).what() == "work_needed");
    CHECK(counter.scan(kReceive).what() == "product_needed");
    CHECK(counter.scan(linear(1)).what() == "lot_needed");  // in the work that it was asked in
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "received");
    counter.scan(kDone);
    CHECK(counter.scan(Scan{label("0000124")}.mode("receive")).what() == "product_needed");
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("L1")).what() == "received");
    CHECK(counter.scan(Scan{label("0000125")}.mode("receive").lot("L1")).what() == "product_needed");
    CHECK(counter.scan(Scan{linear(1)}.mode("receive")).what() == "received");
    CHECK(stock(counter) == "L1|2028-06-30|0|3");
}

TEST_CASE("a pack with its own number and a count of packs are refused, and the label is held", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(label());
    const Answer own = counter.scan(Box{.serial = "S1"}.code());
    CHECK(own.what() == "product_needed");
    CHECK(own.reply.message().find("of its own") != std::string::npos);
    CHECK(own.reply.has_ask());
    counter.scan("DOSARIO.X10");
    const Answer many = counter.scan(Scan{Box{}.code()}.lot("L1"));
    CHECK(many.what() == "serial_needs_one");
    CHECK(many.reply.has_ask());
    CHECK(packs(counter).empty());
    CHECK(counter.scan(Box{}.code()).what() == "received");
    CHECK(packs(counter) == label_serial() + "|L1|2028-06-30");
    CHECK(counter.scan(Box{}.code()).what() == "received");  // the label was for one
    CHECK(stock(counter) == "L1|2028-06-30|1|1");
    counter.scan("DOSARIO.X10");
    CHECK(counter.scan(label("0000124")).what() == "serial_needs_one");
    CHECK(counter.scan(Box{}.code()).what() == "received");
    CHECK(stock(counter) == "L1|2028-06-30|1|2");
}

TEST_CASE("a label is dropped by no, by time, and by another one", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(label());
    CHECK(counter.scan(kNo).what() == "cancelled");
    CHECK(counter.scan(Box{}.code()).what() == "received");
    counter.scan(label());
    counter.clock.pass(std::chrono::seconds{61});
    CHECK(counter.scan(Box{}.code()).what() == "received");
    CHECK(stock(counter) == "L1|2028-06-30|2|0");
    counter.scan(label("0000001"));
    counter.scan(label("0000002"));
    CHECK(counter.scan(kYes).what() == "product_needed");
    CHECK(counter.scan(Box{}.code()).what() == "received");
    CHECK(packs(counter) == label_serial("0000002") + "|L1|2028-06-30");
}

TEST_CASE("a label with an unclear code is asked about and keeps its number", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(label());
    CHECK(counter.scan(kLotOrBoth).what() == "code_unclear");
    CHECK(counter.scan("DOSARIO.X1").what() == "received");
    counter.scan(label("0000124"));
    CHECK(counter.scan(kLotOrBoth).what() == "received");
    CHECK(packs(counter) == label_serial() + "|ABC|2028-12-31\n" + label_serial("0000124") + "|ABC|2028-12-31");
}

TEST_CASE("a label whose number is too long for the SNT is refused", "[label]") {
    Counter counter;
    counter.scan(kReceive);
    const Answer answer = counter.scan(label("00001234"));
    CHECK(answer.what() == "not_supported");
    CHECK(answer.reply.message().find("more than 20") != std::string::npos);
}

TEST_CASE("a label finds its pack in every other work", "[label]") {
    Counter counter;
    for (const char* serial : {"0000001", "0000002"}) {
        counter.scan(Scan{label(serial)}.mode("receive"));
        CHECK(counter.scan(Box{}.code()).what() == "received");
    }
    CHECK(counter.scan(Scan{label("0000001")}.mode("fraction").by(kAna)).what() == "fractioned");
    CHECK(counter.scan(Scan{label("0000001")}.mode("verify").by(kEva)).what() == "verified");
    CHECK(counter.scan(Scan{label("0000002")}.mode("dispense")).what() == "dispensed");
    CHECK(counter.scan(Scan{label("0000002")}.mode("dispense")).what() == "already_dispensed");
    CHECK(counter.scan(Scan{label("0000003")}.mode("dispense")).what() == "not_in_stock");
    CHECK(counter.scan(Scan{label("0000002")}.mode("receive")).sound() == "stop");  // it has left
}

TEST_CASE("a label that is on packs of two products needs the barcode as well", "[label]") {
    Counter counter;
    for (const unsigned product : {1U, 2U}) {
        CHECK(counter
                  .append(PacksReceived{
                      gtin(product), label_serial(), "L1", *parse_date("2028-06-30"), 1, kTablets, {product}, false})
                  .has_value());
    }
    CHECK(counter.scan(Scan{label()}.mode("dispense")).what() == "product_needed");
    CHECK(counter.scan(linear(2)).what() == "dispensed");
    CHECK(counter.rows("SELECT gtin % 100000 / 10 FROM pack WHERE state = 3") == "2");
}
