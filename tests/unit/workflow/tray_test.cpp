// SPDX-License-Identifier: Apache-2.0
// What lies on a pad is one gesture: held until a person says how many things that are, and booked when the pad reads as many.
#include "support/catch.hpp"
#include "support/trays.hpp"

using namespace dosario;
using namespace dosario::test;

TEST_CASE("a crate is received when as many tags are read as a person sees", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    const Seq before = counter.ledger().head_seq();
    const Answer seen = counter.scan(tray(boxes(12)));
    CHECK(seen.what() == "tray_seen");
    CHECK(seen.sound() == "notice");
    CHECK_FALSE(seen.ok());
    CHECK_FALSE(seen.reply.ask().question().empty());
    CHECK(counter.ledger().head_seq() == before);

    const Answer fewer = counter.scan("DOSARIO.X11");
    CHECK(fewer.what() == "tray_differs");
    CHECK(fewer.reply.message().find("12") != std::string::npos);
    CHECK(counter.scan("DOSARIO.X13").what() == "tray_differs");
    CHECK(counter.ledger().head_seq() == before);

    const Answer booked = counter.scan("DOSARIO.X12");
    CHECK(booked.what() == "tray_booked");
    CHECK(booked.ok());
    CHECK(booked.sound() == "complete");
    CHECK(booked.reply.seq_size() == 12);
    CHECK(counter.ledger().head_seq() == before + 12);
    CHECK(first_fault(verify_all(counter.ledger())).empty());

    SECTION("it is taken away, piece by piece, and that is nothing new") {
        const Answer part = counter.scan(tray(boxes(7)));
        CHECK(part.what() == "tray_seen");
        CHECK((part.ok() && part.sound() == "repeated"));
        CHECK(part.reply.message() == "On the tray 7 tags are read, of what was counted before.");
        CHECK(counter.scan(tray({})).what() == "tray_gone");
        CHECK(counter.ledger().head_seq() == before + 12);
    }
    SECTION("the same crate again is all there already") {
        counter.scan(tray({}));
        CHECK(counter.scan(tray(boxes(12))).what() == "tray_seen");
        const Answer again = counter.scan("DOSARIO.X12");
        CHECK(again.ok());
        CHECK(again.sound() == "repeated");
        CHECK(again.reply.seq().empty());
    }
}

TEST_CASE("a count that is said twice is no multiplier while the tray lies there", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(tray(boxes(3)));
    CHECK(counter.scan("DOSARIO.X3").what() == "tray_booked");
    const Answer again = counter.scan("DOSARIO.X3");
    CHECK(again.what() == "tray_booked");
    CHECK((again.ok() && again.sound() == "repeated" && again.reply.seq().empty()));
    CHECK(again.reply.message() == "Tray of 3 tags: it was saved before; nothing changed.");
    const Answer other = counter.scan("DOSARIO.X10");
    CHECK(other.what() == "tray_differs");
    CHECK(other.reply.message().find("take the tray away first") != std::string::npos);
    CHECK(counter.scan(tray(boxes(2))).ok());
    CHECK(counter.scan("DOSARIO.X2").sound() == "repeated");  // what lies there yet
    CHECK(counter.scan("DOSARIO.X3").what() == "tray_differs");

    SECTION("nor as soon as it is taken away: a person must mean it") {
        counter.scan(tray({}));
        const Answer late = counter.scan("DOSARIO.X3");
        CHECK(late.what() == "tray_gone");
        CHECK((!late.ok() && late.sound() == "stop"));
        counter.scan(Box{.lot = "OTHER"}.code());
        CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1 AND lot = 'OTHER'") == "1");
        CHECK(counter.scan("DOSARIO.X3").what() == "count_set");
    }
    SECTION("said once more it is one") {
        counter.scan(tray({}));
        counter.scan("DOSARIO.X3");
        CHECK(counter.scan("DOSARIO.X3").what() == "count_set");
    }
    SECTION("a minute later, behind another pack, or after a no it is one at once") {
        counter.scan(tray({}));
        const int way = GENERATE(0, 1, 2);
        if (way == 0) counter.clock.pass(std::chrono::seconds{61});
        if (way == 1) counter.scan(Box{.lot = "OTHER"}.code());
        if (way == 2) counter.scan(kNo);
        CHECK(counter.scan("DOSARIO.X3").what() == "count_set");
    }
}

