// SPDX-License-Identifier: Apache-2.0
// The real Digest against the published vectors: SHA-256 (FIPS 180-4, NIST's examples) and HMAC-SHA-256 (RFC 4231).
#include "base/bytes.hpp"
#include "crypto/openssl.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <initializer_list>

using namespace dosario;

namespace {

using Key = std::array<std::byte, 32>;

/// As HMAC itself does with a key shorter than its block: zeros behind it.
Key filled(const std::string& hex) {
    const Bytes bytes = from_hex(hex).value();
    Key key{};
    REQUIRE(bytes.size() <= key.size());
    std::ranges::copy(bytes, key.begin());
    return key;
}

/// As HMAC itself does with a key longer than its block.
Key hashed(const Bytes& bytes) {
    const ByteView parts[] = {bytes};
    return make_digest()->sha256(parts);
}

std::string repeated(const char* hex, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += hex;
    return text;
}

std::string mac_of(const Digest& digest, std::initializer_list<std::string_view> texts) {
    std::vector<ByteView> parts;
    for (const auto text : texts) parts.push_back(as_bytes(text));
    const auto keyed = digest.keyed(parts);
    REQUIRE(keyed);
    return to_hex(keyed->mac);
}

struct Vector {
    Key key;
    std::string content;
    std::string mac;
};

}  // namespace

TEST_CASE("HMAC-SHA-256 gives the macs of RFC 4231", "[digest]") {
    const Bytes long_key(131, std::byte{0xaa});
    const std::string dd(50, '\xdd');
    const std::string cd(50, '\xcd');
    const Vector vectors[] = {
        {filled(repeated("0b", 20)), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {filled("4a656665"), "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {filled(repeated("aa", 20)), dd, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {filled("0102030405060708090a0b0c0d0e0f10111213141516171819"), cd,
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {hashed(long_key), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {hashed(long_key),
         "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before "
         "being used by the HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    for (const Vector& one : vectors) {
        const auto digest = make_digest(1, one.key);
        CHECK(mac_of(*digest, {one.content}) == one.mac);
        CHECK(mac_of(*digest, {one.content}) == one.mac);  // the context is used again
        for (std::size_t cut = 0; cut <= one.content.size(); ++cut) {
            const std::string_view content = one.content;
            CHECK(mac_of(*digest, {content.substr(0, cut), "", content.substr(cut)}) == one.mac);
        }
    }
    // Case 5 of the RFC shows the first 128 bits only.
    const auto digest = make_digest(1, filled(repeated("0c", 20)));
    CHECK(mac_of(*digest, {"Test With Truncation"}).substr(0, 32) == "a3b6167473100ee06e0c796c2955552b");
}

TEST_CASE("a digest tells which key it holds, and without one gives no mac", "[digest]") {
    const ByteView parts[] = {as_bytes("abc")};
    CHECK_FALSE(make_digest()->keyed(parts));
    const auto seven = make_digest(7, filled("01"));
    const auto eight = make_digest(8, filled("02"));
    CHECK(seven->keyed(parts)->key == 7);
    CHECK(eight->keyed(parts)->key == 8);
    CHECK(seven->keyed(parts)->mac != eight->keyed(parts)->mac);
}

TEST_CASE("a key changes nothing about SHA-256", "[digest]") {
    const ByteView parts[] = {as_bytes("a"), as_bytes("bc")};
    const std::string known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    CHECK(to_hex(make_digest()->sha256(parts)) == known);
    const auto keyed = make_digest(1, filled("01"));
    CHECK(keyed->keyed(parts));
    CHECK(to_hex(keyed->sha256(parts)) == known);
}
