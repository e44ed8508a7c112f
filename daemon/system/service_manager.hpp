// SPDX-License-Identifier: Apache-2.0
// What the service manager (systemd) is told of this process, by sd_notify. Started by hand there is no manager, and nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace dosario {

/// It serves from now on: what was to start after it may start. `status` is a sentence that `systemctl status` shows.
void tell_ready(const std::string& status);

/// Another sentence for `systemctl status`.
void tell_status(const std::string& status);

/// It was asked to end, and does.
void tell_stopping();

/// It lives: the watchdog begins its period again.
void tell_alive();

/// How long the manager waits for the next tell_alive() before it ends and restarts this process; nothing without a watchdog.
std::optional<std::chrono::microseconds> watchdog_period();

/// The folder for sockets that the manager made for this process (RuntimeDirectory=), for example /run/dosario; empty without one.
std::string runtime_directory();

}  // namespace dosario