TEST_CASE("what of a tray was refused can be counted again where it lies", "[tray]") {
    Counter counter;
    counter.scan(Scan{box("S1")}.mode("receive").by(kAna));
    const auto doses = counter.fraction(Scan{box("S1")}.doses(3).units_per_dose(10));
    REQUIRE(doses.size() == 3);
    counter.scan(kAna);
    counter.scan(kDispense);
    counter.scan(tray(doses));
    CHECK(counter.scan("DOSARIO.X3").what() == "tray_incomplete");  // nobody verified them
    counter.scan(kVerify);
    const Answer same = counter.scan("DOSARIO.X3");  // who cut them
    CHECK(same.what() == "tray_incomplete");
    CHECK(same.reply.seq().empty());
    counter.scan(kEva);
    const Answer verified = counter.scan("DOSARIO.X3");
    CHECK(verified.what() == "tray_booked");
    CHECK(verified.reply.seq_size() == 3);
    CHECK(counter.scan("DOSARIO.X3").sound() == "repeated");
    counter.scan(kDispense);
    CHECK(counter.scan("DOSARIO.X3").reply.seq_size() == 3);
    const Answer again = counter.scan("DOSARIO.X3");  // a dose that left is refused, but not the one that left just now
    CHECK(again.what() == "tray_booked");
    CHECK((again.sound() == "repeated" && again.reply.seq().empty()));

    SECTION("an undo takes back one of them, says which and how many are left, and it can be counted again") {
        const Answer undone = counter.scan(kUndo);
        CHECK(undone.what() == "undone");
        std::string lines;
        for (const auto& line : undone.reply.lines()) lines += line + "\n";
        CHECK(lines.find("Label " + doses[2] + "\n") != std::string::npos);
        CHECK(lines.find("2 entries are left") != std::string::npos);
        const Answer counted = counter.scan("DOSARIO.X3");
        CHECK(counted.what() == "tray_booked");
        CHECK(counted.reply.seq_size() == 1);
        CHECK(first_fault(verify_all(counter.ledger())).empty());
    }
    SECTION("another visit is another matter") {
        counter.scan(kDone);
        counter.scan(kDispense);
        const Answer other = counter.scan("DOSARIO.X3");
        CHECK(other.what() == "tray_incomplete");
        CHECK(other.reply.unsaved(0).what() == "already_dispensed");
    }
}

TEST_CASE("packs that came as a count come back once, however often their tray is counted", "[tray]") {
    Counter counter;
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(3));
    counter.scan(Scan{Box{}.code()}.mode("dispense").packs(3));
    counter.scan("DOSARIO.DEVOLUCION");
    counter.scan(tray(boxes(2)));  // the register knows of none of them by its serial number
    CHECK(counter.scan("DOSARIO.X2").reply.seq_size() == 2);
    CHECK(counter.scan("DOSARIO.X2").reply.seq().empty());
    counter.scan(kDone);
    counter.scan("DOSARIO.DEVOLUCION");
    CHECK(counter.scan("DOSARIO.X2").reply.seq().empty());
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 2") == "2");
    counter.scan(kUndo);
    CHECK(counter.scan("DOSARIO.X2").reply.seq_size() == 1);
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 2") == "2");
}

TEST_CASE("a multiplier ends with the tray that is laid down, and with the work it was said in", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan("DOSARIO.X10");
    Answer answer;
    SECTION("a tray") { answer = counter.scan(tray(boxes(2))); }
    SECTION("other work") { answer = counter.scan(kDispense); }
    SECTION("its end") { answer = counter.scan(kDone); }
    SECTION("another person") { answer = counter.scan(kEva); }
    std::string lines;
    for (const auto& line : answer.reply.lines()) lines += line + "\n";
    CHECK(lines.find("x10 does not count any more") != std::string::npos);
    counter.scan(tray({}));
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "1");
}

TEST_CASE("tags that are added to a counted tray are told like a new set", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(tray(boxes(2)));
    counter.scan("DOSARIO.X2");
    counter.scan(tray(boxes(1)));
    const Answer more = counter.scan(tray(boxes(4)));
    CHECK(more.what() == "tray_seen");
    CHECK((!more.ok() && more.sound() == "notice"));
    CHECK(more.reply.message() ==
          "On the tray 4 tags are read: 2 are saved already, the rest is not. Count all that lies there.");
    CHECK_FALSE(more.reply.ask().question().empty());
    const Answer booked = counter.scan("DOSARIO.X4");
    CHECK(booked.what() == "tray_booked");
    CHECK(booked.reply.seq_size() == 2);
}

