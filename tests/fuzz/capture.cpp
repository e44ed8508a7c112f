// SPDX-License-Identifier: Apache-2.0
// Any text as a capture: read or refused with a message; what was read is written and read again the same, and can be replayed.
#include "base/check.hpp"
#include "reader/replay.hpp"

using namespace dosario;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto capture = parse_capture({reinterpret_cast<const char*>(bytes), size});
    if (capture.has_error()) {
        DOSARIO_CHECK(!capture.error().message.empty());
        return 0;
    }
    const auto again = parse_capture(write_capture(*capture));
    DOSARIO_CHECK(again.has_value() && *again == *capture);
    const auto done = replay(*capture, all_drivers(), "", [](const ReaderEvent&, MonoTime) {});
    DOSARIO_CHECK(done.has_value() || !done.error().message.empty());
    return 0;
}
