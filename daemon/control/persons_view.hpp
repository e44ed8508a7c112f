// SPDX-License-Identifier: Apache-2.0
// Requests about the table of persons, and rows of it as messages.
#pragma once

#include "dosario/v1/control.pb.h"
#include "persons/person_table.hpp"

namespace dosario {

/// As many visits are shown or forgotten by one request: each is an entry of the ledger.
inline constexpr std::size_t kMostVisits = 200;

/// Errors: invalid, with the purposes there are.
Result<AccessPurpose> access_purpose(const std::string& name);

/// The one that is named, or those of the document. Errors: invalid, without a word of the document; not_found for a document without visits.
Result<std::vector<Recipient>> visits_asked_for(PersonTable& persons, const v1::PersonsRequest& request);

/// Adds a line. `named`: with who it was; not_found when nobody is kept. Otherwise only the visit, which may be forgotten already.
Result<void> show_visit(PersonTable& persons, const Recipient& visit, bool named, v1::PersonsReply& reply);

}  // namespace dosario
