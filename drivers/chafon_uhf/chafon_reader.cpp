// SPDX-License-Identifier: Apache-2.0
// What is asked of a Chafon reader, and in which order. An inventory is a command like the others: one round, frames until the last, then
// the next one; the reader is asked for its band in between.
#include "chafon_uhf/chafon_reader.hpp"

#include "chafon_uhf/chafon_core.hpp"

#include <algorithm>

namespace dosario::chafon {
namespace {

constexpr std::size_t kShortestAnswer = 5;  // Len
constexpr milliseconds kProbePatience{300};
constexpr milliseconds kPatience{500};
constexpr milliseconds kBetweenRounds{5};
constexpr std::uint8_t kScanTime = 5;  // of a round of the 288M, in 100 ms
constexpr int kMostRefusals = 3;

}  // namespace

UhfReader::Parsed ChafonReader::parse(ByteView bytes) const {
    const auto length = std::to_integer<std::size_t>(bytes[0]);
    if (length < kShortestAnswer) return Parsed::bad(ReaderFault::Kind::length, "no frame is so short");
    if (bytes.size() < length + 1) return {};
    const ByteView frame = bytes.first(length + 1);
    if (crc_of(frame) != 0) return Parsed::bad(ReaderFault::Kind::checksum, "the checksum of a frame is wrong");
    UhfFrame parsed;
    parsed.address = std::to_integer<std::uint8_t>(frame[1]);
    parsed.code = std::to_integer<std::uint8_t>(frame[2]);
    parsed.status = std::to_integer<std::uint8_t>(frame[3]);
    parsed.body.assign(frame.begin() + 4, frame.end() - 2);
    return Parsed::whole(length + 1, std::move(parsed));
}

bool ChafonReader::answers(const UhfFrame& frame, const Request& request) const {
    if (met_ && frame.address != address_) return false;
    // A command that it did not understand has no number.
    if (frame.code == 0 && frame.status == kIllegal) return true;
    if (frame.code != request.code || (frame.code == kInventory && frame.status == kStatistics)) return false;
    return frame.status != kOk || !request.size || frame.body.size() == *request.size;
}

void ChafonReader::unasked(const UhfFrame& frame) {
    if (frame.code == kActiveMode) streams_ = true;
    const bool of_inventory = frame.code == kInventory || frame.code == kSingleInventory;
    const bool has_tags = frame.status <= kMemoryFull && !frame.body.empty();
    if (of_inventory && has_tags) {
        tell_tags(frame);
        return;
    }
    if (frame.code == kAboutReader && frame.status == kOk && layout_ == Layout::unknown) {
        // Of a recording, or before anything was asked: how its inventories look is known from here on.
        const auto about = about_reader(frame.body);
        if (about) layout_ = layout_of_type(about->type).value_or(Layout::unknown);
        address_ = frame.address;
    }
    std::optional<Bytes> content;
    if (!frame.body.empty()) content = frame.body;
    tell(command_words(frame.code), status_words(frame.status, frame.body), std::move(content));
}

bool ChafonReader::tell_tags(const UhfFrame& frame) {
    auto tags = tags_of(frame.body, layout_);
    if (!tags) {
        fault(ReaderFault::Kind::length, "an inventory's tags do not fill its frame as this type of reader does it");
        return false;
    }
    for (TagRead& tag : *tags) tell_tag(std::move(tag));
    return true;
}

UhfReader::Request ChafonReader::request(std::uint8_t command, ByteView content, Micros patience, int tries) const {
    Request request;
    request.code = command;
    request.frame = frame_of(address_, command, content);
    request.patience = patience;
    request.tries = tries;
    return request;
}

/// Whom to ask is not known yet: everybody, then the usual address.
Task<UhfReader::Outcome> ChafonReader::set_up() {
    met_ = false;
    Reply found;
    for (int tried = 0; tried < 3 && !found; ++tried) {
        address_ = tried == 1 ? std::uint8_t{0} : kBroadcast;
        Request probe = request(kAboutReader, {}, kProbePatience, 1);
        probe.late = Micros{0};
        found = co_await ask(probe);
    }
    if (!found) co_return Outcome::mute();
    if (found->status != kOk)
        co_return Outcome::failed("the reader does not say what it is: " + status_words(found->status, found->body));
    const auto about = about_reader(found->body);
    if (!about) co_return Outcome::failed("the reader's answer to what it is is too short");
    const auto layout = layout_of_type(about->type);
    if (!layout)
        co_return Outcome::failed("a Chafon reader of type " + to_hex(Bytes{std::byte{about->type}}) +
                                  ", whose inventories nobody has described: it is not driven");
    address_ = found->address;
    layout_ = *layout;
    met_ = true;
    about_ = *about;
    tell("info", "ok", found->body);
    if (streams_) {
        const Outcome left = co_await leave_active_mode();
        if (!left.ok()) co_return left;
    }
    const Outcome set = co_await set_band();
    if (!set.ok()) co_return set;
    const int most = region().most_cdbm;
    const int wanted = std::min(wanted_power().value_or(about_.power_dbm * 100), most);
    set_dbm_ = about_.power_dbm;
    if (about_.power_dbm * 100 == wanted / 100 * 100) co_return Outcome{};
    Outcome powered = co_await set_power(wanted);
    co_return powered;
}

/// 288M only; others are told by the manual how to leave it.
Task<UhfReader::Outcome> ChafonReader::leave_active_mode() {
    streams_ = false;
    if (layout_ != Layout::long288) co_return Outcome{};
    const Request mode = request(kWorkMode, bytes_of({0}), kPatience, 2);
    const Reply reply = co_await ask(mode);
    if (!reply) co_return Outcome::mute();
    co_return Outcome{};
}

Task<UhfReader::Outcome> ChafonReader::ask_about() {
    const Request about = request(kAboutReader, {}, kPatience, 3);
    const Reply reply = co_await ask(about);
    if (!reply) co_return Outcome::mute();
    const auto told = about_reader(reply->body);
    if (reply->status != kOk || !told) co_return Outcome::failed("the reader does not say what it is");
    if (layout_of_type(told->type) != layout_) co_return Outcome::failed("another reader answers than at the start");
    about_ = *told;
    co_return Outcome{};
}

Task<UhfReader::Outcome> ChafonReader::set_band() {
    const Band wanted = band_for(region());
    std::string refused;
    for (int tried = 0; tried < kMostRefusals; ++tried) {
        if (about_.band == wanted) co_return Outcome{};
        const Request set = request(kSetBand, bytes_of({wanted.max, wanted.min}), kPatience, 2);
        const Reply reply = co_await ask(set);
        if (!reply) co_return Outcome::mute();
        refused = reply->status == kOk ? std::string{} : status_words(reply->status, reply->body);
        const Outcome asked = co_await ask_about();
        if (!asked.ok()) co_return asked;
    }
    if (lies_in(region(), about_.band)) co_return Outcome{};
    co_return Outcome::failed("the reader stays in another band than is allowed in " + std::string{region().country} +
                              (refused.empty() ? "" : " (" + refused + ")") + ": nothing is transmitted");
}

Task<UhfReader::Outcome> ChafonReader::confirm() {
    const Outcome asked = co_await ask_about();
    if (!asked.ok()) co_return asked;
    if (!lies_in(region(), about_.band)) co_return Outcome::failed("the reader restarted in another band");
    if (about_.power_dbm != set_dbm_) co_return Outcome::failed("the reader restarted with another power");
    co_return Outcome{};
}

Task<UhfReader::Outcome> ChafonReader::set_power(int cdbm) {
    const Request set = request(kSetPower, bytes_of({static_cast<unsigned>(cdbm / 100)}), kPatience, 3);
    const Reply reply = co_await ask(set);
    if (!reply) co_return Outcome::mute();
    if (reply->status != kOk) co_return Outcome::failed("power: " + status_words(reply->status, reply->body));
    const Outcome asked = co_await ask_about();
    if (!asked.ok()) co_return asked;
    set_dbm_ = about_.power_dbm;
    if (about_.power_dbm != cdbm / 100)
        co_return Outcome::failed("the reader stays at " + std::to_string(about_.power_dbm) + " dBm");
    co_return Outcome{};
}

/// One round, its frames up to the last.
Task<UhfReader::Outcome> ChafonReader::round() {
    // No mask, target A, antenna 1 (CF-MU804 manual); the older ones take no parameters.
    constexpr unsigned kQ = 6, kSession = 0, kEpcBank = 1;
    const Bytes content = layout_ == Layout::long288 ? bytes_of({kQ, kSession, kEpcBank, 0, 0, 0, 0, 0x80, kScanTime}) : Bytes{};
    const Micros scan = layout_ == Layout::long288 ? milliseconds{kScanTime * 100} : milliseconds{about_.scan_ms};
    Request begin = request(kInventory, content, scan + milliseconds{1000}, 1);
    begin.late = kPatience;
    co_await post(begin);
    for (;;) {
        const Reply reply = co_await next(begin, begin.patience, false);
        if (!reply) co_return Outcome::mute();
        if (reply->code != kInventory) co_return Outcome::failed("inventory: " + status_words(reply->status, reply->body));
        switch (reply->status) {
            case kMoreFollows:
            case kOk:
            case kLast:
            case kLastInTime:
            case kMemoryFull:
                heard_inventory();
                if (!reply->body.empty()) tell_tags(*reply);
                if (reply->status == kMoreFollows) continue;
                co_return Outcome{};
            case kNoTag:
            case 0xFA: heard_inventory(); co_return Outcome{};
            default: co_return Outcome::failed("inventory: " + status_words(reply->status, reply->body));
        }
    }
}

Task<UhfReader::Outcome> ChafonReader::inventory() {
    for (int refusals = 0; refusals < kMostRefusals;) {
        if (streams_) {
            const Outcome left = co_await leave_active_mode();
            if (!left.ok()) co_return left;
        }
        const Outcome still = co_await confirm();
        if (!still.ok()) co_return still;
        if (command_waits()) co_return Outcome{};
        const Outcome ended = co_await round();
        if (ended.silent) co_return ended;
        if (ended.ok()) {
            refusals = 0;
            emit(RoundEnded{});
        } else {
            tell("inventory", ended.status);
            if (++refusals == kMostRefusals) co_return ended;
        }
        co_await pause(ended.ok() ? kBetweenRounds : kProbePatience, true);
        if (command_waits()) co_return Outcome{};
    }
    co_return Outcome{};
}

}  // namespace dosario::chafon

namespace dosario {

std::unique_ptr<LineProtocol> make_chafon_reader(const ReaderSettings& settings) {
    return std::make_unique<chafon::ChafonReader>(settings);
}

}  // namespace dosario
