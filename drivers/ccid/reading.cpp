// SPDX-License-Identifier: Apache-2.0
// Tags' memory: the NDEF message of a card that was just laid down, and how blocks are read and written.
//
// Nothing is told of a card that is not there any more when its content has been read: then the UID is asked for again, and what was
// read of another card, or of half a one, is forgotten.
#include "ccid/iso15693.hpp"
#include "ccid/reader.hpp"
#include "ccid/tag_memory.hpp"
#include "reader/ndef.hpp"

#include <algorithm>

namespace dosario::ccid {
namespace {

constexpr int kMostTries = 3;
constexpr std::size_t kPage = 4;         // bytes of a Type 2 tag
constexpr std::size_t kUsualChunk = 16;  // that is what one READ of a Type 2 tag gives
constexpr std::uint16_t kContainerPage = 3;
constexpr std::size_t kPages = 256;  // what one byte of page number reaches

/// 6Cxx: the length should have been xx (ISO/IEC 7816-4, table 5).
std::optional<std::size_t> right_length(std::uint16_t status_word) {
    constexpr unsigned kWrongLength = 0x6C;
    return status_word >> 8 == kWrongLength ? std::optional<std::size_t>{status_word & 0xFFU} : std::nullopt;
}

/// Of NDEF, of either kind of tag.
bool begins_container(ByteView memory) {
    return !memory.empty() && (memory[0] == std::byte{0xE1} || memory[0] == std::byte{0xE2});
}

}  // namespace

// --- one card ---------------------------------------------------------------------------------------------------------------------

Talk<Done> CcidReader::get_to_know(Card card) {
    half_read_ = true;
    const MonoTime heard_at = now_;
    Content content;
    if (card.memory != Memory::none) {
        content = co_await read_content(card);
        if (content.what == Content::What::lost) co_return Done{};
        const bool there = co_await still_there(card);
        if (!there) co_return Done{};
    }
    half_read_ = false;
    if (content.what == Content::What::unreadable)
        fault(ReaderFault::Kind::framing, "what is on the card could not be read, or is no whole NDEF message");
    CardRead read;
    read.uid = card.uid;
    read.kind = card.kind;
    if (content.what == Content::What::read) read.ndef = std::move(content.ndef);
    read.heard_at = heard_at;
    read.was_there = !saw_nothing_;
    told_ = std::move(card);
    emit(std::move(read));
    co_return Done{};
}

Talk<bool> CcidReader::still_there(const Card& card) {
    co_await leave_air();
    if (by_chip_) {
        const Look look = co_await look_by_chip();
        co_return look.cards.size() == 1 && look.cards.front().uid == card.uid;
    }
    const std::optional<Bytes> uid = co_await uid_of(card.kind);
    co_return uid&&* uid == card.uid && !slots_[slot_].changed;
}

Talk<CcidReader::Content> CcidReader::read_content(Card& card) {
    const bool type2 = card.memory == Memory::type2;
    if (type2) {
        card.block_size = kPage;
        card.chunk = kUsualChunk;
    } else {
        const bool learnt = co_await learn_blocks(card);
        if (card.blank) co_return Content{};
        if (!learnt) {
            const bool there = co_await still_there(card);
            co_return Content{there ? Content::What::unreadable : Content::What::lost, {}};
        }
    }
    Bytes memory;
    for (;;) {
        NdefPlace place = find_ndef(card.memory, memory);
        switch (place.what) {
            case NdefPlace::What::none: co_return Content{Content::What::none, {}};
            case NdefPlace::What::broken: co_return Content{Content::What::unreadable, {}};
            case NdefPlace::What::found: {
                const bool whole = parse_ndef(place.message).has_value();
                if (!whole) co_return Content{Content::What::unreadable, {}};
                co_return Content{Content::What::read, std::move(place.message)};
            }
            case NdefPlace::What::further: break;
        }
        const auto container = read_container(card.memory, memory);
        const std::size_t end = container ? container->size + container->area : kUsualChunk;
        const std::size_t block = (type2 ? kContainerPage : 0) + memory.size() / card.block_size;
        if (place.wanted <= memory.size() || end <= memory.size() || (type2 && block >= kPages))
            co_return Content{Content::What::unreadable, {}};
        const std::size_t blocks = (end - memory.size() + card.block_size - 1) / card.block_size;
        const std::size_t size = std::min(card.chunk, blocks * card.block_size);
        const Fetched fetched = co_await fetch(card, static_cast<std::uint16_t>(block), size);
        if (fetched.done()) {
            // Less than asked for is taken as what this reader gives at once.
            if (fetched.content.size() < size) card.chunk = fetched.content.size();
            memory.insert(memory.end(), fetched.content.begin(), fetched.content.end());
            continue;
        }
        const std::size_t smaller = right_length(fetched.status_word).value_or(card.block_size);
        const bool helps =
            fetched.what == Fetched::What::refused && smaller < size && smaller != 0 && smaller % card.block_size == 0;
        if (helps) {
            card.chunk = smaller;
            continue;
        }
        const bool there = co_await still_there(card);
        co_return Content{there ? Content::What::unreadable : Content::What::lost, {}};
    }
}

// --- blocks -----------------------------------------------------------------------------------------------------------------------

/// `size`: whole blocks. What comes back is as long, or shorter by whole blocks and not empty.
Talk<CcidReader::Fetched> CcidReader::fetch(const Card& card, std::uint16_t block, std::size_t size) {
    Fetched fetched;
    for (int tries = 0; tries < kMostTries; ++tries) {
        fetched = co_await fetch_once(card, block, size);
        const bool known = card.block_size != 0;
        const bool fits = !fetched.content.empty() && fetched.content.size() <= size &&
                          (!known || fetched.content.size() % card.block_size == 0);
        if (fetched.done() && fits) co_return fetched;
        if (fetched.done()) fetched.what = Fetched::What::failed;
        if (right_length(fetched.status_word)) co_return fetched;
    }
    co_return fetched;
}

Talk<CcidReader::Fetched> CcidReader::fetch_once(const Card& card, std::uint16_t block, std::size_t size) {
    Fetched fetched;
    if (by_chip_) {
        Bytes read = pn532::read_pages(static_cast<std::uint8_t>(block));
        const std::optional<Bytes> said = co_await ask_chip(pn532::kExchange, std::move(read));
        // [error, bits 0-5] [four pages]
        const bool fine = said && said->size() == 1 + kUsualChunk && ((*said)[0] & std::byte{0x3F}) == std::byte{0};
        if (!fine) co_return fetched;
        const auto from = said->begin() + 1;
        fetched.content.assign(from, from + static_cast<std::ptrdiff_t>(std::min(size, kUsualChunk)));
        fetched.what = Fetched::What::done;
        co_return fetched;
    }
    if (card.by_air) {
        Bytes read = iso15693::read_block(static_cast<std::uint8_t>(block), card.uid);
        std::optional<Bytes> said = co_await exchange_by_air(std::move(read), false);
        if (!said) co_return fetched;
        fetched.content = std::move(*said);
        fetched.what = Fetched::What::done;
        co_return fetched;
    }
    Bytes read = apdu::read_binary(block, size);
    Answered answered = co_await transmit(std::move(read));
    fetched.status_word = answered.status_word;
    if (answered.what != Heard::What::done) co_return fetched;
    fetched.what = answered.ok() ? Fetched::What::done : Fetched::What::refused;
    fetched.content = std::move(answered.content);
    co_return fetched;
}

/// True where the reader says that it was written. It may have been where it does not: who writes reads back.
Talk<bool> CcidReader::put(const Card& card, std::uint16_t block, Bytes content) {
    if (by_chip_) {
        Bytes write = pn532::write_page(static_cast<std::uint8_t>(block), content);
        const std::optional<Bytes> said = co_await ask_chip(pn532::kExchange, std::move(write));
        co_return said && !said->empty() && ((*said)[0] & std::byte{0x3F}) == std::byte{0};
    }
    if (card.by_air) {
        Bytes write = iso15693::write_block(static_cast<std::uint8_t>(block), content, card.uid);
        const std::optional<Bytes> said = co_await exchange_by_air(std::move(write), true);
        co_return said.has_value();
    }
    Bytes write = apdu::update_binary(block, content);
    const Answered answered = co_await transmit(std::move(write));
    co_return answered.ok();
}

/// What the tag answered, without its flags; nothing where it did not or refused.
Talk<std::optional<Bytes>> CcidReader::exchange_by_air(Bytes command, bool writes) {
    Bytes handed_on = apdu::to_tag(command, writes);
    const Answered answered = co_await transmit(std::move(handed_on));
    if (!answered.ok()) co_return std::nullopt;
    const std::optional<Bytes> said = apdu::from_tag(answered.content);
    const auto answer = said ? iso15693::parse_answer(*said) : std::nullopt;
    if (!answer || answer->error) co_return std::nullopt;
    co_return answer->content;
}

/// From here on the reader looks for no cards by itself, and hands commands on.
Talk<bool> CcidReader::enter_air() {
    if (in_air_) co_return true;
    Bytes session = apdu::begin_session();
    const Answered begun = co_await transmit(std::move(session));
    if (!begun.ok()) co_return false;
    in_air_ = true;
    Bytes technology = apdu::choose_iso15693();
    const Answered chosen = co_await transmit(std::move(technology));
    co_return chosen.ok();
}

Talk<Done> CcidReader::leave_air() {
    if (!std::exchange(in_air_, false)) co_return Done{};
    Bytes session = apdu::end_session();
    co_await transmit(std::move(session));
    co_return Done{};
}

/// How long the blocks of an ISO 15693 tag are, and how to read them. The reader counts in blocks, and does not say how long they are:
/// what it reads from block 1 on must be what it read from block 0 on, moved by one block.
Talk<bool> CcidReader::learn_blocks(Card& card) {
    card.blank = false;
    const Fetched first = co_await fetch(card, 0, kUsualChunk);
    if (!first.done() || first.content.size() != kUsualChunk) {
        bool learnt = false;
        if (first.what == Fetched::What::refused || first.done()) learnt = co_await learn_blocks_one_by_one(card);
        co_return learnt;
    }
    card.blank = !begins_container(first.content);
    const Fetched second = co_await fetch(card, 1, kUsualChunk);
    if (second.done() && second.content.size() == kUsualChunk) {
        const auto moved_by = [&](std::size_t size) {
            return std::equal(first.content.begin() + static_cast<std::ptrdiff_t>(size), first.content.end(),
                              second.content.begin());
        };
        const bool by_four = moved_by(4), by_eight = moved_by(8);
        if (by_four != by_eight) {
            card.block_size = by_four ? 4 : 8;
            card.chunk = kUsualChunk;
            co_return true;
        }
    }
    const bool learnt = co_await learn_blocks_by_air(card);
    co_await leave_air();
    card.by_air = false;
    co_return learnt;
}

/// A reader that reads one block at a time takes no length but the right one.
Talk<bool> CcidReader::learn_blocks_one_by_one(Card& card) {
    for (std::size_t size = 4; size <= 8; size += 4) {
        const Fetched fetched = co_await fetch(card, 0, size);
        const std::size_t said = right_length(fetched.status_word).value_or(fetched.done() ? fetched.content.size() : 0);
        if (said != 4 && said != 8) continue;
        if (fetched.done()) card.blank = !begins_container(fetched.content);
        card.block_size = card.chunk = said;
        co_return true;
    }
    const bool learnt = co_await learn_blocks_by_air(card);
    co_return learnt;
}

/// The tag is asked itself, by a reader that hands its commands on.
Talk<bool> CcidReader::learn_blocks_by_air(Card& card) {
    const bool entered = co_await enter_air();
    if (!entered) co_return false;
    Bytes ask_system = iso15693::system_information();
    const std::optional<Bytes> said = co_await exchange_by_air(std::move(ask_system), false);
    const auto system = said ? iso15693::parse_system(*said) : std::nullopt;
    if (!system || system->uid != card.uid || system->block_size == 0) co_return false;
    card.block_size = card.chunk = system->block_size;
    card.by_air = true;
    co_return true;
}

}  // namespace dosario::ccid
