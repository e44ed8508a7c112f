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

#include "base/check.hpp"
#include "crypto/bech32.hpp"
#include "crypto/secret_file.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kVersion = "age-encryption.org/v1";
constexpr std::string_view kWrapping = "age-encryption.org/v1/X25519";
constexpr std::string_view kRecipientPrefix = "age";
constexpr std::string_view kSecretPrefix = "age-secret-key-";
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kLine = 64;  // columns of a stanza's body
constexpr std::size_t kPayloadNonce = 16;
constexpr std::size_t kLongestHeader = 64 * 1024;
constexpr std::size_t kMostTyped = 1000;

Error damaged(std::string_view what) { return fail(Failure::damaged, std::string{what}); }
Error no_age_file() { return damaged("this is no age file, or its beginning is damaged"); }
Error cut_off() { return damaged("the file is cut off: its end is missing"); }

Bytes joined(ByteView one, ByteView other) {
    Bytes both{one.begin(), one.end()};
    both.insert(both.end(), other.begin(), other.end());
    return both;
}

Key32 wrapping_key(const Key32& shared, const PublicPoint& ephemeral, const PublicPoint& recipient) {
    return hkdf_sha256(shared.span(), joined(ephemeral, recipient), kWrapping);
}

Sha256 header_mac(const AgeFileKey& key, std::string_view header) {
    return hmac_sha256(hkdf_sha256(key.span(), {}, "header"), header);
}

AeadNonce piece_nonce(std::uint64_t piece, bool last) {
    AeadNonce nonce{};
    for (std::size_t i = 0; i < 8; ++i) nonce[10 - i] = static_cast<std::byte>(piece >> 8 * i & 0xffU);
    nonce[11] = static_cast<std::byte>(last);
    return nonce;
}

struct Stanza {
    std::string kind;
    std::vector<std::string> arguments;
    Bytes body;
};

struct Header {
    std::vector<Stanza> stanzas;
    std::string text;  ///< up to "---"
    Sha256 mac{};
};

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

std::string header_for(const AgeRecipient& recipient, const AgeFileKey& file_key, Entropy& entropy) {
    const AgeSecretKey ephemeral = make_age_key(entropy);
    const PublicPoint share = ephemeral.recipient().point;
    const auto shared = x25519_shared(ephemeral.secret, recipient.point);
    DOSARIO_CHECK(shared.has_value());  // a recipient was looked at when it was parsed
    std::array<std::byte, 16 + kAeadTag> wrapped;
    Aead{wrapping_key(*shared, share, recipient.point)}.seal({}, file_key.span(), wrapped);
    std::string header{kVersion};
    header += "\n-> X25519 " + base64(share) + "\n" + base64(wrapped) + "\n---";
    const Sha256 mac = header_mac(file_key, header);
    return header + " " + base64(mac) + "\n";
}

/// The file's key, when this is a stanza for that secret.
std::optional<AgeFileKey> unwrap(const Stanza& stanza, const AgeSecretKey& key, const PublicPoint& recipient) {
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

Error typed_wrongly(std::string_view why) {
    return fail(Failure::invalid, std::string{why} + ": compare it with the sheet, character by character; nothing was changed");
}

}  // namespace

/// The bytes of a file with a look ahead.
class AgeReader::Input {
public:
    explicit Input(ByteSource source) : source_(std::move(source)) {}

