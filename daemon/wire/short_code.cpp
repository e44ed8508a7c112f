// SPDX-License-Identifier: Apache-2.0
#include "wire/short_code.hpp"

namespace dosario {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kCodeLength = 12;
constexpr std::size_t kMostDigits = 18;

/// Times x in GF(32) by x^5 + x^2 + 1.
constexpr unsigned times_x(unsigned value) { return ((value << 1) ^ ((value & 16) != 0 ? 0b100101U : 0U)) & 31; }

/// Of characters of kCrockford: each weighs another power of x.
char check_character(std::string_view text) {
    unsigned sum = 0;
    for (const char c : text) sum = times_x(sum ^ static_cast<unsigned>(kCrockford.find(c)));
    return kCrockford[sum];
}

std::string twelve(std::uint64_t bits) {
    std::string text(kCodeLength, '0');
    for (std::size_t i = kCodeLength; i-- > 0; bits >>= 5) text[i] = kCrockford[bits & 31];
    return text;
}

/// The character that was meant, 0 for what is passed over, '?' for what is none.
char meant(char c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == ' ' || c == '\t' || c == '-' || c == '.' || c == '#') return 0;
    if (c == 'O') return '0';
    if (c == 'I' || c == 'L') return '1';
    return kCrockford.find(c) == std::string_view::npos ? '?' : c;
}

Error mistyped(const std::string& what) {
    return fail(Failure::invalid, "this code was mistyped (" + what +
                                      "): a number, 12 characters and a check character are wanted, as on the day sheet");
}

}  // namespace

ShortCode short_code(Seq seq, const Sha256& hash) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | std::to_integer<std::uint64_t>(hash[i]);
    return {seq, bits >> 4};
}

std::string code_text(const ShortCode& code) {
    const std::string all = twelve(code.bits);
    return all.substr(0, 4) + '-' + all.substr(4, 4) + '-' + all.substr(8) + '-' +
           check_character(std::to_string(code.seq) + all);
}

std::string head_text(const ShortCode& code) { return std::to_string(code.seq) + ' ' + code_text(code); }

Result<ShortCode> parse_head(std::string_view text) {
    std::string all;
    for (const char c : text) {
        const char taken = meant(c);
        if (taken == '?') return mistyped("it holds a character that no code has");
        if (taken != 0) all += taken;
        if (all.size() > kMostDigits + kCodeLength + 1) return mistyped("it is too long");
    }
    if (all.size() < kCodeLength + 2) return mistyped("it is too short");
    const std::string number = all.substr(0, all.size() - kCodeLength - 1);
    if (number.find_first_not_of("0123456789") != std::string::npos) return mistyped("its length, or the number");
    if (number.size() > 1 && number[0] == '0') return mistyped("the number begins with 0");
    if (check_character(all.substr(0, all.size() - 1)) != all.back()) return mistyped("its check character does not fit");
    ShortCode code;
    for (const char digit : number) code.seq = code.seq * 10 + static_cast<Seq>(digit - '0');
    for (const char c : all.substr(number.size(), kCodeLength)) code.bits = code.bits << 5 | kCrockford.find(c);
    return code;
}

}  // namespace dosario