TEST_CASE("two tags on one thing are one thing, and the one that says more counts", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    const std::string whole = box("T50");
    const std::string short_one = Box{.lot = "", .expires = "", .serial = "T50"}.code();
    const bool first = GENERATE(true, false);
    counter.scan(tray(first ? std::vector{whole, short_one} : std::vector{short_one, whole}));
    const Answer booked = counter.scan("DOSARIO.X2");
    CHECK(booked.what() == "tray_incomplete");
    CHECK(booked.reply.seq_size() == 1);
    REQUIRE(booked.reply.unsaved_size() == 1);
    CHECK(booked.reply.unsaved(0).serial() == "T50");
    CHECK(booked.reply.unsaved(0).message().find("two tags") == 0);
    CHECK(counter.scan("DOSARIO.X2").reply.seq().empty());
}

TEST_CASE("of a tray that leaves, what is saved with a warning is named with it", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(Box{.lot = "SOON", .expires = "2027-01-31", .serial = "E1"}.code());
    counter.scan(box("S1"));
    counter.scan(kDispense);
    counter.scan(tray({box("S1")}));
    const Answer booked = counter.scan("DOSARIO.X1");
    CHECK(booked.what() == "tray_booked");
    CHECK(booked.sound() == "notice");
    CHECK(booked.reply.lines(1).find("serial S1: ") == 0);
}

TEST_CASE("the crate's own tag is none of the things in it", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    const Seq before = counter.ledger().head_seq();
    const std::string crate =
        GENERATE(as<std::string>{}, "]d200077912345600000011", "]d280030779123456789815", "]d280047791234A7");
    auto codes = boxes(12);
    codes.push_back(crate);
    SECTION("it is received by the number of packs") {
        const Answer seen = counter.scan(tray(codes));
        CHECK(seen.what() == "tray_seen");
        CHECK(seen.reply.message().find("12") != std::string::npos);
        CHECK(seen.reply.lines(0).find("crates: 1") != std::string::npos);
        CHECK(counter.scan("DOSARIO.X13").what() == "tray_differs");
        const Answer booked = counter.scan("DOSARIO.X12");
        CHECK(booked.what() == "tray_booked");
        CHECK(counter.ledger().head_seq() == before + 12);
        SECTION("and what is taken out of it is nothing new, nor is the empty crate") {
            CHECK(counter.scan(tray({codes[0], crate})).what() == "tray_seen");
            CHECK(counter.scan(tray({crate})).what() == "tray_gone");
            CHECK(counter.scan(tray({})).what() == "tray_gone");
        }
    }
    SECTION("it does not stand for a pack whose tag is not read") {
        codes.erase(codes.begin());
        counter.scan(tray(codes));
        CHECK(counter.scan("DOSARIO.X12").what() == "tray_differs");
        CHECK(counter.ledger().head_seq() == before);
    }
    SECTION("alone it says that its packs are to be scanned") {
        const Answer alone = counter.scan(tray({crate}));
        CHECK(alone.what() == "not_supported");
        CHECK(counter.scan("DOSARIO.X1").what() == "not_supported");
    }
}

TEST_CASE("of a tray what can be saved is saved, and the rest is told", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    auto codes = boxes(3);
    codes.push_back(Box{.lot = "L0", .expires = "2020-01-01", .serial = "OLD"}.code());
    codes.push_back(codes.front());
    v1::ScanRequest lying = tray(codes, 1);
    lying.mutable_tray()->add_strangers("300000000000000000000001");
    const Answer seen = counter.scan(lying);
    CHECK(seen.reply.message() == "On the tray 6 tags are read. Count them: that saves what is not saved yet.");
    CHECK(seen.reply.lines(0) == "1 does not say what it is: take it off and scan its barcode.");
    CHECK(seen.reply.lines(1) == "tag EPC 300000000000000000000001");
    const Answer booked = counter.scan("DOSARIO.X6");
    CHECK(booked.what() == "tray_incomplete");
    CHECK(booked.sound() == "stop");
    CHECK_FALSE(booked.ok());
    CHECK(booked.reply.seq_size() == 3);
    std::string lines = "\n";
    for (const auto& line : booked.reply.lines()) lines += line + "\n";
    CHECK(lines.find("\nsaved: 3") != std::string::npos);
    CHECK(lines.find("not saved: 2") != std::string::npos);
    CHECK(lines.find("\nserial S1: two tags say") != std::string::npos);
    CHECK(lines.find("\nserial OLD: Expired") != std::string::npos);
    CHECK(lines.find("what they are: 1") != std::string::npos);
    CHECK(lines.find("\ntag EPC 300000000000000000000001: does not say") != std::string::npos);
    REQUIRE(booked.reply.unsaved_size() == 3);
    CHECK(booked.reply.unsaved(0).what() == "expired");
    CHECK(booked.reply.unsaved(0).serial() == "OLD");
    CHECK(booked.reply.unsaved(1).what() == "tray_incomplete");
    CHECK(booked.reply.unsaved(2).epc() == "300000000000000000000001");
}

