// SPDX-License-Identifier: Apache-2.0
// What the two written forms of a message (brackets, Digital Link) have in common. For this layer and epc.
#pragma once

#include "identity/gs1.hpp"

namespace dosario {

/// A value that is written with escapes, in the buffer. It stops one character past the longest value there is: longer ones are refused
/// by their length.
class Gs1Unescaped {
public:
    explicit Gs1Unescaped(CodeBuffer& buffer) : buffer_(buffer), begin_(buffer.used) {}
    void add(char c) {
        if (buffer_.used - begin_ <= kLongestValue && buffer_.used < buffer_.bytes.size()) buffer_.bytes[buffer_.used++] = c;
    }
    std::string_view view() const { return {buffer_.bytes.data() + begin_, buffer_.used - begin_}; }

private:
    CodeBuffer& buffer_;
    std::size_t begin_;
};

/// Checks every value, then the company of AIs; the first fault is written into the message. Offsets of faults inside a value that was
/// written with escapes are those of the value.
void gs1_check_elements(Gs1Message& message, std::string_view content, Date reference, Gs1Profile profile);

}  // namespace dosario
