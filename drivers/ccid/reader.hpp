// SPDX-License-Identifier: Apache-2.0
// A contactless reader behind CCID. One conversation (talk.hpp) that never ends: prepare the reader, look what lies on it, read what is
// new, do what was asked, wait a moment, look again. reader.cpp has what comes from outside and how one order is answered; looking.cpp
// prepares and looks; reading.cpp reads tags, serving.cpp does what was asked; watching.cpp says what is told of what was seen.
//
// One order is under way at a time. Its answer is the one of the right type, slot and sequence number; anything else is a late answer to
// an order given up, or a second one, and is dropped.
#pragma once

#include "ccid/apdu.hpp"
#include "ccid/card.hpp"
#include "ccid/message.hpp"
#include "ccid/talk.hpp"
#include "reader/queued_reader.hpp"

#include <chrono>
#include <deque>
#include <vector>

namespace dosario::ccid {

using std::chrono::milliseconds;

inline constexpr std::size_t kMostSlots = 4;
inline constexpr std::size_t kMostPending = 8;
/// A card that flickers at the edge of the field is one that lies there: it is gone when nothing was seen of it for so long.
inline constexpr milliseconds kGoneAfter{300};
/// Between two looks, where the reader does not tell by itself when a card comes or goes, and where it does.
inline constexpr milliseconds kLookEvery{200}, kLookEveryTold{1000};
/// Between two looks while a card is about to be believed gone.
inline constexpr milliseconds kLookSoon{50};
/// A reader that does not answer is asked again after so long.
inline constexpr milliseconds kAskAgain{1000};

/// How a family of readers is treated.
enum class Family : std::uint8_t {
    standard,
    acr122,   ///< ACR122U, touchatag: a PN532 behind a slot whose state means nothing
    acr1552,  ///< has settings of its own: which tags it looks for, whether it types
};

class CcidReader final : public QueuedReader {
public:
    CcidReader(const UsbInterface& interface, Family family, const ReaderSettings& settings);

    void opened(MonoTime now) override;
    void receive(std::uint8_t endpoint, ByteView bytes, MonoTime now) override;
    bool command(const ReaderCommand& command, std::uint32_t number, MonoTime now) override;
    void wake(MonoTime now) override;
    void interrupted(MonoTime now) override;
    void closed(MonoTime now, PortEnd end) override;
    std::optional<MonoTime> next_wake() const override;

private:
    // --- one order and its answer: reader.cpp ---------------------------------------------------------------------------------

    struct Heard {
        enum class What : std::uint8_t { done, failed, silent };
        What what = What::silent;
        Message message;
        bool done() const { return what == What::done; }
        bool silent() const { return what == What::silent; }
    };
    Talk<Heard> ask(Order order, std::uint8_t slot, Bytes content = {}, std::uint8_t parameter = 0);
    Talk<Done> rest(milliseconds time);
    void hear(const Message& message);
    void nudge();
    void abort_order();

    // --- APDUs: looking.cpp ----------------------------------------------------------------------------------------------------

    /// done: `content` and `status_word` are what came back, whatever they say.
    struct Answered {
        Heard::What what = Heard::What::silent;
        Bytes content;
        std::uint16_t status_word = 0;
        bool ok() const { return what == Heard::What::done && status_word == 0x9000; }
        bool silent() const { return what == Heard::What::silent; }
    };
    Talk<Answered> transmit(Bytes apdu);
    Talk<std::optional<Bytes>> ask_chip(std::uint8_t code, Bytes apdu);

    // --- preparing and looking: looking.cpp ------------------------------------------------------------------------------------

    struct Look {
        std::vector<Card> cards;
        bool unreadable = false;  ///< something lies there that does not answer
        bool silent = false;      ///< the reader did not answer: nothing is known
    };
    Talk<Done> live();
    Talk<Done> set_up();
    Talk<Done> set_up_acr122();
    Talk<Done> search_by_itself(bool does);
    Talk<bool> tell_chip(std::uint8_t code, Bytes apdu);
    Talk<Done> set_up_acr1552();
    Talk<std::optional<Bytes>> escape(Bytes content);
    Talk<Look> look_for_cards();
    Talk<Look> look_by_slots();
    Talk<Look> look_by_chip();
    Talk<bool> look_into_slot(std::uint8_t slot, Look& look);
    Talk<std::optional<Bytes>> uid_of(CardKind kind);
    std::uint8_t voltage() const;

