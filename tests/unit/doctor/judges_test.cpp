// SPDX-License-Identifier: Apache-2.0
#include "doctor/checks.hpp"
#include "doctor/numbers.hpp"
#include "support/catch.hpp"
#include "support/healthy.hpp"
#include "usb/messages.hpp"

#include <libusb.h>

#include <algorithm>

using namespace dosario;
using dosario::test::a_reader;
using dosario::test::healthy;
using dosario::test::kExaminedAt;
using std::chrono::hours;

namespace {

std::string said(const Finding& finding) { return std::string{verdict_name(finding.verdict)} + " " + std::string{finding.code}; }

std::string word(const Finding& finding, std::string_view name) {
    const auto found = std::ranges::find(finding.words, name, &std::pair<std::string_view, std::string>::first);
    return found == finding.words.end() ? "no such word" : found->second;
}

}  // namespace

TEST_CASE("of a healthy station every check is fine", "[doctor]") {
    const Facts facts = healthy();
    std::vector<Finding> findings;
    for (const Check& check : doctor_checks()) {
        INFO(check.id);
        findings.push_back(check.judge(facts));
        CHECK(findings.back().verdict == Verdict::ok);
    }
    CHECK(findings.size() == 26);
    CHECK(doctor_exit_code(facts, findings) == 0);
}

TEST_CASE("where nothing is known no check says that it is fine, but for what needs no looking", "[doctor]") {
    Facts facts;
    facts.now = kExaminedAt;
    std::vector<Finding> findings;
    for (const Check& check : doctor_checks()) {
        INFO(check.id);
        findings.push_back(check.judge(facts));
        const bool ok = findings.back().verdict == Verdict::ok;
        CHECK(ok == (check.id == "unit"));  // without systemd there is no unit to be wrong
    }
    CHECK(doctor_exit_code(facts, findings) == 3);
}

TEST_CASE("warnings leave the exit code, a failure is 1, and a daemon that does not answer 3", "[doctor]") {
    Facts facts = healthy();
    const Finding warns{Verdict::warning, "x"}, fails{Verdict::fails, "x"}, blind{Verdict::unknown, "x"};
    CHECK(doctor_exit_code(facts, std::vector{warns, blind}) == 0);
    CHECK(doctor_exit_code(facts, std::vector{warns, fails}) == 1);
    facts.daemon.socket = SocketState::silent;
    CHECK(doctor_exit_code(facts, std::vector{fails}) == 3);
}

TEST_CASE("a daemon that is down, one elsewhere, and one that does not let us in are told apart", "[doctor]") {
    Facts facts = healthy();
    facts.daemon.processes = {77, 78};
    CHECK(said(judge_daemon(facts)) == "warning several");
    CHECK(word(judge_daemon(facts), "pids") == "77, 78");
    facts.daemon.processes = {77};
    facts.daemon.socket = SocketState::silent;
    CHECK(said(judge_daemon(facts)) == "fails elsewhere");
    facts.daemon.socket = SocketState::hung;
    CHECK(said(judge_daemon(facts)) == "fails hung");
    facts.daemon.socket = SocketState::refused;
    CHECK(said(judge_daemon(facts)) == "unknown refused");
    facts.daemon.socket = SocketState::not_there;
    facts.daemon.processes.clear();
    CHECK(said(judge_daemon(facts)) == "fails down");
    CHECK(said(judge_version(facts)) == "unknown no_daemon");
}

TEST_CASE("a daemon of another version is a warning that names both", "[doctor]") {
    Facts facts = healthy();
    facts.daemon.version = "1.2.4";
    CHECK(said(judge_version(facts)) == "warning other");
    CHECK(word(judge_version(facts), "version") == "1.2.3");
    CHECK(word(judge_version(facts), "other") == "1.2.4");
}

TEST_CASE("who is in the group from the next login on is told so", "[doctor]") {
    Facts facts = healthy();
    facts.daemon.socket = SocketState::refused;
    CHECK(said(judge_group(facts)) == "ok member");
    facts.group.in_session = false;
    CHECK(said(judge_group(facts)) == "fails login_again");
    facts.group.in_database = false;
    CHECK(said(judge_group(facts)) == "fails not_member");
    facts.group.exists = false;
    CHECK(said(judge_group(facts)) == "fails no_group");
    facts.group.is_root = true;
    CHECK(said(judge_group(facts)) == "ok root");
}

