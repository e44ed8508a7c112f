// SPDX-License-Identifier: Apache-2.0
// The format (https://c2sp.org/age):
//
//   age-encryption.org/v1\n
//   -> X25519 EPHEMERAL\n             base64 without padding: the sender's point of this file
//   WRAPPED\n                         base64 in lines of 64, the last one shorter: the file key under ChaCha20-Poly1305, nonce 0, by
//                                     HKDF(X25519(ephemeral, recipient), salt = EPHEMERAL | recipient, "age-encryption.org/v1/X25519")
//   --- MAC\n                         HMAC by HKDF(file key, "header") of all before, "---" included
//   NONCE 16 | PIECE | PIECE ...      each 64 KiB under HKDF(file key, salt = NONCE, "payload"), with a tag of 16 bytes; a piece's nonce
//                                     is its number in 11 bytes and 1 for the last one, which alone may be shorter
#include "crypto/age.hpp"

#include "crypto/age_header.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kPayloadNonce = 16;

Error damaged(std::string_view what) { return fail(Failure::damaged, std::string{what}); }
Error cut_off() { return damaged("the file is cut off: its end is missing"); }

AeadNonce piece_nonce(std::uint64_t piece, bool last) {
    AeadNonce nonce{};
    for (std::size_t i = 0; i < 8; ++i) nonce[10 - i] = static_cast<std::byte>(piece >> 8 * i & 0xffU);
    nonce[11] = static_cast<std::byte>(last);
    return nonce;
}

}  // namespace

// --- writing --------------------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<AgeWriter>> AgeWriter::start(const AgeRecipient& recipient, Entropy& entropy, ByteSink sink) {
    AgeFileKey file_key;
    entropy.fill(file_key.span());
    std::array<std::byte, kPayloadNonce> nonce;
    entropy.fill(nonce);
    std::string header = age_header_for(recipient, file_key, entropy);
    const Key32 payload_key = hkdf_sha256(file_key.span(), nonce, "payload");
    std::unique_ptr<AgeWriter> writer{new AgeWriter{file_key, std::move(header), payload_key, std::move(sink)}};
    if (auto written = writer->sink_(as_bytes(writer->header_)); !written) return written.error();
    if (auto written = writer->sink_(nonce); !written) return written.error();
    writer->held_.reserve(kAgePiece);
    return writer;
}

Result<void> AgeWriter::write(ByteView plain) {
    while (!plain.empty()) {
        // A full piece is sealed when more comes: only the last one may be marked as the last.
        if (held_.size() == kAgePiece) {
            if (auto sealed = seal_piece(held_, false); !sealed) return sealed;
            held_.clear();
        }
        const ByteView some = plain.first(std::min(plain.size(), kAgePiece - held_.size()));
        held_.insert(held_.end(), some.begin(), some.end());
        plain = plain.subspan(some.size());
    }
    return {};
}

Result<void> AgeWriter::finish() { return seal_piece(held_, true); }

Result<void> AgeWriter::seal_piece(ByteView plain, bool last) {
    sealed_.resize(plain.size() + kAeadTag);
    aead_.seal(piece_nonce(piece_++, last), plain, sealed_);
    return sink_(sealed_);
}

// --- reading --------------------------------------------------------------------------------------------------------------------

AgeReader::AgeReader(std::unique_ptr<AgeInput> input, const Key32& payload_key) : input_(std::move(input)), aead_(payload_key) {}
AgeReader::~AgeReader() { cleanse(plain_); }

Result<std::unique_ptr<AgeReader>> AgeReader::open(const AgeSecretKey& key, ByteSource source) {
    auto input = std::make_unique<AgeInput>(std::move(source));
    const Result<AgeHeader> header = read_age_header(*input);
    if (!header) return header.error();
    const PublicPoint recipient = key.recipient().point;
    for (const AgeStanza& stanza : header->stanzas) {
        const auto file_key = unwrap_age_key(stanza, key, recipient);
        if (!file_key) continue;
        if (!equal_in_constant_time(age_header_mac(*file_key, header->text), header->mac))
            return damaged("the beginning of the file was changed after it was written");
        return begin(std::move(input), *file_key);
    }
    return fail(Failure::refused,
                "this key does not open this file: it is of another sheet, or the file's first lines are damaged");
}

Result<std::unique_ptr<AgeReader>> AgeReader::open_again(const AgeFileKey& key, std::string_view header, ByteSource source) {
    auto input = std::make_unique<AgeInput>(std::move(source));
    std::string found(header.size(), '\0');
    const auto got = input->read(std::as_writable_bytes(std::span{found}));
    if (!got) return got.error();
    if (*got != header.size() || found != header) return damaged("the beginning of the file is not what was written");
    return begin(std::move(input), key);
}

Result<std::unique_ptr<AgeReader>> AgeReader::begin(std::unique_ptr<AgeInput> input, const AgeFileKey& key) {
    std::array<std::byte, kPayloadNonce> nonce;
    const auto got = input->read(nonce);
    if (!got) return got.error();
    if (*got != nonce.size()) return cut_off();
    return std::unique_ptr<AgeReader>{new AgeReader{std::move(input), hkdf_sha256(key.span(), nonce, "payload")}};
}

Result<std::size_t> AgeReader::read(std::span<std::byte> out) {
    if (given_ == plain_.size() && !last_) {
        if (auto opened = next_piece(); !opened) return opened.error();
    }
    const std::size_t some = std::min(out.size(), plain_.size() - given_);
    std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(given_), some, out.begin());
    given_ += some;
    return some;
}

Result<void> AgeReader::next_piece() {
    given_ = 0;
    plain_.clear();
    sealed_.resize(kAgePiece + kAeadTag);
    const auto got = input_->read(sealed_);
    if (!got) return got.error();
    const auto end = input_->at_end();
    if (!end) return end.error();
    sealed_.resize(*got);
    if (sealed_.size() < kAeadTag) return cut_off();
    plain_.resize(sealed_.size() - kAeadTag);
    if (plain_.empty() && piece_ > 0) return damaged("the file has an empty last piece, which nobody writes");
    if (!aead_.open(piece_nonce(piece_, *end), sealed_, plain_)) {
        const std::uint64_t piece = piece_;
        plain_.clear();
        // A whole file whose end is gone has, at its new end, a piece that is marked as not the last.
        Bytes trial(sealed_.size() - kAeadTag);
        if (*end && aead_.open(piece_nonce(piece, false), sealed_, trial)) {
            cleanse(trial);
            return cut_off();
        }
        return damaged("the file is damaged " + std::to_string(piece * kAgePiece / 1024) + " KiB behind its beginning");
    }
    ++piece_;
    last_ = *end;
    return {};
}

Result<AgeShape> age_shape(ByteSource source) {
    AgeInput input{std::move(source)};
    const Result<AgeHeader> header = read_age_header(input);
    if (!header) return header.error();
    AgeShape shape;
    for (const AgeStanza& stanza : header->stanzas) shape.recipients += stanza.kind == "X25519" ? 1 : 0;
    Bytes piece(kPayloadNonce);
    auto got = input.read(piece);
    if (!got) return got.error();
    if (*got < kPayloadNonce) return cut_off();
    piece.resize(kAgePiece + kAeadTag);
    for (bool first = true;; first = false) {
        got = input.read(piece);
        if (!got) return got.error();
        if (*got == 0 && !first) return shape;
        if (*got < kAeadTag || (*got == kAeadTag && !first)) return cut_off();
        shape.plain_bytes += *got - kAeadTag;
        if (*got < piece.size()) return shape;
    }
}

}  // namespace dosario
