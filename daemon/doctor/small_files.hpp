// SPDX-License-Identifier: Apache-2.0
// The kernel's small files and folders. Internal to the layer.
#pragma once

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace dosario {

inline constexpr std::size_t kLargestSmallFile = 64 * 1024;
inline constexpr std::size_t kMostNames = 65'536;

/// Nothing when it cannot be read; at most kLargestSmallFile bytes.
inline std::optional<std::string> small_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return std::nullopt;
    std::string text(kLargestSmallFile, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

/// Its first line.
inline std::optional<std::string> small_line(const std::string& path) {
    auto text = small_file(path);
    if (text) text->resize(std::min(text->find('\n'), text->size()));
    return text;
}

/// Sorted; nothing when the folder cannot be read.
inline std::optional<std::vector<std::string>> names_in(const std::string& path) {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator entry{path, error};
    if (error) return std::nullopt;
    for (; !error && entry != std::filesystem::directory_iterator{} && names.size() < kMostNames; entry.increment(error))
        names.push_back(entry->path().filename().string());
    std::ranges::sort(names);
    return names;
}

template <class Number>
std::optional<Number> number_in(const std::optional<std::string>& text, int base = 10) {
    Number number = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), number, base).ec != std::errc{}) return std::nullopt;
    return number;
}

inline bool is_there(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

}  // namespace dosario
