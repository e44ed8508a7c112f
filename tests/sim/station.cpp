// SPDX-License-Identifier: Apache-2.0
#include "station.hpp"

#include "support/plants.hpp"
#include "system/system_clock.hpp"

#include <sqlite3.h>

#include <cstdlib>
#include <ctime>

namespace dosario::sim {
namespace {

using test::Counter;

tm local_time(UtcTime at) {
    const auto seconds = static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count());
    tm local{};
    localtime_r(&seconds, &local);
    return local;
}

test::CounterOptions options(std::uint64_t seed, test::ShimVfs& disk, const std::string& directory, const std::string& zone) {
    test::CounterOptions options;
    options.rules = {0, 60, 25};
    options.seed = seed;
    options.vfs = disk.name();
    options.directory = directory;
    options.open = false;
    const auto calendar = site_calendar(zone);
    must(calendar.has_value(), "there is no time zone " + zone);
    options.site_day = *calendar;
    return options;
}

}  // namespace

Station::Station(std::uint64_t seed, test::ShimVfs& disk, Plant plant, std::string zone, Tally& tally)
    : random_(seed ^ 0x5eed),
      disk_(disk),
      plant_(plant),
      zone_(std::move(zone)),
      tally_(tally),
      counter_(options(seed, disk, place_.path(), zone_)) {
    setenv("TZ", zone_.c_str(), 1);
    tzset();
    disk_.skip_syncs();
    disk_.record(true);
    open();
    must(!counter_.learn_products(), "the products cannot be learned");
    answered_ = counter_.ledger().head_seq();
    settle_disk();
}

Station::~Station() {
    disk_.record(false);
    counter_.close();
    disk_.forget_operations();
}

Date Station::honest_day(UtcTime at) const {
    const tm local = local_time(at);
    return Date{std::chrono::year_month_day{std::chrono::year{local.tm_year + 1900},
                                            std::chrono::month{static_cast<unsigned>(local.tm_mon + 1)},
                                            std::chrono::day{static_cast<unsigned>(local.tm_mday)}}};
}

long Station::offset(UtcTime at) const { return local_time(at).tm_gmtoff; }

Station::Sick Station::fall_ill() {
    failures_before_ = disk_.failures();
    if (one_in(60)) {
        disk_.fail_writes(1 + static_cast<int>(below(12)), SQLITE_FULL);
        return Sick::full;
    }
    if (one_in(200)) {
        disk_.fail_syncs(1, SQLITE_IOERR_FSYNC);
        return Sick::sync;
    }
    if (one_in(120)) {
        disk_.fail_call(1 + below(12), static_cast<test::Lasting>(below(3)));
        return Sick::call;
    }
    return Sick::none;
}

void Station::recover(Sick sick) {
    disk_.heal();
    if (disk_.failures() == failures_before_) return;
    const char* const kNames[] = {"", "full disk", "failed sync", "failed call"};
    ++tally_[kNames[static_cast<std::size_t>(sick)]];
}

void Station::open() {
    ++starts_;
    if (one_in(6)) {
        failures_before_ = disk_.failures();
        disk_.fail_call(1 + below(60), test::Lasting::once);
        const bool opened = counter_.reopen().has_value();
        disk_.heal();
        tally_["failed call at a start"] += disk_.failures() > failures_before_;
        must(opened || disk_.failures() > failures_before_, "the ledger does not open");
        // A page that cannot be read is damage for as long as it cannot.
        if (!opened || counter_.ledger().damage()) counter_.close();
    }
    if (!counter_.is_open()) {
        const auto opened = counter_.reopen();
        must(opened.has_value(), "the ledger does not open again: " + (opened ? "" : opened.error().message));
    }
    Ledger& ledger = counter_.ledger();
    must(!ledger.damage(), "the ledger is taken for damaged: " + (ledger.damage() ? ledger.damage()->message : ""));
    // A header of which half was written can look like one wrong bit. Turned back it is that of a log whose pages are all in the file.
    must(!ledger.log_damage() || ledger.log_was_mended(),
         "the log is taken for damaged: " + (ledger.log_damage() ? ledger.log_damage()->words() : ""));
    tally_["log with one wrong bit"] += ledger.log_was_mended();
    must(!ledger.lost_log(), "the log is taken for lost");
    if (plant_ == Plant::skipped_sync) must(ledger.database().execute(test::kSkipsSyncs).has_value(), "no bug could be planted");
}

void Station::end_process(bool killed) {
    if (killed) counter_.ledger().database().leave_log(true);
    counter_.close();
}

void Station::restart(bool killed) {
    ++tally_[killed ? "kill" : "restart"];
    end_process(killed);
    open();
    must(counter_.ledger().head_seq() == answered_, "a restart changed the ledger");
}

void Station::settle_disk() {
    for (const test::DiskOperation& one : disk_.operations()) crash_.apply(one);
    disk_.forget_operations();
}

