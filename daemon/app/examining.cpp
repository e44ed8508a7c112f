// SPDX-License-Identifier: Apache-2.0
#include "app/examining.hpp"

#include "doctor/folder_probe.hpp"
#include "http/json.hpp"
#include "ledger/damage_mark.hpp"

#include <unistd.h>

namespace dosario {
namespace {

std::string_view language_name(Language language) {
    switch (language) {
        case Language::es: return "es";
        case Language::en: return "en";
        case Language::pt: return "pt";
    }
    return "es";
}

void tell_certificates(const Settings& settings, const std::string& directory, v1::DoctorReply& reply) {
    if (settings.uplink.host.empty()) return;
    const UplinkSettings uplink = with_files(settings.uplink, directory);
    const auto tell = [&](const CertificateFacts& seen) {
        v1::CertificateSight& sight = *reply.add_certificates();
        sight.set_path(seen.path);
        sight.set_problem(seen.problem);
        if (seen.ends_at) sight.set_ends_at(format_utc(*seen.ends_at));
        sight.set_holds_key(seen.holds_key);
        sight.set_key_open(seen.key_open);
    };
    tell(see_certificate(uplink.identity, CertificateUse::own));
    for (const std::string& authority : uplink.authorities) tell(see_certificate(authority, CertificateUse::authority));
}

void tell_folder(const FolderFacts& folder, v1::DoctorReply& reply) {
    reply.set_directory(folder.path);
    reply.set_folder_writable(folder.writable);
    reply.set_folder_problem(folder.problem);
    reply.set_filesystem(folder.filesystem);
    reply.set_free_bytes(folder.free_bytes);
    reply.set_least_free_bytes(folder.least_free_bytes);
    for (const std::uint64_t us : folder.sync_us) reply.add_sync_us(us);
    reply.set_ledger_bytes(folder.ledger_bytes);
    reply.set_log_bytes(folder.log_bytes);
}

void tell_persons(const PersonFacts& seen, v1::DoctorReply& reply) {
    reply.set_persons_kept(seen.kept);
    reply.set_persons_table(seen.table_there);
    reply.set_persons_key(seen.key_there);
    reply.set_persons_key_open(seen.key_open);
}

}  // namespace

LedgerThread::Chore examination(const Settings& settings, std::string directory, std::string usb_problem,
                                std::function<void(ApiReply)> reply) {
    struct Work {
        FolderFacts folder;
        std::unique_ptr<SyncTrial> trial;
    };
    auto work = std::make_shared<Work>();
    return [work, &settings, directory = std::move(directory), usb_problem = std::move(usb_problem),
            reply = std::move(reply)](Service& service) {
        if (work->trial == nullptr) {
            work->folder = see_folder(directory, settings.least_free_mib << 20);
            work->trial = std::make_unique<SyncTrial>(directory);
        }
        if (work->folder.sync_us.size() < kSyncTrials) {
            const auto took = work->trial->once_us();
            if (took) return work->folder.sync_us.push_back(*took), true;
            work->folder.sync_us.clear();
            work->folder.problem = took.error().message;
        }
        work->trial.reset();
        v1::DoctorReply told;
        told.set_pid(static_cast<std::uint32_t>(getpid()));
        told.set_uid(geteuid());
        told.set_config(settings.file);
        told.set_language(std::string{language_name(settings.language)});
        told.set_group(settings.group);
        told.set_usb(settings.usb);
        told.set_usb_problem(usb_problem);
        tell_folder(work->folder, told);
        tell_certificates(settings, directory, told);
        tell_persons(see_persons(directory, settings.persons.keep != KeepPersons::none), told);
        if (service.persons_problem()) told.set_persons_problem(service.persons_problem()->message);
        if (const auto mark = read_damage_mark(directory)) told.set_damage(mark->what);
        if (const auto verified = service.ledger().upkeep(kVerified); verified && *verified)
            told.set_verified_badly(!(*verified)->good);
        reply({200, to_json(told)});
        return false;
    };
}

}  // namespace dosario
