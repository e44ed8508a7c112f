// SPDX-License-Identifier: Apache-2.0
// The daemon as a process, who may speak with it, its unit, its configuration, memory.
#include "doctor/checks.hpp"
#include "doctor/numbers.hpp"

namespace dosario {
namespace {

constexpr std::uint64_t kLeastMemory_bytes = 64ULL << 20;
constexpr std::uint64_t kLittleMemory_bytes = 200ULL << 20;

}  // namespace

Finding judge_daemon(const Facts& facts) {
    const DaemonFacts& daemon = facts.daemon;
    const auto pids = listed(daemon.processes, [](std::uint32_t pid) { return std::to_string(pid); });
    switch (daemon.socket) {
        case SocketState::answers:
            if (daemon.processes.size() > 1) return {Verdict::warning, "several", {{"pids", pids}}};
            return {Verdict::ok, "answers", {{"socket", daemon.socket_path}}};
        case SocketState::refused: return {Verdict::unknown, "refused", {{"socket", daemon.socket_path}}};
        case SocketState::hung: return {Verdict::fails, "hung", {{"socket", daemon.socket_path}}};
        case SocketState::silent:
        case SocketState::not_there: break;
    }
    if (!daemon.processes.empty()) return {Verdict::fails, "elsewhere", {{"socket", daemon.socket_path}, {"pids", pids}}};
    return {Verdict::fails, "down", {{"socket", daemon.socket_path}}};
}

Finding judge_version(const Facts& facts) {
    if (facts.daemon.socket != SocketState::answers) return cannot_tell(Blind::no_daemon);
    if (facts.daemon.version == facts.tool_version) return {Verdict::ok, "same", {{"version", facts.tool_version}}};
    return {Verdict::warning, "other", {{"version", facts.tool_version}, {"other", facts.daemon.version}}};
}

Finding judge_group(const Facts& facts) {
    const GroupFacts& group = facts.group;
    const std::vector<std::pair<std::string_view, std::string>> words{{"group", group.name}, {"user", group.user}};
    if (facts.daemon.socket == SocketState::answers) return {Verdict::ok, "enters", words};
    if (group.is_root) return {Verdict::ok, "root", words};
    if (!group.exists) return {Verdict::fails, "no_group", words};
    if (group.in_session) return {Verdict::ok, "member", words};
    if (group.in_database) return {Verdict::fails, "login_again", words};
    return {Verdict::fails, "not_member", words};
}

Finding judge_unit(const Facts& facts) {
    if (!facts.unit)
        return facts.unit.why() == Blind::not_here ? Finding{Verdict::ok, "no_systemd"} : cannot_tell(facts.unit.why());
    const UnitFacts& unit = *facts.unit;
    const bool by_hand = facts.daemon.socket == SocketState::answers && !unit.active;
    if (!unit.installed) return {by_hand ? Verdict::warning : Verdict::fails, "not_installed"};
    if (by_hand) return {Verdict::warning, "by_hand"};
    if (!unit.active) return {Verdict::fails, unit.enabled ? "stopped" : "stopped_disabled"};
    if (!unit.enabled) return {Verdict::warning, "disabled"};
    return {Verdict::ok, "runs"};
}

Finding judge_config(const Facts& facts) {
    if (!facts.config) return cannot_tell(facts.config.why());
    const ConfigFacts& config = *facts.config;
    if (!config.there) return {Verdict::fails, "missing", {{"path", config.path}}};
    if (config.problems.empty()) return {Verdict::ok, "good", {{"path", config.path}}};
    return {Verdict::fails,
            "problems",
            {{"path", config.path}, {"count", std::to_string(config.problems.size())}, {"first", config.problems.front()}}};
}

Finding judge_memory(const Facts& facts) {
    if (!facts.memory) return cannot_tell(facts.memory.why());
    const std::vector<std::pair<std::string_view, std::string>> words{{"available", in_mib(facts.memory->available_bytes)},
                                                                      {"total", in_mib(facts.memory->total_bytes)}};
    if (facts.memory->available_bytes < kLeastMemory_bytes) return {Verdict::fails, "little", words};
    if (facts.memory->available_bytes < kLittleMemory_bytes) return {Verdict::warning, "little", words};
    return {Verdict::ok, "enough", words};
}

}  // namespace dosario
