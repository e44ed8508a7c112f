// SPDX-License-Identifier: Apache-2.0
// What concerns one tag: who is in the field, words, locks.
#include "chafon_uhf/chafon_core.hpp"

#include <algorithm>

namespace dosario::chafon {
namespace {

constexpr milliseconds kLateTag{3000};          // an answer about a tag comes so late at most
constexpr std::size_t kLongestOldCommand = 96;  // Len of what RU5102 takes
constexpr std::size_t kLongestCommand = 255;
constexpr std::size_t kLongestMask = 31;  // bytes; the 288M counts bits in one byte

}  // namespace

/// Two rounds: a weak tag is missed in one of them now and then.
Task<UhfReader::Outcome> ChafonReader::look(std::vector<Bytes>& field) {
    for (int rounds = 0; rounds < 2; ++rounds) {
        std::vector<Bytes> seen;
        looking_ = &seen;
        const Outcome ended = co_await round();
        looking_ = nullptr;
        if (!ended.ok()) co_return ended;
        for (const Bytes& epc : seen) {
            // Two of one EPC in one round are two tags.
            if (std::count(seen.begin(), seen.end(), epc) > std::count(field.begin(), field.end(), epc)) field.push_back(epc);
        }
        const Outcome still = co_await confirm();
        if (!still.ok()) co_return still;
    }
    co_return Outcome{};
}

/// The manual: without a mask the whole EPC is compared. A reader that wants one says that the length is wrong.
UhfReader::Request ChafonReader::tag_request(std::uint8_t command, const Bytes& epc, Bytes content, Mask mask) const {
    if (mask == Mask::whole) {
        if (layout_ == Layout::long288) {
            constexpr unsigned kFirstEpcBit = 0x20;
            append_be16(content, kFirstEpcBit);
            content.push_back(static_cast<std::byte>(epc.size() * 8));
        } else {
            content.push_back(std::byte{0});
            content.push_back(static_cast<std::byte>(epc.size()));
        }
    }
    Request made =
        request(command, content, std::max<Micros>(milliseconds{about_.scan_ms}, milliseconds{500}) + milliseconds{500}, 1);
    made.touches_tag = true;
    made.asks_again = command != kWrite;  // what was written is read back
    made.late = kLateTag;
    return made;
}

Task<UhfReader::Outcome> ChafonReader::ask_tag(std::uint8_t command, const Bytes& epc, const Bytes& content,
                                               std::optional<std::size_t> answer_size) {
    const std::size_t longest = layout_ == Layout::long288 ? kLongestCommand : kLongestOldCommand;
    if (content.size() + 3 + 4 > longest)
        co_return Outcome::failed("this is more than the reader takes at once: write fewer words");
    // What the reader took last first: it says of the other one each time that it is too long or too short.
    const Mask first = mask_, second = first == Mask::none ? Mask::whole : Mask::none;
    for (const Mask mask : {first, second}) {
        if (mask == Mask::whole && epc.size() > kLongestMask) continue;
        Request asked = tag_request(command, epc, content, mask);
        asked.size = answer_size;
        const Reply reply = co_await ask(asked);
        if (!reply) co_return Outcome::mute();
        if (reply->status == kWrongLength && mask == first) {
            const Outcome still = co_await confirm();
            if (!still.ok()) co_return still;
            continue;
        }
        Outcome outcome;
        outcome.status = status_words(reply->status, reply->body);
        if (outcome.ok()) outcome.content = reply->body;
        if (outcome.ok()) mask_ = mask;
        co_return outcome;
    }
    co_return Outcome::failed(status_words(kWrongLength, {}));
}

Task<UhfReader::Outcome> ChafonReader::read_words(const ReadTag& what) {
    if (what.first_word > 0xFF) co_return Outcome::failed("this reader reads words 0 to 255");
    Bytes content = bytes_of({static_cast<unsigned>(what.epc.size() / 2)});
    append(content, what.epc);
    append(content, bytes_of({static_cast<unsigned>(what.bank), what.first_word, what.words}));
    append_be32(content, what.password);
    Outcome outcome = co_await ask_tag(kRead, what.epc, content, std::size_t{what.words} * 2);
    co_return outcome;
}

Task<UhfReader::Outcome> ChafonReader::write_words(const WriteTag& what) {
    if (what.first_word > 0xFF) co_return Outcome::failed("this reader writes words 0 to 255");
    Bytes content = bytes_of({static_cast<unsigned>(what.content.size() / 2), static_cast<unsigned>(what.epc.size() / 2)});
    append(content, what.epc);
    append(content, bytes_of({static_cast<unsigned>(what.bank), what.first_word}));
    append(content, what.content);
    append_be32(content, what.password);
    Outcome outcome = co_await ask_tag(kWrite, what.epc, content, std::nullopt);
    outcome.content.clear();
    co_return outcome;
}

/// One part at a time.
Task<UhfReader::Outcome> ChafonReader::lock_tag(const LockTag& what) {
    const TagLock parts[] = {what.kill_password, what.access_password, what.epc_bank, what.tid_bank, what.user_bank};
    bool first = true;
    for (unsigned part = 0; part < std::size(parts); ++part) {
        unsigned protect = 0;
        switch (parts[part]) {
            case TagLock::leave: continue;
            case TagLock::open: protect = 0; break;
            case TagLock::open_for_ever: protect = 1; break;
            case TagLock::with_password: protect = 2; break;
            case TagLock::closed_for_ever: protect = 3; break;
        }
        if (!first) {
            const Outcome still = co_await confirm();
            if (!still.ok()) co_return Outcome::failed("only a part is locked: " + still.status);
        }
        Bytes content = bytes_of({static_cast<unsigned>(what.epc.size() / 2)});
        append(content, what.epc);
        append(content, bytes_of({part, protect}));
        append_be32(content, what.password);
        Outcome locked = co_await ask_tag(kLock, what.epc, content, std::size_t{0});
        if (!locked.ok() && !first) locked.status = "only a part is locked: " + locked.status;
        if (!locked.ok()) co_return locked;
        first = false;
    }
    co_return Outcome{};
}

}  // namespace dosario::chafon
