// SPDX-License-Identifier: Apache-2.0
#include "simulated/hf_card.hpp"

#include "simulated/little_endian.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

using Family = HfCard::Family;

struct Model {
    std::string_view name;
    Family family;
    std::size_t block_size, blocks;
    std::size_t uid_size;
    unsigned container[4];  ///< of a formatted one; 0 = it is not made for NDEF
    bool lock_control;      ///< a TLV of it stands before the message, as the tag leaves the factory
};

constexpr Model kModels[] = {
    {"ntag213", Family::type2, 4, 45, 7, {0xE1, 0x10, 0x12, 0x00}, true},
    {"ntag216", Family::type2, 4, 231, 7, {0xE1, 0x10, 0x6D, 0x00}, false},
    {"ultralight", Family::type2, 4, 16, 7, {0xE1, 0x10, 0x06, 0x00}, false},
    {"classic", Family::classic, 16, 64, 4, {0, 0, 0, 0}, false},
    {"chip", Family::chip, 4, 0, 7, {0, 0, 0, 0}, false},
    {"icode", Family::vicinity, 4, 28, 8, {0xE1, 0x40, 0x0D, 0x01}, false},
    {"vicinity8", Family::vicinity, 8, 64, 8, {0xE1, 0x40, 0x3F, 0x01}, false},
    {"st25dv", Family::vicinity, 4, 512, 8, {0xE2, 0x40, 0x00, 0x01}, false},
    {"felica", Family::felica, 16, 0, 8, {0, 0, 0, 0}, false},
    {"contact", Family::contact, 4, 0, 0, {0, 0, 0, 0}, false},
};

std::string names() {
    std::string all;
    for (const Model& one : kModels) all += (all.empty() ? "" : " ") + std::string{one.name};
    return all;
}

std::size_t container_at(const HfCard& card) { return card.family == Family::type2 ? 12 : 0; }

/// UID with its check bytes in pages 0 to 2 (ISO/IEC 14443-3, 6.5.3.2; CT is 88).
void put_type2_uid(HfCard& card) {
    const auto u = [&](std::size_t i) { return std::to_integer<unsigned>(card.uid[i]); };
    const Bytes head = bytes_of(
        {u(0), u(1), u(2), 0x88u ^ u(0) ^ u(1) ^ u(2), u(3), u(4), u(5), u(6), u(3) ^ u(4) ^ u(5) ^ u(6), 0x48, 0x00, 0x00});
    std::copy(head.begin(), head.end(), card.memory.begin());
}

Bytes container_of(const HfCard& card, const Model& model) {
    Bytes bytes = bytes_of({model.container[0], model.container[1], model.container[2], model.container[3]});
    if (card.family == Family::vicinity && model.container[2] == 0) {
        const std::size_t area = (card.memory.size() - 8) / 8;
        append(bytes, bytes_of({0, 0, static_cast<unsigned>(area >> 8), static_cast<unsigned>(area & 0xFF)}));
    }
    return bytes;
}

Bytes tlv_of(ByteView message) {
    Bytes bytes = bytes_of({0x03});
    const auto size = static_cast<unsigned>(message.size());
    append(bytes, size < 0xFF ? bytes_of({size}) : bytes_of({0xFF, size >> 8, size & 0xFF}));
    append(bytes, message);
    bytes.push_back(std::byte{0xFE});
    return bytes;
}

bool put(HfCard& card, ByteView from_container) {
    const std::size_t at = container_at(card);
    if (from_container.size() > card.memory.size() - at) return false;
    std::copy(from_container.begin(), from_container.end(), card.memory.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
}

/// Prefixes of the URI RTD that are used here.
constexpr std::string_view kPrefixes[] = {"", "http://www.", "https://www.", "http://", "https://"};

Bytes short_record(char type, ByteView payload) {
    constexpr unsigned kOnly = 0xC1, kShort = 0x10;
    const auto size = static_cast<unsigned>(payload.size());
    Bytes bytes = size < 256 ? bytes_of({kOnly | kShort, 1, size, static_cast<unsigned>(type)})
                             : bytes_of({kOnly, 1, 0, 0, size >> 8, size & 0xFF, static_cast<unsigned>(type)});
    append(bytes, payload);
    return bytes;
}

Error wrong(const std::string& what) {
    return fail(Failure::invalid, what + "; a card is UID [kind=" + names() + "] [uri=] [text=] [ndef=HEX] [raw=HEX]");
}

}  // namespace

Bytes uri_message(std::string_view uri) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < std::size(kPrefixes); ++i)
        if (uri.starts_with(kPrefixes[i]) && kPrefixes[i].size() > kPrefixes[best].size()) best = i;
    Bytes payload = bytes_of({static_cast<unsigned>(best)});
    append(payload, as_bytes(uri.substr(kPrefixes[best].size())));
    return short_record('U', payload);
}

