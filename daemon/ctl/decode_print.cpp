// SPDX-License-Identifier: Apache-2.0
#include "ctl/decode_print.hpp"

#include "base/bytes.hpp"
#include "control/ai_words.hpp"
#include "control/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace dosario {
namespace {

void append_unit(std::string& out, unsigned unit) { out += fmt::format("\\u{:04x}", unit); }

void append_ascii(std::string& out, unsigned char c) {
    if (c == '"' || c == '\\') {
        out += '\\';
        out += static_cast<char>(c);
    } else if (c >= 0x20 && c < 0x7f) {
        out += static_cast<char>(c);
    } else {
        append_unit(out, c);
    }
}

/// `2027-06-30`, with a time of day `2027-06-30T23:59:00`.
std::string moment_text(const Gs1Moment& moment) {
    std::string text = format_date(moment.day);
    if (moment.time) {
        const std::chrono::hh_mm_ss clock{*moment.time};
        text += fmt::format("T{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    }
    return text;
}

class JsonLine {
public:
    void add(std::string_view key, std::string value) {
        text_ += text_.size() == 1 ? "\"" : ",\"";
        text_ += key;
        text_ += "\":";
        text_ += value;
    }
    /// Members that begin with a comma.
    void append(std::string_view members) { text_ += members; }
    std::string end() { return text_ + "}"; }

private:
    std::string text_ = "{";
};

std::string json_list(const std::vector<std::string>& items, char open, char close) {
    std::string text{open};
    for (const std::string& item : items) {
        if (text.size() > 1) text += ',';
        text += item;
    }
    return text + close;
}

template <class... Values>
std::string said(std::string_view key, Language language, const Values&... values) {
    return fmt::format(fmt::runtime(catalogue_text(key, language)), values...);
}

std::string bank_member(const BankFacts& bank) {
    JsonLine line;
    if (!bank.crc16.empty()) line.add("crc16", json_words(bank.crc16));
    line.add("length_words", std::to_string(bank.words));
    line.add("umi", bank.user_memory ? "1" : "0");
    line.add("xi", bank.extended ? "1" : "0");
    line.add("toggle", bank.toggle ? "1" : "0");
    line.add(bank.toggle ? "afi" : "attr", json_words(bank.attributes));
    if (!bank.raw_uri.empty()) line.add("raw", json_words(bank.raw_uri));
    return line.end();
}

std::string tid_member(const TidFacts& tid) {
    JsonLine line;
    if (!tid.maker.empty()) line.add("maker", json_words(tid.maker));
    if (!tid.model.empty()) line.add("model", json_words(tid.model));
    line.add("mdid", std::to_string(tid.maker_number));
    line.add("tmn", json_words(tid.model_number));
    line.add("xtid", tid.extended ? "1" : "0");
    if (!tid.serial.empty()) line.add("serial", json_words(tid.serial));
    return line.end();
}

/// One line for each thing, blanks and a line break in front.
std::string tag_lines(const TagFacts& tag, Language language) {
    std::string text;
    if (!tag.scheme.empty()) {
        text += "\n   " + said("decode/tag-scheme", language, fmt::arg("scheme", tag.scheme));
        if (tag.filter) text += ", " + said("decode/tag-filter", language, fmt::arg("filter", *tag.filter));
        if (tag.prefix_digits != 0) text += ", " + said("decode/tag-prefix", language, fmt::arg("digits", tag.prefix_digits));
    }
    for (const std::string& uri : {tag.pure_uri, tag.tag_uri}) {
        if (!uri.empty()) text += "\n   " + uri;
    }
    if (tag.bank) {
        text += "\n   " + said("decode/tag-bank", language, fmt::arg("words", tag.bank->words));
        if (!tag.bank->crc16.empty()) text += ", CRC-16 " + tag.bank->crc16;
        if (tag.bank->user_memory) text += ", " + said("decode/tag-user-memory", language);
        if (!tag.bank->raw_uri.empty()) text += "\n   " + tag.bank->raw_uri;
    }
    if (tag.tid) {
        const TidFacts& tid = *tag.tid;
        text += tid.maker.empty() || tid.model.empty()
                    ? " " + said("decode/tag-unknown-chip", language,
                                 fmt::arg("maker", tid.maker.empty() ? std::to_string(tid.maker_number) : tid.maker),
                                 fmt::arg("model", tid.model.empty() ? tid.model_number : tid.model))
                    : " " + tid.maker + " " + tid.model;
        if (!tid.serial.empty()) text += ", " + said("decode/tag-serial", language, fmt::arg("serial", tid.serial));
    }
    return text;
}

}  // namespace

std::string tag_members(const TagFacts& tag) {
    std::string text;
    const auto add = [&](std::string_view key, const std::string& value) { text += fmt::format(",\"{}\":{}", key, value); };
    if (!tag.scheme.empty()) add("scheme", json_words(tag.scheme));
    if (tag.filter) add("filter", std::to_string(*tag.filter));
    if (tag.prefix_digits != 0) add("gcp_len", std::to_string(tag.prefix_digits));
    if (!tag.pure_uri.empty()) add("pure_uri", json_bytes(tag.pure_uri));
    if (!tag.tag_uri.empty()) add("tag_uri", json_bytes(tag.tag_uri));
    if (tag.bank) add("bank", bank_member(*tag.bank));
    if (tag.tid) add("tid", tid_member(*tag.tid));
    return text;
}

Language language_of(const std::string& wanted) {
    std::string name = wanted;
    for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const char* const value = std::getenv(variable);
        if (name.empty() && value != nullptr) name = value;
    }
    if (name.starts_with("es")) return Language::es;
    return name.starts_with("pt") ? Language::pt : Language::en;
}

std::string json_bytes(std::string_view bytes) {
    std::string out = "\"";
    for (const char c : bytes) append_ascii(out, static_cast<unsigned char>(c));
    return out + '"';
}

std::string json_words(std::string_view utf8) {
    std::string out = "\"";
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        // Our catalogues hold nothing beyond two or three bytes.
        const std::size_t more = lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
        unsigned unit = more == 2 ? lead & 0x0fU : more == 1 ? lead & 0x1fU : lead;
        if (more == 0) {
            append_ascii(out, lead);
            continue;
        }
        for (std::size_t k = 0; k < more && i + 1 < utf8.size(); ++k)
            unit = unit << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3fU);
        append_unit(out, unit);
    }
    return out + '"';
}

