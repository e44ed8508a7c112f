// SPDX-License-Identifier: Apache-2.0
// Two people with a reader each at one station: what waits in one zone is not answered, multiplied or dropped from another.
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

std::string counted(Counter& counter) { return counter.rows("SELECT sum(counted_packs) FROM stock WHERE place = 1"); }

}  // namespace

TEST_CASE("a question is answered in the zone where it was asked", "[zones]") {
    Counter counter;
    counter.scan(Scan{kReceive}.at("recepcion"));
    CHECK(counter.scan(Scan{linear(1)}.at("recepcion")).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.at("mostrador").lot("L1").expires("2028-06-30")).what() == "not_understood");
    CHECK(counter.scan(Scan{kNo}.at("mostrador")).what() == "not_understood");
    CHECK(counter.scan(Scan{Box{2}.code()}.at("mostrador")).what() == "received");
    const Answer answer = counter.scan(Scan{}.at("recepcion").lot("L9").expires("2028-06-30"));
    CHECK(answer.what() == "received");
    CHECK(answer.reply.zone() == "recepcion");
    CHECK(counter.rows("SELECT sum(counted_packs) FROM stock WHERE place = 1 AND lot = 'L9'") == "1");
}

TEST_CASE("a multiplier is for a box of its zone", "[zones]") {
    Counter counter;
    counter.scan(Scan{kReceive}.at("recepcion"));
    counter.scan(Scan{"DOSARIO.X10"}.at("recepcion"));
    counter.scan(Scan{Box{}.code()}.at("mostrador"));
    CHECK(counted(counter) == "1");
    counter.scan(Scan{Box{}.code()}.at("recepcion"));
    CHECK(counted(counter) == "11");
}

TEST_CASE("a request without zone speaks where the last scan was", "[zones]") {
    Counter counter;
    counter.scan(kReceive);
    CHECK(counter.scan(Scan{linear(1)}.at("recepcion")).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "received");
    counter.scan("DOSARIO.X10");  // as in recepcion
    counter.scan(Scan{Box{2}.code()}.at("recepcion"));
    CHECK(counted(counter) == "11");
}

TEST_CASE("what was said before anybody named a zone holds in the first one", "[zones]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan("DOSARIO.X5");
    counter.scan(Scan{Box{}.code()}.at("mostrador"));
    CHECK(counted(counter) == "5");
}

TEST_CASE("the open work is of the station, not of a zone", "[zones]") {
    Counter counter;
    counter.scan(Scan{kReceive}.at("recepcion"));
    CHECK(counter.scan(Scan{kReceive}.at("mostrador")).sound() == "repeated");
    CHECK(counter.scan(Scan{kDone}.at("mostrador")).what() == "work_closed");
    CHECK(counter.scan(Scan{Box{}.code()}.at("recepcion")).what() == "work_needed");
}

TEST_CASE("a question of one person is not answered by another one in the same zone", "[zones]") {
    Counter counter;
    counter.scan(Scan{kAna}.at("recepcion"));
    counter.scan(Scan{kReceive}.at("recepcion"));
    CHECK(counter.scan(Scan{linear(1)}.at("recepcion")).what() == "lot_needed");
    counter.scan(Scan{kEva}.at("mostrador"));  // from now on Eva works, everywhere
    CHECK(counter.scan(Scan{}.at("recepcion").lot("L1").expires("2028-06-30")).what() == "not_understood");
}

TEST_CASE("how a code was read is forgotten in every zone when the work ends", "[zones]") {
    Counter counter;
    const std::string unclear = "]d201" + gtin_text(1) + "10ABC17281231";
    counter.scan(Scan{kReceive}.at("recepcion"));
    CHECK(counter.scan(Scan{unclear}.at("recepcion")).what() == "code_unclear");
    CHECK(counter.scan(Scan{"DOSARIO.X1"}.at("recepcion")).ok());
    counter.scan(Scan{kDone}.at("mostrador"));
    counter.scan(Scan{kReceive}.at("mostrador"));
    CHECK(counter.scan(Scan{unclear}.at("recepcion")).what() == "code_unclear");
}

TEST_CASE("more zones than are remembered lose what waited, and nothing else", "[zones]") {
    Counter counter;
    counter.scan(kReceive);
    for (int i = 0; i < 40; ++i) {
        const std::string zone = "zona " + std::to_string(i);
        CHECK(counter.scan(Scan{"DOSARIO.X3"}.at(zone.c_str())).what() == "count_set");
    }
    counter.scan(Scan{Box{}.code()}.at("zona 39"));
    CHECK(counted(counter) == "3");
    counter.scan(Scan{Box{}.code()}.at("zona 38"));
    CHECK(counted(counter) == "6");
    counter.scan(Scan{Box{}.code()}.at("zona 0"));
    CHECK((counted(counter) == "7" || counted(counter) == "9"));
}

TEST_CASE("the answer says whom it answers, and a repeated request too", "[zones]") {
    Counter counter;
    counter.scan(kReceive);
    const Answer first = counter.scan(Scan{Box{}.code()}.at("recepcion").reader("lector 1").id("r1"));
    CHECK(first.reply.reader() == "lector 1");
    CHECK(first.reply.zone() == "recepcion");
    const Answer again = counter.scan(Scan{Box{}.code()}.at("mostrador").reader("lector 2").id("r1"));
    CHECK(again.seq() == first.seq());
    CHECK(again.reply.reader() == "lector 2");
    CHECK(counter.scan(Scan{kDone}.reader("20-26756539-3")).reply.reader().empty());  // nobody's document is repeated
    CHECK(counter.scan(Scan{kDone}.reader(std::string(65, 'x').c_str())).reply.reader().empty());
}

TEST_CASE("a zone is a short name and nobody's document", "[zones]") {
    Counter counter;
    for (const char* zone : {"20-26756539-3", "zona\n", " a", "a ", "123456789012345678901234567890123", "\xff"}) {
        INFO(zone);
        CHECK(counter.scan(Scan{kReceive}.at(zone)).error.has_value());
    }
    CHECK(counter.scan(Scan{kReceive}.at("fraccionado y preparación")).ok());
    CHECK(counter.scan(Scan{kReceive}.gs("perhaps")).error.has_value());
}

TEST_CASE("a code of a reader that loses separators is a question, and of another one it is read as it stands", "[zones]") {
    Counter counter;
    counter.scan(kReceive);
    const std::string code = "]d201" + gtin_text(1) + "17280630" + "10L1" + "21A1";
    CHECK(counter.scan(Scan{code}.gs("lost")).what() == "code_unclear");
    CHECK(counted(counter) == "");
    CHECK(counter.scan(Scan{kNo}).what() == "cancelled");
    CHECK(counter.scan(Scan{code}.gs("kept")).what() == "received");
    CHECK(counter.scan(Scan{code}).what() == "received");
}
