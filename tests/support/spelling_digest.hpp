// SPDX-License-Identifier: Apache-2.0
// What a pseudonym is made of: a Digest with key number 1 that keeps what it is asked to digest, and digests nothing.
#pragma once

#include "base/bytes.hpp"
#include "identity/person.hpp"

#include <string>

namespace dosario::test {

class SpellingDigest final : public Digest {
public:
    Sha256 sha256(std::span<const std::span<const std::byte>> parts) const override {
        keep(parts);
        return {};
    }
    std::optional<Keyed> keyed(std::span<const std::span<const std::byte>> parts) const override {
        keep(parts);
        return Keyed{1, {}};
    }
    const std::string& seen() const { return seen_; }

private:
    void keep(std::span<const std::span<const std::byte>> parts) const {
        seen_.clear();
        for (const auto part : parts) seen_ += as_text(part);
    }
    mutable std::string seen_;
};

/// country|kind|number
inline std::string spelled(const Person& person) {
    const SpellingDigest digest;
    (void)pseudonym(person, digest);
    return digest.seen();
}

/// Country, kind and number are as a pseudonym wants them: so many digits, or capitals and digits; no zeros in front where they
/// do not count.
inline bool is_canonical(const Person& person) {
    const std::string prefix = std::string{person.country} + '|' + std::string{person.id_kind} + '|';
    const std::string text = spelled(person);
    if (!text.starts_with(prefix)) return false;
    const std::string_view number = std::string_view{text}.substr(prefix.size());
    const auto are_digits = [](std::string_view some) { return some.find_first_not_of("0123456789") == std::string_view::npos; };
    if (prefix == "AR|DNI|") return !number.empty() && number.size() <= 8 && number[0] != '0' && are_digits(number);
    if (prefix == "AR|CUIT|" || prefix == "BR|CPF|") return number.size() == 11 && are_digits(number);
    if (prefix == "BR|CNS|") return number.size() == 15 && are_digits(number);
    if (prefix == "|GSRN|") return number.size() == 18 && are_digits(number);
    if (prefix == "CL|RUT|") {
        const std::string_view body = number.substr(0, number.size() - 1);
        return number.size() >= 2 && number.size() <= 9 && number[0] != '0' && are_digits(body) &&
               (are_digits(number) || number.back() == 'K');
    }
    constexpr std::string_view kAlphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return prefix == "MX|CURP|" && number.size() == 18 && number.find_first_not_of(kAlphanumeric) == std::string_view::npos;
}

}  // namespace dosario::test
