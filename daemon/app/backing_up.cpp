// SPDX-License-Identifier: Apache-2.0
#include "app/backing_up.hpp"

#include "backup/names.hpp"
#include "backup/recovery_key.hpp"
#include "backup/write.hpp"
#include "crypto/secret_file.hpp"
#include "http/json.hpp"
#include "ledger/verify.hpp"
#include "system/log.hpp"

#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace dosario {
namespace {

/// A mebibyte: a scan waits for one step at most, some milliseconds.
constexpr int kPagesInStep = 256;
/// Of the ledger's disk, for the counter.
constexpr std::uint64_t kReserve_bytes = 256ULL << 20;
constexpr auto kOld = std::chrono::days{3};
constexpr const char* kState = "backup.json";
const std::string kPartial = std::string{kLastNight} + ".partial";

std::string second_of(UtcTime at) { return format_utc(at).substr(0, 19) + "Z"; }

std::optional<UtcTime> parse_second(const std::string& text) {
    const auto day = parse_date(text.substr(0, 10));
    unsigned hour = 0, minute = 0, second = 0;
    if (!day || text.size() != 20 || std::sscanf(text.c_str() + 10, "T%2u:%2u:%2uZ", &hour, &minute, &second) != 3)
        return std::nullopt;
    return UtcTime{*day} + std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string((bytes >> 20) + 1) + " MiB"; }

}  // namespace

BackupPlan backup_plan(const Settings& settings, const std::string& data_directory, const Clock& clock) {
    BackupPlan plan{data_directory, settings.station, settings.site, !settings.uplink.host.empty(), {}, settings.backup, &clock};
    plan.configuration.push_back({"dosario.toml", settings.file});
    if (!settings.catalogue_file.empty()) plan.configuration.push_back({"catalogue.toml", settings.catalogue_file});
    if (!settings.uplink.identity.empty()) plan.configuration.push_back({"station.pem", settings.uplink.identity});
    std::size_t n = 1;
    for (const std::string& file : settings.uplink.authorities) {
        plan.configuration.push_back({n == 1 ? "ca.pem" : "ca-" + std::to_string(n) + ".pem", file});
        ++n;
    }
    return plan;
}

struct BackingUp::Run {
    Ended ended;
    AgeRecipient recipient;
    std::unique_ptr<LedgerCopy> copy;
    std::unique_ptr<Database> database;
    Manifest manifest;
};

BackingUp::BackingUp(BackupPlan plan, std::unique_ptr<Digest> digest, std::unique_ptr<Entropy> entropy)
    : plan_(std::move(plan)), digest_(std::move(digest)), entropy_(std::move(entropy)) {
    ::unlink(path(kPartial.c_str()).c_str());
    read_state();
}

BackingUp::~BackingUp() {
    break_off();
    if (thread_.joinable()) thread_.join();
}

Result<LedgerThread::Chore> BackingUp::begin(Ended ended) {
    if (plan_.settings.directories.empty()) {
        return fail(
            Failure::invalid,
            "no backup is configured: name a folder on another disk or a stick in [backup] directories, and start dosariod again");
    }
    const auto recipient = read_recovery_key(plan_.data_directory);
    if (!recipient) return recipient.error();
    if (stopping_ || busy_.exchange(true))
        return fail(Failure::unavailable, "a backup is being made already: wait until it has ended");
    phase("copying");
    auto run = std::make_shared<Run>();
    run->ended = std::move(ended);
    run->recipient = *recipient;
    return LedgerThread::Chore{[this, run](Service& service) {
        if (copy_some(*run, service)) return true;
        if (run->database != nullptr) go_on(run);
        return false;
    }};
}

void BackingUp::not_begun(const Error& error) {
    end([](bool) {}, error);
}

Result<void> BackingUp::start_copy(Run& run, Service& service) {
    const std::uint64_t bytes = size_of_file(path(kLedgerName)) + size_of_file(path("ledger.db-wal"));
    const std::uint64_t wanted = 2 * bytes + kReserve_bytes;  // the copy, and what verifying it needs for a while
    if (free_bytes_at(plan_.data_directory) < wanted) ::unlink(path(kLastNight).c_str());  // a new one is to come
    if (const std::uint64_t free = free_bytes_at(plan_.data_directory); free < wanted) {
        return fail(Failure::full, "a backup needs " + mebibytes(wanted) + " free on the ledger's disk for a while, and " +
                                       mebibytes(free) + " are: make room");
    }
    ::unlink(path(kPartial.c_str()).c_str());
    auto copy = LedgerCopy::start(service.ledger(), path(kPartial.c_str()));
    if (!copy) return copy.error();
    run.copy = std::move(*copy);
    return {};
}

