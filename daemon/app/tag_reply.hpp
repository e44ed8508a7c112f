// SPDX-License-Identifier: Apache-2.0
// A tag that is read or written, as the API asks for it and is told of it.
#pragma once

#include "dosario/v1/control.pb.h"
#include "control/messages.hpp"
#include "control/tag_work.hpp"

namespace dosario {

/// Errors (invalid): the code can have no tag, or the password is none; for a person, and never the password itself.
Result<TagTask> tag_task(const v1::TagRequest& request, Date today, Language language);

v1::TagReply tag_reply(const TagReport& report, Date today, Language language);

}  // namespace dosario
