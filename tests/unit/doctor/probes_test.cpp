// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificates.hpp"
#include "doctor/folder_probe.hpp"
#include "doctor/machine_probe.hpp"
#include "support/catch.hpp"
#include "support/forgery.hpp"
#include "support/hid_descriptors.hpp"
#include "support/result.hpp"
#include "support/temporary_directory.hpp"
#include "backup/names.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace dosario;
using dosario::test::must;

namespace {

namespace fs = std::filesystem;

/// A tree that stands for a computer.
struct Tree {
    test::TemporaryDirectory directory;
    std::string root() const { return directory.path(); }
    void put(const std::string& path, const std::string& content) const {
        fs::create_directories(fs::path{root() + path}.parent_path());
        test::write_file(root() + path, content);
    }
    void make(const std::string& path) const { fs::create_directories(root() + path); }
    void link(const std::string& path, const std::string& to) const {
        fs::create_directories(fs::path{root() + path}.parent_path());
        fs::create_symlink(to, root() + path);
    }
    /// A device with one HID interface.
    void plug(const std::string& name, const char* vid, const char* pid, int devnum, const char* protocol,
              std::string_view descriptor) const {
        const std::string at = "/sys/bus/usb/devices/" + name;
        put(at + "/idVendor", std::string{vid} + "\n");
        put(at + "/idProduct", std::string{pid} + "\n");
        put(at + "/busnum", "1\n");
        put(at + "/devnum", std::to_string(devnum) + "\n");
        put(at + "/product", "Thing\n");
        put(at + "/authorized", "1\n");
        const std::string interface = at + "/" + name + ":1.0";
        put(interface + "/bInterfaceNumber", "00\n");
        put(interface + "/bInterfaceClass", "03\n");
        put(interface + "/bInterfaceSubClass", "01\n");
        put(interface + "/bInterfaceProtocol", std::string{protocol} + "\n");
        if (!descriptor.empty()) {
            const auto bytes = from_hex(descriptor).value();
            put(interface + "/0003:0000:0000.0001/report_descriptor", std::string{as_text(bytes)});
        }
        put("/dev/bus/usb/001/00" + std::to_string(devnum), "");
    }
};

}  // namespace

TEST_CASE("a unit is seen by its files alone", "[doctor]") {
    const Tree tree;
    CHECK(see_unit(tree.root()).why() == Blind::not_here);
    tree.make("/run/systemd/system");
    REQUIRE(see_unit(tree.root()));
    CHECK_FALSE(see_unit(tree.root())->installed);
    tree.put("/usr/lib/systemd/system/dosariod.service", "[Unit]\n");
    CHECK(see_unit(tree.root())->installed);
    CHECK_FALSE(see_unit(tree.root())->enabled);
    tree.link("/etc/systemd/system/multi-user.target.wants/dosariod.service", "/usr/lib/systemd/system/dosariod.service");
    CHECK(see_unit(tree.root())->enabled);
    tree.put("/sys/fs/cgroup/system.slice/dosariod.service/cgroup.procs", "");
    CHECK_FALSE(see_unit(tree.root())->active);
    tree.put("/sys/fs/cgroup/system.slice/dosariod.service/cgroup.procs", "4711\n");
    CHECK(see_unit(tree.root())->active);
}

TEST_CASE("a udev rule is ours, of another version, or hidden by one in /etc", "[doctor]") {
    const Tree tree;
    CHECK(see_rule(tree.root(), "rule\n").state == RuleState::missing);
    tree.put("/usr/lib/udev/rules.d/70-dosario.rules", "rule\n");
    CHECK(see_rule(tree.root(), "rule\n").state == RuleState::same);
    CHECK(see_rule(tree.root(), "newer rule\n").state == RuleState::other_version);
    tree.link("/etc/udev/rules.d/70-dosario.rules", "/dev/null");
    CHECK(see_rule(tree.root(), "rule\n").state == RuleState::switched_off);
    CHECK(see_rule(tree.root(), "rule\n").path == "/etc/udev/rules.d/70-dosario.rules");
}

