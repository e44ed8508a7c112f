// SPDX-License-Identifier: Apache-2.0
// What a person writes for simulated readers: how one is called and made, and what is done with it. One reading of these words for all who
// hold such devices: `dosario sim`, and the practice pharmacy.
//
//     pad=cp210x:pad=m100        a reader, [NAME=]KIND[:setting=value,...]
//     scan NAME [AIM] TEXT       pulls the trigger: TEXT with \xHH, AIM a symbology identifier (]d2)
//     card NAME lay UID ...      a card is laid on a reader of cards; `take [UID]`, `fault NAME` (hf_card.hpp)
//     pad NAME WORDS             what a person does with a pad (pad_words.hpp)
#pragma once

#include "simulated/make.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dosario::simulated {

/// A reader before it is plugged in.
struct NamedScanner {
    std::string name;  ///< empty: nobody said, see unnamed_after()
    ScannerSettings settings;
};

/// Errors (invalid): parse_scanner()'s, and a name that cannot be.
Result<NamedScanner> parse_named_scanner(std::string_view words);

/// What is wrong with a name; empty = nothing.
std::string_view name_fault(std::string_view name);

/// `ftdi`, `ftdi2`, ...: the first that `taken` does not know.
template <class Taken>
std::string unnamed_after(const std::string& kind, const Taken& taken) {
    std::string name = kind;
    for (int number = 2; taken(name); ++number) name = kind + std::to_string(number);
    return name;
}

/// One command, taken apart.
struct StageLine {
    std::string verb;
    std::string name;
    std::string rest;
};
/// Nothing of a blank line, or one that begins with #. What the verb means is for who holds the devices.
std::optional<StageLine> parse_stage_line(std::string_view line);

/// `scan`, `card` and `pad`, to a device that a host has. What it says, often empty. Errors: invalid, also for any other verb; what
/// SimulatedDevice::scan(), card_command() and on_pad() say.
Result<std::string> obey_stage(SimulatedDevice& device, const StageLine& line);

}  // namespace dosario::simulated
