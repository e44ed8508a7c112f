// SPDX-License-Identifier: Apache-2.0
// Verbs of backups: the key, now, what there is, is it whole, and back from one.
#include "ctl/verbs.hpp"

#include "backup/folder.hpp"
#include "backup/names.hpp"
#include "backup/read.hpp"
#include "backup/recovery_key.hpp"
#include "backup/restore.hpp"
#include "crypto/openssl.hpp"
#include "crypto/secret_file.hpp"
#include "ctl/recovery_prompt.hpp"

#include <boost/json.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr auto kLook = std::chrono::milliseconds{200};

/// Shows how far it is on standard error, where a person looks at a terminal.
class ProgressLine {
public:
    ~ProgressLine() {
        if (shown_) std::fprintf(stderr, "\r\x1b[K");
    }
    void show(std::string_view phase, std::uint64_t done, std::uint64_t all) {
        static const bool terminal = isatty(STDERR_FILENO) == 1;
        const int percent = all == 0 ? -1 : static_cast<int>(done * 100 / all);
        if (!terminal || (percent == percent_ && phase == phase_)) return;
        percent_ = percent;
        phase_ = phase;
        shown_ = true;
        const std::string much = percent < 0 ? "..." : " " + std::to_string(percent) + " %";
        std::fprintf(stderr, "\r\x1b[K%s%s", phase_.c_str(), much.c_str());
    }

private:
    std::string phase_;
    int percent_ = -2;
    bool shown_ = false;
};

unsigned long long in_kib(std::uint64_t bytes) { return (bytes + 1023) / 1024; }

int set_up(Session& session, bool replace) {
    if (session.data_directory.empty())
        return complain(
            fail(Failure::invalid, "--data DIR is wanted: the data directory of the daemon, where the public key is kept"),
            session.json);
    auto key = make_recovery_key(session.data_directory, replace, *make_entropy());
    if (!key) return complain(key.error(), session.json);
    std::string sheet = recovery_sheet(*key, session.data_directory);
    const bool printed = ::write(STDOUT_FILENO, sheet.data(), sheet.size()) == static_cast<ssize_t>(sheet.size());
    wipe(sheet);
    if (!printed) {
        return complain(
            fail(Failure::io, "the sheet could not be printed whole: this key is lost; make another one with --replace"),
            session.json);
    }
    return kDone;
}

void print_targets(const json::value& status) {
    for (const json::value& target : status.at("targets").as_array()) {
        const std::string good = text_of(target, "last_good_at");
        std::printf("%s: %s\n", text_of(target, "directory").c_str(),
                    good.empty() ? "no backup yet" : ("last good backup " + good).c_str());
        if (const std::string problem = text_of(target, "problem"); !problem.empty()) std::printf("  ! %s\n", problem.c_str());
        for (const json::value& file : target.at("files").as_array()) {
            std::printf("  %s  %llu KiB  %s\n", text_of(file, "made_at").c_str(), in_kib(number_of(file, "bytes")),
                        text_of(file, "name").c_str());
        }
    }
}

int now(Session& session) {
    json::value status;
    if (const int code = session.call("/v1/backup", {}, status); code != kDone) return code;
    const std::uint64_t runs = number_of(status, "runs");
    if (const int code = session.call("/v1/backup/now", {}, status); code != kDone) return code;
    {
        ProgressLine line;
        while (number_of(status, "runs") == runs) {
            line.show(text_of(status, "phase"), number_of(status, "done"), number_of(status, "all"));
            std::this_thread::sleep_for(kLook);
            if (const int code = session.call("/v1/backup", {}, status); code != kDone) return code;
        }
    }
    const std::string problem = text_of(status, "problem");
    bool all_good = problem.empty();
    for (const json::value& target : status.at("targets").as_array()) all_good = all_good && text_of(target, "problem").empty();
    if (session.json) {
        print_json(status);
    } else {
        print_targets(status);
        if (!problem.empty()) std::fprintf(stderr, "dosario: NO BACKUP WAS MADE: %s\n", problem.c_str());
    }
    return all_good ? kDone : kRefused;
}

