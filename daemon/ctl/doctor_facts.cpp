// SPDX-License-Identifier: Apache-2.0
#include "ctl/doctor_facts.hpp"

#include "app/settings.hpp"
#include "backup/recovery_key.hpp"
#include "ctl/doctor_daemon.hpp"
#include "ctl/language.hpp"
#include "ctl/udev_rules_text.hpp"
#include "doctor/folder_probe.hpp"
#include "doctor/machine_probe.hpp"
#include "ledger/damage_mark.hpp"
#include "reader/driver.hpp"
#include "system/system_clock.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>

namespace dosario {
namespace {

constexpr const char* kConfig = "/etc/dosario/dosario.toml";
constexpr const char* kData = "/var/lib/dosario";
constexpr const char* kUser = "dosario";
constexpr auto kPatience = std::chrono::seconds{10};

Seen<ConfigFacts> see_config(const std::string& path, Settings& settings) {
    ConfigFacts config;
    config.path = path;
    if (access(path.c_str(), R_OK) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) return Blind::not_permitted;
        config.there = false;
        return config;
    }
    SettingsProblems problems;
    settings = read_settings(path, problems);
    config.problems = std::move(problems.lines);
    return config;
}

/// The daemon's own file where it says which; a wish before that.
std::string config_path(const DoctorWishes& wishes, const DaemonSelf& self) {
    if (!wishes.config.empty()) return wishes.config;
    if (!self.config.empty()) return self.config;
    return wishes.root + kConfig;
}

bool may_enter(const std::string& directory) { return access(directory.c_str(), R_OK | X_OK) == 0; }

/// What the files say while no daemon does. `settings` is of the configuration, where that could be read.
void look_at_files(const std::string& directory, const Seen<ConfigFacts>& config, const Settings& settings, Facts& facts) {
    const bool knows_config = config && config->there && config->problems.empty();
    const Blind unread = config ? Blind::no_daemon : config.why();
    facts.folder = see_folder(directory, settings.least_free_mib << 20);
    const bool hidden = !facts.folder->there && !may_enter(std::filesystem::path{directory}.parent_path().string());
    if (hidden || (facts.folder->there && !may_enter(directory))) {
        facts.folder = Blind::not_permitted;
        facts.ledger = Blind::not_permitted;
        facts.certificates = Blind::not_permitted;
        facts.persons = Blind::not_permitted;
    } else if (facts.folder->there) {
        if (facts.folder->writable) measure_sync(*facts.folder);
        LedgerFacts ledger;
        if (const auto mark = read_damage_mark(directory)) ledger.damage = mark->what;
        facts.ledger = ledger;
        facts.persons = see_persons(directory, settings.persons.keep != KeepPersons::none);
    }
    facts.uplink = unread;
    facts.backup = unread;
    if (!knows_config) return;
    UplinkFacts uplink;
    if (!settings.uplink.host.empty()) uplink.place = settings.uplink.place();
    facts.uplink = uplink;
    if (settings.uplink.host.empty()) {
        facts.certificates = std::vector<CertificateFacts>{};
    } else if (facts.folder) {
        const UplinkSettings with = with_files(settings.uplink, directory);
        std::vector<CertificateFacts> seen{see_certificate(with.identity, CertificateUse::own)};
        for (const std::string& authority : with.authorities)
            seen.push_back(see_certificate(authority, CertificateUse::authority));
        facts.certificates = seen;
    }
    BackupFacts backup;
    if (facts.folder && facts.folder->there) backup.key_there = read_recovery_key(directory).has_value();
    for (const std::string& place : settings.backup.directories) backup.targets.push_back(see_backups(place));
    facts.backup = backup;
    facts.usb = UsbFacts{settings.usb, ""};
}

/// A daemon that hangs must not hold up the doctor: its answers are waited for on a thread of their own, which is left behind then.
DaemonSelf ask_in_time(const Session& session, Facts& facts) {
    struct Asked {
        Facts facts;
        DaemonSelf self;
    };
    auto promise = std::make_shared<std::promise<Asked>>();
    auto answered = promise->get_future();
    std::thread{[promise, facts, data = session.data_directory, socket = session.socket]() mutable {
        Session own;
        own.data_directory = data;
        own.socket = socket;
        Asked asked{std::move(facts), {}};
        asked.self = ask_daemon(own, asked.facts);
        promise->set_value(std::move(asked));
    }}.detach();
    if (answered.wait_for(kPatience) != std::future_status::ready) {
        facts.daemon.socket_path = session.socket_path();
        facts.daemon.socket = SocketState::hung;
        return {};
    }
    Asked asked = answered.get();
    facts = std::move(asked.facts);
    return asked.self;
}

}  // namespace

DoctorSight look_around(Session& session, const DoctorWishes& wishes) {
    DoctorSight sight;
    Facts& facts = sight.facts;
    facts.tool_version = DOSARIO_VERSION;
    facts.now = make_system_clock()->wall();
    facts.released_at = *parse_date(DOSARIO_RELEASED_ON);
    const DaemonSelf self = ask_in_time(session, facts);
    Settings settings;
    facts.config = see_config(config_path(wishes, self), settings);
    facts.group = see_group(self.group.empty() ? settings.group : self.group);
    facts.daemon.processes = processes_named(wishes.root, "dosariod");
    facts.unit = see_unit(wishes.root);
    facts.rule = see_rule(wishes.root, udev_rules_text());
    const auto installed = user_named(kUser);
    NodeUser user = installed ? *installed : user_of_this_process();
    if (self.told && (!installed || installed->uid != self.uid)) user = {self.uid, user_of_this_process().gids};
    facts.devices = see_devices(wishes.root, user, all_drivers());
    facts.holders = see_holders(wishes.root, facts.devices ? *facts.devices : std::vector<UsbSeen>{}, self.pid);
    facts.memory = see_memory(wishes.root);
    facts.clock = see_clock(facts.now);
    if (facts.daemon.socket != SocketState::answers) {
        const std::string directory = session.data_directory.empty() ? wishes.root + kData : session.data_directory;
        look_at_files(directory, facts.config, settings, facts);
    }
    sight.language = settings.language;
    if (!self.language.empty()) sight.language = language_of(self.language);
    if (!wishes.language.empty()) sight.language = language_of(wishes.language);
    return sight;
}

}  // namespace dosario
