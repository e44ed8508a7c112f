// SPDX-License-Identifier: Apache-2.0
// Class descriptor: CCID rev. 1.1, 5.1, 54 bytes. Messages: [type][length, 4][slot][sequence][3][content] on the bulk endpoints 02 and 81;
// on 83 NotifySlotChange, 50 and two bits for each slot. A reader takes one order at a time.
#include "simulated/ccid_reader.hpp"

#include "simulated/little_endian.hpp"

#include <algorithm>
#include <charconv>

namespace dosario::simulated {
namespace {

constexpr std::size_t kHeader = 10;
constexpr std::size_t kMostCards = 10;
constexpr std::size_t kLongestOrder = 1024;  // more than any of these readers takes
constexpr std::uint8_t kBytesIn = 0x81, kBytesOut = 0x02, kNotices = 0x83;

Bytes le32(std::uint32_t value) { return bytes_of({value & 0xFF, value >> 8 & 0xFF, value >> 16 & 0xFF, value >> 24}); }

Bytes class_descriptor(std::uint8_t voltages, std::uint32_t features, std::uint32_t max_message) {
    Bytes bytes = bytes_of({54, 0x21, 0x10, 0x01, 0x00, voltages});
    for (const std::uint32_t value : {3U, 4000U, 4000U}) append(bytes, le32(value));  // protocols, clocks in kHz
    bytes.push_back(std::byte{0});
    for (const std::uint32_t value : {10752U, 250000U}) append(bytes, le32(value));
    bytes.push_back(std::byte{0});
    for (const std::uint32_t value : {254U, 0U, 0U, features, max_message}) append(bytes, le32(value));
    append(bytes, bytes_of({0, 0, 0, 0, 0, 1}));
    return bytes;
}

Bytes message(std::uint8_t type, std::uint8_t slot, std::uint8_t sequence, std::uint8_t status, std::uint8_t error,
              std::uint8_t last, ByteView content) {
    Bytes bytes = bytes_of({type});
    append(bytes, le32(static_cast<std::uint32_t>(content.size())));
    append(bytes, bytes_of({slot, sequence, status, error, last}));
    append(bytes, content);
    return bytes;
}

/// What is answered to an order that the reader does not know, or that failed (CCID rev. 1.1, table 6.1-2).
std::uint8_t reply_type(std::uint8_t order) {
    switch (order) {
        case 0x63:
        case 0x65:
        case 0x72: return 0x81;
        case 0x61:
        case 0x6C: return 0x82;
        case 0x6B: return 0x83;
        default: return 0x80;
    }
}

struct FaultName {
    std::string_view name;
    CcidFault fault;
};
constexpr FaultName kFaultNames[] = {
    {"lost", CcidFault::lost},         {"late", CcidFault::late},         {"twice", CcidFault::twice},
    {"split", CcidFault::split},       {"extended", CcidFault::extended}, {"busy", CcidFault::busy},
    {"hardware", CcidFault::hardware}, {"stranger", CcidFault::stranger}, {"garbage", CcidFault::garbage},
    {"cut", CcidFault::cut},
};

std::string_view take_word(std::string_view& words) {
    while (words.starts_with(' ')) words.remove_prefix(1);
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    return word;
}

}  // namespace

CcidReaderModel::CcidReaderModel(UsbDescription description, const std::vector<Interface>& interfaces)
    : SimulatedDevice([&] {
          description.usb = 0x0200;
          std::uint8_t number = 0;
          for (const Interface& from : interfaces) {
              UsbInterface one;
              one.number = number;
              one.class_code = 0x0B;
              one.name = from.name;
              one.class_descriptors = class_descriptor(from.voltages, from.features, from.max_message);
              const auto step =
                  static_cast<std::uint8_t>(4 * number);  // the SAM's endpoints are others, and nobody here answers there
              one.endpoints = {{static_cast<std::uint8_t>(kBytesOut + step), false, 64, 0},
                               {static_cast<std::uint8_t>(kBytesIn + step), false, 64, 0}};
              if (from.interrupt) one.endpoints.push_back({static_cast<std::uint8_t>(kNotices + step), true, 8, 16});
              description.interfaces.push_back(std::move(one));
              ++number;
          }
          return std::move(description);
      }()) {}

Result<void> CcidReaderModel::lay(HfCard card) {
    if (cards_.size() >= kMostCards) return fail(Failure::full, "there are ten cards on the reader already");
    cards_.push_back(std::move(card));
    field_changed();
    notify();
    return {};
}

Result<void> CcidReaderModel::take(std::optional<Bytes> uid) {
    const std::size_t before = cards_.size();
    std::erase_if(cards_, [&](const HfCard& one) { return !uid || one.uid == *uid; });
    if (cards_.size() == before) return fail(Failure::not_found, "no such card lies on the reader");
    field_changed();
    notify();
    return {};
}

void CcidReaderModel::fail_answers(CcidFault fault, int times, int after) { faults_.push_back({fault, after, times}); }

void CcidReaderModel::reboot() {
    unread_.clear();
    late_.clear();
    extended_.clear();
    forget();
    field_changed();
}

Result<void> CcidReaderModel::card_command(std::string_view words) {
    const std::string_view verb = take_word(words);
    if (verb == "lay") {
        auto card = HfCard::parse(words);
        if (!card) return card.error();
        return lay(std::move(*card));
    }
    if (verb == "take") {
        const std::string_view word = take_word(words);
        const auto uid = from_hex(word);
        if (!uid) return fail(Failure::invalid, "`" + escape(word) + "` is no UID in hexadecimal");
        return take(uid->empty() ? std::nullopt : uid);
    }
    if (verb == "fault") {
        const std::string_view name = take_word(words);
        const auto row =
            std::find_if(std::begin(kFaultNames), std::end(kFaultNames), [&](const auto& one) { return one.name == name; });
        int numbers[] = {1, 0};
        bool fine = row != std::end(kFaultNames);
        for (int& number : numbers) {
            const std::string_view word = take_word(words);
            if (word.empty()) continue;
            const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
            fine = fine && error == std::errc{} && end == word.data() + word.size() && number >= 0;
        }
        if (fine) return fail_answers(row->fault, numbers[0], numbers[1]), Result<void>{};
        std::string all;
        for (const FaultName& one : kFaultNames) all += ' ' + std::string{one.name};
        return fail(Failure::invalid, "expected: fault NAME [TIMES [AFTER]]; there are:" + all);
    }
    return fail(Failure::invalid, "expected: lay UID ..., take [UID], or fault NAME [TIMES [AFTER]]");
}

void CcidReaderModel::idle() {
    for (const Bytes& one : std::exchange(extended_, {})) send(kBytesIn, one);
}

HfCard* CcidReaderModel::only_card() {
    HfCard* found = nullptr;
    for (HfCard& one : cards_) {
        if (!sees(one)) continue;
        if (found != nullptr) return nullptr;
        found = &one;
    }
    return found;
}

std::size_t CcidReaderModel::seen() const {
    return static_cast<std::size_t>(std::count_if(cards_.begin(), cards_.end(), [this](const HfCard& one) { return sees(one); }));
}

/// ABORT, GET_CLOCK_FREQUENCIES and GET_DATA_RATES (CCID rev. 1.1, 5.3); the last two these readers do not have.
std::optional<Bytes> CcidReaderModel::requested(const UsbSetup& setup, ByteView) {
    constexpr std::uint8_t kToInterface = 0x21, kAbort = 0x01;
    const bool is_abort = setup.request_type == kToInterface && setup.request == kAbort && setup.length == 0;
    if (!is_abort || description().find_interface(low(setup.index)) == nullptr) return std::nullopt;
    unread_.clear();
    return Bytes{};
}

Result<void> CcidReaderModel::scanned(std::string_view, std::string_view) {
    return fail(Failure::invalid, "this reader reads no codes: lay a card on it");
}

void CcidReaderModel::notify() {
    const bool has_notices = description().find_endpoint(kNotices) != nullptr;
    if (configured() && has_notices) send_packet(kNotices, bytes_of({0x50, seen() != 0 ? 3u : 2u}));
}

/// An order can take several transfers; one that fills its last packet is ended by an empty one.
void CcidReaderModel::written(std::uint8_t endpoint, ByteView bytes) {
    if (endpoint != kBytesOut) return;
    append(unread_, bytes);
    if (unread_.size() < kHeader) return;
    const std::size_t size = kHeader + le32_at(unread_, 1);
    if (size > kLongestOrder) unread_.clear();
    if (unread_.size() < size) return;
    const Bytes whole{unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(size)};
    unread_.clear();
    take_message(whole);
}

std::optional<CcidFault> CcidReaderModel::next_fault() {
    std::optional<CcidFault> found;
    for (Planned& one : faults_) {
        if (one.after > 0) {
            --one.after;
        } else if (one.times > 0 && !found) {
            --one.times;
            found = one.fault;
        }
    }
    std::erase_if(faults_, [](const Planned& one) { return one.after <= 0 && one.times <= 0; });
    return found;
}

void CcidReaderModel::take_message(ByteView bytes) {
    ++orders_;
    for (const Bytes& one : std::exchange(late_, {})) send(kBytesIn, one);
    const auto u8 = [&](std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); };
    const Order order{u8(0), u8(5), u8(6), Bytes{bytes.begin() + kHeader, bytes.end()}};
    const auto fault = next_fault();
    constexpr std::uint8_t kFailed = 0x40, kBusy = 0xE0, kHardware = 0xFB, kNoSlot = 0x05;
    std::optional<Reply> reply;
    if (fault == CcidFault::busy || fault == CcidFault::hardware) {
        reply = Reply{reply_type(order.type), kFailed, fault == CcidFault::busy ? kBusy : kHardware, 0, {}};
    } else if (order.slot != 0) {
        reply = Reply{reply_type(order.type), static_cast<std::uint8_t>(kFailed | 2), kNoSlot, 0, {}};
    } else {
        reply = obey(order);
    }
    if (reply)
        say(message(reply->type, order.slot, order.sequence, reply->status, reply->error, reply->last, reply->content), fault);
    if (take_after_ >= 0 && take_after_-- == 0) (void)take(std::nullopt);
}

