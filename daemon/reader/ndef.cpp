// SPDX-License-Identifier: Apache-2.0
// A record (NFC Forum NDEF 1.0, 3.2):
//   header        MB 80  ME 40  CF 20  SR 10  IL 08  TNF 07
//   type length   1 byte
//   payload length  1 byte with SR, else 4, most significant first
//   id length     1 byte, with IL only
//   type, id, payload
#include "reader/ndef.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr unsigned kBegins = 0x80, kEnds = 0x40, kChunked = 0x20, kShort = 0x10, kHasId = 0x08, kTypeName = 0x07;

/// URI RTD 1.0, table 3.
constexpr std::string_view kPrefixes[] = {
    "",
    "http://www.",
    "https://www.",
    "http://",
    "https://",
    "tel:",
    "mailto:",
    "ftp://anonymous:anonymous@",
    "ftp://ftp.",
    "ftps://",
    "sftp://",
    "smb://",
    "nfs://",
    "ftp://",
    "dav://",
    "news:",
    "telnet://",
    "imap:",
    "rtsp://",
    "urn:",
    "pop:",
    "sip:",
    "sips:",
    "tftp:",
    "btspp://",
    "btl2cap://",
    "btgoep://",
    "tcpobex://",
    "irdaobex://",
    "file://",
    "urn:epc:id:",
    "urn:epc:tag:",
    "urn:epc:pat:",
    "urn:epc:raw:",
    "urn:epc:",
    "urn:nfc:",
};

/// Takes bytes off the front; whoever asks for more than there are gets nothing.
class Front {
public:
    explicit Front(ByteView bytes) : bytes_(bytes) {}
    std::size_t left() const { return bytes_.size(); }
    std::optional<ByteView> take(std::size_t size) {
        if (size > bytes_.size()) return std::nullopt;
        const ByteView front = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return front;
    }
    /// Most significant first.
    std::optional<std::uint32_t> number(std::size_t size) {
        const auto front = take(size);
        if (!front) return std::nullopt;
        std::uint32_t value = 0;
        for (const std::byte one : *front) value = value << 8 | std::to_integer<std::uint32_t>(one);
        return value;
    }

private:
    ByteView bytes_;
};

Error cut_off(std::size_t record) { return invalid("the NDEF message is cut off in record " + std::to_string(record + 1)); }

void append_utf8(std::string& text, char32_t point) {
    const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
    if (point < 0x80) return put(point);
    if (point < 0x800) {
        put(0xC0 | point >> 6);
    } else {
        if (point < 0x10000) {
            put(0xE0 | point >> 12);
        } else {
            put(0xF0 | point >> 18);
            put(0x80 | (point >> 12 & 0x3F));
        }
        put(0x80 | (point >> 6 & 0x3F));
    }
    put(0x80 | (point & 0x3F));
}

/// UTF-16, big-endian where no byte order mark says otherwise (Text RTD 1.0, 3.3). Nothing where it is none.
std::optional<std::string> from_utf16(ByteView bytes) {
    if (bytes.size() % 2 != 0) return std::nullopt;
    const auto unit = [&](std::size_t at, bool little) {
        const auto first = std::to_integer<char32_t>(bytes[at]), second = std::to_integer<char32_t>(bytes[at + 1]);
        return little ? second << 8 | first : first << 8 | second;
    };
    const bool little = !bytes.empty() && unit(0, false) == 0xFFFE;
    const bool marked = little || (!bytes.empty() && unit(0, false) == 0xFEFF);
    std::string text;
    for (std::size_t at = marked ? 2 : 0; at < bytes.size(); at += 2) {
        char32_t point = unit(at, little);
        if (point >= 0xDC00 && point < 0xE000) return std::nullopt;
        if (point >= 0xD800 && point < 0xDC00) {
            if (at + 4 > bytes.size()) return std::nullopt;
            at += 2;
            const char32_t second = unit(at, little);
            if (second < 0xDC00 || second >= 0xE000) return std::nullopt;
            point = 0x10000 + ((point - 0xD800) << 10) + (second - 0xDC00);
        }
        append_utf8(text, point);
    }
    return text;
}

