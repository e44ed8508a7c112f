// SPDX-License-Identifier: Apache-2.0
// What a pad reads on a shelf against what the ledger has there.
#include "control/sweep_view.hpp"
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
    CHECK(missing == std::set<std::string>{"S3", "S4", doses[2]});
    CHECK_FALSE(reply.more());

    SECTION("one product, though nothing of it is read") {
        const auto other = swept(counter, {}, gtin_text(2));
        REQUIRE(other.missing_size() == 1);
        CHECK(other.missing(0).serial() == "OTHER");
    }
    SECTION("an empty shelf of no product has nothing to miss") { CHECK(swept(counter, {}).missing_size() == 0); }
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
