// SPDX-License-Identifier: Apache-2.0
// Files that only the owner of a key can open: the public format "age" (C2SP, age-encryption.org/v1), for recipients with X25519 keys.
// The `age` tool of Debian reads what this writes, and the other way round. Both ways stream: no more than one piece of 64 KiB is held.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/age_primitives.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace dosario {

/// Takes all of the bytes, or says why not.
using ByteSink = std::function<Result<void>(ByteView)>;
/// Fills some or all of the span and says how much; 0 is the end.
using ByteSource = std::function<Result<std::size_t>(std::span<std::byte>)>;

/// What a file is encrypted to.
struct AgeRecipient {
    PublicPoint point{};
    /// `age1` and 58 characters.
    std::string text() const;
    bool operator==(const AgeRecipient&) const = default;
};

/// What opens it again.
struct AgeSecretKey {
    Key32 secret;
    /// `AGE-SECRET-KEY-1` and 58 characters. The caller wipes it (secret_file.hpp).
    std::string text() const;
    AgeRecipient recipient() const { return {x25519_public(secret)}; }
};

AgeSecretKey make_age_key(Entropy& entropy);

/// invalid: no age recipient.
Result<AgeRecipient> parse_age_recipient(std::string_view text);
/// As it is typed from paper: either case, with blanks, dashes or line breaks anywhere, with or without its beginning. invalid: says what
/// is wrong with it, never what was typed.
Result<AgeSecretKey> parse_age_secret(std::string_view text);

/// The key of one file, drawn anew for each.
using AgeFileKey = SecretBytes<16>;

class AgeWriter {
public:
    /// Writes the header at once. `sink` is called from start(), write() and finish().
    static Result<std::unique_ptr<AgeWriter>> start(const AgeRecipient& recipient, Entropy& entropy, ByteSink sink);
    Result<void> write(ByteView plain);
    /// Without it the file is one that was cut off, and is refused by every reader.
    Result<void> finish();

    ~AgeWriter() { cleanse(held_); }
    const AgeFileKey& file_key() const { return file_key_; }
    /// Everything before the payload.
    const std::string& header() const { return header_; }

private:
    AgeWriter(AgeFileKey file_key, std::string header, const Key32& payload_key, ByteSink sink)
        : file_key_(file_key), header_(std::move(header)), aead_(payload_key), sink_(std::move(sink)) {}
    Result<void> seal_piece(ByteView plain, bool last);

    AgeFileKey file_key_;
    std::string header_;
    Aead aead_;
    ByteSink sink_;
    Bytes held_;    ///< plain, less than a piece or exactly one
    Bytes sealed_;  ///< a piece's
    std::uint64_t piece_ = 0;
};

class AgeInput;

class AgeReader {
public:
    /// refused: the key opens it not; damaged: no age file, or its header was changed; and whatever `source` says.
    static Result<std::unique_ptr<AgeReader>> open(const AgeSecretKey& key, ByteSource source);
    /// By who wrote it and still holds the file's own key; `header` is what was written.
    static Result<std::unique_ptr<AgeReader>> open_again(const AgeFileKey& key, std::string_view header, ByteSource source);

    /// Fills some or all of `out` with what was checked, 0 at the end; damaged when a bit is another, something is missing or too much.
    Result<std::size_t> read(std::span<std::byte> out);
    ~AgeReader();

private:
    AgeReader(std::unique_ptr<AgeInput> input, const Key32& payload_key);
    static Result<std::unique_ptr<AgeReader>> begin(std::unique_ptr<AgeInput> input, const AgeFileKey& key);
    Result<void> next_piece();

    std::unique_ptr<AgeInput> input_;
    Aead aead_;
    Bytes sealed_;
    Bytes plain_;
    std::size_t given_ = 0;  ///< of plain_
    std::uint64_t piece_ = 0;
    bool last_ = false;
};

/// What can be said of an age file without any key.
struct AgeShape {
    std::size_t recipients = 0;     ///< with X25519
    std::uint64_t plain_bytes = 0;  ///< what is in it, if nothing was cut off
};

/// Reads to the end. damaged: no age file, or one that was cut off within a piece's tag. A file that was cut between two pieces looks
/// whole here: only the key tells.
Result<AgeShape> age_shape(ByteSource source);

}  // namespace dosario
