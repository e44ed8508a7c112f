// SPDX-License-Identifier: Apache-2.0
#include "system/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>

namespace dosario {
namespace {

constexpr int kKeepEnvironment = 0;

// A manager that does not listen is its own trouble: the watchdog acts on what it does not hear.
void tell(const std::string& lines) { (void)sd_notify(kKeepEnvironment, lines.c_str()); }

// A line end would begin another assignment.
std::string status_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return "STATUS=" + text;
}

}  // namespace

void tell_ready(const std::string& status) { tell("READY=1\n" + status_line(status)); }

void tell_status(const std::string& status) { tell(status_line(status)); }

void tell_stopping() { tell("STOPPING=1\nSTATUS=stopping"); }

void tell_alive() { tell("WATCHDOG=1"); }

std::optional<std::chrono::microseconds> watchdog_period() {
    std::uint64_t period_us = 0;
    if (sd_watchdog_enabled(kKeepEnvironment, &period_us) <= 0) return std::nullopt;
    return std::chrono::microseconds{period_us};
}

std::string runtime_directory() {
    const char* const folders = std::getenv("RUNTIME_DIRECTORY");  // with a colon between several
    const std::string all = folders == nullptr ? "" : folders;
    return all.substr(0, all.find(':'));
}

}  // namespace dosario
