// SPDX-License-Identifier: Apache-2.0
// What a person does with a simulated pad, as `dosario sim` and the tests' stage take it:
//
//     add [room=6] EPC [EPC ...] [rssi=-60] [heard=0.5]
//                                                 tags are put on it; EPC in hexadecimal, whole words; heard: so often of one time; room:
//                                                 words that an EPC may have on those that follow, else 16
//     remove EPC                                  all of that EPC
//     clear
//     list                                        the EPC of each
//     fail NAME=SHARE,...                         late split doubled refused deaf mute reboot, 0 to 1 of all commands; `fail` alone: none
//     restart                                     its plug is pulled and put in again
#pragma once

#include "base/result.hpp"
#include "simulated/pad.hpp"

#include <string>

namespace dosario::simulated {

/// The answer, often empty. Errors: invalid, with what is wanted; full.
Result<std::string> obey_on_pad(SimulatedPad& pad, std::string_view words, PadTime now);

}  // namespace dosario::simulated
