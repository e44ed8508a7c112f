// SPDX-License-Identifier: Apache-2.0
// One simulated scanner as a USB host meets it: requests on endpoint 0, packets on the others. Pure: no I/O, no clock. Three kinds of
// transport carry it: the tests' pretended usbfs, USB/IP, and whatever else speaks in transfers. A model is one file beside this one; all
// that every device must answer (USB 2.0, 9.4) stands here once.
//
// A device begins as it is just after it was plugged in: not configured. Plugging it in again is a new object.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "simulated/usb_description.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace dosario::simulated {

class SimulatedPad;

/// The longest symbol there is: 3,116 characters of a Data Matrix.
inline constexpr std::size_t kLongestScan = 3116;
/// Packets that may wait for the host on one endpoint; a keyboard takes two for each character.
inline constexpr std::size_t kMostPackets = 16384;

/// USB 2.0, 9.3.
struct UsbSetup {
    std::uint8_t request_type = 0;
    std::uint8_t request = 0;
    std::uint16_t value = 0;
    std::uint16_t index = 0;
    std::uint16_t length = 0;

    bool in() const { return (request_type & 0x80) != 0; }
};

/// How an IN transfer ended, or that it did not.
struct UsbRead {
    enum class Outcome {
        waits,     ///< NAK: nothing to send, or only full packets so far, which end no transfer; ask again
        done,      ///< `bytes` is what came, possibly nothing
        stalled,   ///< the endpoint is halted, or there is none
        overflow,  ///< the next packet was longer than what was left of the buffer: it is lost, as on the wire
    };
    Outcome outcome = Outcome::waits;
    Bytes bytes;
};

class SimulatedDevice {
public:
    explicit SimulatedDevice(UsbDescription description) : description_(std::move(description)) {}
    virtual ~SimulatedDevice() = default;
    SimulatedDevice(const SimulatedDevice&) = delete;
    SimulatedDevice& operator=(const SimulatedDevice&) = delete;

    const UsbDescription& description() const { return description_; }
    /// The host has set the configuration; before that nothing but endpoint 0 answers.
    bool configured() const { return configuration_ != 0; }

    /// A whole control transfer. `out` is the data stage of an OUT request, of setup.length bytes. Returns what an IN request answers, at
    /// most setup.length bytes, and no bytes for OUT; nothing = STALL.
    std::optional<Bytes> control(const UsbSetup& setup, ByteView out);
    /// An OUT transfer of any length; false = STALL.
    bool write(std::uint8_t endpoint, ByteView bytes);
    /// One IN transfer into a buffer of `room` bytes: packets until a short one or until it is full.
    /// Who holds the device asks again for all that wait after each control, write, scan and idle.
    UsbRead read(std::uint8_t endpoint, std::size_t room);

    /// A person pulls the trigger. `aim` is a symbology identifier of three characters (`]d2`) or empty; `text` is what the symbol holds.
    /// Errors: invalid, the scanner cannot send such a text; unavailable, the scanner stays silent because the host has not prepared it (the
    /// scan is lost, the message says what is missing); full, the host does not read.
    Result<void> scan(std::string_view aim, std::string_view text);
    /// What a person does with cards on a reader of cards (ccid_reader.hpp): `lay UID ...`, `take [UID]`. Errors: invalid, the words are
    /// wrong, or this is no such reader; not_found, no such card.
    virtual Result<void> card_command(std::string_view words);
    /// What the host has not done yet without which every scan is lost, in words that go on from "the host has not"; empty = nothing.
    std::string_view silent_until() const;

    /// The tags on it, if it is a reader of tags; null otherwise. Packets follow as the device's time goes by.
    virtual SimulatedPad* pad() { return nullptr; }
    /// What a person does with them (pad_words.hpp). Errors: invalid, also where there is no pad; full.
    virtual Result<std::string> on_pad(std::string_view words);

    /// The host has taken every packet of the endpoints that it reads at all.
    bool all_taken() const;

    /// How often idle() wants to be called while nobody calls anything else; nothing = never.
    virtual std::optional<std::chrono::milliseconds> idle_period() const { return std::nullopt; }
    /// Such a period has gone by.
    virtual void idle() {}

protected:
    /// Requests of a class or of the vendor; nothing = STALL. For OUT the answer's bytes are not looked at.
    virtual std::optional<Bytes> requested(const UsbSetup& setup, ByteView out) = 0;
    /// The same of a configured device, as its kind has it.
    virtual std::string_view missing() const { return {}; }
    virtual void written(std::uint8_t /*endpoint*/, ByteView /*bytes*/) {}
    /// Nothing is missing; `aim` and `text` are within their limits.
    virtual Result<void> scanned(std::string_view aim, std::string_view text) = 0;

    /// Room for so many packets more.
    bool has_room(std::uint8_t endpoint, std::size_t packets) const;
    /// Lets a packet wait for the host, at most max_packet bytes; it is dropped when kMostPackets wait.
    void send_packet(std::uint8_t endpoint, Bytes packet);
    /// Cuts into packets. What ends with a full packet is followed by an empty one (`ends`), or the transfer would not end.
    void send(std::uint8_t endpoint, ByteView bytes, bool ends = true);
    /// Forgets what waits.
    void purge(std::uint8_t endpoint) { packets_[endpoint].clear(); }
    bool nothing_waits(std::uint8_t endpoint) const;

private:
    std::optional<Bytes> standard(const UsbSetup& setup);
    std::optional<Bytes> standard_of_endpoint(const UsbSetup& setup);
    std::optional<Bytes> get_descriptor(const UsbSetup& setup) const;

    UsbDescription description_;
    std::uint8_t configuration_ = 0;
    bool remote_wakeup_ = false;
    std::set<std::uint8_t> halted_;
    std::set<std::uint8_t> asked_;  ///< IN endpoints that the host has read from
    std::map<std::uint8_t, std::deque<Bytes>> packets_;
};

}  // namespace dosario::simulated
