// SPDX-License-Identifier: Apache-2.0
// What a person does in a practice pharmacy, as the API asks for it.
#pragma once

#include "app/reader_desk.hpp"

namespace dosario {

/// Words of `dosario sim`, to one reader.
Result<v1::PracticeReply> give_words(ReaderDesk& readers, std::string_view words);

/// A tag for each code lies on the pad from now on, and nothing else. Errors: of a code that can have no tag, for a person; then the pad is as
/// it was.
Result<v1::PracticeReply> lay_tray(ReaderDesk& readers, const v1::PracticeRequest& request, Date today, Language language);

}  // namespace dosario
