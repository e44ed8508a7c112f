// SPDX-License-Identifier: Apache-2.0
// The driver's row: which interfaces of chip card readers read tags. CCID does not say whether a reader is contactless, so:
//   - readers known by their numbers are taken, and others whose name says that they are contactless;
//   - an interface for a SAM or for cards with contacts is left alone: signatures and payments of other programs go through them;
//   - of the rest nobody knows: who names this driver in the configuration gets it.
#include "ccid/reader.hpp"
#include "reader/scanner_makers.hpp"

#include <algorithm>
#include <cctype>

namespace dosario {

extern const Driver k_ccid_driver;

namespace {

using namespace ccid;

constexpr std::uint16_t kAcs = 0x072F;

constexpr Driver::Known kKnown[] = {
    {0x072F, 0x2200, "ACS ACR122U"},
    {0x072F, 0x90CC, "touchatag"},
    {0x072F, 0x223B, "ACS ACR1252U (with SAM)"},
    {0x072F, 0x223E, "ACS ACR1252U"},
    {0x072F, 0x2303, "ACS ACR1552U (with SAM)"},
    {0x072F, 0x2308, "ACS ACR1552U"},
    {0x04E6, 0x5790, "Identiv uTrust 3700 F"},
};

Family family_of(const UsbInterface& one) {
    if (one.vid != kAcs) return Family::standard;
    if (one.pid == 0x2200 || one.pid == 0x90CC) return Family::acr122;
    return one.pid == 0x2303 || one.pid == 0x2308 ? Family::acr1552 : Family::standard;
}

/// The words of a name, in capitals.
std::vector<std::string> words_of(const std::string& name) {
    std::vector<std::string> words(1);
    for (const char c : name) {
        const auto letter = static_cast<unsigned char>(c);
        if (std::isalnum(letter) != 0)
            words.back() += static_cast<char>(std::toupper(letter));
        else if (!words.back().empty())
            words.emplace_back();
    }
    return words;
}

bool says(const std::string& name, std::initializer_list<std::string_view> any) {
    return std::ranges::any_of(words_of(name),
                               [&](const std::string& word) { return std::ranges::find(any, word) != any.end(); });
}

bool says_contactless(const std::string& name) { return says(name, {"PICC", "CONTACTLESS", "NFC", "CL", "RFID"}); }
/// A SAM's name says often enough that its reader is contactless.
bool says_other_slot(const std::string& name) {
    return says(name, {"SAM"}) || (says(name, {"ICC", "CONTACT"}) && !says_contactless(name));
}

/// A second interface of a reader that is known: the SAM's is fed with 5 V alone, and tells of no card that comes or goes.
bool is_sam(const UsbInterface& one, const std::optional<Descriptor>& descriptor) {
    constexpr std::uint8_t kOnly5V = 0x01;
    if (one.number == 0 || says_contactless(one.name)) return false;
    return !descriptor || (descriptor->voltages & 0x07) == kOnly5V || one.endpoint_in == 0;
}

Match match(const UsbInterface& one) {
    if (one.class_code != kSmartCardClass) return Match::no;
    const auto descriptor = parse_descriptor(one.class_descriptor);
    if (descriptor && !descriptor->takes_apdus()) return Match::no;
    if (says_other_slot(one.name)) return Match::no;
    if (is_in(kKnown, one)) return is_sam(one, descriptor) ? Match::no : Match::yes;
    const std::string& name = one.name.empty() ? one.product : one.name;
    if (says_other_slot(name)) return Match::no;
    return says_contactless(name) ? Match::yes : Match::if_named;
}

std::unique_ptr<ReaderProtocol> make(const UsbInterface& one, const ReaderSettings& settings) {
    return std::make_unique<CcidReader>(one, family_of(one), settings);
}

/// An answer to the first order: state of the slot, no content.
bool could_begin_with(ByteView first) {
    const auto zero = [&](std::size_t at) { return first[at] == std::byte{0}; };
    return first.size() == kHeaderSize && first[0] == static_cast<std::byte>(Reply::slot_status) && zero(1) && zero(2) &&
           zero(3) && zero(4) && zero(6);
}

}  // namespace

const Driver k_ccid_driver = {"ccid", match, make, kKnown, could_begin_with};

}  // namespace dosario
