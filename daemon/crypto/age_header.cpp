// SPDX-License-Identifier: Apache-2.0
#include "crypto/age_header.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kVersion = "age-encryption.org/v1";
constexpr std::string_view kWrapping = "age-encryption.org/v1/X25519";
constexpr std::size_t kLine = 64;  // columns of a stanza's body
constexpr std::size_t kLongestHeader = 64 * 1024;

Bytes joined(ByteView one, ByteView other) {
    Bytes both{one.begin(), one.end()};
    both.insert(both.end(), other.begin(), other.end());
    return both;
}

Key32 wrapping_key(const Key32& shared, const PublicPoint& ephemeral, const PublicPoint& recipient) {
    return hkdf_sha256(shared.span(), joined(ephemeral, recipient), kWrapping);
}

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    for (;;) {
        const auto blank = line.find(' ');
        words.emplace_back(line.substr(0, blank));
        if (blank == std::string_view::npos) return words;
        line.remove_prefix(blank + 1);
    }
}

bool printable_words(const std::vector<std::string>& words) {
    const auto good = [](const std::string& word) {
        return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= 33 && c <= 126; });
    };
    return std::all_of(words.begin(), words.end(), good);
}

/// `first` is the line that begins with "-> ".
Result<AgeStanza> read_stanza(AgeInput& input, std::string_view first, std::string& text) {
    std::vector<std::string> words = words_of(first.substr(3));
    if (!printable_words(words)) return no_age_file();
    AgeStanza stanza{words.front(), {words.begin() + 1, words.end()}, {}};
    for (;;) {
        const Result<std::string> line = input.line();
        if (!line) return line.error();
        const auto bytes = from_base64(*line);
        if (line->size() > kLine || !bytes) return no_age_file();
        text += *line + "\n";
        stanza.body.insert(stanza.body.end(), bytes->begin(), bytes->end());
        if (line->size() < kLine) return stanza;
    }
}

}  // namespace

Error no_age_file() { return fail(Failure::damaged, "this is no age file, or its beginning is damaged"); }

Sha256 age_header_mac(const AgeFileKey& key, std::string_view header) {
    return hmac_sha256(hkdf_sha256(key.span(), {}, "header"), header);
}

Result<std::string> AgeInput::line() {
    std::string text;
    for (;;) {
        std::byte byte{};
        const auto got = read({&byte, 1});
        if (!got) return got.error();
        if (*got == 0 || ++header_bytes_ > kLongestHeader) return no_age_file();
        if (byte == std::byte{'\n'}) return text;
        text += static_cast<char>(byte);
    }
}

Result<std::size_t> AgeInput::read(std::span<std::byte> out) {
    std::size_t filled = 0;
    while (filled < out.size()) {
        if (given_ == ahead_.size()) {
            if (auto more = refill(); !more) return more.error();
            if (ahead_.empty()) break;
        }
        const std::size_t some = std::min(out.size() - filled, ahead_.size() - given_);
        std::copy_n(ahead_.begin() + static_cast<std::ptrdiff_t>(given_), some,
                    out.begin() + static_cast<std::ptrdiff_t>(filled));
        given_ += some;
        filled += some;
    }
    return filled;
}

Result<bool> AgeInput::at_end() {
    if (given_ < ahead_.size()) return false;
    if (auto more = refill(); !more) return more.error();
    return ahead_.empty();
}

Result<void> AgeInput::refill() {
    given_ = 0;
    ahead_.resize(kAgePiece);
    const auto got = source_(ahead_);
    ahead_.resize(got ? *got : 0);
    if (!got) return got.error();
    return {};
}

Result<AgeHeader> read_age_header(AgeInput& input) {
    AgeHeader header;
    const Result<std::string> version = input.line();
    if (!version) return version.error();
    if (*version != kVersion) {
        if (version->starts_with("age-encryption.org/"))
            return fail(Failure::newer, "the file is of another version of age than this program reads");
        return no_age_file();
    }
    header.text = *version + "\n";
    for (;;) {
        const Result<std::string> line = input.line();
        if (!line) return line.error();
        if (line->starts_with("-> ")) {
            header.text += *line + "\n";
            auto stanza = read_stanza(input, *line, header.text);
            if (!stanza) return stanza.error();
            header.stanzas.push_back(std::move(*stanza));
        } else {
            const auto mac = line->starts_with("--- ") ? from_base64(std::string_view{*line}.substr(4)) : std::nullopt;
            if (!mac || mac->size() != header.mac.size() || header.stanzas.empty()) return no_age_file();
            std::copy(mac->begin(), mac->end(), header.mac.begin());
            header.text += "---";
            return header;
        }
    }
}

std::string age_header_for(const AgeRecipient& recipient, const AgeFileKey& file_key, Entropy& entropy) {
    const AgeSecretKey ephemeral = make_age_key(entropy);
    const PublicPoint share = ephemeral.recipient().point;
    const auto shared = x25519_shared(ephemeral.secret, recipient.point);
    DOSARIO_CHECK(shared.has_value());  // a recipient was looked at when it was parsed
    std::array<std::byte, 16 + kAeadTag> wrapped;
    Aead{wrapping_key(*shared, share, recipient.point)}.seal({}, file_key.span(), wrapped);
    std::string header{kVersion};
    header += "\n-> X25519 " + base64(share) + "\n" + base64(wrapped) + "\n---";
    const Sha256 mac = age_header_mac(file_key, header);
    return header + " " + base64(mac) + "\n";
}

std::optional<AgeFileKey> unwrap_age_key(const AgeStanza& stanza, const AgeSecretKey& key, const PublicPoint& recipient) {
    if (stanza.kind != "X25519" || stanza.arguments.size() != 1) return std::nullopt;
    const auto share = from_base64(stanza.arguments.front());
    AgeFileKey file_key;
    if (!share || share->size() != 32 || stanza.body.size() != file_key.span().size() + kAeadTag) return std::nullopt;
    PublicPoint ephemeral;
    std::copy_n(share->begin(), ephemeral.size(), ephemeral.begin());
    const auto shared = x25519_shared(key.secret, ephemeral);
    if (!shared || !Aead{wrapping_key(*shared, ephemeral, recipient)}.open({}, stanza.body, file_key.span())) return std::nullopt;
    return file_key;
}

}  // namespace dosario