TEST_CASE("the unit: installed, started, started with the computer, or none of it", "[doctor]") {
    struct Row {
        UnitFacts unit;
        bool answers;
        const char* wanted;
    };
    const Row rows[] = {
        {{true, true, true}, true, "ok runs"},
        {{true, false, true}, true, "warning disabled"},
        {{true, true, false}, true, "warning by_hand"},
        {{true, true, false}, false, "fails stopped"},
        {{true, false, false}, false, "fails stopped_disabled"},
        {{false, false, false}, false, "fails not_installed"},
        {{false, false, false}, true, "warning not_installed"},
    };
    for (const Row& row : rows) {
        Facts facts = healthy();
        facts.unit = row.unit;
        if (!row.answers) facts.daemon.socket = SocketState::silent;
        CHECK(said(judge_unit(facts)) == row.wanted);
    }
    Facts facts = healthy();
    facts.unit = Blind::not_here;
    CHECK(said(judge_unit(facts)) == "ok no_systemd");
}

TEST_CASE("of a configuration the first mistake is said, and how many there are", "[doctor]") {
    Facts facts = healthy();
    facts.config = ConfigFacts{"x.toml", true, {"x.toml:1:1: first", "x.toml:2:1: second"}};
    CHECK(said(judge_config(facts)) == "fails problems");
    CHECK(word(judge_config(facts), "count") == "2");
    CHECK(word(judge_config(facts), "first") == "x.toml:1:1: first");
    facts.config = ConfigFacts{"x.toml", false, {}};
    CHECK(said(judge_config(facts)) == "fails missing");
    facts.config = Blind::not_permitted;
    CHECK(said(judge_config(facts)) == "unknown not_permitted");
}

TEST_CASE("memory: 200 MiB are enough, below 64 MiB it fails", "[doctor]") {
    Facts facts = healthy();
    const auto with = [&](std::uint64_t bytes) {
        facts.memory = MemoryFacts{bytes, 4ULL << 30};
        return said(judge_memory(facts));
    };
    CHECK(with(200ULL << 20) == "ok enough");
    CHECK(with((200ULL << 20) - 1) == "warning little");
    CHECK(with(64ULL << 20) == "warning little");
    CHECK(with((64ULL << 20) - 1) == "fails little");
}

TEST_CASE("the udev rule: missing and hidden are failures, another version is a warning", "[doctor]") {
    Facts facts = healthy();
    for (const auto& [state, wanted] :
         {std::pair{RuleState::same, "ok same"}, std::pair{RuleState::other_version, "warning other_version"},
          std::pair{RuleState::missing, "fails missing"}, std::pair{RuleState::switched_off, "fails switched_off"}}) {
        facts.rule.state = state;
        CHECK(said(judge_rule(facts)) == wanted);
    }
}

TEST_CASE("USB that is switched off, broken, or not there", "[doctor]") {
    Facts facts = healthy();
    facts.usb = UsbFacts{true, "cannot start libusb"};
    CHECK(said(judge_usb(facts)) == "fails problem");
    facts.devices = Blind::not_here;
    CHECK(said(judge_usb(facts)) == "fails no_bus");
    facts.usb = UsbFacts{false, ""};
    CHECK(said(judge_usb(facts)) == "warning off");
}

TEST_CASE("a device that the kernel does not authorize is named", "[doctor]") {
    Facts facts = healthy();
    auto devices = *facts.devices;
    devices[0].authorized = false;
    facts.devices = devices;
    CHECK(said(judge_usbguard(facts)) == "fails blocked");
    CHECK(word(judge_usbguard(facts), "devices") == a_reader().name);
}

TEST_CASE("a node that the daemon may not write to fails, unless the daemon reads that reader", "[doctor]") {
    Facts facts = healthy();
    auto devices = *facts.devices;
    devices[0].node_writable = false;
    facts.devices = devices;
    CHECK(said(judge_node(facts)) == "ok open");  // it reads: an access list that is not looked at lets it in
    facts.readers = Blind::no_daemon;
    CHECK(said(judge_node(facts)) == "fails shut");
    devices[0].node_there = false;
    facts.devices = devices;
    CHECK(said(judge_node(facts)) == "fails no_node");
    facts.devices = std::vector<UsbSeen>{};
    CHECK(said(judge_node(facts)) == "ok no_reader");
}

