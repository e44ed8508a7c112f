// SPDX-License-Identifier: Apache-2.0
// Readers that keep to CCID and to the pseudo-APDUs of PC/SC Part 3: ACR1252U, ACR1552U, and one of nobody's. A card is powered before it
// is spoken to, and not any more when it left. With two cards in the field none answers.
//
//     FF CA 00 00 00            UID                     FF B0 hi lo Le        read from a block on
//     FF CA 01 00 00            (6A81)                  FF D6 hi lo Lc ...    write a block
//     FF C2 00 00 02 81 00 00   begin a transparent session, 82 ends it (ACR1552U)
//     FF C2 00 02 04 8F 02 02 03   ISO/IEC 15693, layer 3
//     FF C2 00 01 Lc [5F 46 ...] 95 n ...   a command to the tag; answered by C0 03 00 90 00, 92 01 00, 96 02 00 00, 97 n ...
//     6B E0 00 gg cc Lc ...     settings of an ACR1552U, answered by E1 00 00 00 Le ...: 93 host interface, 25 state, gg 01 20 kinds of
//                               cards that are looked for
#include "simulated/ccid_reader.hpp"
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

constexpr unsigned kFine = 0x9000, kFailed = 0x6300, kNoFunction = 0x6A81, kWrongLength = 0x6700, kWrongLe = 0x6C00,
                   kLocked = 0x6982, kNoClass = 0x6E00;

Bytes with_word(Bytes content, unsigned word) {
    append(content, bytes_of({word >> 8, word & 0xFF}));
    return content;
}

struct PcscTraits {
    bool vicinity = false;   ///< reads ISO/IEC 15693
    bool settings = false;   ///< an ACR1552U's
    bool one_block = false;  ///< of ISO/IEC 15693 it reads one block at a time
    bool no_blocks = false;  ///< of ISO/IEC 15693 it reads none: only its transparent session does
};

class PcscReader final : public CcidReaderModel {
public:
    PcscReader(UsbDescription description, const std::vector<Interface>& interfaces, PcscTraits traits)
        : CcidReaderModel(std::move(description), interfaces), traits_(traits) {}

private:
    bool sees(const HfCard& card) const override {
        if (card.family != HfCard::Family::vicinity) return true;
        return traits_.vicinity && (!traits_.settings || (types_[1] & 0x04) != 0);
    }
    void field_changed() override {
        powered_ = false;
        in_session_ = false;
    }
    void forget() override { types_ = {0x07, 0x05}; }

    std::uint8_t icc() const { return seen() == 0 ? 2 : powered_ ? 0 : 1; }

    std::optional<Reply> obey(const Order& order) override {
        constexpr std::uint8_t kStatusFailed = 0x40, kMute = 0xFE;
        switch (order.type) {
            case 0x65: return Reply{0x81, icc(), 0, 0, {}};
            case 0x63:
            case 0x72:
                if (order.type == 0x63) powered_ = false;
                return Reply{0x81, icc(), 0, 0, {}};
            case 0x62: {
                const HfCard* const card = only_card();
                if (card == nullptr) return Reply{0x80, static_cast<std::uint8_t>(kStatusFailed | icc()), kMute, 0, {}};
                powered_ = true;
                return Reply{0x80, icc(), 0, 0, card->atr()};
            }
            case 0x6F:
                if (!powered_) return Reply{0x80, static_cast<std::uint8_t>(kStatusFailed | icc()), kMute, 0, {}};
                return Reply{0x80, icc(), 0, 0, apdu(order.content)};
            case 0x6B: {
                const auto said = escape(order.content);
                if (!said) return Reply{0x83, static_cast<std::uint8_t>(kStatusFailed | icc()), 0, 0, {}};
                return Reply{0x83, icc(), 0, 0, *said};
            }
            default: return Reply{0x81, static_cast<std::uint8_t>(kStatusFailed | icc()), 0, 0, {}};
        }
    }

