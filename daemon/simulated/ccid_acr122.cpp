// SPDX-License-Identifier: Apache-2.0
// ACR122U and touchatag: a PN532 (NXP UM0701-02) behind a slot that is never what it says. Seen in logs of nfcpy #105 and libnfc #217, #476,
// #666, #691:
//   - bStatus says "no card" and bError 81 or FE with whatever it brings; the outcome bits are right
//   - without a card IccPowerOn is answered by the ATR 3B 00; a touchatag answers with that of its SAM
//   - FF 00 48 00 00 gives the firmware's name without status word, FF 00 51 xx 00 one byte, FF 00 40 .. 90 and the state of the LEDs
//   - FF 00 00 00 Lc D4 ... D5 ... 90 00: commands to the chip, with or without a card. A touchatag answers 61 xx, and FF C0 00 00 xx brings it
// The chip tries for ever to find a card until it is told otherwise, and a card that is selected answers no search until the field went off.
#include "simulated/ccid_reader.hpp"
#include "simulated/little_endian.hpp"
#include "simulated/models.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

class Acr122 final : public CcidReaderModel {
public:
    Acr122(UsbDescription description, bool touchatag)
        : CcidReaderModel(std::move(description), {{"", true, 7, 0x00020040, 271}}), touchatag_(touchatag) {}

private:
    bool sees(const HfCard& card) const override {
        return card.family == HfCard::Family::type2 || card.family == HfCard::Family::classic ||
               card.family == HfCard::Family::chip;
    }
    void field_changed() override { listed_.clear(); }
    void forget() override {
        searches_ = 0xFF;
        for_ever_ = true;
        field_ = true;
        waiting_.clear();
    }

    std::optional<Reply> obey(const Order& order) override {
        constexpr std::uint8_t kAbsent = 2, kFailedStatus = 0x42;
        const std::uint8_t lie = lies_++ % 2 == 0 ? 0xFE : 0x81;
        switch (order.type) {
            case 0x65:
            case 0x63:
            case 0x72: return Reply{0x81, kAbsent, lie, 0, {}};
            case 0x62: return Reply{0x80, kAbsent, lie, 0, touchatag_ ? sam_atr() : power_on()};
            case 0x6B:
            case 0x6F: {
                auto said = apdu(order.content);
                if (!said) return std::nullopt;
                const auto type = static_cast<std::uint8_t>(order.type == 0x6B ? 0x83 : 0x80);
                return Reply{type, kAbsent, lie, 0, std::move(*said)};
            }
            default: return Reply{0x81, kFailedStatus, 0, 0, {}};
        }
    }
    /// With its own search for cards on, a card that it found has an ATR of its own.
    Bytes power_on() {
        const HfCard* const card = only_card();
        return searches_ != 0 && card != nullptr ? card->atr() : bytes_of({0x3B, 0x00});
    }
    static Bytes sam_atr() {
        return bytes_of({0x3B, 0xBE, 0x95, 0x00, 0x00, 0x41, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x90, 0x00});
    }

    std::optional<Bytes> apdu(ByteView bytes) {
        const auto u = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
        if (bytes.size() < 5 || u(0) != 0xFF) return bytes_of({0x6E, 0x00});
        if (u(1) == 0xC0) {
            Bytes said = std::exchange(waiting_, {});
            return said.size() == u(4) + 0U || !said.empty() ? said : bytes_of({0x6F, 0x00});
        }
        if (u(1) == 0x00 && u(2) == 0x48) return Bytes{bytes_of({'A', 'C', 'R', '1', '2', '2', 'U', '2', '1', '5'})};
        if (u(1) == 0x00 && u(2) == 0x51) {
            searches_ = static_cast<std::uint8_t>(u(3));
            return bytes_of({searches_});
        }
        if (u(1) == 0x00 && u(2) == 0x40) return bytes_of({0x90, 0x02});
        if (u(1) == 0x00 && u(2) == 0x00 && bytes.size() == 5 + u(4)) {
            auto said = chip(bytes.subspan(5));
            if (!said) return std::nullopt;
            append(*said, bytes_of({0x90, 0x00}));
            if (!touchatag_) return said;
            waiting_ = *said;
            return bytes_of({0x61, static_cast<unsigned>(waiting_.size())});
        }
        const HfCard* const card = searches_ != 0 ? only_card() : nullptr;
        if (u(1) == 0xCA && card != nullptr) {
            Bytes said = card->uid;
            append(said, bytes_of({0x90, 0x00}));
            return said;
        }
        return bytes_of({0x63, 0x00});
    }