TEST_CASE("a tray of which nothing is known is never called saved, though its count is right", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(tray({}, 2));
    const Answer counted = counter.scan("DOSARIO.X2");
    CHECK(counted.what() == "tray_incomplete");
    CHECK(counted.sound() == "stop");
    CHECK(counted.reply.seq().empty());
}

TEST_CASE("a tray of doses is verified by another person and dispensed in one gesture each", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    counter.scan(box("S1"));
    const auto doses = counter.fraction(Scan{box("S1")}.doses(3).units_per_dose(10));
    REQUIRE(doses.size() == 3);
    counter.scan(Scan{"DOSARIO.VERIFICAR"}.by("EVA00001"));
    counter.scan(tray(doses));
    const Answer verified = counter.scan(Scan{"DOSARIO.X3"}.by("EVA00001"));
    CHECK(verified.what() == "tray_booked");
    counter.scan(tray({}));
    counter.scan(Scan{"DOSARIO.ENTREGAR"}.by(kAna));
    counter.scan(tray(doses));
    const Answer dispensed = counter.scan(Scan{"DOSARIO.X3"}.by(kAna));
    CHECK(dispensed.what() == "tray_booked");
    counter.scan(tray({}));
    counter.scan(tray(doses));
    CHECK(counter.scan(Scan{"DOSARIO.X3"}.by(kAna)).what() != "tray_booked");
}

TEST_CASE("a tray waits for its work, and is not cut", "[tray]") {
    Counter counter;
    counter.scan(tray(boxes(2)));
    CHECK(counter.scan("DOSARIO.X2").what() == "work_needed");
    counter.scan("DOSARIO.FRACCIONAR");
    CHECK(counter.scan("DOSARIO.X2").what() == "not_supported");
    counter.scan("DOSARIO.RECIBIR");
    CHECK(counter.scan("DOSARIO.X2").what() == "tray_booked");
}

TEST_CASE("a tray that changed is counted anew, one that went is forgotten", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    const Seq before = counter.ledger().head_seq();
    counter.scan(tray(boxes(2)));
    CHECK(counter.scan(tray(boxes(3))).what() == "tray_seen");
    CHECK(counter.scan("DOSARIO.X2").what() == "tray_differs");
    const Answer gone = counter.scan(tray({}));
    CHECK(gone.what() == "tray_gone");
    CHECK(gone.sound() == "notice");
    CHECK(counter.scan("DOSARIO.X3").what() == "tray_gone");
    CHECK(counter.ledger().head_seq() == before);
}

TEST_CASE("a tag is exact, whatever the scanner of the count card loses", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    const std::string code = "]d201" + gtin_text(1) + "17280630" + "10L1" + "21A1";
    REQUIRE(counter.scan(Scan{code}.gs("lost")).what() == "code_unclear");
    counter.scan(kNo);
    counter.scan(tray({code, Box{.product = 2, .lot = "", .serial = "S110L7"}.code()}));
    const Answer booked = counter.scan(Scan{"DOSARIO.X2"}.gs("lost"));
    CHECK(booked.what() == "tray_incomplete");
    CHECK(booked.reply.seq_size() == 1);
    REQUIRE(booked.reply.unsaved_size() == 1);  // it lacks its lot
    CHECK(booked.reply.unsaved(0).what() == "lot_needed");
    CHECK(booked.reply.unsaved(0).serial() == "S110L7");
}

