// SPDX-License-Identifier: Apache-2.0
// What a driver must be: a protocol core without I/O, and a row that says which devices it takes.
// The USB shell, the replay of captures and the tests drive every core in the same way.
#pragma once

#include "reader/command.hpp"
#include "reader/events.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dosario {

// Classes and subclasses of interfaces (USB-IF's Defined Class Codes).
inline constexpr std::uint8_t kCommunicationsClass = 0x02;
inline constexpr std::uint8_t kAbstractControl = 0x02;  ///< subclass of it: CDC-ACM, a serial port
inline constexpr std::uint8_t kHidClass = 0x03;
inline constexpr std::uint8_t kBootSubclass = 0x01;
inline constexpr std::uint8_t kSmartCardClass = 0x0B;  ///< CCID: readers of chip cards and of HF tags
inline constexpr std::uint8_t kVendorClass = 0xFF;

/// A device as USB shows it, before anything is claimed. Strings are as the device gives them, empty where it has none.
struct UsbInterface {
    std::uint16_t vid = 0;
    std::uint16_t pid = 0;
    std::uint8_t device_class = 0;    ///< bDeviceClass
    std::uint8_t control_packet = 0;  ///< bMaxPacketSize0, 0 = unknown
    std::string serial;
    std::string product;
    std::string bus_path;           ///< `1-4.2`: bus and ports down to the device, as the kernel names it; empty while unknown
    std::uint8_t number = 0;        ///< bInterfaceNumber
    std::uint8_t class_code = 0;    ///< bInterfaceClass
    std::uint8_t subclass = 0;      ///< bInterfaceSubClass
    std::uint8_t protocol = 0;      ///< 1 = keyboard, 2 = mouse
    std::uint8_t endpoint_in = 0;   ///< first interrupt IN endpoint address, 0 = none
    std::uint16_t max_packet = 8;   ///< of that endpoint, bytes
    std::uint8_t data_number = 0;   ///< the interface that the bulk endpoints are of: CDC-ACM has two, others the same one
    std::uint8_t bulk_in = 0;       ///< bulk IN endpoint address, 0 = none
    std::uint8_t bulk_out = 0;      ///< bulk OUT endpoint address, 0 = none
    std::uint16_t bulk_packet = 0;  ///< of the bulk IN endpoint, bytes
    Bytes report_descriptor;        ///< HID report descriptor, empty while unknown
    bool device_has_mouse = false;  ///< some interface of the same device is a mouse
    std::string name;               ///< of the interface (iInterface), as the device gives it; empty where it has none
    Bytes class_descriptor;         ///< of CCID (rev. 1.1, 5.1), 54 bytes; empty while unknown, and of other classes
};

/// The boot interfaces of the HID standard (HID 1.11, 4.2 and 4.3).
bool is_boot_keyboard(const UsbInterface& one);
bool is_boot_mouse(const UsbInterface& one);

/// A reader's name for people and for the ledger, the same after every re-plug: `vvvv:pppp:serial:interface`, on every port. A device
/// without serial number is known by where it is plugged, `vvvv:pppp:@1-4.2:interface`: two alike are two, and another port another
/// reader. `vvvv:pppp::interface` where neither is known.
std::string reader_id(const UsbInterface& interface);

/// The keyboard layout that the scanner itself is set to (not the desktop's).
enum class KeyboardLayout { us, es, latam };
/// `us`, `es`, `latam`.
std::string_view layout_name(KeyboardLayout layout);
std::optional<KeyboardLayout> layout_named(std::string_view name);

/// Whose letters for symbologies a scanner was programmed to type in front of each code.
enum class CodeIds { none, zebra, honeywell };
/// What becomes of the separators (GS, 1D) of GS1 codes on the way through a reader.
enum class GsHabit : std::uint8_t {
    unknown,  ///< nobody tried yet; a code without GS is read as it stands, or asked about where it looks suspicious
    kept,     ///< they arrive
    lost,     ///< they do not: a code that can be read in several ways is always asked about
};
std::string_view gs_habit_name(GsHabit habit);

/// What is thought of a reader of that family before somebody tried it: HID POS and serial readers keep GS, of one that types nobody knows.
GsHabit usual_gs_habit(const UsbInterface& interface);

