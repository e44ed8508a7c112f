// SPDX-License-Identifier: Apache-2.0
// Runs a capture through a driver as the USB shell would run the device, without any I/O and always with the same outcome.
#pragma once

#include "reader/capture.hpp"

#include <functional>
#include <span>

namespace dosario {

/// Takes the events in order, with the instant at which they came out (the capture starts at instant 0).
using ReplaySink = std::function<void(const ReaderEvent&, MonoTime)>;

/// Times are those of the capture; a line without one is 1 ms after the line before. wake() is called whenever it is due. At
/// the end the port is closed as `end` says: as the end of a recording, or unplugged after a pause in which all timers ran. The device is plugged at the start unless the first line is
/// `! plug`; what comes while it is unplugged is ignored. `>` lines are not compared with what the driver writes.
/// `driver_name` empty: the header's family, else the drivers' match(), else the first driver whose could_begin_with() takes
/// a line from the device. Errors (not_found): no driver of that name, or none can be told.
Result<void> replay(const Capture& capture, std::span<const Driver* const> drivers, std::string_view driver_name,
                    const ReplaySink& sink, PortEnd end = PortEnd::end_of_recording);

}  // namespace dosario
