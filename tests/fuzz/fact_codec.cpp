// SPDX-License-Identifier: Apache-2.0
// Fuzz target: bodies of entries. What decodes can be written, read again and shown. First byte: below 128 a body of the release,
// in which the following pairs put bytes at places; else the rest is the body.
#include "base/check.hpp"
#include "http/json.hpp"
#include "support/facts.hpp"
#include "wire/quiet_protobuf.hpp"

#include <cstddef>
#include <cstdint>

using namespace dosario;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    [[maybe_unused]] static const bool quiet = (quiet_protobuf(), true);
    if (size == 0) return 0;
    const auto& released = test::release_bodies();
    Bytes body;
    if (bytes[0] < 128) {
        body = *from_hex(released[bytes[0] % released.size()].hex);
        for (std::size_t i = 1; i + 1 < size; i += 2) body[bytes[i] % body.size()] = std::byte{bytes[i + 1]};
    } else {
        const auto rest = std::as_bytes(std::span{bytes + 1, size - 1});
        body.assign(rest.begin(), rest.end());
    }
    const std::string shown = body_json(body);
    DOSARIO_CHECK(!shown.empty() && shown.front() == '{');
    const auto fact = decode_fact(body);
    if (!fact) return 0;
    DOSARIO_CHECK(kind_name(kind_of(fact->fact)) != "unknown");
    const std::string written = encode_fact(*fact);
    const auto again = decode_fact(as_bytes(written));
    DOSARIO_CHECK(again.has_value());
    DOSARIO_CHECK(encode_fact(*again) == written);
    return 0;
}
