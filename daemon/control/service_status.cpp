// SPDX-License-Identifier: Apache-2.0
// How the station is, and what the staff should know.
#include "control/head_view.hpp"
#include "control/ledger_views.hpp"
#include "control/service.hpp"
#include "ledger/damage_mark.hpp"

namespace dosario {
namespace {

constexpr std::size_t kLastShown = 3;
constexpr std::uint64_t kLowSpace_bytes = 1ULL << 30;
constexpr auto kSlowIsTold = std::chrono::hours{1};

std::string_view clock_name(ClockState state) {
    switch (state) {
        case ClockState::good: return "good";
        case ClockState::behind:
        case ClockState::ahead: return "suspect";
        case ClockState::unknown: return "unknown";
    }
    return "unknown";
}

const char* clock_warning(ClockState state) {
    switch (state) {
        case ClockState::good: return "";
        case ClockState::behind:
            return "the clock is behind the last saved entry or this version's release: set the date of this computer";
        case ClockState::ahead:
            return "the clock jumped ahead by more than a day and is not believed: set the date of this computer; if it is right now, "
                   "start dosariod again";
        case ClockState::unknown:
            return "the clock is far ahead of the last saved entry and nothing is booked: set the date of this computer; if it is "
                   "right, say so in the configuration ([station] not_before) and start dosariod again";
    }
    return "";
}

}  // namespace

Result<v1::StatusReply> Service::status(const v1::StatusRequest&) {
    v1::StatusReply reply;
    const Now now = moment().now;
    reply.set_station(settings_.station);
    reply.set_site(settings_.site);
    reply.set_version(settings_.version);
    reply.set_started_at(format_utc(started_at_));
    reply.set_operator_(ledger_.stock().operator_badge());
    if (const auto work = ledger_.stock().open_work()) {
        reply.set_work(work->id);
        reply.set_work_kind(std::string{workflow_of(work->kind).mode});
    }
    reply.set_ledger(to_hex(ledger_.id()));
    reply.set_entries(ledger_.head_seq());
    reply.set_head(to_hex(ledger_.head_hash()));
    reply.set_head_code(code_text(short_code(ledger_.head_seq(), ledger_.head_hash())));
    reply.set_clock(std::string{clock_name(now.clock)});
    reply.set_today(format_date(now.today));
    reply.set_queue(static_cast<std::uint32_t>(settings_.waiting()));
    reply.set_free_bytes(settings_.free_bytes().value_or(0));
    if (ledger_.damage()) {
        reply.set_read_only(ledger_.damage()->message);
        reply.add_warnings(reply.read_only());
    } else if (const auto mark = read_damage_mark(settings_.directory)) {
        reply.add_warnings("damage was found in the ledger: " + mark->what +
                           "; from the next start on it is only read, until it is mended (`dosario ledger mend`)");
    }
    if (const auto verified = ledger_.upkeep(kVerified); verified && *verified) {
        reply.set_verified_at(format_utc((*verified)->at));
        if (!(*verified)->good)
            reply.add_warnings("the check of " + reply.verified_at() + " found a fault in the ledger: " + (*verified)->detail +
                               "; run `dosario ledger verify`");
    }
    if (const char* warning = clock_warning(now.clock); *warning != '\0') reply.add_warnings(warning);
    if (ledger_.log_damage() && !ledger_.log_was_mended())
        reply.add_warnings("saved scans are missing at the end of the ledger: " + ledger_.log_damage()->words());
    if (reply.free_bytes() < settings_.least_free_bytes) {
        reply.add_warnings("the disk is nearly full: no new work is opened, the open one can be finished; make room now");
    } else if (reply.free_bytes() < kLowSpace_bytes) {
        reply.add_warnings("less than 1 GiB is free on the disk: make room before saving stops");
    }
    if (ledger_.lost_log()) {
        reply.add_warnings(
            "the ledger was found without its write-ahead log (ledger.db-wal): it was copied alone, or the log was deleted. Entries may "
            "be missing at its end; a collector gives back those that it has, and what is written here begins a branch");
    }
    const auto slow = settings_.last_slow ? settings_.last_slow() : std::nullopt;
    if (slow && clock_.wall() - *slow < kSlowIsTold)
        reply.add_warnings("the disk was slow at " + format_utc(*slow) +
                           ": answers took longer than half a second; is it failing?");
    if (settings_.uplink) {
        v1::UplinkStatus& uplink = *reply.mutable_uplink();
        uplink = settings_.uplink();
        const auto lag = ledger_.unacknowledged();
        if (!lag) return lag.error();
        uplink.set_lag(*lag);
        if (!uplink.problem().empty()) {
            reply.add_warnings("the collector cannot be reached: " + uplink.problem() + "; " + std::to_string(*lag) +
                               " entries wait here, nothing is lost");
        }
        for (const std::string& notice : uplink.notices()) reply.add_warnings(notice);
    }
    if (settings_.persons != nullptr && settings_.persons->problem()) reply.add_warnings(settings_.persons->problem()->message);
    for (const std::string& warning : settings_.more_warnings()) reply.add_warnings(warning);
    const Seq after = ledger_.head_seq() > kLastShown ? ledger_.head_seq() - kLastShown : 0;
    const auto last = ledger_.entries_after(after, kLastShown);
    if (!last && !ledger_.damage()) return last.error();
    for (const Entry& entry : last ? *last : std::vector<Entry>{}) *reply.add_last() = log_entry(entry);
    return reply;
}

}  // namespace dosario
