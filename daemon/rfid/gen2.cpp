// SPDX-License-Identifier: Apache-2.0
#include "rfid/gen2.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint16_t kPcWord = 1;  // of the EPC bank
constexpr std::uint16_t kFirstEpcWord = 2;
constexpr std::uint16_t kAccessPassword = 2;  // of the reserved bank: words 2 and 3

std::string_view unfit_epc(const Bytes& epc) {
    if (epc.empty()) return "which tag? its EPC is wanted";
    if (epc.size() % 2 != 0 || epc.size() > kLongestEpc) return "an EPC has whole words, at most 31";
    return {};
}

}  // namespace

std::uint16_t gen2_crc(ByteView pc_and_epc) {
    unsigned crc = 0xFFFF;
    for (const std::byte one : pc_and_epc) {
        crc ^= std::to_integer<unsigned>(one) << 8;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1 ^ 0x1021) & 0xFFFF : crc << 1;
    }
    return static_cast<std::uint16_t>(~crc & 0xFFFF);
}

void append_be16(Bytes& bytes, unsigned value) {
    bytes.push_back(static_cast<std::byte>(value >> 8 & 0xFF));
    bytes.push_back(static_cast<std::byte>(value & 0xFF));
}

void append_be32(Bytes& bytes, std::uint32_t value) {
    append_be16(bytes, value >> 16);
    append_be16(bytes, value & 0xFFFF);
}

void append(Bytes& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

const char* tag_error_words(unsigned code) {
    switch (code) {
        case 0x00: return "the tag refuses: another error";
        case 0x03: return "the tag refuses: it has no memory there";
        case 0x04: return "the tag refuses: the memory is locked";
        case 0x0B: return "the tag has too little power: put it nearer";
        case 0x0F: return "the tag refuses, and does not say why";
        default: return "the tag refuses with an error that no standard names";
    }
}

std::uint32_t lock_bits(const LockTag& lock) {
    std::uint32_t mask = 0, action = 0;
    for (const TagLock one : {lock.kill_password, lock.access_password, lock.epc_bank, lock.tid_bank, lock.user_bank}) {
        mask <<= 2;
        action <<= 2;
        switch (one) {  // the upper bit: with the password only; the lower: for ever
            case TagLock::leave: break;
            case TagLock::open: mask |= 2; break;
            case TagLock::with_password: mask |= 2, action |= 2; break;
            case TagLock::open_for_ever: mask |= 3, action |= 1; break;
            case TagLock::closed_for_ever: mask |= 3, action |= 3; break;
        }
    }
    return mask << 10 | action;
}

std::string_view unfit(const ReadTag& read) {
    if (const auto wrong = unfit_epc(read.epc); !wrong.empty()) return wrong;
    if (read.words == 0 || read.words > kMostTagWords) return "1 to 32 words can be read at once";
    return {};
}

std::string_view unfit(const WriteTag& write) {
    if (const auto wrong = unfit_epc(write.epc); !wrong.empty()) return wrong;
    if (write.content.empty() || write.content.size() % 2 != 0 || write.content.size() > 2 * kMostTagWords)
        return "1 to 32 whole words can be written at once";
    const std::size_t end = write.first_word + write.content.size() / 2;
    if (write.bank == TagBank::reserved) {
        const bool some = write.first_word < kAccessPassword + 2U && end > kAccessPassword;
        const bool both = write.first_word <= kAccessPassword && end >= kAccessPassword + 2U;
        if (some && !both) return "the access password has two words: write both at once";
    }
    if (write.bank != TagBank::epc) return {};
    if (write.first_word == 0) return "the tag computes word 0 of the EPC bank itself";
    if (write.first_word >= kFirstEpcWord && end > kFirstEpcWord + write.epc.size() / 2)
        return "an EPC of another length needs its PC word: write from word 1 on";
    if (!epc_after(write)) return "the PC word says that the EPC is longer than what is known of it: write all of it";
    return {};
}

std::string_view unfit(const LockTag& lock) {
    if (const auto wrong = unfit_epc(lock.epc); !wrong.empty()) return wrong;
    if (lock_bits(lock) == 0) return "nothing is to be locked";
    if (lock.password == 0) return "a tag without an access password cannot be locked: write one first";
    return {};
}

std::optional<Bytes> epc_after(const WriteTag& write) {
    if (write.bank != TagBank::epc) return write.epc;
    // What is known of the bank, from word 1 on: the length of the EPC stands for its PC word.
    Bytes bank;
    append_be16(bank, pc_for(write.epc.size()));
    append(bank, write.epc);
    const std::size_t from = (static_cast<std::size_t>(write.first_word) - kPcWord) * 2;
    if (write.first_word < kPcWord || from > bank.size()) return write.epc;
    bank.resize(std::max(bank.size(), from + write.content.size()));
    std::copy(write.content.begin(), write.content.end(), bank.begin() + static_cast<std::ptrdiff_t>(from));
    const std::size_t size = epc_size(be16(bank, 0));
    if (bank.size() - 2 < size) return std::nullopt;
    return Bytes{bank.begin() + 2, bank.begin() + 2 + static_cast<std::ptrdiff_t>(size)};
}

std::uint32_t password_after(const WriteTag& write) {
    const std::size_t end = write.first_word + write.content.size() / 2;
    if (write.bank != TagBank::reserved || write.first_word > kAccessPassword || end < kAccessPassword + 2U)
        return write.password;
    const std::size_t at = (static_cast<std::size_t>(kAccessPassword) - write.first_word) * 2;
    return static_cast<std::uint32_t>(be16(write.content, at)) << 16 | be16(write.content, at + 2);
}

}  // namespace dosario
