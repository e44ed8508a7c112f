// SPDX-License-Identifier: Apache-2.0
// Where readers stand is kept in the ledger's file, beside the facts.
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

std::optional<Error> keep(Counter& counter, const std::string& reader, const std::string& zone) {
    std::optional<Error> failure;
    Job job;
    job.decide = [&](Service& service) {
        if (auto kept = service.keep_zone(reader, zone); !kept) failure = kept.error();
    };
    job.answer = [&](const std::optional<Error>& failed) {
        if (failed) failure = failed;
    };
    counter.run(job);
    return failure;
}

}  // namespace

TEST_CASE("a zone outlives a restart, and is no entry", "[zones]") {
    Counter counter;
    const Seq head = counter.ledger().head_seq();
    CHECK_FALSE(keep(counter, "05e0:1200:K1:0", "mostrador"));
    CHECK_FALSE(keep(counter, "05e0:1200:@1-4:0", "recepci\xC3\xB3n"));
    REQUIRE(counter.reopen().has_value());
    const auto zones = counter.service().zones();
    REQUIRE(zones.has_value());
    CHECK(*zones ==
          std::map<std::string, std::string>{{"05e0:1200:K1:0", "mostrador"}, {"05e0:1200:@1-4:0", "recepci\xC3\xB3n"}});
    CHECK(counter.ledger().head_seq() == head);
    CHECK(counter.verify().ok());
}

TEST_CASE("an empty zone takes it back, and another one replaces it", "[zones]") {
    Counter counter;
    CHECK_FALSE(keep(counter, "a", "uno"));
    CHECK_FALSE(keep(counter, "a", "dos"));
    CHECK(*counter.service().zones() == std::map<std::string, std::string>{{"a", "dos"}});
    CHECK_FALSE(keep(counter, "a", ""));
    CHECK_FALSE(keep(counter, "a", ""));
    CHECK(counter.service().zones()->empty());
}

TEST_CASE("so many readers have a zone and no more", "[zones]") {
    Counter counter;
    for (std::size_t i = 0; i < Service::kMostZonesKept; ++i) CHECK_FALSE(keep(counter, "r" + std::to_string(i), "z"));
    const auto refused = keep(counter, "one more", "z");
    REQUIRE(refused);
    CHECK(refused->failure == Failure::refused);
    CHECK_FALSE(keep(counter, "r0", "another"));  // who has one may change it
    CHECK_FALSE(keep(counter, "r1", ""));
    CHECK_FALSE(keep(counter, "one more", "z"));
}

TEST_CASE("other rows beside the zones are none of them", "[zones]") {
    Counter counter;
    Job job;
    job.decide = [](Service& service) { (void)service.ledger().keep_upkeep(kVerified, {UtcTime{}, true, "x"}); };
    job.answer = [](const std::optional<Error>&) {};
    counter.run(job);
    CHECK(counter.service().zones()->empty());
}