Bytes text_message(std::string_view text) {
    Bytes payload = bytes_of({0x02, 'e', 'n'});
    append(payload, as_bytes(text));
    return short_record('T', payload);
}

Result<HfCard> HfCard::parse(std::string_view words) {
    HfCard card;
    const Model* model = &kModels[0];
    std::optional<Bytes> message, raw;
    bool first = true;
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        if (word.empty()) continue;
        if (std::exchange(first, false)) {
            const auto uid = from_hex(word == "-" ? "" : word);
            if (!uid) return wrong("`" + escape(word) + "` is no UID in hexadecimal");
            card.uid = *uid;
            continue;
        }
        const std::size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        const auto value = equals == std::string_view::npos ? std::nullopt : unescape(word.substr(equals + 1));
        if (!value) return wrong("`" + escape(word) + "` is no setting of a card");
        if (name == "kind") {
            model = std::find_if(std::begin(kModels), std::end(kModels), [&](const Model& one) { return one.name == *value; });
            if (model == std::end(kModels)) return wrong("there is no card `" + escape(*value) + "`");
        } else if (name == "uri") {
            message = uri_message(*value);
        } else if (name == "text") {
            message = text_message(*value);
        } else if (name == "ndef" || name == "raw") {
            const auto bytes = from_hex(*value);
            if (!bytes) return wrong("`" + escape(word) + "` is not hexadecimal");
            (name == "ndef" ? message : raw) = *bytes;
        } else {
            return wrong("`" + escape(word) + "` is no setting of a card");
        }
    }
    if (card.uid.size() != model->uid_size)
        return wrong("the UID of " + std::string{model->name} + " has " + std::to_string(model->uid_size) + " bytes");
    card.family = model->family;
    card.block_size = model->block_size;
    card.memory.resize(model->block_size * model->blocks);
    if (card.family == Family::type2) put_type2_uid(card);
    Bytes content = raw.value_or(Bytes{});
    if (message) {
        if (model->container[0] == 0) return wrong("a card of that kind holds no NDEF message");
        content = container_of(card, *model);
        if (model->lock_control) append(content, bytes_of({0x01, 0x03, 0xA0, 0x0C, 0x34}));
        append(content, tlv_of(*message));
    }
    if (!content.empty() && (card.memory.empty() || !put(card, content))) return wrong("that does not fit on the card");
    return card;
}

std::optional<Bytes> HfCard::read(std::size_t block, std::size_t size) const {
    if (block >= blocks() || size == 0) return std::nullopt;
    const std::size_t at = block * block_size;
    if (family != Family::type2 && size > memory.size() - at) return std::nullopt;
    Bytes bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(memory[(at + i) % memory.size()]);
    return bytes;
}

bool HfCard::write(std::size_t block, ByteView content) {
    if (block >= blocks() || content.size() != block_size || family == Family::classic) return false;
    const bool one_way = family == Family::type2 && (block == 2 || block == 3);  // lock bits and OTP: bits are only ever set
    if (family == Family::type2 && block < 2) return false;
    for (std::size_t i = 0; i < block_size; ++i) {
        std::byte& one = memory[block * block_size + i];
        one = one_way ? one | content[i] : content[i];
    }
    return true;
}

std::uint8_t HfCard::sel_res() const {
    switch (family) {
        case Family::classic: return 0x08;
        case Family::chip: return 0x20;
        case Family::type2:
        case Family::vicinity:
        case Family::felica:
        case Family::contact: break;
    }
    return 0x00;
}

Bytes HfCard::atr() const {
    if (family == Family::contact) return bytes_of({0x3B, 0x65, 0x00, 0x00, 0x20, 0x63, 0xCB, 0x68, 0x00});
    Bytes bytes;
    if (family == Family::chip) {
        bytes = bytes_of({0x3B, 0x81, 0x80, 0x01, 0x80});
    } else {
        const unsigned standard = family == Family::vicinity ? 0x0B : family == Family::felica ? 0x11 : 0x03;
        const unsigned name = family == Family::vicinity  ? 0x14
                              : family == Family::felica  ? 0x3B
                              : family == Family::classic ? 0x01
                                                          : 0x03;
        bytes =
            bytes_of({0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, standard, 0x00, name, 0, 0, 0, 0});
    }
    std::byte check{0};
    for (std::size_t i = 1; i < bytes.size(); ++i) check ^= bytes[i];
    bytes.push_back(check);
    return bytes;
}

}  // namespace dosario::simulated