    /// A line without its end. damaged: there is none, or the header grows too long.
    Result<std::string> line() {
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

    /// All of the span, but at the end of the file.
    Result<std::size_t> read(std::span<std::byte> out) {
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

    Result<bool> at_end() {
        if (given_ < ahead_.size()) return false;
        if (auto more = refill(); !more) return more.error();
        return ahead_.empty();
    }

private:
    Result<void> refill() {
        given_ = 0;
        ahead_.resize(kPiece);
        const auto got = source_(ahead_);
        ahead_.resize(got ? *got : 0);
        if (!got) return got.error();
        return {};
    }

    ByteSource source_;
    Bytes ahead_;
    std::size_t given_ = 0;
    std::size_t header_bytes_ = 0;
};

namespace {

/// `first` is the line that begins with "-> ".
template <class Input>
Result<Stanza> read_stanza(Input& input, std::string_view first, std::string& text) {
    std::vector<std::string> words = words_of(first.substr(3));
    if (!printable_words(words)) return no_age_file();
    Stanza stanza{words.front(), {words.begin() + 1, words.end()}, {}};
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

template <class Input>
Result<Header> read_header(Input& input) {
    Header header;
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

// --- writing --------------------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<AgeWriter>> AgeWriter::start(const AgeRecipient& recipient, Entropy& entropy, ByteSink sink) {
    AgeFileKey file_key;
    entropy.fill(file_key.span());
    std::array<std::byte, kPayloadNonce> nonce;
    entropy.fill(nonce);
    std::string header = header_for(recipient, file_key, entropy);
    const Key32 payload_key = hkdf_sha256(file_key.span(), nonce, "payload");
    std::unique_ptr<AgeWriter> writer{new AgeWriter{file_key, std::move(header), payload_key, std::move(sink)}};
    if (auto written = writer->sink_(as_bytes(writer->header_)); !written) return written.error();
    if (auto written = writer->sink_(nonce); !written) return written.error();
    writer->held_.reserve(kPiece);
    return writer;
}

Result<void> AgeWriter::write(ByteView plain) {
    while (!plain.empty()) {
        // A full piece is sealed when more comes: only the last one may be marked as the last.
        if (held_.size() == kPiece) {
            if (auto sealed = seal_piece(held_, false); !sealed) return sealed;
            held_.clear();
        }
        const ByteView some = plain.first(std::min(plain.size(), kPiece - held_.size()));
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

AgeReader::AgeReader(std::unique_ptr<Input> input, const Key32& payload_key) : input_(std::move(input)), aead_(payload_key) {}
AgeReader::~AgeReader() { cleanse(plain_); }

Result<std::unique_ptr<AgeReader>> AgeReader::open(const AgeSecretKey& key, ByteSource source) {
    auto input = std::make_unique<Input>(std::move(source));
    const Result<Header> header = read_header(*input);
    if (!header) return header.error();
    const PublicPoint recipient = key.recipient().point;
    for (const Stanza& stanza : header->stanzas) {
        const auto file_key = unwrap(stanza, key, recipient);
        if (!file_key) continue;
        if (!equal_in_constant_time(header_mac(*file_key, header->text), header->mac))
            return damaged("the beginning of the file was changed after it was written");
        return begin(std::move(input), *file_key);
    }
    return fail(Failure::refused,
                "this key does not open this file: it is of another sheet, or the file's first lines are damaged");
}

Result<std::unique_ptr<AgeReader>> AgeReader::open_again(const AgeFileKey& key, std::string_view header, ByteSource source) {
    auto input = std::make_unique<Input>(std::move(source));
    std::string found(header.size(), '\0');
    const auto got = input->read(std::as_writable_bytes(std::span{found}));
    if (!got) return got.error();
    if (*got != header.size() || found != header) return damaged("the beginning of the file is not what was written");
    return begin(std::move(input), key);
}

Result<std::unique_ptr<AgeReader>> AgeReader::begin(std::unique_ptr<Input> input, const AgeFileKey& key) {
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
    sealed_.resize(kPiece + kAeadTag);
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
        return damaged("the file is damaged " + std::to_string(piece * kPiece / 1024) + " KiB behind its beginning");
    }
    ++piece_;
    last_ = *end;
    return {};
}

Result<AgeShape> age_shape(ByteSource source) {
    AgeReader::Input input{std::move(source)};
    const Result<Header> header = read_header(input);
    if (!header) return header.error();
    AgeShape shape;
    for (const Stanza& stanza : header->stanzas) shape.recipients += stanza.kind == "X25519" ? 1 : 0;
    Bytes piece(kPayloadNonce);
    auto got = input.read(piece);
    if (!got) return got.error();
    if (*got < kPayloadNonce) return cut_off();
    piece.resize(kPiece + kAeadTag);
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
