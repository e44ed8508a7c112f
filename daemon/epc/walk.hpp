// SPDX-License-Identifier: Apache-2.0
// What reading an EPC has in hand: the bits still to come, and the AIs that were made of those before. Internal to the layer.
#pragma once

#include "epc/bits.hpp"
#include "epc/element_writer.hpp"

namespace dosario {

struct EpcWalk {
    EpcBits bits;
    Gs1Message& message;
    ElementWriter out;
    Date reference;

    EpcWalk(ByteView epc, std::size_t size, Gs1Message& made, CodeBuffer& buffer, Date day)
        : bits(epc, size), message(made), out(made, buffer), reference(day) {}

    /// False, so that a step can return it. Faults count hexadecimal digits.
    bool refuse(CodeError error, std::size_t at_bit) {
        message.fault = {error, static_cast<std::uint16_t>(at_bit / 4), {}};
        return false;
    }
    /// True if so many bits are left.
    bool needs(std::size_t count) { return bits.left() >= count || refuse(CodeError::truncated, bits.at() + bits.left()); }
};

}  // namespace dosario