    Bytes apdu(ByteView bytes) {
        HfCard* const card = only_card();
        const auto u = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
        if (card == nullptr || bytes.size() < 5) return with_word({}, kWrongLength);
        if (card->family == HfCard::Family::contact) return with_word({}, kNoClass);
        if (u(0) != 0xFF) return with_word({}, kNoClass);
        if (u(1) == 0xC2) return session(*card, bytes);
        if (u(1) == 0xCA) return u(2) == 0 && !in_session_ ? with_word(uid_of(*card), kFine) : with_word({}, kNoFunction);
        const std::size_t block = u(2) << 8 | u(3);
        if (u(1) == 0xB0 && bytes.size() == 5) return read(*card, block, u(4));
        if (u(1) == 0xD6 && bytes.size() == 5 + u(4)) return write(*card, block, bytes.subspan(5));
        return with_word({}, kNoFunction);
    }
    /// ISO/IEC 15693 lowest byte first, as it goes through the air.
    static Bytes uid_of(const HfCard& card) {
        Bytes uid = card.uid;
        if (card.family == HfCard::Family::vicinity) std::reverse(uid.begin(), uid.end());
        return uid;
    }
    Bytes read(const HfCard& card, std::size_t block, std::size_t size) const {
        if (card.family == HfCard::Family::classic) return with_word({}, kLocked);
        if (card.blocks() == 0) return with_word({}, kNoFunction);
        if (card.family == HfCard::Family::vicinity) {
            if (traits_.no_blocks) return with_word({}, kNoFunction);
            const auto unit = static_cast<unsigned>(card.block_size);
            if (size % unit != 0 || size == 0 || (traits_.one_block && size != unit)) return with_word({}, kWrongLe | unit);
        } else if (size == 0 || size > 16 || size % 4 != 0) {
            return with_word({}, kWrongLength);
        }
        const auto content = card.read(block, size);
        return content ? with_word(*content, kFine) : with_word({}, kFailed);
    }
    Bytes write(HfCard& card, std::size_t block, ByteView content) const {
        if (card.family == HfCard::Family::vicinity && traits_.no_blocks) return with_word({}, kNoFunction);
        return with_word({}, card.write(block, content) ? kFine : kFailed);
    }

    // --- the transparent session ---
    Bytes session(HfCard& card, ByteView bytes) {
        const auto u = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
        if (!traits_.settings) return with_word({}, kNoFunction);
        const Bytes fine = bytes_of({0xC0, 0x03, 0x00, 0x90, 0x00});
        const ByteView body = bytes.subspan(5, std::min<std::size_t>(u(4), bytes.size() - 5));
        if (u(3) == 0x00 && body.size() == 2) {
            in_session_ = body[0] == std::byte{0x81};
            technology_ = false;
            return with_word(fine, kFine);
        }
        if (!in_session_) return with_word({}, kFailed);
        if (u(3) == 0x02) {
            technology_ = std::ranges::equal(body, bytes_of({0x8F, 0x02, 0x02, 0x03})) && card.family == HfCard::Family::vicinity;
            Bytes said = fine;
            append(said, bytes_of({0x8F, 0x01, 0x00}));
            return with_word(technology_ ? said : bytes_of({0xC0, 0x03, 0x01, 0x6A, 0x81}), kFine);
        }
        return u(3) == 0x01 ? exchange(card, body) : with_word({}, kNoFunction);
    }
    Bytes exchange(HfCard& card, ByteView objects) const {
        bool patient = false;
        while (objects.size() >= 3) {
            const bool timer = objects[0] == std::byte{0x5F};
            const std::size_t head = timer ? 3 : 2;
            const std::size_t size = std::to_integer<std::size_t>(objects[head - 1]);
            if (size > objects.size() - head) break;
            const ByteView value = objects.subspan(head, size);
            objects = objects.subspan(head + size);
            patient = patient || timer;
            if (timer) continue;
            const auto said = technology_ ? by_air(card, value, patient) : std::nullopt;
            if (!said) return with_word(bytes_of({0xC0, 0x03, 0x01, 0x64, 0x01}), kFine);
            Bytes answer = bytes_of({0xC0, 0x03, 0x00, 0x90, 0x00, 0x92, 0x01, 0x00, 0x96, 0x02, 0x00, 0x00, 0x97,
                                     static_cast<unsigned>(said->size())});
            append(answer, *said);
            return with_word(answer, kFine);
        }
        return with_word({}, kWrongLength);
    }
    /// ISO/IEC 15693-3: what the tag says; nothing = it is silent, or the reader did not wait (writing takes longer).
    static std::optional<Bytes> by_air(HfCard& card, ByteView command, bool patient) {
        constexpr unsigned kAddressed = 0x20, kWithStatus = 0x40;
        if (command.size() < 2) return std::nullopt;
        const auto flags = std::to_integer<unsigned>(command[0]), code = std::to_integer<unsigned>(command[1]);
        command = command.subspan(2);
        if ((flags & kAddressed) != 0) {
            if (command.size() < 8 || !std::equal(card.uid.rbegin(), card.uid.rend(), command.begin())) return std::nullopt;
            command = command.subspan(8);
        }
        if (code == 0x2B) {
            Bytes said = bytes_of({0x00, 0x0F});
            said.insert(said.end(), card.uid.rbegin(), card.uid.rend());
            append(said, bytes_of({0, 0, static_cast<unsigned>(card.blocks() - 1) & 0xFF,
                                   static_cast<unsigned>(card.block_size - 1), 3}));
            return said;
        }
        if (command.empty()) return bytes_of({0x01, 0x02});
        const std::size_t block = std::to_integer<std::size_t>(command[0]);
        if (code == 0x20) {
            const auto content = card.read(block, card.block_size);
            if (!content) return bytes_of({0x01, 0x10});
            Bytes said = bytes_of({0x00});
            if ((flags & kWithStatus) != 0) said.push_back(std::byte{0});
            append(said, *content);
            return said;
        }
        if (code != 0x21) return bytes_of({0x01, 0x01});
        const bool done = card.write(block, command.subspan(1));
        if (!patient) return std::nullopt;
        return done ? bytes_of({0x00}) : bytes_of({0x01, 0x10});
    }

