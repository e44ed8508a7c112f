// SPDX-License-Identifier: Apache-2.0
// Documents of persons in a code. It errs on one side: what may be a document is a Person, because an Unknown may be logged.
// Internal to the layer.
#pragma once

#include "identity/identity.hpp"

namespace dosario {

/// The Argentine DNI card (PDF417); nothing when the content is no such document. `canonical` is the document number as a view,
/// without leading zeros.
std::optional<Person> parse_person(std::string_view content);

}  // namespace dosario
