// SPDX-License-Identifier: Apache-2.0
#include "simulated/pad_field.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

std::uint16_t word_at(const Bytes& bytes, std::size_t word) {
    const auto high = std::to_integer<unsigned>(bytes[2 * word]), low = std::to_integer<unsigned>(bytes[2 * word + 1]);
    return static_cast<std::uint16_t>(high << 8 | low);
}

void set_word(Bytes& bytes, std::size_t word, std::uint16_t value) {
    bytes[2 * word] = static_cast<std::byte>(value >> 8);
    bytes[2 * word + 1] = static_cast<std::byte>(value & 0xFF);
}

/// The parts that words of a bank belong to.
std::vector<Part> parts_of(Bank bank, std::size_t first, std::size_t words) {
    std::vector<Part> parts;
    switch (bank) {
        case Bank::reserved:
            if (first < 2) parts.push_back(Part::kill_password);
            if (first + words > 2) parts.push_back(Part::access_password);
            break;
        case Bank::epc: parts.push_back(Part::epc); break;
        case Bank::tid: parts.push_back(Part::tid); break;
        case Bank::user: parts.push_back(Part::user); break;
    }
    return parts;
}

Access refused(TagRefusal why) { return {Access::Outcome::refused, why, {}}; }

/// A tag without an access password is open to everybody; with one, a password of zero leaves it as it is, and a wrong one silences it.
std::optional<Access> admit(const PadTag& tag, std::uint32_t password, bool& secured) {
    secured = tag.access_password() == 0 || tag.access_password() == password;
    if (!secured && password != 0) return Access{Access::Outcome::wrong_password, TagRefusal::other, {}};
    return std::nullopt;
}

}  // namespace

std::uint16_t tag_crc(ByteView pc_and_epc) {
    std::uint32_t crc = 0xFFFF;
    for (const std::byte byte : pc_and_epc) {
        for (int bit = 7; bit >= 0; --bit) {
            const std::uint32_t in = std::to_integer<std::uint32_t>(byte) >> bit & 1;
            const std::uint32_t out = crc >> 15 & 1;
            crc = crc << 1 & 0xFFFF;
            if ((in ^ out) != 0) crc ^= 0x1021;
        }
    }
    return static_cast<std::uint16_t>(crc ^ 0xFFFF);
}

std::uint16_t PadTag::pc() const { return word_at(banks[1], 1); }

Bytes PadTag::epc() const {
    const std::size_t size = std::min<std::size_t>(pc() >> 11, banks[1].size() / 2 - 2) * 2;
    return {banks[1].begin() + 4, banks[1].begin() + 4 + static_cast<std::ptrdiff_t>(size)};
}

std::uint16_t PadTag::crc() const {
    const std::size_t size = epc().size();
    return tag_crc(ByteView{banks[1]}.subspan(2, 2 + size));
}

std::uint32_t PadTag::access_password() const {
    return static_cast<std::uint32_t>(word_at(banks[0], 2)) << 16 | word_at(banks[0], 3);
}

PadTag make_tag(ByteView epc, std::size_t user_words, std::size_t epc_words) {
    PadTag tag;
    tag.banks[0] = Bytes(8);
    tag.banks[1] = Bytes(4 + std::max(epc.size(), 2 * epc_words));
    set_word(tag.banks[1], 1, static_cast<std::uint16_t>(epc.size() / 2 << 11));
    std::copy(epc.begin(), epc.end(), tag.banks[1].begin() + 4);
    const std::uint16_t serial = tag_crc(epc);
    tag.banks[2] = Bytes(12);
    for (const auto& [word, value] : {std::pair{0, 0xE280}, {1, 0x1105}, {2, 0x2000}})
        set_word(tag.banks[2], static_cast<std::size_t>(word), static_cast<std::uint16_t>(value));
    for (std::size_t word = 3; word < 6; ++word)
        set_word(tag.banks[2], word, static_cast<std::uint16_t>(serial * word + 7 * word));
    tag.banks[3] = Bytes(2 * user_words);
    return tag;
}

Access read_tag(const PadTag& tag, Bank bank, std::size_t first, std::size_t words, std::uint32_t password) {
    bool secured = false;
    if (auto no = admit(tag, password, secured)) return *no;
    const Bytes& memory = tag.banks[static_cast<std::size_t>(bank)];
    if (words == 0 || (first + words) * 2 > memory.size()) return refused(TagRefusal::overrun);
    if (bank == Bank::reserved) {
        for (const Part part : parts_of(bank, first, words))
            if (tag.needs_password[static_cast<std::size_t>(part)] && !secured) return refused(TagRefusal::locked);
    }
    Access done;
    Bytes shown = memory;
    if (bank == Bank::epc) set_word(shown, 0, tag.crc());
    done.words.assign(shown.begin() + static_cast<std::ptrdiff_t>(2 * first),
                      shown.begin() + static_cast<std::ptrdiff_t>(2 * (first + words)));
    return done;
}

