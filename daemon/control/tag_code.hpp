// SPDX-License-Identifier: Apache-2.0
// What a barcode on the same thing would say: tags come to the desk as the element strings of their EPCs, so that workflows know codes only.
#pragma once

#include "dosario/v1/control.pb.h"
#include "scan/tag_window.hpp"

#include <optional>
#include <string>

namespace dosario {

/// `]d2` and the AIs of the EPC; nothing of a tag that is no EPC, or whose EPC says nothing of things that are kept here. `today` decides
/// about two-digit years.
std::optional<std::string> tag_code(const Sighting& tag, Date today);

/// A person's number (GSRN), or data of a patient: no answer and no log names such an EPC.
bool is_epc_of_person(ByteView epc);
/// In hexadecimal, for an answer; empty where it is_epc_of_person().
std::string epc_text(ByteView epc);

/// For the desk: at most PadTray::kMostTags of them have their code or, as strangers, their EPC; all are counted, those of persons too, which
/// are not named.
v1::Tray tray_of(const TagSet& set, Date today);
/// The same for a sweep, which knows more of them: `most`.
v1::Tray tray_of(const TagSet& set, Date today, std::size_t most);

}  // namespace dosario
