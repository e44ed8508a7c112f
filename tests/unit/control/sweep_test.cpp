// SPDX-License-Identifier: Apache-2.0
// What a pad reads on a shelf against what the ledger has there.
#include "control/sweep_view.hpp"
#include "control/sweep_words.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

std::string box(const std::string& serial, unsigned product = 1) { return Box{.product = product, .serial = serial}.code(); }

v1::SweepReply swept(Counter& counter, const std::vector<std::string>& codes, const std::string& gtin = "",
                     unsigned strangers = 0) {
    v1::SweepRequest request;
    request.set_gtin(gtin);
    for (const auto& code : codes) request.mutable_tray()->add_codes(code);
    request.mutable_tray()->set_tags(static_cast<std::uint32_t>(codes.size()) + strangers);
    const auto reply = counter.service().sweep(request);
    REQUIRE(reply.has_value());
    return *reply;
}

}  // namespace

TEST_CASE("a shelf is compared with the ledger: missing, extra, unknown", "[sweep]") {
    Counter counter;
    counter.scan(kReceive);
    for (const char* serial : {"S1", "S2", "S3", "S4", "S5"}) counter.scan(box(serial));
    counter.scan(box("OTHER", 2));
    counter.scan(Scan{box("S5")}.mode("dispense").by(kAna));
    const auto doses = counter.fraction(Scan{box("S4")}.doses(3).units_per_dose(10).by(kAna));
    REQUIRE(doses.size() == 3);

    const auto reply = swept(counter, {box("S1"), box("S1"), box("S2"), box("S5"), box("NEVER"), doses[0], doses[1]}, "", 2);
    CHECK(reply.tags() == 9);
    CHECK(reply.found() == 4);
    CHECK(reply.twice() == 1);
    CHECK(reply.strangers() == 2);
    REQUIRE(reply.extra_size() == 1);
    CHECK(reply.extra(0).serial() == "S5");
    CHECK(reply.extra(0).state() == "out");
    REQUIRE(reply.unknown_size() == 1);
    CHECK(reply.unknown(0).serial() == "NEVER");
    CHECK(reply.unknown(0).state().empty());
    std::set<std::string> missing;
    for (const auto& line : reply.missing()) missing.insert(line.code().starts_with("DOSARIO.D.") ? line.code() : line.serial());
    CHECK(missing == std::set<std::string>{"S3", doses[2]});  // S4 is cut to the end
    CHECK_FALSE(reply.more());

    CHECK(reply.verdict() == "differs");
    REQUIRE(reply.products_size() == 1);
    CHECK(reply.products(0).gtin() == gtin_text(1));
    CHECK(reply.products(0).expected() == 6);  // S1, S2, S3, three doses; of S4 nothing is left
    CHECK(reply.products(0).untold() == 0);

    SECTION("one product alone, though only others are read") {
        const auto other = swept(counter, {box("S1"), box("S5"), box("NEVER"), doses[0], dose_code(ThingId{77})}, gtin_text(2));
        REQUIRE(other.missing_size() == 1);
        CHECK(other.missing(0).serial() == "OTHER");
        CHECK(other.extra_size() + other.unknown_size() == 0);
        CHECK(other.found() == 0);
        CHECK(other.others() == 5);
        CHECK(other.products_size() == 1);
        CHECK(other.verdict() == "differs");
    }
    SECTION("the same product, with others beside it") {
        const auto other = swept(counter, {box("OTHER", 2), box("S1")}, gtin_text(2), 1);
        CHECK(other.verdict() == "same");
        CHECK(other.others() == 1);
        CHECK(other.found() == 1);
    }
    SECTION("where nothing was read nothing was compared, whatever the ledger has") {
        for (const std::string& gtin : {std::string{}, gtin_text(2)}) {
            const auto nothing = swept(counter, {}, gtin);
            CHECK(nothing.verdict() == "nothing_read");
            CHECK(nothing.missing_size() == 0);
            CHECK(nothing.message().find("nothing was compared") != std::string::npos);
        }
    }
    SECTION("tags of others say nothing of a shelf") {
        const auto nothing = swept(counter, {}, "", 3);
        CHECK(nothing.verdict() == "nothing_known");
        CHECK(nothing.strangers() == 3);
        CHECK(swept(counter, {box("S1")}, gtin_text(3)).verdict() == "nothing_known");
    }
}

