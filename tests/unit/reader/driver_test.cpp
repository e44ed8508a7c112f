// SPDX-License-Identifier: Apache-2.0
// A reader's name.
#include "reader/driver.hpp"
#include "support/catch.hpp"

using namespace dosario;

namespace {

UsbInterface plugged(std::string serial, std::string bus_path) {
    UsbInterface one;
    one.vid = 0x05E0;
    one.pid = 0x1200;
    one.serial = std::move(serial);
    one.bus_path = std::move(bus_path);
    one.number = 1;
    return one;
}

}  // namespace

TEST_CASE("a serial number names a reader on any port, and without one the port does", "[identity]") {
    CHECK(reader_id(plugged("A1", "1-2")) == "05e0:1200:A1:1");
    CHECK(reader_id(plugged("A1", "2-4.1")) == "05e0:1200:A1:1");
    CHECK(reader_id(plugged("", "1-2")) == "05e0:1200:@1-2:1");
    CHECK(reader_id(plugged("", "2-4.1")) == "05e0:1200:@2-4.1:1");
    CHECK(reader_id(plugged("", "")) == "05e0:1200::1");
}

TEST_CASE("a serial number cannot pass for a port, nor for more than one part of the name", "[identity]") {
    CHECK(reader_id(plugged("@1-2", "1-9")) == "05e0:1200:_1-2:1");
    CHECK(reader_id(plugged("a:b \"c\\\x7f\n", "1-9")) == "05e0:1200:a_b__c___:1");
}
