// SPDX-License-Identifier: Apache-2.0
#include "persons/site_keys.hpp"

#include "base/bytes.hpp"
#include "crypto/secret_file.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>

namespace dosario {
namespace {

constexpr unsigned kLargestNumber = 999;
constexpr std::size_t kKeyDigits = 64;

struct Found {
    std::optional<SecretBytes<32>> pseudonym;
    std::optional<SecretBytes<32>> seal;
};

/// `use number key`; false for anything else.
bool read_line(std::string_view line, std::map<unsigned, Found>& found) {
    const auto first = line.find(' ');
    const auto second = line.find(' ', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos || line.size() - second - 1 != kKeyDigits) return false;
    const std::string_view use = line.substr(0, first);
    const std::string_view digits = line.substr(first + 1, second - first - 1);
    unsigned number = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (fault != std::errc{} || end != digits.data() + digits.size() || number == 0 || number > kLargestNumber) return false;
    if (use != "pseudonym" && use != "seal") return false;
    auto bytes = from_hex(line.substr(second + 1));
    if (!bytes || bytes->size() != SecretBytes<32>{}.span().size()) return false;
    SecretBytes<32> key;
    std::copy(bytes->begin(), bytes->end(), key.span().begin());
    cleanse(*bytes);
    auto& place = use == "seal" ? found[number].seal : found[number].pseudonym;
    if (place) return false;
    place = key;
    return true;
}

Error not_understood(const std::string& path) {
    return fail(Failure::invalid,
                path +
                    " is not the file of this site's keys: put back the one of the last backup (`dosario restore` says "
                    "how); without it nobody can tell who the kept persons are");
}

}  // namespace

Result<std::vector<SiteKey>> read_site_keys(const std::string& path) {
    auto text = read_secret(path);
    if (!text) return text.error();
    std::map<unsigned, Found> found;
    bool good = true;
    for (std::size_t at = 0; at < text->size() && good;) {
        const auto end = std::min(text->find('\n', at), text->size());
        const std::string_view line = std::string_view{*text}.substr(at, end - at);
        good = line.empty() || line.starts_with('#') || read_line(line, found);
        at = end + 1;
    }
    wipe(*text);
    std::vector<SiteKey> keys;
    for (const auto& [number, pair] : found) {
        good = good && pair.pseudonym && pair.seal;
        if (good) keys.push_back({number, *pair.pseudonym, *pair.seal});
    }
    if (!good || keys.empty()) return not_understood(path);
    return keys;
}

Result<std::vector<SiteKey>> make_site_keys(const std::string& path, unsigned number, Entropy& entropy) {
    SiteKey key{number, {}, {}};
    entropy.fill(key.pseudonym.span());
    entropy.fill(key.seal.span());
    const std::string n = std::to_string(number);
    std::string text;
    text.reserve(512);  // a secret leaves no shorter copies of itself
    text += "# Keys of this site for the table of persons: never give them away. A backup holds them too.\npseudonym " + n + " ";
    for (const auto& [secret, next] : {std::pair{&key.pseudonym, "\nseal " + n + " "}, std::pair{&key.seal, std::string{"\n"}}}) {
        std::string hex = to_hex(secret->span());
        text += hex + next;
        wipe(hex);
    }
    const auto written = write_secret(path, text);
    wipe(text);
    if (!written) return written.error();
    return std::vector<SiteKey>{key};
}

}  // namespace dosario