template <class Read>
std::optional<std::string> first_of(const std::vector<NdefRecord>& records, Read read) {
    for (const NdefRecord& one : records)
        if (auto text = read(one)) return text;
    return std::nullopt;
}

std::optional<std::string> well_known_uri(ByteView payload) {
    if (payload.empty()) return std::nullopt;
    const auto prefix = std::to_integer<std::size_t>(payload[0]);
    if (prefix >= std::size(kPrefixes)) return std::nullopt;
    return std::string{kPrefixes[prefix]} + std::string{as_text(payload.subspan(1))};
}

}  // namespace

Result<std::vector<NdefRecord>> parse_ndef(ByteView message) {
    if (message.size() > kLongestNdef)
        return invalid("the NDEF message is longer than " + std::to_string(kLongestNdef) + " bytes");
    std::vector<NdefRecord> records;
    Front front{message};
    for (bool ended = false; !ended;) {
        if (records.size() == kMostNdefRecords) return invalid("the NDEF message has too many records");
        const auto header = front.number(1);
        if (!header) return cut_off(records.size());
        if (((*header & kBegins) != 0) != records.empty()) return invalid("the NDEF message begins in its middle, or twice");
        if ((*header & kChunked) != 0) return invalid("the NDEF message has a record in chunks");
        if ((*header & kTypeName) > static_cast<unsigned>(NdefTypeName::unknown))
            return invalid("the NDEF message has a record of no kind that there is");
        const auto type_size = front.number(1);
        const auto payload_size = front.number((*header & kShort) != 0 ? 1 : 4);
        const auto id_size = (*header & kHasId) != 0 ? front.number(1) : std::optional<std::uint32_t>{0};
        if (!type_size || !payload_size || !id_size) return cut_off(records.size());
        const auto type = front.take(*type_size);
        const auto id = front.take(*id_size);
        const auto payload = front.take(*payload_size);
        if (!type || !id || !payload) return cut_off(records.size());
        records.push_back({static_cast<NdefTypeName>(*header & kTypeName), std::string{as_text(*type)},
                           Bytes{payload->begin(), payload->end()}});
        ended = (*header & kEnds) != 0;
    }
    if (front.left() != 0) return invalid("the NDEF message goes on behind its last record");
    return records;
}

std::optional<std::string> ndef_uri(const NdefRecord& record) {
    if (record.type_name == NdefTypeName::absolute_uri) return record.type;
    if (record.type_name != NdefTypeName::well_known) return std::nullopt;
    if (record.type == "U") return well_known_uri(record.payload);
    if (record.type != "Sp") return std::nullopt;
    const auto inside = parse_ndef(record.payload);
    if (!inside) return std::nullopt;
    // One inside another is none (Smart Poster RTD 1.0, 3.3): this goes one step down.
    return first_of(*inside, [](const NdefRecord& one) {
        const bool is_uri = one.type_name == NdefTypeName::well_known && one.type == "U";
        return is_uri ? well_known_uri(one.payload) : std::nullopt;
    });
}

std::optional<std::string> ndef_text(const NdefRecord& record) {
    if (record.type_name != NdefTypeName::well_known || record.type != "T") return std::nullopt;
    constexpr unsigned kUtf16 = 0x80, kLanguageSize = 0x3F;
    Front front{record.payload};
    const auto status = front.number(1);
    if (!status || !front.take(*status & kLanguageSize)) return std::nullopt;
    const ByteView text = *front.take(front.left());
    return (*status & kUtf16) != 0 ? from_utf16(text) : std::string{as_text(text)};
}

std::optional<std::string> card_text(const CardRead& card) {
    if (!card.ndef) return std::nullopt;
    const auto records = parse_ndef(*card.ndef);
    if (!records) return std::nullopt;
    auto uri = first_of(*records, ndef_uri);
    return uri ? uri : first_of(*records, ndef_text);
}

}  // namespace dosario
