// SPDX-License-Identifier: Apache-2.0
// A reader behind a serial line: the bridge's requests and packets outside, the protocol that is spoken on the line inside.
#pragma once

#include "reader/queued_reader.hpp"
#include "serial/bridge.hpp"

namespace dosario {

/// What is spoken on a serial line. receive() gets the line's bytes, in slices of any size; writes without setup are the line's bytes too,
/// their endpoint is filled in outside.
class LineProtocol : public QueuedReader {
public:
    /// The line damaged or lost something: one of these bytes, or one before the next. `broken_rule` lives as long as the program.
    virtual void damaged(const char* broken_rule, ByteView among, MonoTime now) = 0;
    /// The rate at which what it writes from now on goes out, one of kLineRates; 0: the one that the line was opened with.
    virtual int line_rate() const { return 0; }
    /// What a person waits for here.
    virtual LineUse use() const { return LineUse::listens; }
};

/// `chip` is what bridge_chip() gave for `one`. `line_rate` is one of kLineRates.
std::unique_ptr<ReaderProtocol> make_serial_reader(BridgeChip chip, const UsbInterface& one, int line_rate,
                                                   std::unique_ptr<LineProtocol> line);

}  // namespace dosario