TEST_CASE("the words of the USB shell for a busy and for a shut reader are understood", "[doctor]") {
    UsbInterface interface;
    interface.vid = 0x05e0;
    interface.pid = 0x1200;
    Facts facts = healthy();
    const auto failed_with = [&](int code) {
        facts.readers = std::vector<ReaderSeen>{{"05e0:1200::0", "Symbol", "failed", usb_error(code, interface, "open").message}};
    };
    failed_with(LIBUSB_ERROR_BUSY);
    CHECK(said(judge_busy(facts)) == "fails busy");
    CHECK(said(judge_node(facts)) == "ok open");
    CHECK(said(judge_readers(facts)) == "fails failed");
    facts.holders.suspects = {"pcscd"};
    CHECK(said(judge_busy(facts)) == "fails busy_suspects");
    CHECK(word(judge_busy(facts), "programs") == "pcscd");
    failed_with(LIBUSB_ERROR_ACCESS);
    CHECK(said(judge_busy(facts)) == "ok free");
    CHECK(said(judge_node(facts)) == "fails shut");
}

TEST_CASE("who holds a reader is named with the number of the process", "[doctor]") {
    Facts facts = healthy();
    facts.holders.holders = {{4711, "brltty", "1a86:7523 (1-2)"}};
    CHECK(said(judge_busy(facts)) == "fails held");
    CHECK(word(judge_busy(facts), "programs") == "brltty (4711)");
    facts.holders = {{}, {"ModemManager"}, false};
    CHECK(said(judge_busy(facts)) == "ok free");  // the daemon reads all it has
    facts.readers = Blind::no_daemon;
    CHECK(said(judge_busy(facts)) == "unknown suspects");
    facts.holders.suspects.clear();
    CHECK(said(judge_busy(facts)) == "unknown not_permitted");
}

TEST_CASE("of readers the worst is told, and why one is not driven", "[doctor]") {
    Facts facts = healthy();
    const auto with = [&](const char* state) {
        facts.readers = std::vector<ReaderSeen>{{"1a2c:4c5e:W1:0", "Wedge", state, "because"}};
        return said(judge_readers(facts));
    };
    CHECK(with("open") == "ok open");
    CHECK(with("candidate") == "warning candidates");
    CHECK(with("last_keyboard") == "warning last_keyboard");
    CHECK(with("protected") == "warning protected");
    CHECK(with("not_plugged") == "warning not_plugged");
    CHECK(with("refused") == "fails refused");
    CHECK(word(judge_readers(facts), "why") == "because");
    CHECK(with("failed") == "fails failed");
    CHECK(word(judge_readers(facts), "why") == "because");
    CHECK(with("not_driven") == "warning none");  // some other thing on the bus
    auto devices = *facts.devices;
    devices[0].not_driven = true;
    facts.devices = devices;
    CHECK(with("open") == "warning not_driven");
    facts.readers = Blind::no_daemon;
    CHECK(said(judge_readers(facts)) == "warning not_driven");
}

TEST_CASE("the folder, and on what it lies", "[doctor]") {
    Facts facts = healthy();
    FolderFacts folder = *facts.folder;
    for (const auto& [filesystem, wanted] :
         {std::pair{"ext4", "ok disk"}, std::pair{"btrfs", "ok disk"}, std::pair{"0x1234", "ok disk"},
          std::pair{"tmpfs", "warning memory"}, std::pair{"nfs", "warning network"}, std::pair{"cifs", "warning network"},
          std::pair{"overlayfs", "warning layered"}}) {
        folder.filesystem = filesystem;
        facts.folder = folder;
        CHECK(said(judge_filesystem(facts)) == wanted);
    }
    folder.writable = false;
    folder.problem = "Read-only file system";
    facts.folder = folder;
    CHECK(said(judge_folder(facts)) == "fails not_writable");
    folder.there = false;
    facts.folder = folder;
    CHECK(said(judge_folder(facts)) == "fails missing");
    for (const auto judge : {judge_filesystem, judge_free, judge_sync, judge_log}) CHECK(said(judge(facts)) == "unknown missing");
}

TEST_CASE("free space: 1 GiB is enough, and the configured least is the end", "[doctor]") {
    Facts facts = healthy();
    FolderFacts folder = *facts.folder;
    folder.least_free_bytes = 300ULL << 20;
    const auto with = [&](std::uint64_t bytes) {
        folder.free_bytes = bytes;
        facts.folder = folder;
        return said(judge_free(facts));
    };
    CHECK(with(1ULL << 30) == "ok enough");
    CHECK(with((1ULL << 30) - 1) == "warning little");
    CHECK(with(300ULL << 20) == "warning little");
    CHECK(with((300ULL << 20) - 1) == "fails full");
}

