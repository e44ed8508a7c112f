// SPDX-License-Identifier: Apache-2.0
// Keys of the age format as text: Bech32, with the prefixes "age" and "age-secret-key-".
#include "crypto/age.hpp"
#include "crypto/bech32.hpp"
#include "crypto/secret_file.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kRecipientPrefix = "age";
constexpr std::string_view kSecretPrefix = "age-secret-key-";
constexpr std::size_t kMostTyped = 1000;

Error typed_wrongly(std::string_view why) {
    return fail(Failure::invalid, std::string{why} + ": compare it with the sheet, character by character; nothing was changed");
}

}  // namespace

std::string AgeRecipient::text() const { return bech32_encode(kRecipientPrefix, point); }

std::string AgeSecretKey::text() const {
    std::string text = bech32_encode(kSecretPrefix, secret.span());
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return text;
}

AgeSecretKey make_age_key(Entropy& entropy) {
    AgeSecretKey key;
    entropy.fill(key.secret.span());
    return key;
}

Result<AgeRecipient> parse_age_recipient(std::string_view text) {
    const Bech32Text read = bech32_decode(text);
    AgeRecipient recipient;
    if (read.fault != Bech32Fault::none || read.prefix != kRecipientPrefix || read.bytes.size() != recipient.point.size())
        return fail(Failure::invalid, "this is no public key of age (age1...), or a character of it is wrong");
    std::copy(read.bytes.begin(), read.bytes.end(), recipient.point.begin());
    // A point that leads every secret to zero would be a key that everybody has.
    Key32 any;
    any.span()[0] = std::byte{8};
    if (!x25519_shared(any, recipient.point)) return fail(Failure::invalid, "this public key is not safe: make another one");
    return recipient;
}

Result<AgeSecretKey> parse_age_secret(std::string_view text) {
    if (text.size() > kMostTyped) return typed_wrongly("this is much longer than a recovery key");
    std::string typed;
    typed.reserve(text.size() + kSecretPrefix.size() + 1);
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter) typed += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (!letter && c != ' ' && c != '-' && c != '\t' && c != '\r' && c != '\n') {
            wipe(typed);
            return typed_wrongly("a recovery key has letters and digits only");
        }
    }
    std::string_view rest = typed;
    constexpr std::string_view kBeginning = "agesecretkey1";
    if (rest.starts_with(kBeginning)) rest.remove_prefix(kBeginning.size());
    std::string whole{kSecretPrefix};
    whole.reserve(typed.capacity() + 1);
    whole += '1';
    whole += rest;
    Bech32Text read = bech32_decode(whole);
    const std::size_t typed_size = rest.size();
    const bool foreign = rest.find_first_of("1bio") != std::string_view::npos;
    wipe(typed);
    wipe(whole);
    AgeSecretKey key;
    constexpr std::size_t kCharacters = 58;  // 52 for 32 bytes, 6 of the checksum
    const bool good = read.fault == Bech32Fault::none && read.bytes.size() == key.secret.span().size();
    if (good) std::copy(read.bytes.begin(), read.bytes.end(), key.secret.span().begin());
    cleanse(read.bytes);
    if (good) return key;
    if (typed_size != kCharacters) {
        return typed_wrongly("the recovery key has " + std::to_string(kCharacters) + " characters after AGE-SECRET-KEY-1, and " +
                             std::to_string(typed_size) + " were typed");
    }
    if (foreign) return typed_wrongly("the recovery key never has the characters 1, B, I and O after AGE-SECRET-KEY-1");
    return typed_wrongly("the recovery key is mistyped: its checksum does not fit");
}

}  // namespace dosario