void DecodePrinter::print_bad_escape(std::size_t number) const {
    const std::string_view words = catalogue_text("decode/bad-escape", language_);
    if (json_) {
        std::printf("{\"ok\":false,\"error\":\"parse-failed\",\"offset\":0,\"ai\":\"\",\"message\":%s}\n",
                    json_words(words).c_str());
    } else {
        std::printf("%zu. %.*s\n", number, static_cast<int>(words.size()), words.data());
    }
}

void DecodePrinter::print(const Decoding& decoding, std::size_t number) const {
    const std::string text = json_ ? as_json(decoding) : for_people(decoding, number);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
}

std::string DecodePrinter::as_json(const Decoding& decoding) const {
    JsonLine line;
    line.add("ok", decoding.ok() ? "true" : "false");
    if (!decoding.ok()) {
        const CodeFault& fault = decoding.reading.message.fault;
        line.add("error", json_words(code_error_name(fault.error)));
        line.add("offset", std::to_string(fault.offset));
        line.add("ai", json_bytes(fault.ai));
        line.add("message", json_words(fault_words(fault, language_)));
        if (decoding.tag) line.append(tag_members(*decoding.tag));
        return line.end();
    }
    line.add("kind", json_words(decoding.kind));
    if (decoding.kind == "person") {
        line.add("country", json_words(decoding.country));
        line.add("id_kind", json_words(decoding.id_kind));
        return line.end();
    }
    if (decoding.kind == "tid") {
        line.append(tag_members(*decoding.tag));
        return line.end();
    }
    if (!decoding.code.empty()) line.add("code", json_bytes(decoding.code));
    const auto elements = decoding.reading.message.elements();
    std::vector<std::string> ais, dates, warnings;
    std::vector<unsigned> dated;
    for (const Gs1Element& element : elements) {
        ais.push_back("[" + json_bytes(element.ai) + "," + json_bytes(element.value) + "]");
        if (std::ranges::find(dated, element.number) != dated.end()) continue;
        const auto moment = gs1_moment(element.number, element.value, rules_.as_of);
        if (!moment) continue;
        dated.push_back(element.number);
        dates.push_back(json_bytes(element.ai) + ":" + json_words(moment_text(*moment)));
    }
    for (const std::string_view warning : decoding.warnings) warnings.push_back(json_words(warning));
    line.add("ais", json_list(ais, '[', ']'));
    if (decoding.gtin) line.add("gtin14", json_words(decoding.gtin->text()));
    line.add("dates", json_list(dates, '{', '}'));
    if (const auto link = make_digital_link(elements)) line.add("digital_link", json_bytes(*link));
    if (!elements.empty()) line.add("element_string", json_bytes(bracketed(elements)));
    line.add("warnings", json_list(warnings, '[', ']'));
    if (decoding.tag) line.append(tag_members(*decoding.tag));
    return line.end();
}

std::string DecodePrinter::for_people(const Decoding& decoding, std::size_t number) const {
    std::string text = fmt::format("{}. ", number);
    if (!decoding.ok()) {
        text += fault_words(decoding.reading.message.fault, language_);
        return decoding.tag ? text + tag_lines(*decoding.tag, language_) : text;
    }
    text += catalogue_text("decode/" + std::string{decoding.kind}, language_);
    if (decoding.kind == "person") {
        return text + fmt::format(" {}{}{}", decoding.id_kind, decoding.country.empty() ? "" : ", ", decoding.country);
    }
    if (!decoding.code.empty()) text += " " + decoding.code;
    if (decoding.gtin && decoding.reading.message.elements().empty()) text += " GTIN " + decoding.gtin->text();
    for (const Gs1Element& element : decoding.reading.message.elements()) {
        const std::string meaning = ai_meaning(element.ai, element.value, rules_.as_of, language_);
        text += fmt::format("\n   ({}) {}: {}", element.ai, ai_title(element.ai, language_), escape(element.value));
        if (!meaning.empty()) text += " = " + meaning;
    }
    if (const auto link = make_digital_link(decoding.reading.message.elements())) text += "\n   " + *link;
    if (decoding.tag) text += tag_lines(*decoding.tag, language_);
    for (const std::string_view warning : decoding.warnings) {
        text += "\n   ! ";
        text += catalogue_text("decode/" + std::string{warning}, language_);
    }
    return text;
}

}  // namespace dosario