TEST_CASE("a tray that is refused takes the place of the one before", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(tray(boxes(2)));
    const Seq before = counter.ledger().head_seq();
    CHECK(counter.scan(tray({}, PadTray::kMostTags + 1)).error);
    const Answer count = counter.scan("DOSARIO.X2");
    CHECK(count.what() == "not_supported");
    CHECK(count.reply.message().find("cannot be counted") != std::string::npos);
    CHECK(counter.ledger().head_seq() == before);
    CHECK(counter.scan(tray({})).sound() == "notice");
    counter.scan(tray(boxes(2)));
    CHECK(counter.scan("DOSARIO.X2").reply.seq_size() == 2);
}

TEST_CASE("how many of a tray are left counts what each of its counts saved", "[tray]") {
    Counter counter;
    const auto lines = [](const Answer& answer) {
        std::string all;
        for (const auto& line : answer.reply.lines()) all += line + "\n";
        return all;
    };
    counter.scan(kReceive);
    counter.scan(tray(boxes(10)));
    counter.scan("DOSARIO.X10");
    counter.scan(tray(boxes(12)));
    CHECK(counter.scan("DOSARIO.X12").reply.seq_size() == 2);
    CHECK(lines(counter.scan(kUndo)).find("11 entries are left") != std::string::npos);
    counter.scan(tray({}));
    counter.scan(tray({box("N1"), box("N2")}));
    counter.scan("DOSARIO.X2");
    CHECK(lines(counter.scan(kUndo)).find("1 entry is left") != std::string::npos);
}

TEST_CASE("the question of a tray has its number, and a no ends it", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    const auto first = counter.scan(tray(boxes(2))).reply.ask().id();
    const auto second = counter.scan(tray(boxes(3))).reply.ask().id();
    CHECK(second == first + 1);
    CHECK(counter.scan("DOSARIO.X2").reply.ask().id() == second + 1);
    const Answer no = counter.scan(kNo);
    CHECK(no.what() == "cancelled");
    CHECK(no.ok());
    CHECK(no.reply.message().find("stays uncounted") != std::string::npos);
    CHECK(counter.scan(kNo).what() == "not_understood");
    CHECK(counter.scan("DOSARIO.X3").reply.seq_size() == 3);
}

TEST_CASE("a tray that comes or goes on a day that nobody knows is known later", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(tray(boxes(2)));
    const auto good = counter.clock.wall();
    const auto restart_at = [&](UtcTime wall) {
        counter.clock.set_wall(wall);
        REQUIRE(counter.reopen().has_value());
    };
    restart_at(good + std::chrono::hours{24 * 900});
    REQUIRE(counter.scan("DOSARIO.AYUDA").what() == "day_unknown");
    CHECK(counter.scan(tray(boxes(2))).what() == "day_unknown");
    CHECK(counter.scan("DOSARIO.X2").what() == "day_unknown");
    counter.clock.set_wall(good);
    CHECK(counter.scan("DOSARIO.X2").what() == "tray_booked");
}

TEST_CASE("what a thing of a tray asks is not asked of the next scan", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    counter.scan(tray({Box{.product = kKnownProducts + 1, .serial = "N1"}.code()}));
    CHECK(counter.scan("DOSARIO.X1").what() == "tray_incomplete");
    CHECK(counter.scan("DOSARIO.X30").what() == "tray_differs");
}

TEST_CASE("a request about a tray that cannot be is refused", "[tray]") {
    Counter counter;
    v1::ScanRequest request = tray(boxes(2));
    SECTION("fewer tags than codes") { request.mutable_tray()->set_tags(1); }
    SECTION("more than lie on any pad") { request.mutable_tray()->set_tags(PadTray::kMostTags + 1); }
    SECTION("a code beside it") { request.set_content(box("S1")); }
    SECTION("a mode beside it") { request.set_mode("receive"); }
    SECTION("a closed pad with tags") { request.mutable_tray()->set_closed(true); }
    SECTION("an empty code") { request.mutable_tray()->set_codes(0, ""); }
    SECTION("more strangers than tags") { request.mutable_tray()->add_strangers("300000000000000000000001"); }
    SECTION("a stranger that is no EPC") {
        request.mutable_tray()->set_tags(3);
        request.mutable_tray()->add_strangers("3G");
    }
    CHECK(counter.scan(request).error);
}
