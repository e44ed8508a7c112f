// SPDX-License-Identifier: Apache-2.0
// A Decoding as a line of JSON, or as words for a person. Neither repeats the input: it may be somebody's document.
#pragma once

#include "control/ai_words.hpp"
#include "control/decoding.hpp"
#include "ctl/language.hpp"

#include <string>

namespace dosario {

/// As a JSON string in quotes, ASCII only: a byte of the input from 80h on is the character of that number, `\u0080` to `\u00ff`.
std::string json_bytes(std::string_view bytes);

/// The same of our own words, which are UTF-8.
std::string json_words(std::string_view utf8);

/// The members of a tag: `"scheme":"SGTIN-96","filter":1,...`, with a comma in front; empty where nothing is known.
std::string tag_members(const TagFacts& tag);

class DecodePrinter {
public:
    DecodePrinter(bool json, Language language, const DecodeRules& rules) : json_(json), language_(language), rules_(rules) {}
    /// `number` counts the inputs from 1.
    void print(const Decoding& decoding, std::size_t number) const;
    /// Of an input whose escapes are wrong.
    void print_bad_escape(std::size_t number) const;

private:
    std::string as_json(const Decoding& decoding) const;
    std::string for_people(const Decoding& decoding, std::size_t number) const;

    bool json_;
    Language language_;
    const DecodeRules& rules_;
};

}  // namespace dosario