Access write_tag(PadTag& tag, Bank bank, std::size_t first, ByteView words, std::uint32_t password) {
    bool secured = false;
    if (auto no = admit(tag, password, secured)) return *no;
    Bytes& memory = tag.banks[static_cast<std::size_t>(bank)];
    const std::size_t count = words.size() / 2;
    if (count == 0 || (first + count) * 2 > memory.size()) return refused(TagRefusal::overrun);
    if (bank == Bank::tid || (bank == Bank::epc && first == 0)) return refused(TagRefusal::locked);
    for (const Part part : parts_of(bank, first, count)) {
        const auto at = static_cast<std::size_t>(part);
        if (tag.needs_password[at] && (tag.for_ever[at] || !secured)) return refused(TagRefusal::locked);
    }
    std::copy(words.begin(), words.end(), memory.begin() + static_cast<std::ptrdiff_t>(2 * first));
    return {};
}

Access lock_tag(PadTag& tag, std::uint32_t bits, std::uint32_t password) {
    bool secured = false;
    if (auto no = admit(tag, password, secured)) return *no;
    if (!secured) return refused(TagRefusal::locked);
    auto locks = tag.needs_password, ever = tag.for_ever;
    for (std::size_t part = 0; part < kParts; ++part) {
        const std::size_t shift = 2 * (kParts - 1 - part);
        const std::uint32_t mask = bits >> (10 + shift) & 3, action = bits >> shift & 3;
        const bool locks_now = (mask & 2) != 0 ? (action & 2) != 0 : locks[part];
        const bool ever_now = (mask & 1) != 0 ? (action & 1) != 0 : ever[part];
        const bool changes = locks_now != locks[part] || ever_now != ever[part];
        if (ever[part] && changes) return refused(TagRefusal::locked);
        locks[part] = locks_now;
        ever[part] = ever_now;
    }
    tag.needs_password = locks;
    tag.for_ever = ever;
    return {};
}

bool PadField::add(PadTag tag) {
    if (tags_.size() >= kMostTags) return false;
    const auto same_chip = [&](const PadTag& other) { return other.banks[2] == tag.banks[2]; };
    const std::size_t last = tag.banks[2].size() / 2 - 1;
    while (std::any_of(tags_.begin(), tags_.end(), same_chip))
        set_word(tag.banks[2], last, static_cast<std::uint16_t>(word_at(tag.banks[2], last) + 1));
    tags_.push_back(std::move(tag));
    return true;
}

std::size_t PadField::remove(ByteView epc) {
    return std::erase_if(tags_, [epc](const PadTag& tag) {
        const Bytes its = tag.epc();
        return std::equal(its.begin(), its.end(), epc.begin(), epc.end());
    });
}

std::vector<PadTag*> PadField::with(ByteView epc) {
    std::vector<PadTag*> all;
    for (PadTag& tag : tags_) {
        const Bytes its = tag.epc();
        if (std::equal(its.begin(), its.end(), epc.begin(), epc.end())) all.push_back(&tag);
    }
    return all;
}

PadTag* PadField::who_answers(const std::vector<PadTag*>& selected) {
    constexpr double kCollide = 0.25;
    std::vector<PadTag*> heard;
    for (PadTag* const tag : selected)
        if (!happens(1 - tag->heard)) heard.push_back(tag);
    if (heard.empty() || (heard.size() > 1 && happens(kCollide))) return nullptr;
    return heard[heard.size() == 1 ? 0 : up_to(heard.size() - 1)];
}

std::vector<Heard> PadField::round() {
    std::vector<std::size_t> order(tags_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), chance_);
    std::vector<Heard> heard;
    for (const std::size_t number : order) {
        const PadTag& tag = tags_[number];
        if (happens(1 - tag.heard) || happens(settings_.collision)) continue;
        Heard one{number, tag.pc(), tag.epc(), tag.crc(), tag.rssi_dbm};
        one.rssi_dbm += static_cast<int>(up_to(static_cast<std::size_t>(2 * settings_.noise_db))) - settings_.noise_db;
        if (!one.epc.empty() && happens(settings_.misread))
            one.epc[up_to(one.epc.size() - 1)] ^= static_cast<std::byte>(1U << up_to(7));
        heard.push_back(std::move(one));
    }
    return heard;
}

PadTime PadField::slot() const { return PadTime{static_cast<std::int64_t>(1e6 / std::max(1.0, settings_.tags_per_s))}; }

}  // namespace dosario::simulated
