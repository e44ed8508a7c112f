// SPDX-License-Identifier: Apache-2.0
// What a person does with simulated scanners, one command a line and one line of answer, `ok ...` or `error ...`:
//
//     scan NAME [AIM] TEXT      pulls the trigger: TEXT with \xHH, AIM a symbology identifier (]d2)
//     card NAME lay UID ...     a card is laid on a reader of cards; `take [UID]` takes one or all away, `fault NAME` lets answers go wrong
//     pad NAME WORDS            what a person does with a pad: add EPC..., remove EPC, clear, list, fail ..., restart (simulated/pad_words.hpp)
//     unplug NAME, plug NAME    the latter says `port=N` if it is plugged into this kernel
//     await NAME ready|read [S] until the host has prepared the scanner, or has read all it sent; 10 seconds if S is not said
//     pause MS
//     list                      each scanner: name, bus id, vendor:product, unplugged | free | attached | ready; between them "; "
//     quit                      (or the end of the commands)
//
// Blank lines and lines that begin with # have no answer.
#pragma once

#include "ctl/usbip_server.hpp"
#include "simulated/stage.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>

namespace dosario {

class SimStage {
public:
    /// `attach` plugs a scanner into this very kernel, where that was asked for, and returns the port; empty otherwise.
    SimStage(simulated::UsbipDesk& desk, UsbipServer& server, std::function<Result<unsigned>(simulated::ExportedScanner&)> attach)
        : desk_(desk), server_(server), attach_(std::move(attach)) {}

    /// The answer; empty = there is none. `quit` is not for here.
    boost::asio::awaitable<std::string> obey(std::string line);

private:
    std::optional<std::string> obey_at_once(const std::string& line);
    Result<std::string> give(simulated::ExportedScanner& scanner, const simulated::StageLine& line);
    Result<std::string> plug(simulated::ExportedScanner& scanner);
    Result<std::string> unplug(simulated::ExportedScanner& scanner);
    std::string list() const;
    boost::asio::awaitable<Result<std::string>> await(simulated::ExportedScanner& scanner, std::string what, double seconds);

    simulated::UsbipDesk& desk_;
    UsbipServer& server_;
    std::function<Result<unsigned>(simulated::ExportedScanner&)> attach_;
};

}  // namespace dosario
