// SPDX-License-Identifier: Apache-2.0
// What this computer shows of itself, read from files and without changing anything. `root` goes before every path: "" is this computer, a
// folder is an image that is mounted there, or a tree that a test made.
#pragma once

#include "doctor/facts.hpp"
#include "reader/driver.hpp"

#include <span>
#include <string>

namespace dosario {

/// Whom a device's node must let in.
struct NodeUser {
    std::uint32_t uid = 0;
    std::vector<std::uint32_t> gids;
};

/// The user of that name with all groups, nothing when there is none.
std::optional<NodeUser> user_named(const std::string& name);
NodeUser user_of_this_process();

/// Not here: no systemd runs this computer. Looks at folders only, no bus.
Seen<UnitFacts> see_unit(const std::string& root);

/// `wanted` is the file as this version makes it.
RuleFacts see_rule(const std::string& root, std::string_view wanted);

/// Not here: the kernel shows no USB bus.
Seen<std::vector<UsbSeen>> see_devices(const std::string& root, const NodeUser& daemon, std::span<const Driver* const> drivers);

/// Ids of the processes of that name (proc(5), comm: its first 15 characters).
std::vector<std::uint32_t> processes_named(const std::string& root, std::string_view name);

/// Who has the node of a reader open, the process `ours` aside (0: none is).
HolderFacts see_holders(const std::string& root, std::span<const UsbSeen> devices, std::uint32_t ours);

Seen<MemoryFacts> see_memory(const std::string& root);

/// adjtimex(2): whether something keeps the clock right. Always of this computer.
Seen<ClockFacts> see_clock(UtcTime now);

/// Whether whoever runs this process is of the group.
GroupFacts see_group(const std::string& group);

}  // namespace dosario
