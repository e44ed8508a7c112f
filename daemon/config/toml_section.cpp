// SPDX-License-Identifier: Apache-2.0
#include "config/toml_section.hpp"

#include <filesystem>

namespace dosario {

std::string example_to_copy(const std::string& name) {
    return "the example " + name + " (config/ in the sources, /usr/share/dosario when installed) is one to copy";
}

std::optional<toml::table> parse_toml(const std::string& path, std::vector<std::string>& problems, const char* example) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        problems.push_back(path + ": there is no such file; " + example_to_copy(example));
        return std::nullopt;
    }
    try {
        return toml::parse_file(path);
    } catch (const toml::parse_error& wrong) {
        const auto& at = wrong.source().begin;
        problems.push_back(path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
                           std::string{wrong.description()});
        return std::nullopt;
    }
}

const toml::node* TomlSection::find(const char* key) {
    asked_.insert(key);
    return table_ == nullptr ? nullptr : table_->get(key);
}

void TomlSection::add(const toml::source_region& place, const std::string& what) {
    problems_.push_back(file_ + ":" + std::to_string(place.begin.line) + ":" + std::to_string(place.begin.column) + ": " + what);
}

void TomlSection::problem(const char* key, const std::string& what) {
    const toml::node* node = find(key);
    const std::string where = name_.empty() ? key : name_ + "." + key;
    if (node != nullptr) {
        add(node->source(), where + ": " + what);
    } else if (table_ != nullptr) {
        add(table_->source(), where + ": " + what);
    }
}

void TomlSection::text(const char* key, std::string& out) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const auto value = node->value_exact<std::string>()) {
        out = *value;
    } else {
        problem(key, "a text in quotes is wanted");
    }
}

void TomlSection::flag(const char* key, bool& out) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const auto value = node->value_exact<bool>()) {
        out = *value;
    } else {
        problem(key, "true or false is wanted");
    }
}

std::optional<std::int64_t> TomlSection::whole(const char* key, std::int64_t least, std::int64_t most) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= least && *value <= most) return value;
    problem(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most) + " is wanted");
    return std::nullopt;
}

void TomlSection::texts(const char* key, std::vector<std::string>& out) {
    each_text(key, [&](const std::string& text) {
        out.push_back(text);
        return std::string{};
    });
}

void TomlSection::each_text(const char* key, const std::function<std::string(const std::string&)>& take) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return problem(key, "a list of texts is wanted");
    for (const toml::node& element : *array) {
        const auto value = element.value_exact<std::string>();
        const std::string wrong = value ? take(*value) : "a text in quotes is wanted";
        if (!wrong.empty()) add(element.source(), std::string{key} + ": " + wrong);
    }
}

TomlSection TomlSection::section(const char* key) {
    const toml::node* node = find(key);
    if (node != nullptr && !node->is_table()) problem(key, std::string{"a section ["} + key + "] is wanted");
    return {node == nullptr ? nullptr : node->as_table(), file_, key, problems_};
}

void TomlSection::each(const char* key, const std::function<void(TomlSection)>& row) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return problem(key, std::string{"rows [["} + key + "]] are wanted");
    for (const toml::node& element : *array) {
        if (const toml::table* table = element.as_table()) {
            row(TomlSection{table, file_, key, problems_});
        } else {
            add(element.source(), std::string{"rows [["} + key + "]] are wanted");
        }
    }
}

void TomlSection::end() {
    if (table_ == nullptr) return;
    for (const auto& [key, value] : *table_) {
        if (asked_.contains(std::string{key.str()})) continue;
        const std::string where = name_.empty() ? std::string{key.str()} : name_ + "." + std::string{key.str()};
        add(key.source(),
            "unknown key '" + where + "': is it misspelt? the example that is installed with this program lists the keys");
    }
}

}  // namespace dosario
