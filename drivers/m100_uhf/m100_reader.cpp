// SPDX-License-Identifier: Apache-2.0
// What is asked of an M100 or R200 module, and in which order. Its inventory goes on by itself, a notice for each tag and an error 15 for
// each round without one, until it is stopped. It says nothing of rounds: one is over when a tag is heard that was heard in it before.
#include "m100_uhf/m100_reader.hpp"

#include "m100_uhf/m100_core.hpp"

#include <algorithm>

namespace dosario::m100 {
namespace {

constexpr milliseconds kProbePatience{300};
constexpr milliseconds kLongestSilence{1500};  // of an inventory
constexpr unsigned kMostRounds = 0xFFFF;
constexpr std::size_t kMostTagsInRound = 4096;

}  // namespace

UhfReader::Parsed M100Reader::parse(ByteView bytes) const {
    const auto byte = [&](std::size_t index) { return std::to_integer<unsigned>(bytes[index]); };
    // Filling, and what wakes a module that sleeps.
    if (byte(0) == 0) return {Parsed::Verdict::bad, 1};
    const bool m100 = byte(0) == kM100.head && (!variant_ || variant_->head == kM100.head);
    const bool r200 = byte(0) == kR200.head && (!variant_ || variant_->head == kR200.head);
    if (!m100 && !r200) return Parsed::bad(ReaderFault::Kind::framing, "bytes between frames");
    if (bytes.size() >= 2 && byte(1) > kNotice)
        return Parsed::bad(ReaderFault::Kind::framing, "a frame of no kind that is known");
    if (bytes.size() < 5) return {};
    const std::size_t length = byte(3) << 8 | byte(4);
    if (length > kLongestContent) return Parsed::bad(ReaderFault::Kind::length, "a frame longer than any is");
    if (bytes.size() < length + kFrameAround) return {};
    unsigned sum = 0;
    for (std::size_t i = 1; i < length + 5; ++i) sum += byte(i);
    if (byte(length + 6) != (m100 ? kM100.end : kR200.end))
        return Parsed::bad(ReaderFault::Kind::framing, "a frame does not end as it should");
    if ((sum & 0xFF) != byte(length + 5)) return Parsed::bad(ReaderFault::Kind::checksum, "the checksum of a frame is wrong");
    UhfFrame frame;
    frame.kind = static_cast<std::uint8_t>(byte(1));
    frame.address = static_cast<std::uint8_t>(byte(0));
    frame.code = static_cast<std::uint8_t>(byte(2));
    const ByteView content = bytes.subspan(5, length);
    frame.body.assign(content.begin(), content.end());
    return Parsed::whole(length + kFrameAround, std::move(frame));
}

bool M100Reader::answers(const UhfFrame& frame, const Request& request) const {
    const bool of_inventory = request.code == kInventory || request.code == kSingleInventory;
    if (frame.kind == kNotice) return of_inventory && (frame.code == kInventory || frame.code == kSingleInventory);
    if (frame.kind != kAnswer) return false;
    const bool same_tag = [&] {
        if (request.epc.empty()) return true;
        const auto tag = singled(frame.code == kError ? ByteView{frame.body}.subspan(std::min<std::size_t>(1, frame.body.size()))
                                                      : frame.body);
        if (!tag) return frame.code == kError && frame.body.size() == 1;
        return std::equal(tag->epc.begin(), tag->epc.end(), request.epc.begin(), request.epc.end()) &&
               (frame.code == kError || !request.size || tag->rest.size() == *request.size);
    }();
    if (frame.code == kError) return !frame.body.empty() && error_fits(first_of(frame), request.code) && same_tag;
    return frame.code == request.code && same_tag;
}

void M100Reader::unasked(const UhfFrame& frame) {
    if (!variant_) variant_ = frame.address == kR200.head ? kR200 : kM100;
    if (frame.kind == kNotice && (frame.code == kInventory || frame.code == kSingleInventory)) {
        runs_ = true;
        tell_notice(frame);
        return;
    }
    if (frame.kind == kCommand) return tell(command_words(frame.code), "echo");
    if (frame.code == kError && first_of(frame) == kNoTag) runs_ = true;
    if (frame.code == kError) return tell("", frame.body.empty() ? "an error" : error_words(first_of(frame)), frame.body);
    const auto tag = frame.code == kRead || frame.code == kWrite || frame.code == kLock ? singled(frame.body) : std::nullopt;
    if (!tag) return tell(command_words(frame.code), "ok", frame.body);
    ReaderAnswer said;
    said.command = command_words(frame.code);
    said.status = "ok";
    said.pc = tag->pc;
    said.epc.emplace(tag->epc.begin(), tag->epc.end());
    said.content.emplace(tag->rest.begin(), tag->rest.end());
    emit(std::move(said));
}

bool M100Reader::tell_notice(const UhfFrame& frame) {
    auto tag = tag_of(frame.body);
    if (!tag) {
        fault(ReaderFault::Kind::checksum, "a tag was heard wrong: its length or its own checksum");
        return false;
    }
    tell_tag(std::move(*tag));
    return true;
}

UhfReader::Request M100Reader::request(std::uint8_t command, ByteView content, Micros patience, int tries) const {
    Request request;
    request.code = command;
    request.frame = frame_of(variant_.value_or(kM100), command, content);
    request.patience = patience;
    request.tries = tries;
    return request;
}

/// A command whose answer is 00, or an error.
Task<UhfReader::Outcome> M100Reader::say(std::uint8_t command, Bytes content, int tries) {
    const Request said = request(command, content, kPatience, tries);
    Outcome outcome;
    for (int tried = 0; tried < kMostRefusals; ++tried) {
        const Reply reply = co_await ask(said);
        if (!reply) co_return Outcome::mute();
        outcome.status = reply->code == kError ? error_words(first_of(*reply)) : "ok";
        if (reply->code != kError && first_of(*reply) != 0) outcome.status = "the reader refuses";
        if (outcome.ok()) {
            outcome.content = reply->body;
            break;
        }
    }
    co_return outcome;
}

Task<UhfReader::Outcome> M100Reader::set_up() {
    Reply found;
    for (int tried = 0; tried < 3 && !found; ++tried) {
        for (const Variant variant : {kM100, kR200}) {
            if (variant_ && variant_->head != variant.head) continue;
            Request probe = request(kAboutReader, bytes_of({0}), kProbePatience, 1);
            probe.frame = frame_of(variant, kAboutReader, bytes_of({0}));
            probe.late = Micros{0};
            found = co_await ask(probe);
            if (found) variant_ = found->address == kR200.head ? kR200 : kM100;
            if (found) break;
            if (runs_) {
                const Outcome stopped = co_await stop();
                if (stopped.ok()) runs_ = false;
            }
        }
    }
    if (!found) co_return Outcome::mute();
    tell("info", "ok", found->body);
    tells_selection_ = true;
    untold_selections_ = 0;
    // It may still run from before.
    const Outcome stopped = co_await stop();
    if (!stopped.ok()) co_return stopped;
    const Outcome in_band = co_await set_region();
    if (!in_band.ok()) co_return in_band;
    const Outcome on_channels = co_await set_channels(kTries);
    if (!on_channels.ok()) co_return on_channels;
    const Request ask_power = request(kGetPower, {});
    const Reply power = co_await ask(ask_power);
    if (!power) co_return Outcome::mute();
    const int most = region().most_cdbm;
    const int is = power->code == kGetPower && power->body.size() >= 2 ? be16(power->body, 0) : most + 1;
    const int wanted = std::min(wanted_power().value_or(is), most);
    if (is != wanted) {
        const Outcome powered = co_await set_power(wanted);
        if (powered.silent) co_return powered;
        // It may know steps only, or none of ours; what it is set to must be allowed.
        if (!powered.ok() && is > most) co_return powered;
    }
    // Never a selection but where one is made: a mask of before would hide tags.
    const Bytes never = bytes_of({1});
    const Outcome unmasked = co_await say(kSelectMode, never);
    if (unmasked.silent) co_return unmasked;
    co_return Outcome{};
}

Task<UhfReader::Outcome> M100Reader::set_region() {
    const Request ask_region = request(kGetRegion, {});
    const Bytes wanted = bytes_of({kUsRegion});
    std::string refused;
    for (int tried = 0; tried < kMostRefusals; ++tried) {
        const Reply reply = co_await ask(ask_region);
        if (!reply) co_return Outcome::mute();
        tells_region_ = reply->code != kError;
        if (tells_region_ && first_of(*reply) == kUsRegion) co_return Outcome{};
        if (tells_region_ && tried > 0) refused = "the reader stays in region " + region_words(first_of(*reply));
        const Outcome set = co_await say(kSetRegion, wanted);
        if (set.silent) co_return set;
        if (!set.ok()) refused = set.status;
        // It took the region and cannot say which it has: that is confirmed enough.
        if (set.ok() && !tells_region_ && tried + 1 == kMostRefusals) co_return Outcome{};
    }
    const Reply reply = co_await ask(ask_region);
    if (reply && reply->code != kError && first_of(*reply) == kUsRegion) co_return Outcome{};
    co_return Outcome::failed(refused + ": another band than is allowed in " + std::string{region().country} +
                              ", nothing is transmitted");
}

Task<UhfReader::Outcome> M100Reader::set_channels(int tries) {
    if (!all_channels_in(region())) {
        const auto channels = channels_for(region());
        Bytes content = bytes_of({static_cast<unsigned>(channels.size())});
        for (const std::uint8_t one : channels) content.push_back(std::byte{one});
        const Outcome inserted = co_await say(kInsertChannels, std::move(content), tries);
        if (inserted.silent) co_return inserted;
        if (!inserted.ok())
            co_return Outcome::failed("the reader cannot keep to the channels that are allowed in " +
                                      std::string{region().country} + " (" + inserted.status + "): nothing is transmitted");
    }
    const Bytes always = bytes_of({0xFF});
    const Outcome hops = co_await say(kHop, always, tries);
    if (hops.silent) co_return hops;
    if (!hops.ok() && !all_channels_in(region()))
        co_return Outcome::failed("the reader does not hop over its channels: " + hops.status);
    co_return Outcome{};
}

/// One that restarted has forgotten its channels, and perhaps its region: what was told it before counts only if it answered each time.
Task<UhfReader::Outcome> M100Reader::confirm() {
    Outcome outcome;
    for (int tried = 0; tried < kMostRefusals; ++tried) {
        outcome = co_await confirm_once();
        if (!outcome.silent) co_return outcome;
    }
    co_return outcome;
}

Task<UhfReader::Outcome> M100Reader::confirm_once() {
    if (!tells_region_) {
        const Bytes wanted = bytes_of({kUsRegion});
        const Outcome set = co_await say(kSetRegion, wanted, 1);
        if (!set.ok()) co_return set;
    }
    if (!all_channels_in(region())) {
        const Outcome kept = co_await set_channels(1);
        if (!kept.ok()) co_return kept;
    }
    const Request ask_region = request(tells_region_ ? kGetRegion : kGetPower, {}, kPatience, 1);
    for (int tried = 0; tried < kMostRefusals; ++tried) {
        const Reply reply = co_await ask(ask_region);
        if (!reply) co_return Outcome::mute();
        if (reply->code == kError) continue;
        if (!tells_region_ || first_of(*reply) == kUsRegion) co_return Outcome{};
        co_return Outcome::failed("the reader restarted in region " + region_words(first_of(*reply)));
    }
    co_return Outcome::failed("the reader does not say in which region it is");
}

Task<UhfReader::Outcome> M100Reader::stop() {
    Outcome outcome = co_await say(kStop, {});
    if (outcome.ok()) runs_ = false;
    co_return outcome;
}

/// Read back: its answer says nothing but that it is one.
Task<UhfReader::Outcome> M100Reader::set_power(int cdbm) {
    Bytes content;
    append_be16(content, static_cast<unsigned>(cdbm));
    Outcome outcome = co_await say(kSetPower, std::move(content));
    if (!outcome.ok() && !outcome.silent) outcome.status = "power: " + outcome.status;
    if (!outcome.ok()) co_return outcome;
    const Request ask_power = request(kGetPower, {});
    const Reply reply = co_await ask(ask_power);
    if (!reply) co_return Outcome::mute();
    const bool told = reply->code == kGetPower && reply->body.size() >= 2;
    if (told && be16(reply->body, 0) != cdbm)
        co_return Outcome::failed("the reader stays at " + std::to_string(be16(reply->body, 0) / 100) + " dBm");
    co_return outcome;
}

void M100Reader::end_round() {
    round_.clear();
    emit(RoundEnded{});
}

Task<UhfReader::Outcome> M100Reader::inventory() {
    const Outcome still = co_await confirm();
    if (!still.ok() || command_waits()) co_return still;
    Request begin = request(kInventory, bytes_of({0x22, kMostRounds >> 8, kMostRounds & 0xFF}));
    round_.clear();
    Outcome outcome;
    co_await post(begin);
    while (!command_waits()) {
        const Reply reply = co_await next(begin, kLongestSilence, true);
        // Silence: it may have ended, or restarted, or only be slow. It is stopped, and asked again.
        if (!reply) break;
        if (reply->kind == kNotice) {
            hear(*reply);
        } else if (reply->code == kError && first_of(*reply) == kNoTag) {
            begun();
            end_round();
        } else if (reply->code == kError) {
            outcome = Outcome::failed("inventory: " + error_words(first_of(*reply)));
            tell("inventory", outcome.status);
            break;
        }
    }
    const Outcome stopped = co_await stop();
    if (!stopped.ok()) co_return stopped;
    if (outcome.ok()) co_return outcome;
    if (++refusals_ >= kMostRefusals) co_return outcome;
    co_await pause(kProbePatience, true);
    co_return Outcome{};
}

void M100Reader::begun() {
    refusals_ = 0;
    heard_inventory();
}

void M100Reader::hear(const UhfFrame& notice) {
    begun();
    const auto tag = tag_of(notice.body);
    if (tag && (round_.size() >= kMostTagsInRound || round_.contains(tag->epc))) end_round();
    if (tag) round_.insert(tag->epc);
    tell_notice(notice);
}

}  // namespace dosario::m100

namespace dosario {

std::unique_ptr<LineProtocol> make_m100_reader(const ReaderSettings& settings) {
    return std::make_unique<m100::M100Reader>(settings);
}

}  // namespace dosario
