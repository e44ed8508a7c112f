// SPDX-License-Identifier: Apache-2.0
// Trays on several pads, on a pad that goes away, and what lies on no pad.
#include "support/catch.hpp"
#include "support/trays.hpp"

using namespace dosario;
using namespace dosario::test;

TEST_CASE("two pads at two places do not count each other's trays", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    counter.scan(tray({box("A1"), box("A2")}, 0, "recepcion"));
    counter.scan(tray({box("B1"), box("B2"), box("B3")}, 0, "mostrador"));
    CHECK(counter.scan(Scan{"DOSARIO.X2"}.at("mostrador")).what() == "tray_differs");
    CHECK(counter.scan(Scan{"DOSARIO.X2"}.at("recepcion")).what() == "tray_booked");
    CHECK(counter.scan(Scan{"DOSARIO.X3"}.at("mostrador")).what() == "tray_booked");
}

TEST_CASE("a pad without a zone leaves no tray behind in the zone where it told one", "[tray]") {
    Counter counter;
    const auto told = [&](const std::vector<std::string>& codes) {
        v1::ScanRequest request = tray(codes);
        request.set_reader("bandeja");
        return counter.scan(request);
    };
    counter.scan(Scan{kReceive}.at("recepcion"));
    told(boxes(2));
    CHECK(counter.scan(Scan{"DOSARIO.X2"}.at("recepcion")).what() == "tray_booked");
    counter.scan(Scan{"DOSARIO.AYUDA"}.at("mostrador"));
    told({});
    CHECK(counter.scan(Scan{"DOSARIO.X2"}.at("recepcion")).what() == "count_set");
}

TEST_CASE("two pads in one zone: nothing is counted until one of them is empty", "[tray]") {
    Counter counter;
    const auto told = [&](const char* pad, const std::vector<std::string>& codes) {
        v1::ScanRequest request = tray(codes);
        request.set_reader(pad);
        return counter.scan(request);
    };
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(9));
    counter.scan(Scan{Box{}.code()}.mode("dispense").packs(9));
    counter.scan("DOSARIO.DEVOLUCION");
    told("one", boxes(5));
    CHECK(counter.scan("DOSARIO.X5").reply.seq_size() == 5);

    SECTION("an empty one beside it changes nothing") {
        told("two", {});
        const Answer again = counter.scan("DOSARIO.X5");
        CHECK(again.what() == "tray_booked");
        CHECK(again.reply.seq().empty());
    }
    SECTION("another tray on the second") {
        const Answer second = told("two", {box("B1"), box("B2"), box("B3")});
        CHECK(second.what() == "not_supported");
        CHECK((!second.ok() && second.sound() == "stop"));
        CHECK(second.reply.message().find("two pads of the same zone") != std::string::npos);
        const Seq before = counter.ledger().head_seq();
        for (const char* count : {"DOSARIO.X3", "DOSARIO.X5", "DOSARIO.X8"}) CHECK(counter.scan(count).what() == "not_supported");
        CHECK(counter.ledger().head_seq() == before);
        SECTION("is counted when the first is empty") {
            CHECK(told("one", {}).what() == "tray_gone");
            CHECK(counter.scan("DOSARIO.X3").reply.seq_size() == 3);
        }
        SECTION("and when that goes the first one is the one that was saved") {
            told("two", {});
            const Answer again = counter.scan("DOSARIO.X5");
            CHECK(again.what() == "tray_booked");
            CHECK(again.reply.seq().empty());
        }
    }
}

TEST_CASE("a pad that was closed may hold what it held: nothing of it is saved twice", "[tray]") {
    Counter counter;
    v1::ScanRequest closed = tray({});
    closed.mutable_tray()->set_closed(true);
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(3));
    counter.scan(Scan{Box{}.code()}.mode("dispense").packs(3));
    counter.scan("DOSARIO.DEVOLUCION");
    counter.scan(tray(boxes(2)));
    CHECK(counter.scan("DOSARIO.X2").reply.seq_size() == 2);
    const Answer gone = counter.scan(closed);
    CHECK(gone.what() == "tray_gone");
    CHECK(gone.sound() == "notice");
    CHECK(gone.reply.message().find("taken away") == std::string::npos);

    SECTION("a count meanwhile saves nothing and multiplies nothing") {
        const Answer count = counter.scan("DOSARIO.X2");
        CHECK(count.what() == "tray_gone");
        CHECK(count.reply.message().find("reader of the tray is gone") != std::string::npos);
    }
    SECTION("the same tray is known") {
        const Answer same = counter.scan(tray(boxes(2)));
        CHECK((same.ok() && same.sound() == "repeated"));
        CHECK(counter.scan("DOSARIO.X2").reply.seq().empty());
    }
    SECTION("and with another pack, what is saved of it") {
        CHECK(counter.scan(tray(boxes(3))).reply.message().find("2 are saved already") != std::string::npos);
        CHECK(counter.scan("DOSARIO.X3").reply.seq_size() == 1);
    }
    SECTION("another tray ends what was known of the first") {
        counter.scan(tray({box("N1")}));
        CHECK(counter.scan(tray({box("N1"), box("S1")})).reply.message().find("are saved already") == std::string::npos);
    }
    CHECK(counter.rows("SELECT sum(counted_packs) FROM stock").size() == 1);
}

TEST_CASE("cards, badges and documents of persons lie on no pad, and are not repeated", "[tray]") {
    Counter counter;
    for (const std::string& code :
         {std::string{kUndo}, std::string{"DOSARIO.X3"}, std::string{kAna}, std::string{kPerson},
          std::string{"]d28018952114112345678906"}, "]d201" + gtin_text(1) + "21S1\x1d" + "8018952114112345678906"}) {
        INFO(code);
        const Answer answer = counter.scan(tray({code}));
        REQUIRE(answer.error);
        CHECK(answer.error->message.find("command, a badge or of a person") != std::string::npos);
        CHECK(answer.error->message.find(code.substr(3)) == std::string::npos);
    }
}

TEST_CASE("the number of a person among the strangers of a tray is not named", "[tray]") {
    Counter counter;
    counter.scan(kReceive);
    v1::ScanRequest lying = tray({box("S1")}, 2);
    lying.mutable_tray()->add_strangers("2D76451FD4499602D2000000");
    lying.mutable_tray()->add_strangers("300000000000000000000001");
    for (const Answer& answer : {counter.scan(lying), counter.scan("DOSARIO.X1"), counter.scan("DOSARIO.X3")}) {
        CHECK(answer.reply.ShortDebugString().find("2D76451FD4499602D2000000") == std::string::npos);
        CHECK(answer.reply.ShortDebugString().find("2d76451fd4499602d2000000") == std::string::npos);
    }
    CHECK(counter.scan("DOSARIO.X3").reply.unsaved_size() == 1);
}
