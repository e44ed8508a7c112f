// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "wire/chain.hpp"

#include <algorithm>

using namespace dosario;

namespace {

struct Link {
    LedgerId ledger{};
    Sha256 previous{};
    EntryHeader header{7, 14, 1, 3, 1'234'567, 1'795'262'400'000'000, 1};
    EventId event{};
    Bytes body = *from_hex("a2060808");

    Link() {
        for (std::size_t i = 0; i < 16; ++i) ledger[i] = static_cast<std::byte>(i);
        for (std::size_t i = 0; i < 32; ++i) previous[i] = static_cast<std::byte>(0x20 + i);
        for (std::size_t i = 0; i < 16; ++i) event[i] = static_cast<std::byte>(0xf0 + i);
    }
    std::string hash() const { return to_hex(chain_hash(*make_digest(), ledger, previous, header, event, body)); }
};

}  // namespace

// Computed with Python: sha256(b"dosario.event.1" + bytes(range(16)) + bytes(range(0x20, 0x40)) + struct.pack(">QIIQqqIQ", 7, 14, 1, 3,
// 1234567, 1795262400000000, 1, 4) + bytes(range(0xf0, 0x100)) + bytes.fromhex("a2060808"))
TEST_CASE("an entry's hash is that of the published layout", "[chain]") {
    CHECK(Link{}.hash() == "5ce0c831c6df600d1a5188d81d236e401251a20a44344677862ef166694d74f3");
}

TEST_CASE("everything in an entry and before it changes its hash", "[chain]") {
    std::vector<std::string> hashes{Link{}.hash()};
    const auto add = [&](auto change) {
        Link link;
        change(link);
        hashes.push_back(link.hash());
    };
    add([](Link& l) { l.ledger[15] ^= std::byte{1}; });
    add([](Link& l) { l.previous[0] ^= std::byte{1}; });
    add([](Link& l) { ++l.header.seq; });
    add([](Link& l) { ++l.header.kind; });
    add([](Link& l) { ++l.header.version; });
    add([](Link& l) { ++l.header.boot; });
    add([](Link& l) { ++l.header.mono_us; });
    add([](Link& l) { --l.header.wall_us; });
    add([](Link& l) { l.header.clock = 0; });
    add([](Link& l) { l.event[7] ^= std::byte{1}; });
    add([](Link& l) { l.body.back() ^= std::byte{1}; });
    add([](Link& l) { l.body.push_back(std::byte{0}); });
    std::sort(hashes.begin(), hashes.end());
    CHECK(std::unique(hashes.begin(), hashes.end()) == hashes.end());
}
