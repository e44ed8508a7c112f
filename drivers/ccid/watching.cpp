// SPDX-License-Identifier: Apache-2.0
// From what was seen to what is told: once when a card is laid down and read, once when it is gone.
#include "ccid/reader.hpp"

#include <algorithm>

namespace dosario::ccid {
namespace {

/// A UID of four bytes that begins with 08 is drawn anew each time the field comes on (ISO/IEC 14443-3, 6.5.4).
bool is_random(const Card& card) { return card.uid.size() == 4 && card.uid[0] == std::byte{0x08}; }

bool same_card(const Card& a, const Card& b) { return a.uid == b.uid || (is_random(a) && is_random(b)); }

}  // namespace

/// The card that is to be read now, if there is one.
std::optional<Card> CcidReader::note(const Look& look) {
    if (look.silent) return std::nullopt;
    silent_looks_ = 0;
    told_silence_ = false;
    if (look.cards.size() > 1)
        tell("two_cards", told_several_);
    else
        told_several_ = false;
    if (look.unreadable)
        tell("card_unreadable", told_unreadable_);
    else
        told_unreadable_ = false;
    if (std::ranges::none_of(slots_, &Slot::contact)) told_contact_ = false;
    saw_nothing_ = saw_nothing_ || (look.cards.empty() && !look.unreadable);
    const bool still = told_ && std::ranges::any_of(look.cards, [&](const Card& one) { return same_card(one, *told_); });
    if (still) {
        missing_since_.reset();
        return std::nullopt;
    }
    const bool one_alone = look.cards.size() == 1;
    if (told_ && (one_alone || is_gone())) {
        told_.reset();
        missing_since_.reset();
        saw_nothing_ = true;
        emit(CardGone{});
    }
    if (one_alone) {
        missing_since_.reset();
        return look.cards.front();
    }
    if (half_read_ && is_gone()) {
        half_read_ = false;
        missing_since_.reset();
        bool told = false;
        tell("taken_too_soon", told);
    }
    return std::nullopt;
}

/// Nothing was seen of the card now; true when that has been so for long enough.
bool CcidReader::is_gone() {
    if (!missing_since_) missing_since_ = now_;
    return now_ - *missing_since_ >= kGoneAfter;
}

void CcidReader::note_silence() {
    if (std::exchange(told_silence_, true)) return;
    fault(ReaderFault::Kind::framing, "the reader does not answer: it is asked again every second");
}

/// An answer that nobody asked for, once as long as it holds.
void CcidReader::tell(const char* status, bool& told) {
    if (std::exchange(told, true)) return;
    ReaderAnswer answer;
    answer.status = status;
    emit(std::move(answer));
}

milliseconds CcidReader::until_next_look() const {
    if (missing_since_) return kLookSoon;
    const bool unsettled = half_read_ || std::ranges::any_of(slots_, [](const Slot& one) { return one.mute_times > 0; });
    return interrupt_in_ != 0 && believes_slot_ && !by_chip_ && !unsettled ? kLookEveryTold : kLookEvery;
}

}  // namespace dosario::ccid
