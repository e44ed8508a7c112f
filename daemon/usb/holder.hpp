// SPDX-License-Identifier: Apache-2.0
// Which program has a reader that we want: told by the files that processes have open, as far as this one may see them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dosario {

struct Holder {
    int pid = 0;
    std::string program;  ///< as the kernel names it, at most 15 bytes (proc(5), comm)
};

/// `/dev/bus/usb/001/004` of the device that sysfs calls `1-4`; empty when sysfs does not know it.
std::string usb_node(const std::string& bus_path);

/// Who has `node` open beside this process. Nothing where nobody has, and where it cannot be seen: another user's files are root's
/// to see, and a unit with ProtectProc= sees no process but its own. At most kMostProcesses are looked at.
std::optional<Holder> holder_of(const std::string& node, const std::string& proc = "/proc");

/// How to make that program let go, one sentence; for a program that is not known in general.
std::string advice_about(const std::string& program);

inline constexpr int kMostProcesses = 4096;

}  // namespace dosario
