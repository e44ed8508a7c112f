// SPDX-License-Identifier: Apache-2.0
#include "identity/gs1_checked.hpp"

#include "identity/gs1_ai_table.hpp"
#include "identity/gs1_company.hpp"
#include "identity/gs1_value.hpp"

namespace dosario {

void gs1_check_elements(Gs1Message& message, std::string_view content, Date reference, Gs1Profile profile) {
    for (const Gs1Element& element : message.elements()) {
        const Gs1ValueFault fault = gs1_check_value(*element.row, element.value, reference);
        if (fault.error == CodeError::none) continue;
        const bool as_written = element.value.data() == content.data() + element.at;
        message.fault = {fault.error, static_cast<std::uint16_t>(element.at + (as_written ? fault.at : 0)), element.ai};
        return;
    }
    gs1_check_company(message, content, profile, false);
}

}  // namespace dosario
