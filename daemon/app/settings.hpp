// SPDX-License-Identifier: Apache-2.0
// The configuration file, read whole and checked before anything starts. config/dosario.toml explains every key.
#pragma once

#include "app/uplink_settings.hpp"
#include "base/result.hpp"
#include "control/messages.hpp"
#include "persons/person_table.hpp"
#include "reader/driver.hpp"
#include "scan/tag_window.hpp"
#include "simulated/stage.hpp"
#include "workflow/review.hpp"

#include <string>
#include <vector>

namespace dosario {

/// How readers whose id begins with `match` (vvvv:pppp, or the whole id) are named and set.
struct ReaderRow {
    std::string match;
    std::string name;
    std::string zone;           ///< where it stands; empty: as `dosario readers zone` said
    std::optional<GsHabit> gs;  ///< nothing: as usual for its family
    ReaderSettings settings;
    std::string driver;  ///< what is known to be behind a serial port: no adoption is needed then; empty = not said
    int echo_ms = 0;
    std::string field{kUsualField};  ///< of a reader of tags: how far it is to look, a name of pad_preset()
};

struct ApiTcp {
    std::string address;  ///< empty = no TCP
    std::uint16_t port = 0;
    std::vector<std::string> hosts;  ///< accepted Host headers beside address:port
    std::vector<std::string> origins;
};

/// Where backups go, and when.
struct BackupSettings {
    std::vector<std::string> directories;  ///< empty: none are made
    int keep = 14;                         ///< in each directory
    int hour = 3;                          ///< of the day at the site
    bool same_disk = false;                ///< a directory may lie on the disk of the ledger
};

/// What is kept of who came, in persons.db.
struct PersonSettings {
    KeepPersons keep = KeepPersons::pseudonym;
    int keep_days = 0;  ///< then it is forgotten; 0: until somebody asks for it
};

/// Readers of tags.
struct RfidSettings {
    std::string country;  ///< ISO 3166-1 alpha-2, one of uhf_regions(); empty: nothing is transmitted in UHF
};

/// Readers of one practice pharmacy.
inline constexpr std::size_t kMostPracticeReaders = 16;

struct Settings {
    std::string station = "puesto-1";
    std::string site;
    Language language = Language::es;
    std::string time_zone = "America/Argentina/Buenos_Aires";
    std::optional<Date> not_before;      ///< a day that has surely come
    std::uint64_t least_free_mib = 256;  ///< with less on the ledger's disk no new work is opened
    Rules rules;
    std::string socket;  ///< a second socket beside the one in the data directory, empty = none
    std::string group = "dosario";
    ApiTcp tcp;
    UplinkSettings uplink;
    bool usb = true;
    RfidSettings rfid;
    std::vector<simulated::NamedScanner> practice;  ///< readers that are not there; empty: this is no practice pharmacy
    std::vector<ReaderRow> readers;
    std::vector<Product> products;
    BackupSettings backup;
    PersonSettings persons;
    std::string file;            ///< the configuration itself
    std::string catalogue_file;  ///< empty: none
};

/// All problems at once, one a line, each as `file:line:column: what is wrong and what is wanted`.
struct SettingsProblems {
    std::vector<std::string> lines;
};

/// `problems` is empty exactly when the settings can be used. A relative catalogue file is looked for beside `path`.
Settings read_settings(const std::string& path, SettingsProblems& problems);

}  // namespace dosario