TEST_CASE("two tags of one thing are found once, and the shelf is not as the ledger says", "[sweep]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(box("S1"));
    CHECK(swept(counter, {box("S1")}).verdict() == "same");
    const std::string shorter = "]d201" + gtin_text(1) + "21S1";  // another tag says less of it
    for (const std::string& second : {box("S1"), shorter}) {
        const auto reply = swept(counter, {box("S1"), second});
        CHECK(reply.found() == 1);
        CHECK(reply.twice() == 1);
        CHECK(reply.verdict() == "differs");
        CHECK(reply.products(0).expected() == 1);
    }
    const auto unknown = swept(counter, {box("NEVER"), box("NEVER")});
    CHECK(unknown.unknown_size() == 1);
    CHECK(unknown.twice() == 1);
    CHECK(swept(counter, {box("S1"), box("OTHER", 2), box("OTHER", 2)}, gtin_text(1)).verdict() == "same");
}

TEST_CASE("a sweep has more tags than a tray, and no more than a pad holds apart", "[sweep]") {
    Counter counter;
    counter.scan(kReceive);
    std::vector<std::string> codes;
    for (std::size_t i = 0; i < kMostSwept; ++i) codes.push_back(box("S" + std::to_string(i)));
    CHECK(kMostSwept > PadTray::kMostTags);
    CHECK(swept(counter, codes).unknown_size() == static_cast<int>(kMostSwept));
    v1::SweepRequest request;
    request.mutable_tray()->set_tags(kMostSwept + 1);
    const auto reply = counter.service().sweep(request);
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().message.find("2048") != std::string::npos);
}

TEST_CASE("a box that was cut to the end is not missed, and packs without serial are told as not compared", "[sweep]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(box("S1"));
    counter.scan(box("S2"));
    REQUIRE(counter.scan(Scan{Box{}.code()}.mode("receive").packs(6)).ok());
    const auto doses = counter.fraction(Scan{box("S2")}.doses(3).units_per_dose(10).by(kAna));
    REQUIRE(doses.size() == 3);
    const std::string opened = counter.rows("SELECT pack FROM pack WHERE state = 2");
    REQUIRE_FALSE(opened.empty());

    const auto all = swept(counter, {box("S1"), doses[0], doses[1], doses[2]});
    CHECK(all.missing_size() == 0);
    CHECK(all.verdict() == "same");
    REQUIRE(all.products_size() == 1);
    CHECK(all.products(0).expected() == 4);
    CHECK(all.products(0).untold() == 6);
    CHECK(all.message().find("were not compared: 6") != std::string::npos);
    // The empty carton is still there: that is no fault either.
    CHECK(swept(counter, {box("S1"), box("S2"), doses[0], doses[1], doses[2]}).verdict() == "same");
    // A box of which something is left is looked for.
    const auto two = counter.fraction(Scan{box("S1")}.doses(2).units_per_dose(10).by(kAna));
    REQUIRE(two.size() == 2);
    const auto part = swept(counter, {doses[0], doses[1], doses[2], two[0], two[1]});
    REQUIRE(part.missing_size() == 1);
    CHECK(part.missing(0).serial() == "S1");
}

TEST_CASE("a sweep is told in three languages, and every line has its values", "[sweep]") {
    v1::SweepReply reply;
    reply.set_tags(5);
    reply.set_found(1);
    reply.set_strangers(2);
    reply.set_twice(3);
    reply.set_others(4);
    reply.set_more(true);
    auto& product = *reply.add_products();
    product.set_name("Ibuprofeno");
    product.set_gtin("07791234567898");
    product.set_expected(9);
    product.set_untold(6);
    for (const char* state : {"closed", "opened", "out", "returned", "made", "ready", ""}) reply.add_missing()->set_state(state);
    reply.add_extra()->set_code("DOSARIO.D.X");
    reply.add_unknown()->set_serial("S1");
    std::set<std::string> texts;
    for (const char* verdict : {"same", "differs", "nothing_read", "nothing_known"})
        for (const Language language : {Language::es, Language::en, Language::pt})
            for (const bool one : {true, false}) {
                reply.set_verdict(verdict);
                const std::string text = sweep_text(reply, one, language);
                CHECK(text.find('{') == std::string::npos);
                CHECK(text.find("Ibuprofeno (07791234567898)") != std::string::npos);
                CHECK(std::ranges::count(text, '\n') == 19);
                texts.insert(text);
            }
    CHECK(texts.size() == 24);
}

TEST_CASE("a sweep that cannot be is refused", "[sweep]") {
    Counter counter;
    v1::SweepRequest request;
    CHECK_FALSE(counter.service().sweep(request).has_value());
    request.mutable_tray()->add_codes(box("S1"));
    CHECK_FALSE(counter.service().sweep(request).has_value());
    request.mutable_tray()->set_tags(1);
    CHECK(counter.service().sweep(request).has_value());
    request.set_gtin("7791234567890");
    CHECK_FALSE(counter.service().sweep(request).has_value());
}
