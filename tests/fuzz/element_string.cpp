// SPDX-License-Identifier: Apache-2.0
// Fuzz target: AIs separated by GS, in both profiles. First byte: whether the item is elsewhere.
#include "fuzz/gs1_message_checks.hpp"

using namespace dosario;
using namespace dosario::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view content{reinterpret_cast<const char*>(bytes) + 1, size - 1};
    const Date reference = some_day(content);
    for (const Gs1Profile profile : {Gs1Profile::strict, Gs1Profile::lenient}) {
        const Gs1Message message = parse_element_string(content, reference, profile, bytes[0] % 2 == 1);
        check_message(message, content, {}, reference);
        if (bytes[0] % 2 == 0) check_round_trips(message, reference);
        for (const Gs1Element& element : message.elements()) (void)gs1_moment(element.number, element.value, reference);
    }
    return 0;
}
