// SPDX-License-Identifier: Apache-2.0
// A reader of UHF tags that is not there: bytes of the host in, bytes of the reader out, each at its time. It speaks the real protocol of its
// family, obeys as the family's manual says, and fails as it is told: late, in pieces, twice, refusing, deaf, or starting again in the middle.
#pragma once

#include "simulated/pad_field.hpp"

#include <deque>
#include <memory>
#include <string>

namespace dosario::simulated {

/// Bytes that may wait to be sent.
inline constexpr std::size_t kMostPadBytes = std::size_t{256} << 10;

/// How often of one command, 0 to 1.
struct PadFaults {
    double late = 0;     ///< the answer comes long after it was expected
    double split = 0;    ///< in pieces, with pauses
    double doubled = 0;  ///< the answer twice
    double refused = 0;  ///< an error in the place of doing it
    double deaf = 0;     ///< the command is not heard
    double mute = 0;     ///< it is done, and not answered
    double reboot = 0;   ///< it starts again in the place of doing it, and has forgotten how it was set
    PadTime late_by = std::chrono::milliseconds{1500};  ///< at most
};

struct PadSettings {
    std::string family = "m100";  ///< m100, r200, chafon18, chafon288
    FieldSettings field;
    PadFaults faults;
    PadTime latency = std::chrono::milliseconds{4};
    PadTime boots_in = std::chrono::milliseconds{400};
    std::uint8_t address = 0;     ///< Chafon's
    bool keeps_band = false;      ///< the band cannot be set
    bool has_channels = true;     ///< M100: knows command A9
    bool tells_selection = true;  ///< M100: knows command 0B
    bool wants_mask = false;      ///< Chafon: access commands without a mask have a wrong length
};
/// Families, for messages.
std::string_view pad_families();

/// What it did on the air, for tests.
struct PadDeed {
    PadTime at{};
    std::uint8_t command = 0;
    bool in_band = false;  ///< inside 902 to 928 MHz, or what `allowed_khz` says
    Bytes epc;             ///< of an access: the tag's before it
};

class SimulatedPad {
public:
    explicit SimulatedPad(const PadSettings& settings) : settings_(settings), field_(settings.field) {}
    virtual ~SimulatedPad() = default;
    SimulatedPad(const SimulatedPad&) = delete;
    SimulatedPad& operator=(const SimulatedPad&) = delete;

    /// The host's bytes, in slices of any size.
    void hear(ByteView bytes, PadTime now);
    /// When it wants to say something; nothing = only when it is asked.
    std::optional<PadTime> next_due();
    /// What it has said by now.
    Bytes say(PadTime now);
    /// Somebody pulls its plug and puts it in again.
    void restart(PadTime now);

    PadField& field() { return field_; }
    PadSettings& settings() { return settings_; }
    const std::vector<PadDeed>& deeds() const { return deeds_; }
    void forget_deeds() { deeds_.clear(); }
    /// The band in which a deed counts as in_band.
    int allowed_low_khz = 902'000, allowed_high_khz = 928'000;
    std::uint64_t commands_heard = 0;

protected:
    /// The first command in `bytes`; how many bytes are done with, 0 = more are wanted.
    virtual std::size_t obey(ByteView bytes, PadTime now) = 0;
    /// Until it has to go on by itself; nothing = it has not.
    virtual std::optional<PadTime> works_at() const { return std::nullopt; }
    virtual void work(PadTime) {}
    /// As it is after switching on.
    virtual void forget() = 0;
    virtual bool in_band() const = 0;
    /// Whether a family's frame that is refused has one.
    virtual Bytes refusal(std::uint8_t command) const = 0;

    enum class Fate : std::uint8_t { obeyed, spoilt, mute };
    /// What the faults make of a command: spoilt = nothing more is to be done.
    Fate fate_of(std::uint8_t command, PadTime now);
    /// Sends a frame at `at`, as the faults have it.
    void send(Bytes frame, PadTime at, bool may_fail = true);
    void did(std::uint8_t command, PadTime at, Bytes epc = {});

    PadSettings settings_;
    PadField field_;

private:
    struct Said {
        PadTime at{};
        Bytes bytes;
        Bytes rest{};  ///< of the same frame, a while later; nothing comes in between
    };
    void queue(Said said);

    Bytes heard_;
    PadTime heard_at_{};
    PadTime awake_at_{};
    std::deque<Said> said_;
    std::size_t waiting_ = 0;
    bool half_sent_ = false;
    std::vector<PadDeed> deeds_;
};

/// Null for a family that does not exist.
std::unique_ptr<SimulatedPad> make_pad(const PadSettings& settings);
std::unique_ptr<SimulatedPad> make_m100_pad(const PadSettings& settings);
std::unique_ptr<SimulatedPad> make_chafon_pad(const PadSettings& settings);

}  // namespace dosario::simulated