TEST_CASE("readers on the bus are told from keyboards, mice and modes that nobody reads", "[doctor]") {
    const Tree tree;
    CHECK(see_devices(tree.root(), {0, {}}, all_drivers()).why() == Blind::not_here);
    tree.make("/sys/bus/usb/devices/usb1");
    tree.plug("1-1", "05e0", "1200", 2, "01", test::kBootKeyboard);
    tree.plug("1-2", "046d", "c31c", 3, "01", test::kBootKeyboard);
    tree.plug("1-3", "046d", "c077", 4, "02", test::kBootMouse);
    tree.plug("1-4", "05e0", "1300", 5, "00", "");
    const auto seen = see_devices(tree.root(), {0, {}}, all_drivers());
    REQUIRE(seen);
    REQUIRE(seen->size() == 4);
    const auto& all = *seen;
    CHECK(all[0].name == "05e0:1200 \"Thing\" (1-1)");
    CHECK(all[0].node == "/dev/bus/usb/001/002");
    CHECK((all[0].reader && !all[0].not_driven && all[0].authorized && all[0].node_there && all[0].node_writable));
    CHECK((!all[1].reader && !all[1].not_driven));
    CHECK((!all[2].reader && !all[2].not_driven));
    CHECK((!all[3].reader && all[3].not_driven));
    tree.put("/sys/bus/usb/devices/1-1/authorized", "0\n");
    fs::remove(tree.root() + "/dev/bus/usb/001/002");
    const auto later = see_devices(tree.root(), {0, {}}, all_drivers());
    CHECK_FALSE(later->front().authorized);
    CHECK_FALSE(later->front().node_there);
}

TEST_CASE("a node lets in by owner, group and others, as its mode says", "[doctor]") {
    const Tree tree;
    tree.plug("1-1", "05e0", "1200", 2, "01", test::kBootKeyboard);
    const std::string node = tree.root() + "/dev/bus/usb/001/002";
    const auto mine = static_cast<std::uint32_t>(geteuid());
    const auto group = static_cast<std::uint32_t>(getegid());
    const auto writable = [&](mode_t mode, NodeUser user) {
        REQUIRE(chmod(node.c_str(), mode) == 0);
        return see_devices(tree.root(), user, all_drivers())->front().node_writable;
    };
    const NodeUser owner{mine == 0 ? 0 : mine, {}}, member{mine + 1, {group}}, stranger{mine + 1, {group + 1}};
    CHECK(writable(0600, owner));
    CHECK_FALSE(writable(0600, member));
    CHECK(writable(0660, member));
    CHECK_FALSE(writable(0640, member));
    CHECK_FALSE(writable(0660, stranger));
    CHECK(writable(0666, stranger));
    CHECK_FALSE(writable(0606, member));  // who is in the group has the group's rights and no others
}

TEST_CASE("the process that has a reader's node open is named, the daemon aside", "[doctor]") {
    const Tree tree;
    tree.plug("1-1", "05e0", "1200", 2, "01", test::kBootKeyboard);
    const auto devices = see_devices(tree.root(), {0, {}}, all_drivers());
    tree.put("/proc/12/comm", "pcscd\n");
    tree.link("/proc/12/fd/3", "/dev/null");
    tree.put("/proc/33/comm", "vendor-tool\n");
    tree.link("/proc/33/fd/9", "/dev/bus/usb/001/002");
    tree.put("/proc/44/comm", "dosariod\n");
    tree.link("/proc/44/fd/9", "/dev/bus/usb/001/002");
    tree.put("/proc/self/comm", "x\n");
    const HolderFacts seen = see_holders(tree.root(), *devices, 44);
    REQUIRE(seen.holders.size() == 1);
    CHECK(seen.holders[0].pid == 33);
    CHECK(seen.holders[0].program == "vendor-tool");
    CHECK(seen.holders[0].device == "05e0:1200 \"Thing\" (1-1)");
    CHECK(seen.suspects == std::vector<std::string>{"pcscd"});
    CHECK(seen.all_seen);
    CHECK(see_holders(tree.root(), *devices, 0).holders.size() == 2);
    CHECK(processes_named(tree.root(), "dosariod") == std::vector<std::uint32_t>{44});
    tree.put("/proc/55/comm", "somebody\n");  // whose files nobody may see
    CHECK_FALSE(see_holders(tree.root(), *devices, 44).all_seen);
}

