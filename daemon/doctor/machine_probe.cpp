// SPDX-License-Identifier: Apache-2.0
#include "doctor/machine_probe.hpp"

#include "doctor/small_files.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/timex.h>
#include <unistd.h>

#include <sstream>

namespace dosario {
namespace {

constexpr const char* kUnit = "dosariod.service";
constexpr const char* kRule = "70-dosario.rules";
constexpr int kMostGroups = 4096;

bool in_group(const std::string& user, const group& found) {
    for (char** member = found.gr_mem; *member != nullptr; ++member) {
        if (user == *member) return true;
    }
    return false;
}

}  // namespace

std::optional<NodeUser> user_named(const std::string& name) {
    const passwd* const found = getpwnam(name.c_str());
    if (found == nullptr) return std::nullopt;
    std::vector<gid_t> gids(kMostGroups);
    int count = kMostGroups;
    NodeUser user{found->pw_uid, {}};
    if (getgrouplist(name.c_str(), found->pw_gid, gids.data(), &count) < 0) count = 0;
    user.gids.assign(gids.begin(), gids.begin() + count);
    return user;
}

NodeUser user_of_this_process() {
    std::vector<gid_t> gids(kMostGroups);
    const int count = getgroups(kMostGroups, gids.data());
    NodeUser user{geteuid(), {getegid()}};
    user.gids.insert(user.gids.end(), gids.begin(), gids.begin() + std::max(count, 0));
    return user;
}

Seen<UnitFacts> see_unit(const std::string& root) {
    if (!is_there(root + "/run/systemd/system")) return Blind::not_here;
    UnitFacts unit;
    for (const char* folder : {"/etc/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/"})
        unit.installed = unit.installed || is_there(root + folder + kUnit);
    unit.enabled = is_there(root + "/etc/systemd/system/multi-user.target.wants/" + kUnit);
    for (const char* hierarchy : {"/sys/fs/cgroup/", "/sys/fs/cgroup/systemd/"}) {
        const auto processes = small_line(root + hierarchy + "system.slice/" + kUnit + "/cgroup.procs");
        unit.active = unit.active || (processes && !processes->empty());
    }
    return unit;
}

RuleFacts see_rule(const std::string& root, std::string_view wanted) {
    // In the order of udev(7): a file in /etc hides one of the same name in the system's folders.
    for (const char* folder : {"/etc/udev/rules.d/", "/run/udev/rules.d/", "/usr/local/lib/udev/rules.d/",
                               "/usr/lib/udev/rules.d/", "/lib/udev/rules.d/"}) {
        const std::string path = std::string{folder} + kRule;
        if (!is_there(root + path)) continue;
        if (small_file(root + path) == wanted) return {RuleState::same, path};
        const bool of_the_system = path.starts_with("/usr/") || path.starts_with("/lib/");
        return {of_the_system ? RuleState::other_version : RuleState::switched_off, path};
    }
    return {RuleState::missing, std::string{"/usr/lib/udev/rules.d/"} + kRule};
}

Seen<MemoryFacts> see_memory(const std::string& root) {
    const auto text = small_file(root + "/proc/meminfo");
    if (!text) return Blind::not_here;
    MemoryFacts memory;
    bool told = false;
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string name;
        std::uint64_t kib = 0;
        if (!(words >> name >> kib)) continue;
        if (name == "MemTotal:") memory.total_bytes = kib << 10;
        if (name != "MemAvailable:") continue;
        memory.available_bytes = kib << 10;
        told = true;
    }
    if (!told) return Blind::not_here;
    return memory;
}

Seen<ClockFacts> see_clock(UtcTime now) {
    timex asked{};  // modes = 0: only asks
    const int state = adjtimex(&asked);
    if (state < 0) return Blind::not_permitted;
    return ClockFacts{state != TIME_ERROR && (asked.status & STA_UNSYNC) == 0, now};
}

GroupFacts see_group(const std::string& name) {
    GroupFacts facts;
    facts.name = name;
    facts.is_root = geteuid() == 0;
    const passwd* const me = getpwuid(geteuid());
    facts.user = me != nullptr ? me->pw_name : std::to_string(geteuid());
    const group* const found = getgrnam(name.c_str());
    facts.exists = found != nullptr;
    if (found == nullptr) return facts;
    const auto mine = user_of_this_process().gids;
    facts.in_session = std::ranges::find(mine, found->gr_gid) != mine.end();
    facts.in_database = in_group(facts.user, *found) || (me != nullptr && me->pw_gid == found->gr_gid);
    return facts;
}

}  // namespace dosario