    // --- tags: reading.cpp -----------------------------------------------------------------------------------------------------

    struct Fetched {
        enum class What : std::uint8_t { done, refused, failed };
        What what = What::failed;
        Bytes content;
        std::uint16_t status_word = 0;
        bool done() const { return what == What::done; }
    };
    struct Content {
        enum class What : std::uint8_t { none, read, unreadable, lost };
        What what = What::none;
        Bytes ndef;
    };
    Talk<Done> get_to_know(Card card);
    Talk<Content> read_content(Card& card);
    Talk<Fetched> fetch(const Card& card, std::uint16_t block, std::size_t size);
    Talk<Fetched> fetch_once(const Card& card, std::uint16_t block, std::size_t size);
    Talk<bool> put(const Card& card, std::uint16_t block, Bytes content);
    Talk<bool> learn_blocks(Card& card);
    Talk<bool> learn_blocks_one_by_one(Card& card);
    Talk<bool> learn_blocks_by_air(Card& card);
    Talk<bool> enter_air();
    Talk<Done> leave_air();
    Talk<std::optional<Bytes>> exchange_by_air(Bytes command, bool writes);
    Talk<bool> still_there(const Card& card);

    // --- what was asked: serving.cpp -------------------------------------------------------------------------------------------

    struct Pending {
        std::uint32_t number;
        ReaderCommand command;
    };
    Talk<Done> serve();
    Talk<const char*> serve_read(const ReadBlocks& wanted, Bytes& content);
    Talk<const char*> serve_write(const WriteBlocks& wanted);
    Talk<bool> may_write(const Card& card, std::size_t first, std::size_t blocks);
    Talk<bool> knows_blocks(Card& card);
    bool is_there(const Bytes& uid) const;

    // --- what is told: watching.cpp --------------------------------------------------------------------------------------------

    std::optional<Card> note(const Look& look);
    void note_silence();
    bool is_gone();
    void tell(const char* status, bool& told);
    milliseconds until_next_look() const;

    struct Slot {
        std::optional<Card> card;  ///< powered, and its UID known
        bool changed = false;      ///< a notice said so since it was looked into
        bool contact = false;      ///< a card with contacts lies in it
        int mute_times = 0;
    };

    const Descriptor descriptor_;
    const Family family_;
    const std::uint8_t interface_number_;
    const std::uint8_t interrupt_in_, bulk_out_;
    const milliseconds settle_;

    Assembler assembler_;
    MonoTime now_{};
    std::optional<MonoTime> settled_at_;  ///< what comes before it is of before
    std::optional<MonoTime> partial_since_;

    struct Waiting {
        Order order;
        std::uint8_t slot;
        std::uint8_t sequence;
        milliseconds patience;
        MonoTime until;
        int extensions = 0;
    };
    std::optional<Waiting> waiting_;
    std::uint8_t next_sequence_ = 0;
    Heard heard_;
    Stop answer_stop_, rest_stop_;
    std::optional<MonoTime> rest_until_;
    bool nudged_ = false;
    bool may_be_nudged_ = false;

    bool by_chip_ = false;       ///< cards are looked for by commands to the PN532
    bool believes_slot_ = true;  ///< the slot's state means something
    std::uint8_t slot_ = 0;      ///< where cards are spoken to
    std::array<Slot, kMostSlots> slots_{};
    int refused_lists_ = 0, looks_without_chip_ = 0;
    MonoTime settings_at_{};  ///< an ACR1552U was asked for its settings
    bool told_typing_ = false, told_types_ = false;
    bool in_air_ = false;  ///< a transparent session is open

    std::optional<Card> told_;  ///< a CardRead was given for it, and it has not gone
    std::optional<MonoTime> missing_since_;
    bool half_read_ = false;    ///< a card was taken away while it was read
    bool saw_nothing_ = false;  ///< since it was opened or set up again it was seen without a card: what comes is laid down
    bool told_several_ = false, told_unreadable_ = false, told_contact_ = false, told_silence_ = false;
    int silent_looks_ = 0;
    std::deque<Pending> pending_;  ///< at most kMostPending; the first may be under way

    std::optional<Talk<Done>> conversation_;  ///< last: it goes first
};

}  // namespace dosario::ccid
