// SPDX-License-Identifier: Apache-2.0
#include "doctor/checks.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr Check kChecks[] = {
    {"daemon", judge_daemon},
    {"version", judge_version},
    {"unit", judge_unit},
    {"group", judge_group},
    {"config", judge_config},
    {"udev_rule", judge_rule},
    {"usb", judge_usb},
    {"usbguard", judge_usbguard},
    {"reader_node", judge_node},
    {"reader_busy", judge_busy},
    {"readers", judge_readers},
    {"folder", judge_folder},
    {"filesystem", judge_filesystem},
    {"disk_free", judge_free},
    {"disk_speed", judge_sync},
    {"log_size", judge_log},
    {"ledger", judge_ledger},
    {"verification", judge_verified},
    {"clock_sync", judge_clock},
    {"day", judge_day},
    {"backup", judge_backup},
    {"collector", judge_collector},
    {"waiting", judge_waiting},
    {"certificate", judge_certificate},
    {"persons_key", judge_persons},
    {"memory", judge_memory},
};

}  // namespace

std::span<const Check> doctor_checks() { return kChecks; }

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok: return "ok";
        case Verdict::warning: return "warning";
        case Verdict::fails: return "fails";
        case Verdict::unknown: return "unknown";
    }
    return "unknown";
}

Finding cannot_tell(Blind why) {
    switch (why) {
        case Blind::no_daemon: return {Verdict::unknown, "no_daemon"};
        case Blind::not_permitted: return {Verdict::unknown, "not_permitted"};
        case Blind::not_here: return {Verdict::unknown, "not_here"};
        case Blind::not_answered: return {Verdict::unknown, "not_answered"};
    }
    return {Verdict::unknown, "not_here"};
}

int doctor_exit_code(const Facts& facts, std::span<const Finding> findings) {
    if (facts.daemon.socket != SocketState::answers) return 3;
    const bool failing = std::ranges::any_of(findings, [](const Finding& one) { return one.verdict == Verdict::fails; });
    return failing ? 1 : 0;
}

}  // namespace dosario
