// SPDX-License-Identifier: Apache-2.0
// The head of the ledger as it is written on the day sheet, and whether such a sheet still holds.
#pragma once

#include "dosario/v1/control.pb.h"
#include "ledger/ledger.hpp"
#include "wire/short_code.hpp"

namespace dosario {

/// The day that this entry was decided for, empty when there is none.
std::string day_of_entry(const Ledger& ledger, Seq seq);

/// The last entry; with `check` also a verdict on that code. invalid: the code is longer than any.
Result<v1::HeadReply> head_reply(Ledger& ledger, const v1::HeadRequest& request);

}  // namespace dosario
