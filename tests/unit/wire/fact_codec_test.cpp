// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/facts.hpp"
#include "wire/quiet_protobuf.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

[[maybe_unused]] const bool kQuiet = (quiet_protobuf(), true);  // broken bodies are this file's business

}  // namespace

TEST_CASE("every fact comes back from its bytes as it was", "[fact_codec]") {
    for (const auto& [name, fact, hex] : release_bodies()) {
        INFO(name);
        const std::string body = encode_fact(fact);
        const auto back = decode_fact(as_bytes(body));
        REQUIRE(back.has_value());
        CHECK(back->fact.index() == fact.fact.index());
        CHECK(back->work == fact.work);
        CHECK(back->operator_badge == fact.operator_badge);
        CHECK(back->witness_badge == fact.witness_badge);
        CHECK(back->decided_on == fact.decided_on);
        CHECK(encode_fact(*back) == body);
        CHECK(kind_name(kind_of(back->fact)) == name);
    }
}

TEST_CASE("bodies have the bytes of the release", "[fact_codec]") {
    REQUIRE(release_bodies().size() == std::variant_size_v<Fact>);
    for (const auto& [name, fact, hex] : release_bodies()) {
        INFO(name);
        CHECK(to_hex(as_bytes(encode_fact(fact))) == hex);
        const auto released = decode_fact(*from_hex(hex));
        REQUIRE(released.has_value());
        CHECK(to_hex(as_bytes(encode_fact(*released))) == hex);
    }
}

TEST_CASE("fields arrive where they belong", "[fact_codec]") {
    const auto back = [](std::size_t kind) { return decode_fact(*from_hex(release_bodies().at(kind).hex))->fact; };
    const auto received = std::get<PacksReceived>(back(4));
    CHECK(received.gtin.number == 7791234567898);
    CHECK(received.serial == "S1");
    CHECK(received.lot == "L1");
    CHECK(received.expires_on == parse_date("2028-06-30"));
    CHECK(received.pack.number == 0x123456789abcdef);
    CHECK(received.typed);
    const auto cut = std::get<PackFractioned>(back(5));
    CHECK(cut.opened);
    CHECK(cut.opened_on == parse_date("2026-11-21"));
    CHECK(cut.beyond_use_on == parse_date("2027-05-20"));
    CHECK(cut.units_before == 30);
    CHECK(cut.units_remaining == 9);
    CHECK(cut.units_wasted == 1);
    REQUIRE(cut.doses.size() == 2);
    CHECK(cut.doses[1].dose.number == 0x123456789abcdf2);
    CHECK(cut.doses[1].units == 10);
    CHECK(cut.rule == BeyondUseRule::days_after_opening);
    CHECK(std::get<DosesVerified>(back(6)).doses.size() == 2);
    CHECK(std::get<DoseDispensed>(back(7)).recipient[15] == std::byte{0xab});
    CHECK(std::get<PacksDispensed>(back(8)).packs == 2);
    CHECK(std::get<Reversed>(back(9)).seq == 300);
}

TEST_CASE("days before 1970 and far ahead come back", "[fact_codec]") {
    for (const char* text : {"1969-12-31", "1900-01-01", "9999-12-31"}) {
        const SignedFact fact{WorkClosed{}, 1, "", "", *parse_date(text)};
        CHECK(decode_fact(as_bytes(encode_fact(fact)))->decided_on == *parse_date(text));
    }
}

TEST_CASE("a body cut anywhere is refused or is another body, never a crash", "[fact_codec]") {
    for (const auto& [name, fact, hex] : release_bodies()) {
        const Bytes whole = *from_hex(hex);
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const auto back = decode_fact(ByteView{whole}.first(length));
            if (back) CHECK(encode_fact(*back) != as_text(whole));
        }
    }
}

TEST_CASE("a body with one bit turned is refused or reads as something that can be written again", "[fact_codec]") {
    for (const auto& [name, fact, hex] : release_bodies()) {
        for (std::size_t bit = 0; bit < hex.size() / 2 * 8; ++bit) {
            Bytes bytes = *from_hex(hex);
            bytes[bit / 8] ^= std::byte{1} << (bit % 8);
            const auto back = decode_fact(bytes);
            if (!back) continue;
            const auto again = decode_fact(as_bytes(encode_fact(*back)));
            CHECK(again.has_value());
        }
    }
}

TEST_CASE("what is no body is damaged, what this version does not know is newer", "[fact_codec]") {
    const auto failure = [](std::string_view hex) {
        const auto fact = decode_fact(*from_hex(hex));
        REQUIRE_FALSE(fact.has_value());
        return fact.error().failure;
    };
    CHECK(failure("ff") == Failure::damaged);
    CHECK(failure("0a") == Failure::damaged);
    CHECK(failure("") == Failure::newer);
    CHECK(failure("0801") == Failure::newer);        // signed, and no fact
    CHECK(failure("ca3e00") == Failure::newer);      // field 1001
    CHECK(failure("6200") == Failure::damaged);      // work_opened without a kind
    CHECK(failure("62020807") == Failure::damaged);  // a kind of work that is none
    CHECK(failure("620208ffffffff7f") == Failure::damaged);
    CHECK(failure("5200") == Failure::damaged);          // product without GTIN
    CHECK(failure("9a0100") == Failure::damaged);        // a reversal of nothing
    CHECK(failure("8a0100") == Failure::damaged);        // dispensed to nobody
    CHECK(failure("8a01030a0141") == Failure::damaged);  // wrong type inside
    CHECK(failure("1203ff4142") == Failure::damaged);    // a badge that is no UTF-8
}

TEST_CASE("kinds have the numbers and names of the release", "[fact_codec]") {
    const char* const names[] = {"product_learned", "operator_changed", "work_opened",       "work_closed",
                                 "packs_received",  "pack_fractioned",  "doses_verified",    "dose_dispensed",
                                 "packs_dispensed", "reversed",         "reader_adopted",    "delivery_note_named",
                                 "lot_recalled",    "recall_lifted",    "dose_returned",     "packs_returned",
                                 "dose_released",   "packs_released",   "recipient_accessed"};
    for (int i = 0; i < 19; ++i) CHECK(kind_name(10 + i) == names[i]);
    for (const int other : {0, 1, 4, 9, 29, -1, 1'000'000}) CHECK(kind_name(other) == "unknown");
}