/// How one reader is set, from the configuration or from the head of a capture.
struct ReaderSettings {
    KeyboardLayout layout = KeyboardLayout::us;
    std::string gs_substitutes;              ///< characters the scanner was programmed to send in the place of GS
    std::optional<std::string> terminators;  ///< characters that end a scan; nothing = as the family usually ends them
    CodeIds code_ids = CodeIds::none;
    int idle_ms = 0;           ///< a scan without terminator ends after this silence; 0 = what suits the family
    bool is_replayed = false;  ///< everything counts; otherwise what comes just after opened() is of before, and dropped
    int line_rate = 0;         ///< of a serial line, bits per second; 0 = what the family usually has
    std::string
        uhf_country;  ///< ISO 3166-1 alpha-2: where tags of UHF are read, which says in which band; empty: nothing is transmitted
    int power_cdbm = 0;  ///< of a reader of tags, hundredths of a dBm; 0 = as it is set
};

/// How a port ended.
enum class PortEnd { unplugged, end_of_recording };

/// A protocol core. Pure: no I/O, no clock, no exception; every queue inside has a named maximum. One owner, one thread.
class ReaderProtocol {
public:
    virtual ~ReaderProtocol() = default;
    /// The port is open: queue what the device must be told first.
    virtual void opened(MonoTime now) = 0;
    /// Bytes came on an IN endpoint (one report of a HID device, any slice of a stream).
    virtual void receive(std::uint8_t endpoint, ByteView bytes, MonoTime now) = 0;
    /// Asks a reader of tags. `number`, not 0, is in the one answer that follows: to each command accepted, whatever becomes of it.
    /// False: not accepted, for this family has nothing of the kind or too much is waiting.
    virtual bool command(const ReaderCommand& command, std::uint32_t number, MonoTime now) {
        (void)command, (void)number, (void)now;
        return false;
    }
    /// Called at or after next_wake().
    virtual void wake(MonoTime now) = 0;
    /// All that opened() queued has gone out.
    virtual void written(MonoTime) {}
    /// The USB line had trouble: something may be missing between what was received and what comes.
    virtual void interrupted(MonoTime) {}
    /// What is received before that is of before the port was opened, and no scan. Nothing when everything counts.
    virtual std::optional<MonoTime> deaf_until() const { return std::nullopt; }
    /// The port is gone. Unplugged, at any moment: a scan of which a part may be missing is a fault, never a scan. At the end of a
    /// recording nothing is missing: an unterminated scan is emitted, and only an unfinished frame is a fault.
    virtual void closed(MonoTime now, PortEnd end) = 0;
    /// The next bytes for the device, nothing when there are none.
    virtual std::optional<ReaderWrite> next_write() = 0;
    /// The next event, oldest first, nothing when there are none.
    virtual std::optional<ReaderEvent> next_event() = 0;
    /// When wake() is wanted, nothing when it is not.
    virtual std::optional<MonoTime> next_wake() const = 0;
};

/// Why an interface is taken or left alone.
enum class Match {
    no,          ///< not of this family
    yes,         ///< surely a reader of this family: take it
    if_adopted,  ///< could be one, and could be somebody's keyboard: only a person can say
    if_named,    ///< anything may be behind it, and others are likelier: only the configuration can name this driver
    never,       ///< looks alike, and must not be taken (carries a mouse, ...)
};

/// One row of the table of drivers.
struct Driver {
    const char* name;  ///< the folder's name
    Match (*match)(const UsbInterface&);
    /// Never null for an interface whose match() was yes, if_adopted or if_named.
    std::unique_ptr<ReaderProtocol> (*make)(const UsbInterface&, const ReaderSettings&);
    /// Rows of VID:PID (PID 0 = all of the vendor) that the daemon's user must be able to open: readers that match() takes, and what
    /// carries readers and can be adopted. For documents and udev rules.
    struct Known {
        std::uint16_t vid;
        std::uint16_t pid;
        const char* what;
        bool surely = true;  ///< a reader; otherwise it carries one, or something else
    };
    std::span<const Known> known;
    /// True if a device about which nothing is known (a capture without header) could have sent these bytes first; null = cannot tell.
    bool (*could_begin_with)(ByteView first) = nullptr;
    /// It transmits in UHF: without ReaderSettings::uhf_country it says nothing.
    bool needs_country = false;
};

/// All drivers, generated from the folders under drivers/.
std::span<const Driver* const> all_drivers();

/// Null if there is none of that name.
const Driver* find_driver(std::string_view name);

/// The AIM identifier that `text` begins with: `]`, a letter, a letter or a digit.
std::optional<Aim> leading_aim(std::string_view text);

/// Splits an AIM identifier typed in front of the data from it: `]d201...` gives `]d2` and `01...`. Data without one is left whole, but
/// for the letter of `code_ids`: it is taken off, and becomes an AIM identifier where it says that the content is GS1's.
BarcodeRead make_barcode(std::string_view as_sent, MonoTime heard_at, CodeIds code_ids = CodeIds::none);

}  // namespace dosario
