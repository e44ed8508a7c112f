// SPDX-License-Identifier: Apache-2.0
// What lies on a pad is one gesture: held until a person says how many things that are, and booked when the pad reads as many.
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

v1::ScanRequest tray(const std::vector<std::string>& codes, unsigned strangers = 0, const char* zone = "") {
    v1::ScanRequest request;
    request.set_zone(zone);
    for (const std::string& code : codes) request.mutable_tray()->add_codes(code);
    request.mutable_tray()->set_tags(static_cast<std::uint32_t>(codes.size()) + strangers);
    return request;
}

std::string box(const std::string& serial, unsigned product = 1) { return Box{.product = product, .serial = serial}.code(); }

std::vector<std::string> boxes(unsigned n) {
    std::vector<std::string> codes;
    for (unsigned i = 1; i <= n; ++i) codes.push_back(box("S" + std::to_string(i)));
    return codes;
}

}  // namespace

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
        CHECK(counter.scan(tray(boxes(7))).what() == "tray_gone");
        CHECK(counter.scan(tray({})).what() == "tray_gone");
        CHECK(counter.ledger().head_seq() == before + 12);
    }
    SECTION("the same crate again is all there already") {
        counter.scan(tray({}));
        CHECK(counter.scan(tray(boxes(12))).what() == "tray_seen");
        const Answer again = counter.scan("DOSARIO.X12");
        CHECK(again.ok());
        CHECK(again.reply.seq().empty());
    }
    SECTION("a count for the next box is one again") { CHECK(counter.scan("DOSARIO.X3").what() == "count_set"); }
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
            CHECK(counter.scan(tray({codes[0], crate})).what() == "tray_gone");
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
        CHECK(counter.scan("DOSARIO.X1").what() == "count_set");
    }
}

TEST_CASE("of a tray what can be saved is saved, and the rest is told", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    auto codes = boxes(3);
    codes.push_back(Box{.expires = "2020-01-01", .serial = "OLD"}.code());
    codes.push_back(codes.front());
    counter.scan(tray(codes, 1));
    const Answer booked = counter.scan("DOSARIO.X6");
    CHECK(booked.what() == "tray_incomplete");
    CHECK(booked.sound() == "stop");
    CHECK_FALSE(booked.ok());
    CHECK(booked.reply.seq_size() == 3);
    std::string lines = "\n";
    for (const auto& line : booked.reply.lines()) lines += line + "\n";
    CHECK(lines.find("\nsaved: 3") != std::string::npos);
    CHECK(lines.find("not saved: 2") != std::string::npos);
    CHECK(lines.find("same tag twice") != std::string::npos);
    CHECK(lines.find("what they are: 1") != std::string::npos);
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
    CHECK(counter.scan("DOSARIO.X3").what() == "count_set");
    CHECK(counter.ledger().head_seq() == before);
}

TEST_CASE("two pads at two places do not count each other's trays", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    counter.scan(tray({box("A1"), box("A2")}, 0, "recepcion"));
    counter.scan(tray({box("B1"), box("B2"), box("B3")}, 0, "mostrador"));
    CHECK(counter.scan(Scan{"DOSARIO.X2"}.at("mostrador")).what() == "tray_differs");
    CHECK(counter.scan(Scan{"DOSARIO.X2"}.at("recepcion")).what() == "tray_booked");
    CHECK(counter.scan(Scan{"DOSARIO.X3"}.at("mostrador")).what() == "tray_booked");
}

TEST_CASE("what a thing of a tray asks is not asked of the next scan", "[tray]") {
    Counter counter;
    counter.scan("DOSARIO.RECIBIR");
    counter.scan(tray({Box{.product = kKnownProducts + 1, .serial = "N1"}.code()}));
    CHECK(counter.scan("DOSARIO.X1").what() == "tray_incomplete");
    CHECK(counter.scan("DOSARIO.X30").what() == "count_set");
}

TEST_CASE("a request about a tray that cannot be is refused", "[tray]") {
    Counter counter;
    v1::ScanRequest request = tray(boxes(2));
    SECTION("fewer tags than codes") { request.mutable_tray()->set_tags(1); }
    SECTION("more than lie on any pad") { request.mutable_tray()->set_tags(PadTray::kMostTags + 1); }
    SECTION("a code beside it") { request.set_content(box("S1")); }
    SECTION("a mode beside it") { request.set_mode("receive"); }
    SECTION("an empty code") { request.mutable_tray()->set_codes(0, ""); }
    CHECK(counter.scan(request).error);
}
