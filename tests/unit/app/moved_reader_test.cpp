// SPDX-License-Identifier: Apache-2.0
// Readers that are known by their port, and were plugged elsewhere.
#include "app/moved_reader.hpp"

#include "support/catch.hpp"

namespace dosario {
namespace {

TEST_CASE("a reader alike that was remembered at another port is pointed out", "[moved]") {
    CHECK(port_it_was_at("1a2c:4c5e:@1-3:0", {"1a2c:4c5e:@1-4:0"}, {"1a2c:4c5e:@1-3:0"}) == "1-4");
    CHECK(port_it_was_at("1a2c:4c5e:@1-4.2:0", {"1a2c:4c5e:@1-4.1:0"}, {}) == "1-4.1");
}

TEST_CASE("nothing is pointed out where it could not be the same reader", "[moved]") {
    const std::string id = "1a2c:4c5e:@1-3:0";
    CHECK(port_it_was_at(id, {}, {id}).empty());
    CHECK(port_it_was_at(id, {"1a2c:4c5e:@1-4:0"}, {id, "1a2c:4c5e:@1-4:0"}).empty());  // the other one is still there
    CHECK(port_it_was_at(id, {"1a2c:4c5f:@1-4:0"}, {id}).empty());                      // another model
    CHECK(port_it_was_at(id, {"1a2c:4c5e:@1-4:1"}, {id}).empty());                      // another interface
    CHECK(port_it_was_at(id, {id}, {id}).empty());
    CHECK(port_it_was_at("1a2c:4c5e:W1:0", {"1a2c:4c5e:W2:0"}, {}).empty());  // serial numbers tell them apart
    CHECK(port_it_was_at("1a2c:4c5e::0", {"1a2c:4c5e:@1-4:0"}, {}).empty());
    CHECK(port_it_was_at("", {""}, {}).empty());
    CHECK(port_it_was_at(":@", {"@:"}, {}).empty());
}

}  // namespace
}  // namespace dosario
