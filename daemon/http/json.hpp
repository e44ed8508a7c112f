// SPDX-License-Identifier: Apache-2.0
// Messages as JSON: snake_case keys, fields at their default printed, 64-bit numbers as numbers, absent optional fields and
// messages as null. (Protobuf's own mapping writes 64-bit numbers as strings.) Reading follows Protobuf's mapping.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace dosario {

/// One line, UTF-8.
std::string to_json(const google::protobuf::Message& message);

/// The text itself, or with escapes for its bytes where it is not UTF-8: what a person typed may be anything.
std::string fit_for_json(const std::string& text);

/// Refuses unknown keys and wrong types, without repeating anything of the text.
Result<void> from_json(std::string_view text, google::protobuf::Message& message);

/// The fact inside a body (dosario.v1.FactBody) as a JSON object, with days, GTINs and ids as people read them. `{}` for bytes that
/// are no body.
std::string body_json(ByteView body);

}  // namespace dosario
