// SPDX-License-Identifier: Apache-2.0
// What concerns one tag: who is in the field, words, locks.
#include "m100_uhf/m100_core.hpp"

#include <algorithm>
#include <map>

namespace dosario::m100 {
namespace {

constexpr milliseconds kLateTag{3000};  // an answer about a tag comes so late at most
constexpr milliseconds kTagPatience{1000};
constexpr milliseconds kMoreOfARound{50};
constexpr int kLooks = 8;
constexpr int kTwinsByStrength = 2;       // looks in which an EPC is heard twice, differently strong
constexpr int kTwins = 6;                 // and in which it is heard twice, however strong
constexpr std::size_t kLongestMask = 31;  // bytes of an EPC: a mask is counted in bits, in one byte

}  // namespace

/// A poll is a round, in which each tag answers once. An EPC twice in one may be an answer that came twice, which is the same to the last
/// byte, or one that came late. In several of them it is two tags.
Task<UhfReader::Outcome> M100Reader::look(std::vector<Bytes>& field) {
    const Request poll = request(kSingleInventory, {}, kTagPatience, 1);
    std::map<Bytes, int> twice, differently;
    for (int polls = 0; polls < kLooks; ++polls) {
        co_await post(poll);
        Micros patience = poll.patience;
        std::map<Bytes, Bytes> once;
        std::set<Bytes> again;
        for (bool first = true;; first = false) {
            const Reply reply = co_await next(poll, patience, false);
            if (!reply && first) co_return Outcome::mute();
            if (!reply) break;
            if (reply->kind != kNotice) {
                if (reply->code == kError && first_of(*reply) != kNoTag) co_return Outcome::failed(error_words(first_of(*reply)));
                break;
            }
            const auto tag = tag_of(reply->body);
            if (tag && std::find(field.begin(), field.end(), tag->epc) == field.end()) field.push_back(tag->epc);
            if (tag) {
                const auto [first_time, is_new] = once.emplace(tag->epc, reply->body);
                if (!is_new && again.insert(tag->epc).second) {
                    const int times = ++twice[tag->epc];
                    const int unlike = differently[tag->epc] += first_time->second != reply->body;
                    const bool are_two = times >= kTwins || unlike >= kTwinsByStrength;
                    if (are_two && std::count(field.begin(), field.end(), tag->epc) == 1) field.push_back(tag->epc);
                }
            }
            tell_notice(*reply);
            patience = kMoreOfARound;
        }
    }
    co_return Outcome{};
}

/// SelParam: target S0, action 0, the EPC bank; then where the mask begins and how long it is, in bits. It is read back: a write to what was
/// selected before would go to another tag.
Task<UhfReader::Outcome> M100Reader::select(const Bytes& epc) {
    constexpr unsigned kEpcBank = 1, kFirstEpcBit = 0x20, kNoTruncation = 0;
    constexpr std::size_t kMaskAt = 7;
    if (epc.size() > kLongestMask) co_return Outcome::failed("the EPC is longer than this reader can select");
    Bytes content = bytes_of({kEpcBank});
    append_be32(content, kFirstEpcBit);
    append(content, bytes_of({static_cast<unsigned>(epc.size() * 8), kNoTruncation}));
    append(content, epc);
    // Once: one that restarted meanwhile would take the second, and transmit.
    Request selecting = request(kSelect, content, kPatience, 1);
    selecting.late = kLateTag;
    selecting.touches_tag = !tells_selection_;
    const Reply reply = co_await ask(selecting);
    if (!reply) co_return Outcome::mute();
    if (reply->code == kError) co_return Outcome::failed(error_words(first_of(*reply)));
    if (!tells_selection_) co_return Outcome{};
    const Request ask_selected = request(kGetSelect, {}, kPatience, 1);
    const Reply selected = co_await ask(ask_selected);
    if (!selected) co_return Outcome::mute();
    if (selected->code == kError) {
        // A reader without this command says so at each of them; one error may be of something else.
        tells_selection_ = ++untold_selections_ < kMostRefusals;
        co_return Outcome::failed("the reader does not say which tag is selected: " + error_words(first_of(*selected)));
    }
    untold_selections_ = 0;
    const ByteView told{selected->body};
    const bool same = told.size() == kMaskAt + epc.size() && told[5] == static_cast<std::byte>(epc.size() * 8) &&
                      std::equal(epc.begin(), epc.end(), told.begin() + kMaskAt);
    if (!same) co_return Outcome::failed("the reader has selected another tag");
    co_return Outcome{};
}

/// An answer that belongs to another selection is one reason more to do it again.
Task<UhfReader::Outcome> M100Reader::select_surely(const Bytes& epc) {
    Outcome outcome;
    for (int tried = 0; tried < kMostRefusals + 1; ++tried) {
        outcome = co_await select(epc);
        if (outcome.ok() || outcome.silent) break;
    }
    co_return outcome;
}

/// A module that does not tell its selection is made to read: the tag that answers says who it is.
Task<UhfReader::Outcome> M100Reader::answers_as(const Bytes& epc) {
    constexpr unsigned kEpcBank = 1, kPcWord = 1;
    Bytes content;
    append_be32(content, 0);
    append(content, bytes_of({kEpcBank}));
    append_be16(content, kPcWord);
    append_be16(content, 1);
    Request asked = request(kRead, content, kTagPatience, 1);
    asked.touches_tag = true;
    asked.asks_again = true;
    asked.late = kLateTag;
    asked.epc = epc;
    asked.size = 2;
    const Reply reply = co_await ask(asked);
    if (!reply) co_return Outcome::mute();
    if (reply->code == kError) co_return Outcome::failed(error_words(first_of(*reply)));
    co_return Outcome{};
}

Task<UhfReader::Outcome> M100Reader::ask_tag(std::uint8_t command, const Bytes& epc, Bytes content, std::size_t answer_size) {
    const Outcome selected = co_await select_surely(epc);
    if (!selected.ok()) co_return selected;
    if (!tells_selection_ && command != kRead) {
        const Outcome is_it = co_await answers_as(epc);
        if (!is_it.ok()) co_return is_it;
    }
    Request asked = request(command, content, kTagPatience, 1);
    asked.touches_tag = true;
    asked.asks_again = command != kWrite;  // what was written is read back
    asked.late = kLateTag;
    asked.epc = epc;
    asked.size = answer_size;
    const Reply reply = co_await ask(asked);
    if (!reply) co_return Outcome::mute();
    if (reply->code == kError) co_return Outcome::failed(error_words(first_of(*reply)));
    const auto tag = singled(reply->body);
    if (!tag) co_return Outcome::mute();
    Outcome outcome;
    outcome.pc = tag->pc;
    outcome.content.assign(tag->rest.begin(), tag->rest.end());
    co_return outcome;
}

Task<UhfReader::Outcome> M100Reader::read_words(const ReadTag& what) {
    Bytes content;
    append_be32(content, what.password);
    content.push_back(static_cast<std::byte>(what.bank));
    append_be16(content, what.first_word);
    append_be16(content, what.words);
    Outcome outcome = co_await ask_tag(kRead, what.epc, std::move(content), std::size_t{what.words} * 2);
    co_return outcome;
}

Task<UhfReader::Outcome> M100Reader::write_words(const WriteTag& what) {
    Bytes content;
    append_be32(content, what.password);
    content.push_back(static_cast<std::byte>(what.bank));
    append_be16(content, what.first_word);
    append_be16(content, static_cast<unsigned>(what.content.size() / 2));
    append(content, what.content);
    // It could be written, and neither read back nor written again.
    const auto after = epc_after(what);
    if (after && after->size() > kLongestMask) co_return Outcome::failed("the new EPC is longer than this reader can select");
    Outcome outcome = co_await ask_tag(kWrite, what.epc, std::move(content), 1);
    outcome.content.clear();
    co_return outcome;
}

Task<UhfReader::Outcome> M100Reader::lock_tag(const LockTag& what) {
    Bytes content;
    append_be32(content, what.password);
    const std::uint32_t bits = lock_bits(what);
    append(content, bytes_of({bits >> 16 & 0xFF, bits >> 8 & 0xFF, bits & 0xFF}));
    Outcome outcome = co_await ask_tag(kLock, what.epc, std::move(content), 1);
    outcome.content.clear();
    co_return outcome;
}

}  // namespace dosario::m100
