// SPDX-License-Identifier: Apache-2.0
// Blocks of tags that somebody asked for. Each command is answered once, by its number; what it says holds for the tag with that UID and for
// no other, which is asked for before and after.
#include "ccid/reader.hpp"
#include "ccid/tag_memory.hpp"

#include <algorithm>

namespace dosario::ccid {
namespace {

constexpr std::size_t kPage = 4;  // bytes of a Type 2 tag
constexpr std::uint16_t kContainerPage = 3, kFirstFreePage = 4;
constexpr std::size_t kPages = 256;  // what one byte of page number reaches

}  // namespace

Talk<Done> CcidReader::serve() {
    while (!pending_.empty()) {
        ReaderAnswer answer;
        answer.command = command_name(pending_.front().command);
        answer.number = pending_.front().number;
        const ReaderCommand command = pending_.front().command;
        if (const auto* const read = std::get_if<ReadBlocks>(&command)) {
            Bytes content;
            answer.status = co_await serve_read(*read, content);
            if (answer.status == "ok") answer.content = std::move(content);
        } else if (const auto* const write = std::get_if<WriteBlocks>(&command)) {
            answer.status = co_await serve_write(*write);
        }
        co_await leave_air();
        pending_.pop_front();
        emit(std::move(answer));
    }
    co_return Done{};
}

bool CcidReader::is_there(const Bytes& uid) const { return told_ && told_->uid == uid && !missing_since_; }

Talk<bool> CcidReader::knows_blocks(Card& card) {
    if (card.memory == Memory::type2) {
        card.block_size = kPage;
        co_return true;
    }
    bool known = true;
    if (card.block_size == 0) known = co_await learn_blocks(card);
    if (card.by_air && !in_air_) known = co_await enter_air();
    co_return known;
}

Talk<const char*> CcidReader::serve_read(const ReadBlocks& wanted, Bytes& content) {
    if (wanted.blocks == 0 || wanted.blocks > kMostTagBlocks) co_return "invalid";
    if (!is_there(wanted.uid)) co_return "no_tag";
    Card card = *told_;
    if (card.memory == Memory::none) co_return "unsupported";
    const bool there_before = co_await still_there(card);
    if (!there_before) co_return "no_tag";
    const bool known = co_await knows_blocks(card);
    if (!known) co_return "failed";
    const std::size_t last = std::size_t{wanted.first_block} + wanted.blocks - 1;
    if (card.memory == Memory::type2 && last >= kPages) co_return "invalid";
    for (std::size_t block = wanted.first_block; block <= last; ++block) {
        const Fetched fetched = co_await fetch(card, static_cast<std::uint16_t>(block), card.block_size);
        if (!fetched.done() || fetched.content.size() != card.block_size)
            co_return fetched.what == Fetched::What::refused ? "refused" : "failed";
        content.insert(content.end(), fetched.content.begin(), fetched.content.end());
    }
    const bool there = co_await still_there(card);
    co_return there ? "ok" : "no_tag";
}

/// Of Type 2 the pages of its NDEF area: lock bits, one-time bits and configuration cannot be taken back.
Talk<bool> CcidReader::may_write(const Card& card, std::size_t first, std::size_t blocks) {
    if (card.memory != Memory::type2) co_return true;
    const Fetched page = co_await fetch(card, kContainerPage, kPage);
    const auto container = page.done() ? read_container(card.memory, page.content) : std::nullopt;
    const std::size_t end = container ? std::min(kFirstFreePage + container->area / kPage, kPages) : 0;
    co_return first >= kFirstFreePage&& first + blocks <= end;
}

Talk<const char*> CcidReader::serve_write(const WriteBlocks& wanted) {
    if (!is_there(wanted.uid)) co_return "no_tag";
    Card card = *told_;
    if (card.memory == Memory::none) co_return "unsupported";
    const bool there_before = co_await still_there(card);
    if (!there_before) co_return "no_tag";
    const bool known = co_await knows_blocks(card);
    if (!known) co_return "failed";
    const std::size_t blocks = wanted.content.size() / card.block_size;
    if (blocks == 0 || blocks > kMostTagBlocks || wanted.content.size() % card.block_size != 0) co_return "invalid";
    const bool may = co_await may_write(card, wanted.first_block, blocks);
    if (!may) co_return "refused";
    for (std::size_t i = 0; i < blocks; ++i) {
        if (slots_[slot_].changed) co_return "no_tag";
        const auto from = wanted.content.begin() + static_cast<std::ptrdiff_t>(i * card.block_size);
        Bytes content{from, from + static_cast<std::ptrdiff_t>(card.block_size)};
        const auto block = static_cast<std::uint16_t>(wanted.first_block + i);
        Bytes sent = content;
        co_await put(card, block, std::move(sent));
        const Fetched back = co_await fetch(card, block, card.block_size);
        if (!back.done() || back.content != content) co_return "not_verified";
    }
    const bool there = co_await still_there(card);
    co_return there ? "ok" : "no_tag";
}

}  // namespace dosario::ccid
