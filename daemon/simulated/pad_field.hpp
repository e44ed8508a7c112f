// SPDX-License-Identifier: Apache-2.0
// Tags on a pad that is not there: their memory as EPC Gen2 has it, with passwords and locks, how strongly and how reliably each is heard.
// What a reader says of them is in pad_m100.cpp and pad_chafon.cpp. Written from the standard, not from the drivers, so that it checks them.
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace dosario::simulated {

/// Of the pad, since it was plugged in.
using PadTime = std::chrono::microseconds;

inline constexpr std::size_t kMostTags = 4096;

/// Memory banks (EPC Gen2, 6.3.2.1) and what a lock speaks of (6.3.2.12.3.5).
enum class Bank : std::uint8_t { reserved, epc, tid, user };
enum class Part : std::uint8_t { kill_password, access_password, epc, tid, user };
inline constexpr std::size_t kParts = 5;

/// What a tag backscatters when it does not do what it is told (annex I).
enum class TagRefusal : std::uint8_t { other = 0x00, overrun = 0x03, locked = 0x04, weak = 0x0B, unspecified = 0x0F };

struct PadTag {
    std::array<Bytes, 4> banks;                 ///< by Bank; the EPC bank begins with the tag's CRC and its PC word
    std::array<bool, kParts> needs_password{};  ///< by Part
    std::array<bool, kParts> for_ever{};
    int rssi_dbm = -55;
    double heard = 1.0;  ///< how often of one time it answers; less than 1: weak, or far

    std::uint16_t pc() const;
    Bytes epc() const;  ///< as long as the PC word says
    std::uint16_t crc() const;
    std::uint32_t access_password() const;
};

inline constexpr std::size_t kLongestPadEpc = 62;  ///< bytes: the PC word counts no further
inline constexpr std::size_t kUsualEpcWords = 16;

/// 96 bits of TID made from the EPC, empty passwords, `user_words` of zeros; room for an EPC of `epc_words`, or for this one if it is
/// longer. `epc` has whole words, at most kLongestPadEpc.
PadTag make_tag(ByteView epc, std::size_t user_words = 32, std::size_t epc_words = kUsualEpcWords);

/// CRC-16 over PC and EPC (annex F).
std::uint16_t tag_crc(ByteView pc_and_epc);

/// What an access of one tag came to.
struct Access {
    enum class Outcome : std::uint8_t { done, refused, wrong_password };
    Outcome outcome = Outcome::done;
    TagRefusal refusal = TagRefusal::other;
    Bytes words;
};
Access read_tag(const PadTag& tag, Bank bank, std::size_t first, std::size_t words, std::uint32_t password);
Access write_tag(PadTag& tag, Bank bank, std::size_t first, ByteView words, std::uint32_t password);
/// 10 bits of mask, 10 of action.
Access lock_tag(PadTag& tag, std::uint32_t bits, std::uint32_t password);

/// One tag as it was heard once.
struct Heard {
    std::size_t tag = 0;  ///< number in the field
    std::uint16_t pc = 0;
    Bytes epc;  ///< damaged by the air where `crc` does not agree
    std::uint16_t crc = 0;
    int rssi_dbm = 0;
};

struct FieldSettings {
    std::uint64_t seed = 1;
    double tags_per_s = 400;
    double misread = 0;    ///< of all that is heard, so much has a wrong bit
    double collision = 0;  ///< so often two answer at once, and neither is heard
    int noise_db = 2;      ///< RSSI goes up and down by so much
};

class PadField {
public:
    explicit PadField(const FieldSettings& settings) : settings_(settings), chance_(settings.seed) {}

    /// False: kMostTags are there. Each gets a chip of its own: a number that another tag has here is counted up.
    bool add(PadTag tag);
    /// All with that EPC; how many there were.
    std::size_t remove(ByteView epc);
    void clear() { tags_.clear(); }

    std::vector<PadTag>& tags() { return tags_; }
    const std::vector<PadTag>& tags() const { return tags_; }
    /// Of the tags that a selection takes, the one that answers: where there are several any of them, or none, for they collide.
    PadTag* who_answers(const std::vector<PadTag*>& selected);
    std::vector<PadTag*> with(ByteView epc);

    /// One round: who answers, in which order.
    std::vector<Heard> round();
    /// What one answer takes.
    PadTime slot() const;
    bool happens(double share) { return share > 0 && std::uniform_real_distribution<double>{0, 1}(chance_) < share; }
    std::size_t up_to(std::size_t most) { return std::uniform_int_distribution<std::size_t>{0, most}(chance_); }

private:
    FieldSettings settings_;
    std::mt19937_64 chance_;
    std::vector<PadTag> tags_;
};

}  // namespace dosario::simulated
