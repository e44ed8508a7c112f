// SPDX-License-Identifier: Apache-2.0
// Any bytes from a reader of UHF tags, with commands in between. The input is a script for uhf_input.hpp.
#include "fuzz/uhf_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return dosario::fuzz::drive_uhf("chafon_uhf", std::as_bytes(std::span{data, size}));
}