    /// Nothing = the chip goes on trying, and nobody answers.
    std::optional<Bytes> chip(ByteView frame) {
        const auto u = [&](std::size_t i) { return std::to_integer<unsigned>(frame[i]); };
        if (frame.size() < 2 || u(0) != 0xD4) return bytes_of({0x7F});
        switch (u(1)) {
            case 0x02: return bytes_of({0xD5, 0x03, 0x32, 0x01, 0x06, 0x07});
            case 0x32:
                if (frame.size() >= 4 && u(2) == 0x01) set_field((u(3) & 1) != 0);
                if (frame.size() == 6 && u(2) == 0x05) for_ever_ = u(5) == 0xFF;
                return bytes_of({0xD5, 0x33});
            case 0x4A: return frame.size() >= 4 && u(3) == 0x00 ? list(u(2)) : std::optional{bytes_of({0xD5, 0x4B, 0x00})};
            case 0x40: return exchange(frame.subspan(2));
            case 0x44:
            case 0x52: listed_.clear(); return bytes_of({0xD5, u(1) + 1, 0x00});
            default: return bytes_of({0x7F});
        }
    }
    void set_field(bool on) {
        field_ = on;
        listed_.clear();
        selected_.clear();
    }
    std::optional<Bytes> list(std::size_t most) {
        Bytes said;
        std::vector<Bytes> found;
        for (const HfCard& one : cards()) {
            const bool selected = field_ && std::find(selected_.begin(), selected_.end(), one.uid) != selected_.end();
            if (!sees(one) || selected || found.size() == most) continue;
            append(said, bytes_of({static_cast<unsigned>(found.size()) + 1, 0x00, one.uid.size() == 4 ? 0x04u : 0x44u,
                                   one.sel_res(), static_cast<unsigned>(one.uid.size())}));
            append(said, one.uid);
            if (one.sel_res() == 0x20) append(said, bytes_of({0x06, 0x75, 0x77, 0x81, 0x02, 0x80}));
            found.push_back(one.uid);
        }
        field_ = true;
        if (found.empty() && for_ever_) return std::nullopt;
        listed_ = selected_ = found;
        Bytes head = bytes_of({0xD5, 0x4B, static_cast<unsigned>(found.size())});
        append(head, said);
        return head;
    }
    /// [target] [command of the tag] ...; an error is 01, the tag did not answer, or 27, there is no such target.
    Bytes exchange(ByteView bytes) {
        const auto answer = [](unsigned error, ByteView content = {}) {
            Bytes said = bytes_of({0xD5, 0x41, error});
            append(said, content);
            return said;
        };
        const std::size_t target = bytes.empty() ? 0 : std::to_integer<std::size_t>(bytes[0]);
        if (target == 0 || target > listed_.size() || bytes.size() < 3) return answer(0x27);
        HfCard* card = nullptr;
        for (HfCard& one : all_cards())
            if (one.uid == listed_[target - 1]) card = &one;
        if (card == nullptr || card->family != HfCard::Family::type2) return answer(0x01);
        const std::size_t page = std::to_integer<std::size_t>(bytes[2]);
        if (bytes[1] == std::byte{0x30}) {
            const auto content = card->read(page, 16);
            return content ? answer(0, *content) : answer(0x01);
        }
        if (bytes[1] == std::byte{0xA2}) return answer(card->write(page, bytes.subspan(3)) ? 0 : 0x01);
        return answer(0x01);
    }

    const bool touchatag_;
    unsigned lies_ = 0;
    std::uint8_t searches_ = 0xFF;
    bool for_ever_ = true, field_ = true;
    std::vector<Bytes> listed_, selected_;  ///< UIDs
    Bytes waiting_;
};

}  // namespace

SimulatedPtr make_ccid_acr122(const ScannerSettings& settings) {
    const bool touchatag = settings.model == "touchatag";
    return std::make_unique<Acr122>(
        described(settings, 0x072F, touchatag ? 0x90CC : 0x2200, "ACS", touchatag ? "CCID USB Reader" : "ACR122U PICC Interface"),
        touchatag);
}

}  // namespace dosario::simulated
