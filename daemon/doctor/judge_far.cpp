// SPDX-License-Identifier: Apache-2.0
// What lies outside of this computer: backups, the collector, the certificates by which it is reached.
#include "doctor/checks.hpp"
#include "doctor/numbers.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::int64_t kDaysWithoutBackup = 2;
constexpr std::int64_t kMostDaysWithoutBackup = 7;
constexpr auto kLongWithoutContact = std::chrono::hours{24};
constexpr std::uint64_t kManyWaiting = 10'000;
constexpr std::int64_t kDaysOfCare = 30;
constexpr std::int64_t kDaysOfAlarm = 7;

}  // namespace

Finding judge_backup(const Facts& facts) {
    if (!facts.backup) return cannot_tell(facts.backup.why());
    const BackupFacts& backup = *facts.backup;
    if (backup.targets.empty()) return {Verdict::warning, "not_configured"};
    if (!backup.key_there) return {Verdict::fails, "no_key"};
    const auto name = [](const BackupFacts::Target& one) { return one.directory; };
    std::vector<BackupFacts::Target> bad;
    std::ranges::copy_if(backup.targets, std::back_inserter(bad),
                         [](const auto& one) { return !one.there || !one.problem.empty(); });
    std::optional<UtcTime> last;
    for (const auto& target : backup.targets) {
        if (target.last_good_at && (!last || *last < *target.last_good_at)) last = target.last_good_at;
    }
    const std::string why = !backup.problem.empty() ? backup.problem : bad.empty() ? "" : bad.front().problem;
    if (!last) {
        if (why.empty() && bad.empty() && facts.had_no_night())
            return {Verdict::ok, "not_yet", {{"places", listed(backup.targets, name)}}};
        return {Verdict::fails, "never", {{"places", listed(backup.targets, name)}, {"why", why.empty() ? "-" : why}}};
    }
    const auto days = days_between(*last, facts.now);
    const std::vector<std::pair<std::string_view, std::string>> words{{"days", std::to_string(days)},
                                                                      {"places", listed(backup.targets, name)},
                                                                      {"bad", listed(bad, name)},
                                                                      {"why", why.empty() ? "-" : why}};
    if (days > kMostDaysWithoutBackup) return {Verdict::fails, "old", words};
    if (!bad.empty()) return {Verdict::warning, "place_missing", words};
    if (days > kDaysWithoutBackup) return {Verdict::warning, "old", words};
    return {Verdict::ok, "good", words};
}

Finding judge_collector(const Facts& facts) {
    if (!facts.uplink) return cannot_tell(facts.uplink.why());
    const UplinkFacts& uplink = *facts.uplink;
    if (uplink.place.empty()) return {Verdict::ok, "alone"};
    if (facts.daemon.socket != SocketState::answers) return {Verdict::unknown, "configured"};
    if (uplink.connected) return {Verdict::ok, "connected", {{"place", uplink.place}}};
    const std::string why = uplink.problem.empty() ? "-" : uplink.problem;
    const auto since = uplink.last_contact ? uplink.last_contact : facts.daemon.started_at;
    const bool long_ago = since && facts.now - *since >= kLongWithoutContact;
    const std::string contact = uplink.last_contact ? format_utc(*uplink.last_contact).substr(0, 16) : "-";
    return {long_ago ? Verdict::fails : Verdict::warning,
            "not_connected",
            {{"place", uplink.place}, {"why", why}, {"contact", contact}}};
}

Finding judge_waiting(const Facts& facts) {
    if (!facts.uplink) return cannot_tell(facts.uplink.why());
    if (facts.uplink->place.empty()) return {Verdict::ok, "alone"};
    if (facts.daemon.socket != SocketState::answers) return cannot_tell(Blind::no_daemon);
    const std::vector<std::pair<std::string_view, std::string>> words{{"count", std::to_string(facts.uplink->waiting)}};
    if (facts.uplink->waiting > kManyWaiting) return {Verdict::warning, "many", words};
    return {Verdict::ok, "few", words};
}

Finding judge_certificate(const Facts& facts) {
    if (!facts.certificates) return cannot_tell(facts.certificates.why());
    if (facts.certificates->empty()) return {Verdict::ok, "none_needed"};
    for (const CertificateFacts& one : *facts.certificates) {
        if (!one.problem.empty()) return {Verdict::fails, "unreadable", {{"path", one.path}, {"why", one.problem}}};
    }
    for (const CertificateFacts& one : *facts.certificates) {
        if (one.holds_key && one.key_open) return {Verdict::fails, "key_open", {{"path", one.path}}};
    }
    const auto first = std::ranges::min_element(*facts.certificates, {},
                                                [](const CertificateFacts& one) { return one.ends_at.value_or(UtcTime::max()); });
    if (!first->ends_at) return {Verdict::fails, "unreadable", {{"path", first->path}, {"why", "-"}}};
    const auto days = days_between(facts.now, *first->ends_at);
    const std::vector<std::pair<std::string_view, std::string>> words{
        {"path", first->path}, {"days", std::to_string(days)}, {"until", format_utc(*first->ends_at).substr(0, 10)}};
    if (*first->ends_at < facts.now) return {Verdict::fails, "expired", words};
    if (days < kDaysOfAlarm) return {Verdict::fails, "ends_soon", words};
    if (days < kDaysOfCare) return {Verdict::warning, "ends_soon", words};
    return {Verdict::ok, "valid", words};
}

}  // namespace dosario