TEST_CASE("memory is what the kernel says is available", "[doctor]") {
    const Tree tree;
    CHECK(see_memory(tree.root()).why() == Blind::not_here);
    tree.put("/proc/meminfo", "MemTotal:        2048 kB\nMemFree:          1 kB\nMemAvailable:     512 kB\n");
    CHECK(see_memory(tree.root())->available_bytes == 512 * 1024);
    CHECK(see_memory(tree.root())->total_bytes == 2048 * 1024);
    tree.put("/proc/meminfo", "MemTotal: many\n");
    CHECK(see_memory(tree.root()).why() == Blind::not_here);
}

TEST_CASE("the folder is measured and nothing is left in it", "[doctor]") {
    const Tree tree;
    tree.put("/ledger.db", std::string(100, 'x'));
    tree.put("/ledger.db-wal", std::string(50, 'x'));
    tree.put("/doctor.trial", "left by a process that was ended");
    FolderFacts folder = see_folder(tree.root(), 7);
    CHECK((folder.there && folder.writable));
    CHECK(folder.ledger_bytes == 100);
    CHECK(folder.log_bytes == 50);
    CHECK(folder.least_free_bytes == 7);
    CHECK(folder.free_bytes > 0);
    CHECK_FALSE(folder.filesystem.empty());
    measure_sync(folder);
    CHECK(folder.sync_us.size() == kSyncTrials);
    CHECK(folder.problem.empty());
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator{tree.root()}) ++files;
    CHECK(files == 2);
    FolderFacts nowhere = see_folder(tree.root() + "/missing", 7);
    CHECK_FALSE(nowhere.there);
    measure_sync(nowhere);
    CHECK(nowhere.sync_us.empty());
    CHECK(nowhere.problem == "No such file or directory");
}

TEST_CASE("a certificate file: its end, its key, and who may read that", "[doctor]") {
    const Tree tree;
    const UtcTime now = UtcTime{*parse_date("2026-11-22")};
    const Credential authority = must(make_authority("a", now));
    const Credential own = must(issue_certificate(authority, {CertificateKind::station, "puesto-1"}, now));
    const std::string path = tree.root() + "/station.pem";
    tree.put("/station.pem", own.certificate + own.key);
    chmod(path.c_str(), 0600);
    CertificateFacts seen = see_certificate(path, CertificateUse::own);
    CHECK(seen.problem.empty());
    CHECK(seen.ends_at == must(read_certificate(own.certificate)).not_after);
    CHECK_FALSE(seen.key_open);
    chmod(path.c_str(), 0640);
    CHECK(see_certificate(path, CertificateUse::own).key_open);
    tree.put("/station.pem", own.certificate);
    CHECK(see_certificate(path, CertificateUse::own).problem == "there is no private key in it");
    CHECK(see_certificate(tree.root() + "/none.pem", CertificateUse::own).problem == "No such file or directory");
    tree.put("/ca.pem", authority.certificate);
    CHECK(see_certificate(tree.root() + "/ca.pem", CertificateUse::authority).ends_at > seen.ends_at);
    tree.put("/ca.pem", own.certificate);
    CHECK_FALSE(see_certificate(tree.root() + "/ca.pem", CertificateUse::authority).problem.empty());
    tree.put("/ca.pem", "");
    CHECK_FALSE(see_certificate(tree.root() + "/ca.pem", CertificateUse::authority).problem.empty());
}

TEST_CASE("the newest backup of a folder, and whether persons have their key", "[doctor]") {
    const Tree tree;
    CHECK_FALSE(see_backups(tree.root() + "/stick").there);
    const UtcTime day = UtcTime{*parse_date("2026-11-20")};
    tree.put("/stick/" + backup_name("0123456789abcdef", day), "x");
    tree.put("/stick/" + backup_name("0123456789abcdef", day - std::chrono::hours{24}), "x");
    tree.put("/stick/other.txt", "x");
    CHECK(see_backups(tree.root() + "/stick").last_good_at == day);
    tree.put("/persons.db", "x");
    CHECK(see_persons(tree.root(), true).table_there);
    CHECK_FALSE(see_persons(tree.root(), true).key_there);
    tree.put("/site-keys", "x");
    chmod((tree.root() + "/site-keys").c_str(), 0644);
    CHECK(see_persons(tree.root(), true).key_open);
}
