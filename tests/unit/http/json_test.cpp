// SPDX-License-Identifier: Apache-2.0
#include "http/json.hpp"
#include "dosario/v1/control.pb.h"
#include "support/catch.hpp"
#include "support/facts.hpp"

using namespace dosario;
using namespace dosario::test;

TEST_CASE("64-bit numbers are numbers, absent is null, defaults are printed", "[json]") {
    v1::ScanReply reply;
    CHECK(
        to_json(reply) ==
        R"({"ok":false,"sound":"","what":"","seq":[],"work":null,"ask":null,"lines":[],"message":"","doses":[],"pack":"","reader":"","zone":"","unsaved":[]})");
    reply.set_ok(true);
    reply.add_seq(18'446'744'073'709'551'615ULL);
    reply.set_work(0);
    reply.mutable_ask()->set_id(9'007'199'254'740'993ULL);
    reply.set_message("\"caf\xc3\xa9\"\n");
    CHECK(to_json(reply) ==
          R"({"ok":true,"sound":"","what":"","seq":[18446744073709551615],"work":0,"ask":{"id":9007199254740993,"question":"",)"
          R"("choices":[]},"lines":[],"message":"\"café\"\n","doses":[],"pack":"","reader":"","zone":"","unsaved":[]})");
}

TEST_CASE("text that is not UTF-8 is escaped before it goes into JSON", "[json]") {
    CHECK(fit_for_json("ma\xc3\xb1"
                       "ana \"x\"") ==
          "ma\xc3\xb1"
          "ana \"x\"");
    CHECK(fit_for_json("L\xff") == "L\\xff");
}

TEST_CASE("an entry's body is shown as the object it is", "[json]") {
    v1::LogEntry entry;
    entry.set_body(R"({"reader":"x"})");
    CHECK(to_json(entry).find(R"("body":{"reader":"x"})") != std::string::npos);
}

TEST_CASE("bodies as people read them", "[json]") {
    const auto shown = [](std::size_t kind) { return body_json(*from_hex(release_bodies().at(kind).hex)); };
    CHECK(shown(4) ==
          R"({"gtin":"07791234567898","serial":"S1","lot":"L1","expires_on":"2028-06-30","packs":1,"units_per_pack":30,)"
          R"("pack":"28T5CY4TQKFF","typed":true,"decided_on":"2026-11-21"})");
    CHECK(shown(2) == R"({"kind":"dispensing","recipient":"abababababababababababababababab","decided_on":"2026-11-21"})");
    CHECK(shown(3) == R"({"decided_on":"2026-11-21"})");
    CHECK(shown(5).find(R"("rule":"days_after_opening")") != std::string::npos);
    CHECK(shown(6).find(R"("doses":["28T5CY4TQKFH","28T5CY4TQKFJ"])") != std::string::npos);
    CHECK(shown(8).find(R"("pack":null)") != std::string::npos);
    CHECK(shown(9) == R"({"seq":300,"decided_on":"2026-11-21"})");
    CHECK(body_json({}) == "{}");
    CHECK(body_json(as_bytes("garbage")) == "{}");
}

TEST_CASE("requests are read, and what is odd in them is refused", "[json]") {
    v1::ScanRequest request;
    REQUIRE(from_json(R"({"content":"RE9T","units_per_pack":30,"undo_seq":7})", request).has_value());
    CHECK(request.content() == "DOS");
    CHECK(request.units_per_pack() == 30);
    CHECK(request.undo_seq() == 7);
    v1::StatusRequest empty;
    CHECK(from_json("", empty).has_value());
    CHECK(from_json("{}", empty).has_value());
    for (const char* odd :
         {R"({"contents":"x"})", R"({"packs":-1})", R"({"packs":"many"})", R"({"packs":1.5})", R"({"packs":4294967296})", R"([])",
          R"({)", R"(null)", R"("x")", R"({"content":"***"})", "{\"lot\":\"\xff\"}"}) {
        INFO(odd);
        v1::ScanRequest other;
        const auto parsed = from_json(odd, other);
        CHECK_FALSE(parsed.has_value());
        if (!parsed) CHECK(parsed.error().failure == Failure::invalid);
    }
    CHECK_FALSE(from_json(std::string(200'000, '['), request).has_value());
}
