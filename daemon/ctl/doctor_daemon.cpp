// SPDX-License-Identifier: Apache-2.0
#include "ctl/doctor_daemon.hpp"

#include <boost/json.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace dosario {
namespace {

namespace json = boost::json;

/// The answer to a call, nothing when there is none or it is an error.
std::optional<json::value> answer_of(Client& client, const char* path) {
    const auto answer = client.call(path, "{}");
    if (!answer || answer->status != 200) return std::nullopt;
    boost::system::error_code broken;
    json::value reply = json::parse(answer->body, broken);
    if (broken || !reply.is_object()) return std::nullopt;
    return reply;
}

bool flag_of(const json::value& object, const char* key) {
    const json::value* const found = object.as_object().if_contains(key);
    return found != nullptr && found->is_bool() && found->as_bool();
}

const json::array& list_of(const json::value& object, const char* key) {
    static const json::array kNone;
    const json::value* const found = object.is_object() ? object.as_object().if_contains(key) : nullptr;
    return found != nullptr && found->is_array() ? found->as_array() : kNone;
}

SocketState state_of_socket(const std::string& path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) return errno == EACCES ? SocketState::refused : SocketState::not_there;
    return access(path.c_str(), W_OK) == 0 ? SocketState::silent : SocketState::refused;
}

/// Connects and waits for the first answer. A stranger is hung up on without a word.
std::optional<json::value> first_answer(Session& session, Facts& facts) {
    facts.daemon.socket = state_of_socket(facts.daemon.socket_path);
    if (facts.daemon.socket != SocketState::silent) return std::nullopt;
    auto client = session.client();
    if (!client) return std::nullopt;
    auto status = answer_of(**client, "/v1/status");
    facts.daemon.socket = status ? SocketState::answers : SocketState::refused;
    return status;
}

void take_status(const json::value& status, Facts& facts) {
    facts.daemon.version = text_of(status, "version");
    facts.daemon.started_at = utc_of(text_of(status, "started_at"));
    const std::string clock = text_of(status, "clock");
    facts.belief = clock == "good" ? ClockBelief::good : clock == "suspect" ? ClockBelief::suspect : ClockBelief::unknown;
    LedgerFacts ledger;
    ledger.read_only = text_of(status, "read_only");
    ledger.verified_at = utc_of(text_of(status, "verified_at"));
    facts.ledger = ledger;
    UplinkFacts uplink;
    if (const json::value* told = status.as_object().if_contains("uplink"); told != nullptr && told->is_object()) {
        uplink.place = text_of(*told, "collector");
        uplink.connected = text_of(*told, "state") == "connected";
        uplink.problem = text_of(*told, "problem");
        uplink.last_contact = utc_of(text_of(*told, "last_contact"));
        uplink.waiting = number_of(*told, "lag");
    }
    facts.uplink = uplink;
}

void take_readers(const json::value& reply, Facts& facts) {
    std::vector<ReaderSeen> readers;
    for (const json::value& one : list_of(reply, "readers"))
        readers.push_back({text_of(one, "id"), text_of(one, "product"), text_of(one, "state"), text_of(one, "explanation")});
    facts.readers = readers;
}

void take_backup(const json::value& reply, Facts& facts) {
    BackupFacts backup;
    backup.problem = text_of(reply, "problem");
    backup.key_there = !text_of(reply, "recovery_key").empty();
    for (const json::value& one : list_of(reply, "targets"))
        backup.targets.push_back(
            {text_of(one, "directory"), true, utc_of(text_of(one, "last_good_at")), text_of(one, "problem")});
    facts.backup = backup;
}

void take_folder(const json::value& reply, Facts& facts) {
    FolderFacts folder;
    folder.path = text_of(reply, "directory");
    folder.there = true;
    folder.writable = flag_of(reply, "folder_writable");
    folder.problem = text_of(reply, "folder_problem");
    folder.filesystem = text_of(reply, "filesystem");
    folder.free_bytes = number_of(reply, "free_bytes");
    folder.least_free_bytes = number_of(reply, "least_free_bytes");
    for (const json::value& us : list_of(reply, "sync_us")) folder.sync_us.push_back(us.to_number<std::uint64_t>());
    folder.ledger_bytes = number_of(reply, "ledger_bytes");
    folder.log_bytes = number_of(reply, "log_bytes");
    facts.folder = folder;
}

void take_certificates(const json::value& reply, Facts& facts) {
    std::vector<CertificateFacts> certificates;
    for (const json::value& one : list_of(reply, "certificates"))
        certificates.push_back({text_of(one, "path"), text_of(one, "problem"), utc_of(text_of(one, "ends_at")),
                                flag_of(one, "holds_key"), flag_of(one, "key_open")});
    facts.certificates = certificates;
}

DaemonSelf take_doctor(const json::value& reply, Facts& facts) {
    take_folder(reply, facts);
    take_certificates(reply, facts);
    facts.persons = PersonFacts{flag_of(reply, "persons_kept"), flag_of(reply, "persons_table"), flag_of(reply, "persons_key"),
                                flag_of(reply, "persons_key_open"), text_of(reply, "persons_problem")};
    facts.usb = UsbFacts{flag_of(reply, "usb"), text_of(reply, "usb_problem")};
    if (facts.ledger) {
        facts.ledger->damage = text_of(reply, "damage");
        facts.ledger->verified_badly = flag_of(reply, "verified_badly");
    }
    DaemonSelf self;
    self.told = true;
    self.pid = static_cast<std::uint32_t>(number_of(reply, "pid"));
    self.uid = static_cast<std::uint32_t>(number_of(reply, "uid"));
    self.directory = text_of(reply, "directory");
    self.config = text_of(reply, "config");
    self.language = text_of(reply, "language");
    self.group = text_of(reply, "group");
    return self;
}

}  // namespace

std::optional<UtcTime> utc_of(const std::string& text) {
    constexpr std::size_t kSeconds = 19;  // 2026-11-21T12:30:05
    if (text.size() <= kSeconds || text[10] != 'T' || text.back() != 'Z') return std::nullopt;
    const auto day = parse_date(std::string_view{text}.substr(0, 10));
    const auto two = [&](std::size_t at) {
        int number = -1;
        std::from_chars(text.data() + at, text.data() + at + 2, number);
        return number;
    };
    const int hours = two(11), minutes = two(14), seconds = two(17);
    if (!day || hours < 0 || minutes < 0 || seconds < 0) return std::nullopt;
    return UtcTime{*day} + std::chrono::hours{hours} + std::chrono::minutes{minutes} + std::chrono::seconds{seconds};
}

std::string station_language(Session& session) {
    Facts facts;
    facts.daemon.socket_path = session.socket_path();
    if (!first_answer(session, facts)) return "es";
    const auto told = answer_of(**session.client(), "/v1/doctor");
    const std::string language = told ? text_of(*told, "language") : "";
    return language.empty() ? "es" : language;
}

DaemonSelf ask_daemon(Session& session, Facts& facts) {
    facts.daemon.socket_path = session.socket_path();
    const auto status = first_answer(session, facts);
    if (!status) return {};
    take_status(*status, facts);
    Client& client = **session.client();
    if (const auto readers = answer_of(client, "/v1/readers")) take_readers(*readers, facts);
    if (const auto backup = answer_of(client, "/v1/backup")) take_backup(*backup, facts);
    if (const auto doctor = answer_of(client, "/v1/doctor")) return take_doctor(*doctor, facts);
    facts.folder = Blind::not_answered;
    facts.certificates = Blind::not_answered;
    facts.persons = Blind::not_answered;
    facts.usb = Blind::not_answered;
    return {};
}

}  // namespace dosario
