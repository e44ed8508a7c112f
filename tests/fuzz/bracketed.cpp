// SPDX-License-Identifier: Apache-2.0
// Fuzz target: AIs in brackets. First byte: the profile.
#include "fuzz/gs1_message_checks.hpp"

using namespace dosario;
using namespace dosario::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view content{reinterpret_cast<const char*>(bytes) + 1, size - 1};
    const Date reference = some_day(content);
    CodeBuffer buffer;
    const auto profile = bytes[0] % 2 == 0 ? Gs1Profile::strict : Gs1Profile::lenient;
    const Gs1Message message = parse_bracketed(content, reference, buffer, profile);
    check_message(message, content, {buffer.bytes.data(), buffer.used}, reference);
    check_round_trips(message, reference);
    return 0;
}