    // --- settings ---
    std::optional<Bytes> escape(ByteView bytes) {
        const auto u = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
        if (!traits_.settings || bytes.size() < 5 || u(0) != 0xE0 || bytes.size() != 5 + u(4)) return std::nullopt;
        const ByteView body = bytes.subspan(5);
        const auto said = [](Bytes content) {
            Bytes all = bytes_of({0xE1, 0x00, 0x00, 0x00, static_cast<unsigned>(content.size())});
            append(all, content);
            return all;
        };
        if (u(3) == 0x93) {
            if (body.size() == 1) host_ = std::to_integer<std::uint8_t>(body[0]);
            return said(bytes_of({host_}));
        }
        if (u(3) == 0x25) return said(bytes_of({seen() == 0 ? 1u : powered_ ? 3u : 2u}));
        if (u(3) != 0x20 || u(2) != 0x01) return std::nullopt;
        if (body.size() == 2) {
            types_ = {std::to_integer<std::uint8_t>(body[0]), std::to_integer<std::uint8_t>(body[1])};
            field_changed();
        }
        return said(bytes_of({types_[0], types_[1]}));
    }

    const PcscTraits traits_;
    bool powered_ = false;
    bool in_session_ = false, technology_ = false;
    std::uint8_t host_ = 2;
    std::array<std::uint8_t, 2> types_{0x07, 0x01};  // ISO/IEC 15693 was switched off by somebody
};

}  // namespace

SimulatedPtr make_ccid_pcsc(const ScannerSettings& settings) {
    constexpr std::uint16_t kAcs = 0x072F;
    constexpr std::uint32_t kExtended = 0x00040040, kAll = 0x000404BA;
    const auto describe = [&](std::uint16_t vendor, std::uint16_t product, std::string maker, std::string name) {
        return described(settings, vendor, product, std::move(maker), std::move(name));
    };
    if (settings.model == "acr1252u")
        return std::make_unique<PcscReader>(
            describe(kAcs, 0x223B, "ACS", "ACR1252 Dual Reader"),
            std::vector<CcidReaderModel::Interface>{{"ACR1252 Dual Reader PICC", true, 7, kExtended, 522},
                                                    {"ACR1252 Dual Reader SAM", true, 1, 0x000204BA, 288}},
            PcscTraits{});
    if (settings.model == "acr1552u")
        return std::make_unique<PcscReader>(
            describe(kAcs, 0x2303, "ACS", "ACR1552"),
            std::vector<CcidReaderModel::Interface>{{"ACR1552 1S CL Reader PICC", true, 7, kAll, 516},
                                                    {"ACR1552 1S CL Reader SAM", false, 1, kAll, 516}},
            PcscTraits{true, true, settings.piece == 1, settings.piece == 2});
    return std::make_unique<PcscReader>(
        describe(0x1209, 0xCC1D, "Dosario", "Simulated NFC reader"),
        std::vector<CcidReaderModel::Interface>{{"", settings.model != "poll", 7, 0x00020040, 271}},
        PcscTraits{true, false, false, false});
}

}  // namespace dosario::simulated