bool BackingUp::copy_some(Run& run, Service& service) {
    const auto failed = [&](const Error& error) {
        run.copy.reset();
        ::unlink(path(kPartial.c_str()).c_str());
        end(run.ended, error);
        return false;
    };
    if (stopping_) return failed(fail(Failure::unavailable, "the daemon stops"));
    if (run.copy == nullptr) {
        if (auto started = start_copy(run, service); !started) return failed(started.error());
    }
    const auto more = run.copy->step(kPagesInStep);
    if (!more) return failed(more.error());
    progress(run.copy->pages_copied() * 4096, run.copy->pages() * 4096);
    if (*more) return true;
    Ledger& ledger = service.ledger();
    run.manifest.ledger = to_hex(ledger.id());
    run.manifest.station = plan_.station;
    run.manifest.site = plan_.site;
    run.manifest.version = DOSARIO_VERSION;
    run.manifest.made_at = service.believed_time();
    run.manifest.head_seq = run.copy->head_seq();
    run.manifest.head_hash = run.copy->head_hash();
    run.manifest.branch = ledger.branch();
    run.manifest.collector = plan_.collector;
    if (ledger.head_seq() > 0) {
        if (const auto last = ledger.entries_after(ledger.head_seq() - 1, 1); last && !last->empty())
            run.manifest.last_entry_at = second_of(UtcTime{Micros{last->front().header.wall_us}});
    }
    run.database = run.copy->take();
    run.copy.reset();
    ledger.database().release_memory();
    return false;
}

void BackingUp::go_on(std::shared_ptr<Run> run) {
    if (thread_.joinable()) thread_.join();  // it is not busy: at its end
    const auto work = [this, run] {
        auto done = keep_copy(*run);
        if (done) done = write_all(*run);
        run->database.reset();
        ::unlink(path(kPartial.c_str()).c_str());
        ::malloc_trim(0);  // the daemon rests in small memory
        end(run->ended, done ? std::nullopt : std::optional{done.error()});
    };
    try {
        thread_ = std::thread{work};
    } catch (const std::system_error& error) {
        end(run->ended, fail(Failure::unavailable, std::string{"the system gives no thread for the backup: "} + error.what()));
    }
}

/// Verified wholly, then under its name: what reports read and what is written to the sticks is the same, good file.
Result<void> BackingUp::keep_copy(Run& run) {
    phase("verifying");
    const auto report =
        verify({*run.database, *digest_, run.manifest.head_seq, run.manifest.head_hash}, [this] { return stopping_.load(); });
    if (!report) return report.error();
    if (!report->ok()) {
        return fail(Failure::damaged,
                    "the ledger is damaged and was not backed up; the older backups stay untouched. Run `dosario ledger"
                    " verify`: " +
                        report->faults.front().what);
    }
    run.database.reset();
    if (auto synced = sync_path(path(kPartial.c_str())); !synced) return synced;
    if (std::rename(path(kPartial.c_str()).c_str(), path(kLastNight).c_str()) != 0)
        return fail(Failure::io, "the copy of the ledger could not be given its name: " + std::string{std::strerror(errno)});
    if (auto synced = sync_path(plan_.data_directory); !synced) return synced;
    const std::lock_guard lock{mutex_};
    status_.set_copy_at(second_of(run.manifest.made_at));
    return {};
}

Result<void> BackingUp::write_all(Run& run) {
    phase("reading");
    std::vector<SmallFile> small = plan_.configuration;
    for (SmallFile& one : small_files_of(plan_.data_directory)) small.push_back(std::move(one));
    const auto contents = gather(std::move(run.manifest), path(kLastNight), small, [this] { return stopping_.load(); });
    if (!contents) return contents.error();
    std::optional<Error> failure;
    std::size_t good = 0;
    for (const std::string& directory : plan_.settings.directories) {
        const auto failed = write_to(directory, *contents, run.recipient);
        if (failed && !failure) failure = *failed;
        good += failed ? 0 : 1;
        const std::lock_guard lock{mutex_};
        target(directory).set_problem(failed ? failed->message : "");
        if (failed) continue;
        target(directory).set_last_good_at(second_of(contents->manifest.made_at));
        last_good_ = contents->manifest.made_at;
        status_.set_last_good_at(second_of(contents->manifest.made_at));
    }
    if (good == 0 && failure) return *failure;
    return {};
}

