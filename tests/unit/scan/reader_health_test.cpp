// SPDX-License-Identifier: Apache-2.0
// Counts of a reader, and the word for how it does.
#include "scan/reader_health.hpp"

#include "support/catch.hpp"

namespace dosario {
namespace {

MonoTime at(std::int64_t seconds) { return MonoTime{std::chrono::seconds{seconds}}; }

const ReaderFault kShort{ReaderFault::Kind::length, "a scan report of another size"};

TEST_CASE("a reader that is not open has no health", "[health]") {
    ReaderHealth reader;
    CHECK_FALSE(reader.health(at(0)));
    reader.opened(at(1));
    CHECK(reader.health(at(1)).has_value());
    reader.closed();
    CHECK_FALSE(reader.health(at(2)));
}

TEST_CASE("a reader is silent until something came from it, and after an hour without", "[health]") {
    ReaderHealth reader;
    reader.opened(at(0));
    CHECK(reader.health(at(1)) == Health::silent);
    reader.read(at(2), false);
    CHECK(reader.health(at(2)) == Health::good);
    CHECK(reader.health(at(2 + 3599)) == Health::good);
    CHECK(reader.health(at(2 + 3600)) == Health::silent);
    reader.fault(kShort, at(4000));  // a fault is a sign of life
    CHECK(reader.health(at(4000)) == Health::good);
    reader.opened(at(4001));
    CHECK(reader.health(at(4001)) == Health::silent);
}

TEST_CASE("four faults among the last thirty-two reads are poor health, and pass with good reads", "[health]") {
    ReaderHealth reader;
    reader.opened(at(0));
    for (int i = 0; i < 3; ++i) reader.fault(kShort, at(1));
    CHECK(reader.health(at(1)) == Health::good);
    reader.fault(kShort, at(1));
    CHECK(reader.health(at(1)) == Health::poor);
    for (int i = 0; i < 28; ++i) reader.read(at(2), false);
    CHECK(reader.health(at(2)) == Health::poor);
    reader.read(at(2), false);
    CHECK(reader.health(at(2)) == Health::good);
}

TEST_CASE("what was read and lost is counted by kind", "[health]") {
    ReaderHealth reader;
    reader.opened(at(5));
    reader.read(at(6), false);
    reader.read(at(7), true);
    reader.fault(kShort, at(8));
    reader.fault({ReaderFault::Kind::checksum, "sum"}, at(9));
    reader.fault({ReaderFault::Kind::framing, "frame"}, at(10));
    reader.fault({ReaderFault::Kind::framing, "frame again"}, at(11));
    CHECK(reader.scans() == 2);
    CHECK(reader.echoes() == 1);
    CHECK(reader.faults().all() == 4);
    CHECK(reader.faults().length == 1);
    CHECK(reader.faults().checksum == 1);
    CHECK(reader.faults().framing == 2);
    CHECK(reader.last_fault() == "frame again");
    CHECK(reader.last_fault_at() == at(11));
    CHECK(reader.last_scan_at() == at(7));
    CHECK(reader.opened_at() == at(5));
}

}  // namespace
}  // namespace dosario
