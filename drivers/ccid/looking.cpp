// SPDX-License-Identifier: Apache-2.0
// Preparing the reader, and looking what lies on it. Three ways of looking:
//   slots        as the standard has it: state of the slot, power on, ATR, UID
//   slots, but the state of the slot is not believed: an ACR122U without an answering PN532
//   chip         the PN532 of an ACR122U lists what is in its field, two at most: it tells two cards from one
#include "ccid/reader.hpp"

#include <algorithm>

namespace dosario::ccid {
namespace {

constexpr int kMostSilentAtStart = 3;
/// A card at the edge of the field, or one still on its way, does not answer at first.
constexpr int kMuteTimesBelieved = 3;
constexpr int kMostRefusedLists = 3;
constexpr int kMostTries = 3;
/// Looks after which an ACR122U that did not let its chip be used is asked for it again.
constexpr int kMostLooksWithoutChip = 50;
constexpr int kMostResponses = 4;
/// How often an empty ACR1552U is asked for its settings.
constexpr milliseconds kSettingsEvery{10'000};

Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes bytes;
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

/// By SEL_RES (NXP AN10833).
Card card_of(const pn532::Target& target) {
    constexpr unsigned kKeys = 0x08, kChip = 0x20;
    Card card;
    card.uid = target.uid;
    card.kind = CardKind::iso14443a;
    card.memory = (target.sak & (kKeys | kChip)) == 0 ? Memory::type2 : Memory::none;
    return card;
}

}  // namespace

Talk<Done> CcidReader::live() {
    if (settle_ > milliseconds{0}) co_await rest(settle_);
    co_await set_up();
    emit(ReaderReady{});
    for (;;) {
        nudged_ = false;
        const Look look = co_await look_for_cards();
        const std::optional<Card> fresh = note(look);
        if (fresh) co_await get_to_know(*fresh);
        co_await serve();
        if (silent_looks_ >= kMostSilentAtStart) {
            // It may have been switched off meanwhile, and have forgotten all it was told.
            co_await rest(kAskAgain);
            co_await set_up();
            silent_looks_ = 0;
            continue;
        }
        if (nudged_) continue;
        may_be_nudged_ = true;
        co_await rest(until_next_look());
        may_be_nudged_ = false;
    }
}

/// Until the reader answers.
Talk<Done> CcidReader::set_up() {
    for (int silent = 0;;) {
        const Heard heard = co_await ask(Order::slot_status, 0);
        if (!heard.silent()) break;
        if (++silent % kMostSilentAtStart == 0) {
            if (silent == kMostSilentAtStart) note_silence();
            abort_order();
        }
        co_await rest(kAskAgain);
    }
    for (Slot& slot : slots_) slot = {};
    saw_nothing_ = told_.has_value();
    by_chip_ = false;
    in_air_ = false;
    believes_slot_ = family_ != Family::acr122;
    switch (family_) {
        case Family::standard: break;
        case Family::acr122: co_await set_up_acr122(); break;
        case Family::acr1552: co_await set_up_acr1552(); break;
    }
    co_return Done{};
}

/// What these orders bring back besides the chip's own words means nothing: 3B 00 for an ATR, one byte without status word.
Talk<Done> CcidReader::set_up_acr122() {
    refused_lists_ = looks_without_chip_ = 0;
    co_await ask(Order::power_on, 0);
    // The reader's own search for cards would come in between.
    co_await search_by_itself(false);
    Bytes firmware = pn532::firmware();
    const bool answers = co_await tell_chip(pn532::kFirmware, std::move(firmware));
    Bytes retries = pn532::few_retries();
    if (answers) by_chip_ = co_await tell_chip(pn532::kConfigureRf, std::move(retries));
    if (!by_chip_) co_await search_by_itself(true);
    co_return Done{};
}

Talk<Done> CcidReader::search_by_itself(bool does) {
    Bytes parameters = bytes_of({0xFF, 0x00, 0x51, does ? 0xFFU : 0x00U, 0x00});
    co_await transmit(std::move(parameters));
    co_return Done{};
}

/// True when the chip has answered.
Talk<bool> CcidReader::tell_chip(std::uint8_t code, Bytes apdu) {
    for (int tries = 0; tries < kMostTries; ++tries) {
        Bytes again = apdu;
        const std::optional<Bytes> said = co_await ask_chip(code, std::move(again));
        if (said) co_return true;
    }
    co_return false;
}

/// Read first: what is as it should be is not written, for it is kept in the reader for ever.
Talk<Done> CcidReader::set_up_acr1552() {
    settings_at_ = now_;
    constexpr std::byte kOnlyCcid{0x01}, kTypeA{0x01}, kIso15693{0x04};
    Bytes ask_interface = bytes_of({0xE0, 0x00, 0x00, 0x93, 0x00});
    const std::optional<Bytes> interface = co_await escape(std::move(ask_interface));
    if (interface && interface->size() == 1 && (*interface)[0] != kOnlyCcid) {
        Bytes set = bytes_of({0xE0, 0x00, 0x00, 0x93, 0x01, 0x01});
        const std::optional<Bytes> was_set = co_await escape(std::move(set));
        if (!was_set && !std::exchange(told_typing_, true))
            fault(ReaderFault::Kind::framing, "the reader types what it reads, and does not let it be changed");
    }
    // Group 1 is where current firmware has them.
    for (unsigned group = 2; group-- > 0;) {
        Bytes ask_types = bytes_of({0xE0, 0x00, group, 0x20, 0x00});
        const std::optional<Bytes> types = co_await escape(std::move(ask_types));
        if (!types || types->size() != 2) continue;
        const std::byte near = (*types)[0] | kTypeA, vicinity = (*types)[1] | kIso15693;
        if (near == (*types)[0] && vicinity == (*types)[1]) break;
        Bytes set =
            bytes_of({0xE0, 0x00, group, 0x20, 0x02, std::to_integer<unsigned>(near), std::to_integer<unsigned>(vicinity)});
        const std::optional<Bytes> was_set = co_await escape(std::move(set));
        if (!was_set && !std::exchange(told_types_, true))
            fault(ReaderFault::Kind::framing, "the reader does not let ISO 15693 be switched on");
        break;
    }
    co_return Done{};
}

/// What stands behind E1 00 00 00 and a length; nothing where the reader refused.
Talk<std::optional<Bytes>> CcidReader::escape(Bytes content) {
    constexpr std::size_t kHead = 5;
    const Heard heard = co_await ask(Order::escape, 0, std::move(content));
    const Bytes& said = heard.message.content;
    const bool whole = heard.done() && said.size() >= kHead && said[0] == std::byte{0xE1} &&
                       said.size() - kHead == std::to_integer<std::size_t>(said[kHead - 1]);
    if (!whole) co_return std::nullopt;
    co_return Bytes{said.begin() + kHead, said.end()};
}

/// With what is still to be had after 61xx, as a touchatag answers.
Talk<CcidReader::Answered> CcidReader::transmit(Bytes apdu) {
    Answered answered;
    for (int i = 0; i < kMostResponses; ++i) {
        const Heard heard = co_await ask(Order::transfer, slot_, std::move(apdu));
        answered.what = heard.what;
        if (!heard.done()) co_return answered;
        const auto said = parse_apdu_answer(heard.message.content);
        answered.status_word = said ? said->status_word : 0;
        if (said) answered.content.insert(answered.content.end(), said->content.begin(), said->content.end());
        constexpr unsigned kMoreToCome = 0x61;
        if (answered.status_word >> 8 != kMoreToCome || answered.content.size() > kLargestMessage) co_return answered;
        apdu = apdu::get_response(static_cast<std::uint8_t>(answered.status_word & 0xFF));
    }
    co_return answered;
}

/// Nothing where the chip did not answer, or answered something else.
Talk<std::optional<Bytes>> CcidReader::ask_chip(std::uint8_t code, Bytes apdu) {
    const Answered answered = co_await transmit(std::move(apdu));
    if (answered.silent()) ++silent_looks_;
    if (!answered.ok()) co_return std::nullopt;
    co_return pn532::unwrap(code, answered.content);
}

Talk<CcidReader::Look> CcidReader::look_for_cards() {
    if (by_chip_) {
        Look look = co_await look_by_chip();
        co_return look;
    }
    // Who restarts without being unplugged may have forgotten what it was told, and answers as if nothing lay there.
    if (family_ == Family::acr1552 && !told_ && now_ >= settings_at_ + kSettingsEvery) co_await set_up_acr1552();
    if (family_ == Family::acr122 && ++looks_without_chip_ > kMostLooksWithoutChip) co_await set_up_acr122();
    Look look = co_await look_by_slots();
    co_return look;
}

/// The field goes off and on again: a card that was selected would not answer a second time.
Talk<CcidReader::Look> CcidReader::look_by_chip() {
    Look look;
    const int silent_before = silent_looks_;
    Bytes off = pn532::field_off();
    co_await ask_chip(pn532::kConfigureRf, std::move(off));
    Bytes list = pn532::list_targets();
    const std::optional<Bytes> listed = co_await ask_chip(pn532::kListTargets, std::move(list));
    look.silent = silent_looks_ != silent_before;
    if (look.silent) co_return look;
    const auto targets = listed ? pn532::parse_targets(*listed) : std::nullopt;
    if (!targets) {
        look.silent = true;
        if (++refused_lists_ < kMostRefusedLists) co_return look;
        by_chip_ = false;  // as any other reader, then
        co_await search_by_itself(true);
        co_return look;
    }
    refused_lists_ = 0;
    for (const pn532::Target& target : *targets) {
        if (ordered_uid(CardKind::iso14443a, target.uid)) look.cards.push_back(card_of(target));
    }
    look.unreadable = look.cards.size() < targets->size();
    co_return look;
}

Talk<CcidReader::Look> CcidReader::look_by_slots() {
    Look look;
    const std::size_t slots = std::min<std::size_t>(std::size_t{descriptor_.last_slot} + 1, kMostSlots);
    for (std::size_t i = 0; i < slots; ++i) {
        const bool answered = co_await look_into_slot(static_cast<std::uint8_t>(i), look);
        if (!answered) {
            look.silent = true;
            ++silent_looks_;
            co_return look;
        }
    }
    co_return look;
}

/// False where the reader did not answer.
Talk<bool> CcidReader::look_into_slot(std::uint8_t number, Look& look) {
    Slot& slot = slots_[number];
    const bool changed = std::exchange(slot.changed, false);
    bool same = !changed;
    if (believes_slot_) {
        const Heard state = co_await ask(Order::slot_status, number);
        if (state.silent()) co_return false;
        const Message::Card card = state.message.card();
        if (card != Message::Card::active && card != Message::Card::inactive) {
            slot = {};
            co_return true;
        }
        same = same && card == Message::Card::active;
    }
    slot_ = number;
    if (same && slot.contact) co_return true;
    if (same && slot.card) {
        const std::optional<Bytes> uid = co_await uid_of(slot.card->kind);
        if (uid && *uid == slot.card->uid) {
            look.cards.push_back(*slot.card);
            co_return true;
        }
    }
    const int mute_times = slot.mute_times;
    slot = {};
    const Heard power = co_await ask(Order::power_on, number, Bytes{}, voltage());
    if (power.silent()) co_return false;
    const AtrWords atr = read_atr(power.message.content);
    // A touchatag powers its SAM up.
    const bool sam = !believes_slot_ && atr.what == AtrWords::What::contact;
    const bool nobody = !power.done() || atr.what == AtrWords::What::nothing_there || sam;
    if (nobody && !believes_slot_) co_return true;
    std::optional<Bytes> uid;
    if (!nobody && atr.what == AtrWords::What::contact) {
        slot.contact = true;
        tell("contact_card", told_contact_);
        co_return true;
    }
    if (!nobody) uid = co_await uid_of(atr.kind);
    if (uid) {
        slot.card = Card{*uid, kind_by_uid(atr.kind, uid->size()), atr.memory};
        look.cards.push_back(*slot.card);
    } else {
        slot.mute_times = std::min(mute_times + 1, kMuteTimesBelieved);
        look.unreadable = look.unreadable || slot.mute_times == kMuteTimesBelieved;
    }
    co_return true;
}

/// In the slot that was looked into last.
Talk<std::optional<Bytes>> CcidReader::uid_of(CardKind kind) {
    Bytes get_uid = apdu::get_uid();
    const Answered answered = co_await transmit(std::move(get_uid));
    if (!answered.ok()) co_return std::nullopt;
    co_return ordered_uid(kind, answered.content);
}

/// bPowerSelect (CCID rev. 1.1, 6.1.1): 0 leaves it to the reader.
std::uint8_t CcidReader::voltage() const {
    if (descriptor_.chooses_voltage() || (descriptor_.voltages & 0x07) == 0x07) return 0;
    if ((descriptor_.voltages & 0x01) != 0) return 1;
    return (descriptor_.voltages & 0x02) != 0 ? 2 : 3;
}

}  // namespace dosario::ccid