void Station::cut_power(std::size_t after) {
    ++tally_["power cut"];
    tally_["power cut in the middle of writing"] += after < disk_.operations().size();
    disk_.record(false);
    for (std::size_t i = 0; i < after; ++i) crash_.apply(disk_.operations()[i]);
    disk_.forget_operations();
    end_process(true);
    place_.empty();
    crash_.write_image(place_.path(), random_);
    crash_.begin_with(place_.path());
    // The computer is off for a while; one with an old battery begins in another year.
    counter_.clock.pass(std::chrono::seconds{30 + below(one_in(8) ? 200'000 : 600)});
    counter_.clock.reboot();
    disk_.record(true);
    open();
}

Fate Station::find_out(Seq before, Seq all, const Sha256& hash) {
    const Seq head = counter_.ledger().head_seq();
    must(head >= before, "an answered scan is gone");
    if (head == before) return Fate::lost;
    must(head == all, "a part of a group is there");
    must(counter_.ledger().head_hash() == hash, "a group reads otherwise after the power cut");
    return Fate::kept;
}

Fate Station::group(std::span<Deed> deeds) {
    Ledger& ledger = counter_.ledger();
    const Seq before = ledger.head_seq();
    must(before == answered_, "the head moved, and nobody did anything");
    const Sick sick = fall_ill();
    const bool cut = sick == Sick::none && one_in(40);
    std::optional<std::size_t> answered_at;
    std::optional<Error> refused;
    Sha256 hash{};
    std::vector<Job> jobs;
    for (Deed& deed : deeds) {
        jobs.push_back({[&deed](Service& service) {
                            const auto wrote = deed.decide(service);
                            if (wrote) deed.entries = *wrote;
                            if (!wrote) deed.error = wrote.error();
                        },
                        [&](const std::optional<Error>& failure) {
                            refused = failure;
                            answered_at = disk_.operations().size();
                        }});
    }
    jobs.push_back({[&](Service& service) { hash = service.ledger().head_hash(); }, [](const auto&) {}});
    if (plant_ == Plant::forgotten_column)
        must(ledger.database()
                 .execute(test::forgets({"lot", "last_seq", "gtin = OLD.gtin AND lot = OLD.lot"}).c_str())
                 .has_value(),
             "no bug could be planted");
    const auto fatal = plant_ == Plant::early_answer && sick == Sick::none ? test::answer_first(counter_.service(), jobs)
                                                                           : run_group(counter_.service(), jobs);
    recover(sick);
    Seq all = before;
    for (const Deed& deed : deeds) all += deed.error ? 0 : deed.entries;
    for (const Deed& deed : deeds)
        must(!deed.error || deed.error->failure == Failure::invalid || sick != Sick::none, deed.error ? deed.error->message : "");
    if (refused || fatal) {
        must(sick != Sick::none, "a healthy disk refused: " + (refused ? *refused : *fatal).message);
        Fate fate = Fate::refused;
        if (fatal) {
            end_process(one_in(2));
            open();
            const bool certain = refused && refused->message.find("not certain") == std::string::npos;
            fate = find_out(before, all, hash);
            must(!certain || fate == Fate::lost, "a refused group is there");
            tally_["not certain"] += !certain;
            if (fate == Fate::lost) fate = Fate::refused;
        }
        answered_ = counter_.ledger().head_seq();
        must(fate == Fate::kept || answered_ == before, "a refused group left something");
        settle_disk();
        return fate;
    }
    if (cut) {
        // Half of the cuts just before the answer: there all may be written, and nothing synced.
        const std::size_t all_of_them = disk_.operations().size();
        const std::size_t after = one_in(2) ? below(all_of_them + 1) : all_of_them - std::min<std::size_t>(all_of_them, below(3));
        const bool heard = answered_at && after >= *answered_at;
        cut_power(after);
        const Fate fate = find_out(heard ? all : before, all, hash);
        answered_ = counter_.ledger().head_seq();
        settle_disk();
        tally_["nobody heard, kept"] += !heard && fate == Fate::kept;
        tally_["nobody heard, lost"] += !heard && fate == Fate::lost;
        return heard ? Fate::answered : fate;
    }
    must(ledger.head_seq() == all, "entries and answers differ");
    answered_ = all;
    settle_disk();
    return Fate::answered;
}

/// Something that writes no entry.
void Station::act(const char* name, const std::function<Result<void>()>& what) {
    ++tally_[name];
    const Sick sick = fall_ill();
    const auto done = what();
    recover(sick);
    must(done || sick != Sick::none, std::string{name} + ": " + (done ? "" : done.error().message));
    if (!done) {
        end_process(one_in(2));
        open();
    } else if (sick == Sick::none && one_in(4)) {
        cut_power(below(disk_.operations().size() + 1));
    }
    must(counter_.ledger().head_seq() == answered_, std::string{name} + ": it changed the entries");
    settle_disk();
}

void Station::chore() {
    Ledger& ledger = counter_.ledger();
    switch (below(8)) {
        case 0: return act("log cut to nothing", [&] { return ledger.database().execute("PRAGMA wal_checkpoint(TRUNCATE)"); });
        case 1:
            if (!one_in(4)) return;
            return act("rebuild", [&]() -> Result<void> {
                const auto made = rebuild(ledger);
                if (!made) return made.error();
                return {};
            });
        case 2: return restart(false);
        case 3: return restart(true);
        default: return act("checkpoint", [&] { return ledger.checkpoint(); });
    }
}

void Station::strip_conservation() {
    end_process(false);
    test::strip_conservation(counter_.file());
    crash_.begin_with(place_.path());
    disk_.forget_operations();
    open();
}

void Station::verify() {
    ++tally_["verified in full"];
    const std::string fault = test::first_fault(counter_.verify());
    must(fault.empty(), fault);
    settle_disk();
}

}  // namespace dosario::sim
