// SPDX-License-Identifier: Apache-2.0
// The ledger itself, the clock that dates it, and the keys of who its visits were.
#include "doctor/checks.hpp"
#include "doctor/numbers.hpp"

namespace dosario {
namespace {

constexpr std::int64_t kDaysUnverified = 3;

}  // namespace

Finding judge_ledger(const Facts& facts) {
    if (!facts.ledger) return cannot_tell(facts.ledger.why());
    if (!facts.ledger->read_only.empty()) return {Verdict::fails, "read_only", {{"why", facts.ledger->read_only}}};
    if (!facts.ledger->damage.empty()) return {Verdict::fails, "damaged", {{"why", facts.ledger->damage}}};
    // Without the daemon only the mark of damage was looked for.
    if (facts.daemon.socket != SocketState::answers) return {Verdict::ok, "no_mark"};
    return {Verdict::ok, "whole"};
}

Finding judge_verified(const Facts& facts) {
    if (!facts.ledger || facts.daemon.socket != SocketState::answers)
        return cannot_tell(facts.ledger ? Blind::no_daemon : facts.ledger.why());
    const LedgerFacts& ledger = *facts.ledger;
    if (ledger.verified_badly) return {Verdict::fails, "bad"};
    if (!ledger.verified_at) return facts.had_no_night() ? Finding{Verdict::ok, "not_yet"} : Finding{Verdict::warning, "never"};
    const auto days = days_between(*ledger.verified_at, facts.now);
    const std::vector<std::pair<std::string_view, std::string>> words{{"days", std::to_string(days)}};
    if (days > kDaysUnverified) return {Verdict::warning, "old", words};
    return {Verdict::ok, "good", words};
}

Finding judge_clock(const Facts& facts) {
    if (!facts.clock) return cannot_tell(facts.clock.why());
    if (facts.clock->synchronised) return {Verdict::ok, "synchronised"};
    return {Verdict::warning, "not_synchronised"};
}

Finding judge_day(const Facts& facts) {
    const std::vector<std::pair<std::string_view, std::string>> words{{"now", format_utc(facts.now).substr(0, 16)}};
    if (facts.now < facts.released_at) return {Verdict::fails, "before_release", words};
    if (!facts.belief) return cannot_tell(facts.belief.why());
    switch (*facts.belief) {
        case ClockBelief::good: return {Verdict::ok, "good", words};
        case ClockBelief::suspect: return {Verdict::fails, "suspect", words};
        case ClockBelief::unknown: return {Verdict::fails, "unknown", words};
    }
    return {Verdict::fails, "unknown", words};
}

Finding judge_persons(const Facts& facts) {
    if (!facts.persons) return cannot_tell(facts.persons.why());
    const PersonFacts& persons = *facts.persons;
    if (!persons.kept) return {Verdict::ok, "none_kept"};
    if (persons.table_there && !persons.key_there) return {Verdict::fails, "key_lost"};
    if (persons.key_open) return {Verdict::fails, "key_open"};
    if (!persons.problem.empty()) return {Verdict::fails, "problem", {{"why", persons.problem}}};
    return {Verdict::ok, persons.key_there ? "there" : "not_yet"};
}

}  // namespace dosario