std::optional<Error> BackingUp::write_to(const std::string& directory, const BackupContents& contents,
                                         const AgeRecipient& recipient) {
    const std::uint64_t all = 2 * all_bytes(contents.manifest);
    phase("writing " + directory, all);
    auto folder = open_folder(directory, plan_.settings.same_disk ? "" : plan_.data_directory);
    if (!folder) return folder.error();
    BackupOrder order{contents, recipient, *entropy_, static_cast<std::size_t>(plan_.settings.keep)};
    order.on_progress = [&](std::uint64_t done) { progress(done, all); };
    order.stop = [this] { return stopping_.load(); };
    const auto written = write_backup(**folder, order);
    if (const auto files = backups_in(**folder, contents.manifest.ledger)) {
        const std::lock_guard lock{mutex_};
        auto& listed = *target(directory).mutable_files();
        listed.Clear();
        for (const FolderEntry& one : *files) {
            v1::BackupFile& file = *listed.Add();
            file.set_name(one.name);
            file.set_bytes(one.bytes);
            file.set_made_at(second_of(parse_backup_name(one.name)->made_at));
        }
    }
    if (!written) return written.error();
    log(Level::info, "backup_written",
        {{"directory", directory},
         {"file", written->name},
         {"bytes", std::to_string(written->bytes)},
         {"rotated", std::to_string(written->rotated)}});
    return std::nullopt;
}

void BackingUp::end(const Ended& ended, const std::optional<Error>& failure) {
    v1::BackupReply at_rest;
    {
        const std::lock_guard lock{mutex_};
        at_rest = status_;
    }
    at_rest.set_running(false);
    at_rest.set_phase("");
    at_rest.set_done(0);
    at_rest.set_all(0);
    at_rest.set_runs(at_rest.runs() + 1);
    at_rest.set_last_attempt_at(second_of(plan_.clock->wall()));
    at_rest.set_problem(failure ? failure->message : "");
    if (failure) log(Level::error, "backup_failed", {{"why", failure->message}});
    if (!stopping_) keep_state(at_rest);
    {
        // Whoever sees that none runs may begin the next one.
        const std::lock_guard lock{mutex_};
        status_ = std::move(at_rest);
        busy_ = false;
    }
    ended(!failure);
}

// --- what others see ------------------------------------------------------------------------------------------------------------

void BackingUp::phase(std::string name, std::uint64_t all) {
    const std::lock_guard lock{mutex_};
    status_.set_running(true);
    status_.set_phase(std::move(name));
    status_.set_done(0);
    status_.set_all(all);
}

void BackingUp::progress(std::uint64_t done, std::uint64_t all) {
    const std::lock_guard lock{mutex_};
    status_.set_done(std::min(done, all));
    status_.set_all(all);
}

/// Under the mutex.
v1::BackupTarget& BackingUp::target(const std::string& directory) {
    for (v1::BackupTarget& one : *status_.mutable_targets()) {
        if (one.directory() == directory) return one;
    }
    v1::BackupTarget& made = *status_.add_targets();
    made.set_directory(directory);
    return made;
}

v1::BackupReply BackingUp::status() const {
    const auto key = read_recovery_key(plan_.data_directory);
    const std::lock_guard lock{mutex_};
    v1::BackupReply reply = status_;
    if (key) reply.set_recovery_key(key->text());
    return reply;
}

BackupState BackingUp::state() const {
    const std::lock_guard lock{mutex_};
    BackupState state{last_good_, plan_.settings.directories.size(), 0};
    // What failed before the first folder was reached left all of them without.
    for (const v1::BackupTarget& one : status_.targets()) state.folders_failing += one.problem().empty() ? 0 : 1;
    if (!status_.problem().empty()) state.folders_failing = state.folders;
    return state;
}

std::vector<std::string> BackingUp::warnings() const {
    if (plan_.settings.directories.empty()) return {"no backup is configured: see backup.md, and [backup] in the configuration"};
    if (const auto key = read_recovery_key(plan_.data_directory); !key) return {key.error().message};
    const std::lock_guard lock{mutex_};
    std::vector<std::string> warnings;
    if (last_good_ && plan_.clock->wall() - *last_good_ > kOld)
        warnings.push_back("the last good backup is of " + second_of(*last_good_));
    if (!status_.problem().empty()) warnings.push_back("the last backup failed: " + status_.problem());
    for (const v1::BackupTarget& one : status_.targets()) {
        if (!one.problem().empty() && status_.problem().empty())
            warnings.push_back("no backup was written to " + one.directory() + ": " + one.problem());
    }
    return warnings;
}

void BackingUp::read_state() {
    if (const auto text = read_secret(path(kState)); text) {
        v1::BackupReply kept;
        if (from_json(*text, kept)) status_ = std::move(kept);
    }
    status_.set_running(false);
    status_.set_runs(0);
    last_good_ = parse_second(status_.last_good_at());
    // Folders that are configured no more are forgotten.
    v1::BackupReply known = status_;
    status_.clear_targets();
    for (const std::string& directory : plan_.settings.directories) {
        v1::BackupTarget& mine = target(directory);
        for (const v1::BackupTarget& one : known.targets()) {
            if (one.directory() == directory) mine = one;
        }
    }
}

void BackingUp::keep_state(const v1::BackupReply& state) const {
    if (auto kept = write_secret(path(kState), to_json(state)); !kept)
        log(Level::error, "backup_state_not_kept", {{"why", kept.error().message}});
}

}  // namespace dosario
