// SPDX-License-Identifier: Apache-2.0
#include "reader/event_json.hpp"

namespace dosario {
namespace {

// Bytes outside printable ASCII become \u00HH: Latin-1, so that every string of bytes has one form.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto value = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (value >= 0x20 && value < 0x7F) {
            out += c;
        } else {
            const std::byte byte[] = {static_cast<std::byte>(value)};
            out += "\\u00" + to_hex(byte);
        }
    }
    return out + '"';
}

std::string quoted_hex(const std::optional<Bytes>& bytes) { return bytes ? quoted(to_hex(*bytes)) : "null"; }

const char* fault_name(ReaderFault::Kind kind) {
    switch (kind) {
        case ReaderFault::Kind::checksum: return "checksum";
        case ReaderFault::Kind::length: return "length";
        case ReaderFault::Kind::framing: return "framing";
    }
    return "framing";
}

const char* card_kind_name(CardKind kind) {
    switch (kind) {
        case CardKind::unknown: return "unknown";
        case CardKind::iso14443a: return "iso14443a";
        case CardKind::iso14443b: return "iso14443b";
        case CardKind::iso15693: return "iso15693";
        case CardKind::felica: return "felica";
    }
    return "unknown";
}

struct ToJson {
    std::string operator()(const BarcodeRead& read) const {
        return R"({"event":"barcode","aim":)" + quoted(read.aim.text()) + R"(,"hex":")" + to_hex(as_bytes(read.bytes)) + "\"}";
    }
    std::string operator()(const TagRead& tag) const {
        return R"({"event":"tag","epc":")" + to_hex(tag.epc) + R"(","pc":")" + hex4(tag.pc) + R"(","tid":)" +
               quoted_hex(tag.tid) + R"(,"antenna":)" + std::to_string(tag.antenna) + R"(,"rssi_cdbm":)" +
               (tag.rssi_cdbm ? std::to_string(*tag.rssi_cdbm) : "null") + '}';
    }
    std::string operator()(const CardRead& card) const {
        return R"({"event":"card","uid":")" + to_hex(card.uid) + R"(","kind":")" + card_kind_name(card.kind) + R"(","ndef":)" +
               quoted_hex(card.ndef) + '}';
    }
    std::string operator()(const CardGone&) const { return R"({"event":"card_gone"})"; }
    std::string operator()(const ReaderAnswer& answer) const {
        return R"({"event":"answer","command":)" + quoted(answer.command) + R"(,"status":)" + quoted(answer.status) +
               R"(,"pc":)" + (answer.pc ? quoted(hex4(*answer.pc)) : "null") + R"(,"epc":)" + quoted_hex(answer.epc) +
               R"(,"data":)" + quoted_hex(answer.content) + '}';
    }
    std::string operator()(const ReaderReady&) const { return R"({"event":"ready"})"; }
    std::string operator()(const RoundEnded&) const { return R"({"event":"round_ended"})"; }
    std::string operator()(const ReaderFault& fault) const {
        return std::string{R"({"event":"fault","error":")"} + fault_name(fault.kind) + "\"}";
    }
};

struct ToText {
    std::string operator()(const BarcodeRead& read) const {
        const std::string aim = read.aim.given() ? escape(read.aim.text()) + ' ' : "";
        return "barcode " + aim + escape(read.bytes);
    }
    std::string operator()(const TagRead& tag) const {
        std::string text = "tag " + to_hex(tag.epc) + " pc " + hex4(tag.pc) + " antenna " + std::to_string(tag.antenna);
        if (tag.tid) text += " tid " + to_hex(*tag.tid);
        if (tag.rssi_cdbm) text += " rssi " + std::to_string(*tag.rssi_cdbm) + "/100 dBm";
        return text;
    }
    std::string operator()(const CardRead& card) const {
        std::string text = "card " + to_hex(card.uid) + ' ' + card_kind_name(card.kind);
        if (card.ndef) text += " ndef " + to_hex(*card.ndef);
        return text;
    }
    std::string operator()(const CardGone&) const { return "card gone"; }
    std::string operator()(const ReaderAnswer& answer) const {
        std::string text = "answer " + (answer.command.empty() ? "-" : escape(answer.command)) + ' ' + escape(answer.status);
        if (answer.pc) text += " pc " + hex4(*answer.pc);
        if (answer.epc) text += " epc " + to_hex(*answer.epc);
        if (answer.content) text += ' ' + escape(as_text(*answer.content));
        return text;
    }
    std::string operator()(const ReaderReady&) const { return "ready"; }
    std::string operator()(const RoundEnded&) const { return "round ended"; }
    std::string operator()(const ReaderFault& fault) const {
        const std::string name = std::string{"fault "} + fault_name(fault.kind);
        return fault.what.empty() ? name : name + ": " + fault.what;
    }
};

}  // namespace

std::string event_json(const ReaderEvent& event) { return std::visit(ToJson{}, event); }

std::string event_text(const ReaderEvent& event) { return std::visit(ToText{}, event); }

}  // namespace dosario
