// SPDX-License-Identifier: Apache-2.0
// Facts as the bytes that are stored, hashed and sent: dosario.v1.FactBody (proto/dosario/v1/facts.proto).
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "workflow/fact.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dosario {

/// The version of bodies that this code writes.
inline constexpr std::int32_t kBodyVersion = 1;

/// The kind of an entry: the number of its field in FactBody's oneof.
std::int32_t kind_of(const Fact& fact);

/// `packs_received`, `dose_dispensed`, ...; "unknown" for numbers this version does not know.
std::string_view kind_name(std::int32_t kind);

/// Deterministic bytes of a fact.
std::string encode_fact(const SignedFact& fact);

/// Refuses (damaged) bytes that are no body, hold no fact, or break a field's range; (newer) a kind this version does not know.
Result<SignedFact> decode_fact(ByteView body);

}  // namespace dosario