int list(Session& session, const std::string& directory) {
    if (directory.empty()) {
        json::value status;
        if (const int code = session.call("/v1/backup", {}, status); code != kDone) return code;
        if (session.json) return print_json(status), kDone;
        if (status.at("targets").as_array().empty()) std::printf("no backup is configured: [backup] directories\n");
        print_targets(status);
        return kDone;
    }
    auto folder = open_folder(directory);
    if (!folder) return complain(folder.error(), session.json);
    const auto files = backups_in(**folder, "");
    if (!files) return complain(files.error(), session.json);
    for (const FolderEntry& one : *files) {
        const auto name = parse_backup_name(one.name);
        const std::string made_at = format_utc(name->made_at).substr(0, 19) + "Z";
        if (session.json) {
            print_json(json::object{{"name", one.name}, {"ledger", name->ledger}, {"made_at", made_at}, {"bytes", one.bytes}});
        } else {
            std::printf("%s  %llu KiB  ledger %s  %s\n", made_at.c_str(), in_kib(one.bytes), name->ledger.c_str(),
                        one.name.c_str());
        }
    }
    return kDone;
}

json::object described(const Manifest& manifest) {
    json::array members;
    for (const ManifestMember& one : manifest.members) members.push_back(json::object{{"name", one.name}, {"bytes", one.bytes}});
    return {{"station", manifest.station},
            {"site", manifest.site},
            {"ledger", manifest.ledger},
            {"version", manifest.version},
            {"made_at", format_utc(manifest.made_at).substr(0, 19) + "Z"},
            {"entries", manifest.head_seq},
            {"head", to_hex(manifest.head_hash)},
            {"last_entry_at", manifest.last_entry_at},
            {"collector", manifest.collector},
            {"members", members}};
}

void print_manifest(const Manifest& manifest) {
    std::printf("station %s (%s), ledger %s\n", manifest.station.c_str(), manifest.site.c_str(),
                manifest.ledger.substr(0, 8).c_str());
    std::printf("made %s by version %s: %llu entries%s%s, head %s\n", (format_utc(manifest.made_at).substr(0, 19) + "Z").c_str(),
                manifest.version.c_str(), static_cast<unsigned long long>(manifest.head_seq),
                manifest.last_entry_at.empty() ? "" : ", the last one of ", manifest.last_entry_at.c_str(),
                to_hex(manifest.head_hash).substr(0, 16).c_str());
    for (const ManifestMember& one : manifest.members) std::printf("  %s, %llu KiB\n", one.name.c_str(), in_kib(one.bytes));
}

int check_without_key(Session& session, FolderFile& file) {
    const auto shape = age_shape([&](std::span<std::byte> out) { return file.read(out); });
    if (!shape) return complain(shape.error(), session.json);
    if (shape->plain_bytes == 0 || shape->recipients == 0)
        return complain(fail(Failure::damaged, "this is no backup, or one that is cut off at its beginning"), session.json);
    if (session.json) return print_json(json::object{{"ok", true}, {"whole", nullptr}, {"bytes", shape->plain_bytes}}), kDone;
    std::printf(
        "an encrypted file with %llu KiB in it; whether it is whole and what it holds only the recovery key tells (--key)\n",
        in_kib(shape->plain_bytes));
    return kDone;
}

int check(Session& session, const std::string& path, bool with_key) {
    auto file = open_file(path);
    if (!file) return complain(file.error(), session.json);
    if (!with_key) return check_without_key(session, **file);
    const auto key = ask_recovery_key();
    if (!key) return complain(key.error(), session.json);
    auto age = AgeReader::open(*key, [&](std::span<std::byte> out) { return (*file)->read(out); });
    if (!age) return complain(age.error(), session.json);
    BackupReading reading;
    auto line = std::make_unique<ProgressLine>();
    std::uint64_t all = 0;
    reading.on_manifest = [&](const Manifest& manifest) {
        for (const ManifestMember& one : manifest.members) all += one.bytes;
        return Result<void>{};
    };
    reading.on_progress = [&](std::uint64_t done) { line->show("reading", done, all); };
    const auto manifest = read_backup(**age, reading);
    line.reset();
    if (!manifest) return complain(manifest.error(), session.json);
    if (session.json) {
        json::object reply = described(*manifest);
        reply["ok"] = true;
        reply["whole"] = true;
        return print_json(reply), kDone;
    }
    std::printf("the backup is whole: every byte is as it was written\n");
    print_manifest(*manifest);
    return kDone;
}

