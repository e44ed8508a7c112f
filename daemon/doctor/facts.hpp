// SPDX-License-Identifier: Apache-2.0
// What `dosario doctor` knows before it judges: plain facts, each seen or not seen, and then why not. Probes and the daemon's answers fill
// them in; judges read them. No words for people here.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dosario {

/// Why something cannot be told.
enum class Blind : std::uint8_t {
    no_daemon,      ///< only the daemon knows, and it does not answer
    not_permitted,  ///< this user may not look
    not_here,       ///< this computer has no such thing: no systemd, no sysfs
    not_answered,   ///< the daemon does not know the question: it is of another version
};

/// A fact, or why there is none.
template <class T>
class Seen {
public:
    Seen(Blind why) : why_(why) {}            // NOLINT: a reason is as good as a fact
    Seen(T what) : what_(std::move(what)) {}  // NOLINT
    explicit operator bool() const { return what_.has_value(); }
    const T& operator*() const { return *what_; }
    T& operator*() { return *what_; }
    const T* operator->() const { return &*what_; }
    T* operator->() { return &*what_; }
    Blind why() const { return why_; }

private:
    std::optional<T> what_;
    Blind why_ = Blind::no_daemon;
};

/// How the daemon's socket met us: nobody listens (silent), or somebody does and does not answer (hung).
enum class SocketState : std::uint8_t { answers, not_there, refused, silent, hung };

struct DaemonFacts {
    SocketState socket = SocketState::not_there;
    std::string socket_path;
    std::string version;  ///< of the daemon that answers
    std::optional<UtcTime> started_at;
    std::vector<std::uint32_t> processes;  ///< ids of processes named dosariod
};

/// May the person who asks use the socket?
struct GroupFacts {
    std::string name = "dosario";
    bool exists = false;
    bool is_root = false;
    bool in_session = false;   ///< this process has the group
    bool in_database = false;  ///< the user is listed in it: from the next login on
    std::string user;
};

struct UnitFacts {
    bool installed = false;
    bool enabled = false;
    bool active = false;
};

struct ConfigFacts {
    std::string path;
    bool there = true;
    std::vector<std::string> problems;  ///< as dosariod --check-config says them
};

enum class RuleState : std::uint8_t { same, other_version, missing, switched_off };
struct RuleFacts {
    RuleState state = RuleState::missing;
    std::string path;  ///< where it is, or where it belongs
};

/// One device of the bus, as the kernel shows it.
struct UsbSeen {
    std::string name;         ///< `05e0:1200 "Symbol" (port 1-4)`
    std::string node;         ///< /dev/bus/usb/001/004
    bool reader = false;      ///< a driver of ours takes it without asking
    bool not_driven = false;  ///< a maker of readers, in a mode for which there is no driver
    bool authorized = true;   ///< USBGuard or another program says no: the kernel gives it to nobody
    bool node_there = false;
    bool node_writable = false;  ///< for the daemon's user
};

/// A process that has a reader's node open.
struct Holder {
    std::uint32_t pid = 0;
    std::string program;
    std::string device;  ///< the device's name
};

struct HolderFacts {
    std::vector<Holder> holders;
    std::vector<std::string> suspects;  ///< programs that are known to take readers, and run
    bool all_seen = false;              ///< every process could be looked into
};

/// A row of the daemon's list of readers.
struct ReaderSeen {
    std::string id;
    std::string product;
    std::string state;  ///< as `dosario readers` says it
    std::string explanation;
};

/// What the daemon tells of USB.
struct UsbFacts {
    bool enabled = true;
    std::string problem;  ///< why USB as a whole does not work; empty: it does
};

/// The data directory and the disk below it.
struct FolderFacts {
    std::string path;
    bool there = false;
    bool writable = false;
    std::string problem;     ///< the system's words, when writing failed
    std::string filesystem;  ///< `ext4`, `nfs`, or a number that nobody knows
    std::uint64_t free_bytes = 0;
    std::uint64_t least_free_bytes = 256ULL << 20;
    std::vector<std::uint64_t> sync_us;  ///< durable writes of 4 KiB, one after the other; empty: none was made
    std::uint64_t ledger_bytes = 0;
    std::uint64_t log_bytes = 0;  ///< the write-ahead log
};

struct ClockFacts {
    bool synchronised = false;
    UtcTime now{};
};

/// The daemon's opinion of the clock; see TrustedClock.
enum class ClockBelief : std::uint8_t { good, suspect, unknown };

struct LedgerFacts {
    std::string read_only;  ///< why nothing is saved; empty: all is well
    std::string damage;     ///< a mark of damage that was found; empty: none
    std::optional<UtcTime> verified_at;
    bool verified_badly = false;
};

struct BackupFacts {
    struct Target {
        std::string directory;
        bool there = true;
        std::optional<UtcTime> last_good_at;
        std::string problem;
    };
    std::vector<Target> targets;  ///< none: not configured
    bool key_there = true;        ///< the recovery key was made
    std::string problem;          ///< why the last attempt made none
};

struct UplinkFacts {
    std::string place;  ///< empty: this station works alone
    bool connected = false;
    std::string problem;
    std::optional<UtcTime> last_contact;
    std::uint64_t waiting = 0;  ///< entries that the collector is not known to have
};

struct CertificateFacts {
    std::string path;
    std::string problem;  ///< why it cannot be read; empty: it can
    std::optional<UtcTime> ends_at;
    bool holds_key = false;
    bool key_open = false;  ///< others than the owner may read the key
};

struct PersonFacts {
    bool kept = true;
    bool table_there = false;
    bool key_there = false;
    bool key_open = false;
    std::string problem;
};

struct MemoryFacts {
    std::uint64_t available_bytes = 0;
    std::uint64_t total_bytes = 0;
};

/// All of it. What a probe does not fill in stays as it is here: not known, for want of a daemon.
struct Facts {
    std::string tool_version;
    UtcTime now{};
    UtcTime released_at{};  ///< no honest clock is before this
    DaemonFacts daemon;
    GroupFacts group;
    Seen<UnitFacts> unit = Blind::not_here;
    Seen<ConfigFacts> config = Blind::not_permitted;
    RuleFacts rule;
    Seen<std::vector<UsbSeen>> devices = Blind::not_here;
    HolderFacts holders;
    Seen<std::vector<ReaderSeen>> readers = Blind::no_daemon;
    Seen<UsbFacts> usb = Blind::no_daemon;
    Seen<FolderFacts> folder = Blind::no_daemon;
    Seen<ClockFacts> clock = Blind::not_permitted;
    Seen<ClockBelief> belief = Blind::no_daemon;
    Seen<LedgerFacts> ledger = Blind::no_daemon;
    Seen<BackupFacts> backup = Blind::no_daemon;
    Seen<UplinkFacts> uplink = Blind::no_daemon;
    Seen<std::vector<CertificateFacts>> certificates = Blind::no_daemon;  ///< none: there is no collector to speak with
    Seen<PersonFacts> persons = Blind::no_daemon;
    Seen<MemoryFacts> memory = Blind::not_here;

    /// The daemon runs for so short a time that no whole night was yet.
    bool had_no_night() const { return daemon.started_at && now - *daemon.started_at < std::chrono::hours{36}; }
};

}  // namespace dosario