void CcidReaderModel::say(const Bytes& bytes, std::optional<CcidFault> fault) {
    const auto u8 = [&](std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); };
    if (!fault) return send(kBytesIn, bytes);
    switch (*fault) {
        case CcidFault::lost: return;
        case CcidFault::late: late_.push_back(bytes); return;
        case CcidFault::twice:
            send(kBytesIn, bytes);
            send(kBytesIn, bytes);
            return;
        case CcidFault::split:
            for (std::size_t at = 0; at < bytes.size();) {
                const std::size_t size = std::min<std::size_t>(1 + pieces_++ % 7, bytes.size() - at);
                const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
                send_packet(kBytesIn, {from, from + static_cast<std::ptrdiff_t>(size)});
                at += size;
            }
            return;
        case CcidFault::extended:
            send(kBytesIn, message(u8(0), u8(5), u8(6), 0x80, 2, 0, {}));
            extended_.push_back(bytes);
            return;
        case CcidFault::stranger:
            send(kBytesIn,
                 message(u8(0), u8(5), static_cast<std::uint8_t>(u8(6) + 100), 0, 0, 0, bytes_of({0xDE, 0xAD, 0x90, 0x00})));
            break;
        case CcidFault::garbage: send(kBytesIn, bytes_of({0x37, 0x00, 0x01, 0x02})); break;
        case CcidFault::cut: send(kBytesIn, ByteView{bytes}.first(bytes.size() / 2)); return;
        case CcidFault::busy:
        case CcidFault::hardware: break;
    }
    send(kBytesIn, bytes);
}

}  // namespace dosario::simulated
