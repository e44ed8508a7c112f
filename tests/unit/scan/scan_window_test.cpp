// SPDX-License-Identifier: Apache-2.0
// What is one gesture of a person.
#include "scan/scan_window.hpp"

#include "support/catch.hpp"

namespace dosario {
namespace {

BarcodeRead read_at(int ms, const char* bytes) {
    BarcodeRead read;
    read.bytes = bytes;
    read.heard_at = MonoTime{std::chrono::milliseconds{ms}};
    return read;
}

TEST_CASE("every read is a gesture unless echoes are filtered", "[scan]") {
    ScanWindow all{"desk", 0};
    CHECK(all.see(read_at(0, "A"))->number == 1);
    CHECK(all.see(read_at(1, "A"))->number == 2);
    CHECK(all.see(read_at(1, "A"))->reader == "desk");
}

TEST_CASE("the same content within the time of an echo is the gesture before", "[scan]") {
    ScanWindow window{"desk", 500};
    CHECK(window.see(read_at(0, "A")));
    CHECK_FALSE(window.see(read_at(499, "A")));
    CHECK_FALSE(window.see(read_at(998, "A")));  // held on: each is an echo of the one before
    CHECK(window.see(read_at(1498, "A")));
    CHECK(window.see(read_at(1499, "B")));
    CHECK(window.see(read_at(1500, "A"))->number == 4);
}

}  // namespace
}  // namespace dosario
