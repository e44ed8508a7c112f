// SPDX-License-Identifier: Apache-2.0
// Official examples for what the age format is made of.
#include "crypto/age_primitives.hpp"
#include "crypto/bech32.hpp"
#include "support/catch.hpp"
#include "support/hex.hpp"

using namespace dosario;
using dosario::test::hex;

namespace {

PublicPoint point(std::string_view text) {
    PublicPoint made;
    const Bytes bytes = hex(text);
    REQUIRE(bytes.size() == made.size());
    std::copy(bytes.begin(), bytes.end(), made.begin());
    return made;
}

Key32 key(std::string_view text) {
    Key32 made;
    const PublicPoint bytes = point(text);
    std::copy(bytes.begin(), bytes.end(), made.span().begin());
    return made;
}

std::string shown(const Key32& secret) { return to_hex(secret.span()); }

}  // namespace

TEST_CASE("X25519 is that of RFC 7748, section 6.1", "[age]") {
    const Key32 alice = key("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const Key32 bob = key("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    CHECK(to_hex(x25519_public(alice)) == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    CHECK(to_hex(x25519_public(bob)) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const char* const shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    CHECK(shown(*x25519_shared(alice, x25519_public(bob))) == shared);
    CHECK(shown(*x25519_shared(bob, x25519_public(alice))) == shared);
    CHECK_FALSE(x25519_shared(alice, PublicPoint{}).has_value());
    CHECK_FALSE(x25519_shared(alice, point("0100000000000000000000000000000000000000000000000000000000000000")).has_value());
}

TEST_CASE("HKDF is that of RFC 5869, appendix A.1 and A.3", "[age]") {
    const Bytes secret(22, std::byte{0x0b});
    const std::string info = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
    CHECK(shown(hkdf_sha256(secret, hex("000102030405060708090a0b0c"), info)) ==
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    CHECK(shown(hkdf_sha256(secret, {}, "")) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST_CASE("what was sealed opens, and with one bit changed it does not", "[age]") {
    const std::string text = "thirty tablets, and a few bytes more than one block of the cipher has: there are sixty-four in it";
    Aead aead{key("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")};
    const AeadNonce nonce{std::byte{7}};
    Bytes sealed(text.size() + kAeadTag), plain(text.size());
    aead.seal(nonce, as_bytes(text), sealed);
    REQUIRE(aead.open(nonce, sealed, plain));
    CHECK(as_text(plain) == text);
    CHECK_FALSE(aead.open({}, sealed, plain));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        sealed[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        if (aead.open(nonce, sealed, plain)) FAIL("bit " << bit << " was changed and it opened");
        sealed[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    }
    CHECK(aead.open(nonce, sealed, plain));
}

TEST_CASE("base64 has one spelling, RFC 4648 section 10 without padding", "[age]") {
    for (const auto& [plain, text] : {std::pair{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
        CHECK(base64(as_bytes(plain)) == text);
        REQUIRE(from_base64(text).has_value());
        CHECK(as_text(*from_base64(text)) == plain);
    }
    for (const char* wrong : {"Z", "Zh", "Zm9", "Zg==", "Zm8=", "Zm 9v", "Zm9v\n", "Zm-v", "Zm_v", "====", "Zm9vYmFyA"})
        CHECK_FALSE(from_base64(wrong).has_value());
}

TEST_CASE("Bech32 takes the examples of BIP 173 and refuses its wrong ones", "[age]") {
    for (const char* good :
         {"A12UEL5L", "a12uel5l", "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
          "?1ezyfcl"})
        CHECK(bech32_decode(good).fault == Bech32Fault::none);
    CHECK(bech32_decode("pzry9x0s0muk").fault == Bech32Fault::shape);
    CHECK(bech32_decode("1pzry9x0s0muk").fault == Bech32Fault::shape);
    CHECK(bech32_decode("x1b4n0q5v").fault == Bech32Fault::character);
    CHECK(bech32_decode("x1b4n0q5v").place == 3);
    CHECK(bech32_decode("li1dgmt3").fault == Bech32Fault::shape);
    CHECK(bech32_decode("A1G7SGD8").fault == Bech32Fault::checksum);
    CHECK(bech32_decode("10a06t8").fault == Bech32Fault::shape);
    CHECK(bech32_decode("1qzzfhee").fault == Bech32Fault::shape);
    CHECK(bech32_decode("a12UEL5L").fault == Bech32Fault::mixed_case);
    CHECK(bech32_decode("\x7f"
                        "1g6xzxy")
              .fault == Bech32Fault::character);
}
