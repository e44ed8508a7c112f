// SPDX-License-Identifier: Apache-2.0
// The first lines of an age file: to whom it is encrypted. The format is described in age.cpp; only that and the tests include this.
#pragma once

#include "crypto/age.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dosario {

inline constexpr std::size_t kAgePiece = 64 * 1024;

Error no_age_file();

/// The bytes of a file with a look ahead.
class AgeInput {
public:
    explicit AgeInput(ByteSource source) : source_(std::move(source)) {}

    /// A line without its end. damaged: there is none, or the header grows too long.
    Result<std::string> line();
    /// All of the span, but at the end of the file.
    Result<std::size_t> read(std::span<std::byte> out);
    Result<bool> at_end();

private:
    Result<void> refill();

    ByteSource source_;
    Bytes ahead_;
    std::size_t given_ = 0;
    std::size_t header_bytes_ = 0;
};

struct AgeStanza {
    std::string kind;
    std::vector<std::string> arguments;
    Bytes body;
};

struct AgeHeader {
    std::vector<AgeStanza> stanzas;
    std::string text;  ///< up to "---"
    Sha256 mac{};
};

/// damaged: no age file; newer: another version of the format.
Result<AgeHeader> read_age_header(AgeInput& input);

/// All lines up to the payload.
std::string age_header_for(const AgeRecipient& recipient, const AgeFileKey& file_key, Entropy& entropy);

Sha256 age_header_mac(const AgeFileKey& key, std::string_view header);

/// The file's key, when this is a stanza for that secret.
std::optional<AgeFileKey> unwrap_age_key(const AgeStanza& stanza, const AgeSecretKey& key, const PublicPoint& recipient);

}  // namespace dosario