/// What a person has to know or do before the station works as before.
std::vector<std::string> missing_of(const RestoreReport& report, const std::string& directory) {
    const Manifest& manifest = report.manifest;
    std::vector<std::string> missing;
    const std::string last = "what was booked after entry " + std::to_string(manifest.head_seq) + " is not in this backup: ";
    missing.push_back(last + (manifest.collector
                                  ? "what the collector has of it comes back when dosariod has reached it; begin no work"
                                    " before `dosario status` says that it is connected"
                                  : "this station had no collector, so that it is lost; book anew what is known"));
    missing.push_back("who somebody is (persons.db) is in no backup: deliveries stay, without their persons");
    const bool configured = manifest.find("dosario.toml") != nullptr;
    missing.push_back(configured ? "the configuration of then lies in " + directory + "/" + kRestoredFolder +
                                       ": compare it, and copy it to its place (/etc/dosario)"
                                 : "the configuration is not in this backup: write one (install.md)");
    if (manifest.collector && manifest.find("station.pem") == nullptr)
        missing.push_back("the station's certificate is not in this backup: have a new one issued (collector.md)");
    if (manifest.find("recovery.pub") == nullptr)
        missing.push_back("the recovery key is not in this backup: run `dosario backup setup` before the next one");
    missing.push_back("never start the old computer's dosariod again: two disks would write one ledger");
    return missing;
}

int restore(Session& session, const std::string& path) {
    if (session.data_directory.empty())
        return complain(
            fail(Failure::invalid, "--data DIR is wanted: an empty directory, for the ledger (/var/lib/dosario when installed)"),
            session.json);
    if (auto file = open_file(path); !file) return complain(file.error(), session.json);
    const auto key = ask_recovery_key();
    if (!key) return complain(key.error(), session.json);
    umask(0077);
    auto line = std::make_unique<ProgressLine>();
    const auto digest = make_digest();
    const auto entropy = make_entropy();
    RestoreOrder order{
        path, session.data_directory, *key, *digest, *entropy, std::chrono::floor<Micros>(std::chrono::system_clock::now())};
    order.on_progress = [&](std::string_view phase, std::uint64_t done, std::uint64_t all) { line->show(phase, done, all); };
    const auto report = restore_backup(order);
    line.reset();
    if (!report) return complain(report.error(), session.json);
    const std::vector<std::string> missing = missing_of(*report, session.data_directory);
    if (session.json) {
        json::object reply = described(report->manifest);
        reply["ok"] = true;
        reply["in_place"] = json::array(report->in_place.begin(), report->in_place.end());
        reply["aside"] = json::array(report->aside.begin(), report->aside.end());
        reply["missing"] = json::array(missing.begin(), missing.end());
        return print_json(reply), kDone;
    }
    std::printf("restored into %s: the ledger was verified wholly\n", session.data_directory.c_str());
    print_manifest(report->manifest);
    std::printf("what is missing, and what to do:\n");
    for (const std::string& one : missing) std::printf("- %s\n", one.c_str());
    return kDone;
}

}  // namespace

void add_backup_verbs(CLI::App& app, Session& session, Action& action) {
    CLI::App* backup = app.add_subcommand("backup", "copies of everything on a stick or another disk, encrypted");
    backup->require_subcommand(1);

    auto replace = std::make_shared<bool>(false);
    CLI::App* setup = backup->add_subcommand(
        "setup", "makes the recovery key and prints its sheet, once (--data DIR); print it, and lock it away");
    setup->add_flag("--replace", *replace, "although there is one: older backups still need the old sheet");
    setup->callback([&session, &action, replace] { action = [&session, replace] { return set_up(session, *replace); }; });

    backup->add_subcommand("now", "makes one at once; the counter works on")->callback([&] {
        action = [&session] { return now(session); };
    });

    auto directory = std::make_shared<std::string>();
    CLI::App* listing = backup->add_subcommand("list", "the backups after the last attempt; or those that lie in a folder now");
    listing->add_option("directory", *directory, "a folder; no daemon is needed then");
    listing->callback([&session, &action, directory] { action = [&session, directory] { return list(session, *directory); }; });

    struct Check {
        std::string file;
        bool with_key = false;
    };
    auto what = std::make_shared<Check>();
    CLI::App* checking =
        backup->add_subcommand("check", "is this file whole? Without the key: as far as can be seen from outside");
    checking->add_option("file", what->file, "a backup")->required();
    checking->add_flag("--key", what->with_key,
                       "read all of it, with the recovery key from the sheet (typed, or on standard input)");
    checking->callback(
        [&session, &action, what] { action = [&session, what] { return check(session, what->file, what->with_key); }; });

    auto file = std::make_shared<std::string>();
    CLI::App* restoring = app.add_subcommand(
        "restore", "puts a backup into a directory without a ledger (--data DIR); the key is typed, or comes on standard input");
    restoring->add_option("file", *file, "a backup")->required();
    restoring->callback([&session, &action, file] { action = [&session, file] { return restore(session, *file); }; });
}

}  // namespace dosario