TEST_CASE("a durable write: the median counts, and one slow one does not", "[doctor]") {
    Facts facts = healthy();
    FolderFacts folder = *facts.folder;
    const auto with = [&](std::vector<std::uint64_t> us) {
        folder.sync_us = std::move(us);
        facts.folder = folder;
        return judge_sync(facts);
    };
    CHECK(said(with({5'000, 99'999, 2'000'000})) == "ok quick");
    CHECK(word(with({5'000, 99'999, 2'000'000}), "median") == "99.9 ms");
    CHECK(word(with({5'000, 99'999, 2'000'000}), "worst") == "2000.0 ms");
    CHECK(said(with({5'000, 100'000, 100'001})) == "warning slow");
    CHECK(said(with({499'999})) == "warning slow");
    CHECK(said(with({500'000})) == "fails very_slow");
    CHECK(said(with({})) == "unknown not_measured");
    folder.problem = "No space left on device";
    CHECK(said(with({})) == "fails failed");
    CHECK(median({}) == 0);
}

TEST_CASE("a write-ahead log beyond 256 MiB was not cut by night", "[doctor]") {
    Facts facts = healthy();
    FolderFacts folder = *facts.folder;
    folder.log_bytes = 256ULL << 20;
    facts.folder = folder;
    CHECK(said(judge_log(facts)) == "ok small");
    ++folder.log_bytes;
    facts.folder = folder;
    CHECK(said(judge_log(facts)) == "warning large");
}

TEST_CASE("the ledger: read only, damaged, or as far as its files can be seen", "[doctor]") {
    Facts facts = healthy();
    facts.ledger = LedgerFacts{"page 7", "page 7", {}, false};
    CHECK(said(judge_ledger(facts)) == "fails read_only");
    facts.ledger = LedgerFacts{"", "page 7", {}, false};
    CHECK(said(judge_ledger(facts)) == "fails damaged");
    facts.ledger = LedgerFacts{};
    facts.daemon.socket = SocketState::silent;
    CHECK(said(judge_ledger(facts)) == "ok no_mark");
    CHECK(said(judge_verified(facts)) == "unknown no_daemon");
}

TEST_CASE("a verification: three days are good, before the first night none is missing", "[doctor]") {
    Facts facts = healthy();
    const auto ago = [&](hours time) {
        facts.ledger = LedgerFacts{"", "", kExaminedAt - time, false};
        return said(judge_verified(facts));
    };
    CHECK(ago(hours{4 * 24 - 1}) == "ok good");
    CHECK(ago(hours{4 * 24}) == "warning old");
    facts.ledger = LedgerFacts{"", "", kExaminedAt, true};
    CHECK(said(judge_verified(facts)) == "fails bad");
    facts.ledger = LedgerFacts{};
    CHECK(said(judge_verified(facts)) == "warning never");
    facts.daemon.started_at = kExaminedAt - hours{35};
    CHECK(said(judge_verified(facts)) == "ok not_yet");
}

TEST_CASE("a clock that nothing sets is a warning, a date that is not believed a failure", "[doctor]") {
    Facts facts = healthy();
    facts.clock = ClockFacts{false, kExaminedAt};
    CHECK(said(judge_clock(facts)) == "warning not_synchronised");
    facts.belief = ClockBelief::suspect;
    CHECK(said(judge_day(facts)) == "fails suspect");
    facts.belief = ClockBelief::unknown;
    CHECK(said(judge_day(facts)) == "fails unknown");
    facts.belief = Blind::no_daemon;
    CHECK(said(judge_day(facts)) == "unknown no_daemon");
    facts.now = facts.released_at - std::chrono::seconds{1};
    CHECK(said(judge_day(facts)) == "fails before_release");
}

TEST_CASE("persons that are kept without the key that names them are a failure", "[doctor]") {
    Facts facts = healthy();
    const auto with = [&](PersonFacts persons) {
        facts.persons = persons;
        return said(judge_persons(facts));
    };
    CHECK(with({false, false, false, false, ""}) == "ok none_kept");
    CHECK(with({true, false, false, false, ""}) == "ok not_yet");
    CHECK(with({true, true, false, false, ""}) == "fails key_lost");
    CHECK(with({true, true, true, true, ""}) == "fails key_open");
    CHECK(with({true, true, true, false, "x"}) == "fails problem");
}

TEST_CASE("backups: two days are good, after seven it fails, and one place of two is a warning", "[doctor]") {
    Facts facts = healthy();
    const auto ago = [&](hours time) {
        facts.backup = BackupFacts{{{"/a", true, kExaminedAt - time, ""}}, true, ""};
        return said(judge_backup(facts));
    };
    CHECK(ago(hours{3 * 24 - 1}) == "ok good");
    CHECK(ago(hours{3 * 24}) == "warning old");
    CHECK(ago(hours{8 * 24 - 1}) == "warning old");
    CHECK(ago(hours{8 * 24}) == "fails old");
    facts.backup = BackupFacts{{{"/a", true, kExaminedAt, ""}, {"/b", true, {}, "not plugged in"}}, true, ""};
    CHECK(said(judge_backup(facts)) == "warning place_missing");
    CHECK(word(judge_backup(facts), "bad") == "/b");
    CHECK(word(judge_backup(facts), "why") == "not plugged in");
    facts.backup = BackupFacts{};
    CHECK(said(judge_backup(facts)) == "warning not_configured");
    facts.backup = BackupFacts{{{"/a", true, {}, ""}}, false, ""};
    CHECK(said(judge_backup(facts)) == "fails no_key");
    facts.backup = BackupFacts{{{"/a", true, {}, ""}}, true, ""};
    CHECK(said(judge_backup(facts)) == "fails never");
    facts.daemon.started_at = kExaminedAt - hours{1};
    CHECK(said(judge_backup(facts)) == "ok not_yet");
    facts.backup = BackupFacts{{{"/a", true, {}, ""}}, true, "the stick is full"};
    CHECK(said(judge_backup(facts)) == "fails never");
}

TEST_CASE("the collector: a day without contact is a failure, an hour a warning", "[doctor]") {
    Facts facts = healthy();
    const auto since = [&](hours time) {
        facts.uplink = UplinkFacts{"c:7420", false, "refused", kExaminedAt - time, 10'001};
        return said(judge_collector(facts));
    };
    CHECK(since(hours{23}) == "warning not_connected");
    CHECK(since(hours{24}) == "fails not_connected");
    CHECK(said(judge_waiting(facts)) == "warning many");
    facts.uplink = UplinkFacts{"c:7420", false, "", {}, 10'000};  // none since the start, ten days ago
    CHECK(said(judge_collector(facts)) == "fails not_connected");
    CHECK(said(judge_waiting(facts)) == "ok few");
    facts.daemon.socket = SocketState::silent;
    CHECK(said(judge_collector(facts)) == "unknown configured");
    CHECK(said(judge_waiting(facts)) == "unknown no_daemon");
    facts.uplink = UplinkFacts{};
    CHECK(said(judge_collector(facts)) == "ok alone");
    CHECK(said(judge_waiting(facts)) == "ok alone");
}

TEST_CASE("a certificate warns for thirty days and fails for the last seven", "[doctor]") {
    Facts facts = healthy();
    const auto in = [&](std::chrono::seconds time) {
        facts.certificates = std::vector<CertificateFacts>{{"ca.pem", "", kExaminedAt + hours{24 * 3000}, false, false},
                                                           {"station.pem", "", kExaminedAt + time, true, false}};
        return judge_certificate(facts);
    };
    CHECK(said(in(hours{30 * 24})) == "ok valid");
    CHECK(said(in(hours{30 * 24} - std::chrono::seconds{1})) == "warning ends_soon");
    CHECK(said(in(hours{7 * 24})) == "warning ends_soon");
    CHECK(said(in(hours{7 * 24} - std::chrono::seconds{1})) == "fails ends_soon");
    CHECK(said(in(std::chrono::seconds{-1})) == "fails expired");
    CHECK(word(in(hours{1}), "path") == "station.pem");
    facts.certificates = std::vector<CertificateFacts>{{"station.pem", "", kExaminedAt + hours{9000}, true, true}};
    CHECK(said(judge_certificate(facts)) == "fails key_open");
    facts.certificates = std::vector<CertificateFacts>{{"station.pem", "No such file or directory", {}, true, false}};
    CHECK(said(judge_certificate(facts)) == "fails unreadable");
    facts.certificates = std::vector<CertificateFacts>{};
    CHECK(said(judge_certificate(facts)) == "ok none_needed");
}
