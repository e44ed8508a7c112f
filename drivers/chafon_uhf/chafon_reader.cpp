// SPDX-License-Identifier: Apache-2.0
// What is asked of a Chafon reader, and in which order. An inventory is a command like the others: one round, frames until the last, then
// the next one; the reader is asked for its band in between.
#include "chafon_uhf/chafon_reader.hpp"

#include "chafon_uhf/chafon_frame.hpp"
#include "rfid/uhf_reader.hpp"

#include <algorithm>

namespace dosario {
namespace {

using namespace chafon;
using std::chrono::milliseconds;

constexpr std::size_t kShortestAnswer = 5;  // Len
constexpr milliseconds kProbePatience{300};
constexpr milliseconds kPatience{500};
constexpr milliseconds kLateTag{3000};  // an answer about a tag comes so late at most
constexpr milliseconds kBetweenRounds{5};
constexpr std::size_t kLongestOldCommand = 96;  // Len of what RU5102 takes
constexpr std::size_t kLongestCommand = 255;
constexpr std::uint8_t kScanTime = 5;  // of a round of the 288M, in 100 ms
constexpr int kMostRefusals = 3;
constexpr std::size_t kLongestMask = 31;  // bytes; the 288M counts bits in one byte

Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes bytes;
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

class ChafonReader final : public UhfReader {
public:
    explicit ChafonReader(const ReaderSettings& settings) : UhfReader("chafon_uhf", settings) {}

private:
    /// Whether the tag's EPC alone says which tag, or a mask over all of it besides.
    enum class Mask : std::uint8_t { none, whole };

    Parsed parse(ByteView bytes) const override;
    bool answers(const UhfFrame& frame, const Request& request) const override;
    void unasked(const UhfFrame& frame) override;
    Task<Outcome> set_up() override;
    Task<Outcome> confirm() override;
    Task<Outcome> inventory() override;
    Task<Outcome> look(std::vector<Bytes>& field) override;
    Task<Outcome> set_power(int cdbm) override;
    Task<Outcome> read_words(const ReadTag& what) override;
    Task<Outcome> write_words(const WriteTag& what) override;
    Task<Outcome> lock_tag(const LockTag& what) override;

    Request request(std::uint8_t command, ByteView content, Micros patience, int tries) const;
    Request tag_request(std::uint8_t command, const Bytes& epc, Bytes content, Mask mask) const;
    Task<Outcome> ask_tag(std::uint8_t command, const Bytes& epc, const Bytes& content, std::optional<std::size_t> answer_size);
    Task<Outcome> ask_about();
    Task<Outcome> set_band();
    Task<Outcome> round();
    Task<Outcome> leave_active_mode();
    bool tell_tags(const UhfFrame& frame);

    std::uint8_t address_ = 0;
    Layout layout_ = Layout::unknown;
    AboutReader about_;
    bool met_ = false;      ///< it has said who it is: address_, layout_ and about_ are its
    int set_dbm_ = 0;       ///< its power after it was set up
    bool streams_ = false;  ///< it says things by itself: active mode
};

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
    for (const Mask mask : {Mask::none, Mask::whole}) {
        if (mask == Mask::whole && epc.size() > kLongestMask) break;
        Request asked = tag_request(command, epc, content, mask);
        asked.size = answer_size;
        const Reply reply = co_await ask(asked);
        if (!reply) co_return Outcome::mute();
        if (reply->status == kWrongLength && mask == Mask::none) {
            const Outcome still = co_await confirm();
            if (!still.ok()) co_return still;
            continue;
        }
        Outcome outcome;
        outcome.status = status_words(reply->status, reply->body);
        if (outcome.ok()) outcome.content = reply->body;
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

}  // namespace

std::unique_ptr<LineProtocol> make_chafon_reader(const ReaderSettings& settings) {
    return std::make_unique<ChafonReader>(settings);
}

}  // namespace dosario
