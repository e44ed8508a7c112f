// SPDX-License-Identifier: Apache-2.0
// Making Digital Links: the canonical form.
#include "identity/digital_link.hpp"
#include "identity/ascii.hpp"
#include "identity/gs1_ai_table.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr bool stays(char c) {
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

void append_escaped(std::string& text, std::string_view value) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (const char c : value) {
        if (stays(c)) {
            text += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        text += '%';
        text += kHex[byte >> 4];
        text += kHex[byte & 15];
    }
}

const Gs1Element* find(std::span<const Gs1Element> elements, unsigned number) {
    const auto found = std::ranges::find(elements, number, &Gs1Element::number);
    return found == elements.end() ? nullptr : &*found;
}

std::size_t qualifiers_in(const Gs1LinkPath& path, std::span<const Gs1Element> elements) {
    return static_cast<std::size_t>(std::count_if(path.qualifiers.begin(), path.qualifiers.begin() + path.count,
                                                  [&](unsigned number) { return find(elements, number) != nullptr; }));
}

/// The sequence of that key that takes most of the AIs; the first of equals.
const Gs1LinkPath& best_path(unsigned key, std::span<const Gs1Element> elements) {
    const Gs1LinkPath* best = nullptr;
    for (const Gs1LinkPath& path : gs1_link_paths()) {
        if (path.key != key) continue;
        if (best == nullptr || qualifiers_in(path, elements) > qualifiers_in(*best, elements)) best = &path;
    }
    return *best;
}

}  // namespace

std::optional<std::string> make_digital_link(std::span<const Gs1Element> elements) {
    const auto key = std::ranges::find_if(elements, gs1_is_link_key, &Gs1Element::number);
    if (key == elements.end()) return std::nullopt;
    std::string text = "https://id.gs1.org";
    const auto append_pair = [&](const Gs1Element& element, char before, char between) {
        text += before;
        text += element.ai;
        text += between;
        append_escaped(text, element.value);
    };
    append_pair(*key, '/', '/');
    const Gs1LinkPath& path = best_path(key->number, elements);
    for (std::size_t i = 0; i < path.count; ++i) {
        if (const Gs1Element* const qualifier = find(elements, path.qualifiers[i])) append_pair(*qualifier, '/', '/');
    }
    char before = '?';
    for (const bool predefined : {true, false}) {
        for (const Gs1Element& element : elements) {
            if ((element.row->predefined != 0) != predefined || element.number == key->number || path.has(element.number))
                continue;
            if (find(elements, element.number) != &element) continue;  // said before
            if (!element.row->link_attribute) return std::nullopt;
            append_pair(element, before, '=');
            before = '&';
        }
    }
    return text;
}

}  // namespace dosario
