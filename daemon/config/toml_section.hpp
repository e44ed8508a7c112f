// SPDX-License-Identifier: Apache-2.0
// One table of a TOML file, read key by key; what nobody asked for, and what has the wrong shape, becomes a problem with its place.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dosario {

/// Where the example of that name is, for a sentence.
std::string example_to_copy(const std::string& name);

/// The file's table; nothing when it is missing or is no TOML, which is a problem with its place then. `example` is the name of one.
std::optional<toml::table> parse_toml(const std::string& path, std::vector<std::string>& problems, const char* example);

class TomlSection {
public:
    TomlSection(const toml::table* table, std::string file, std::string name, std::vector<std::string>& problems)
        : table_(table), file_(std::move(file)), name_(std::move(name)), problems_(problems) {}

    void text(const char* key, std::string& out);
    void flag(const char* key, bool& out);
    template <class Number>
    void number(const char* key, Number& out, std::int64_t least, std::int64_t most) {
        if (const auto value = whole(key, least, most)) out = static_cast<Number>(*value);
    }
    void texts(const char* key, std::vector<std::string>& out);
    /// A list of texts, one call each; what the call says is wrong with one, if not empty, becomes a problem at its place.
    void each_text(const char* key, const std::function<std::string(const std::string&)>& take);
    /// One of these words, by its position.
    template <class Choice>
    void choice(const char* key, Choice& out, std::initializer_list<std::pair<const char*, Choice>> words) {
        std::string word;
        const std::size_t before = problems_.size();
        text(key, word);
        if (word.empty() || problems_.size() != before) return;
        std::string wanted;
        for (const auto& [name, value] : words) {
            if (word == name) {
                out = value;
                return;
            }
            wanted.append(wanted.empty() ? "" : ", ").append(name);
        }
        problem(key, "'" + word + "' is not one of: " + wanted);
    }
    /// A table inside, null-like when absent.
    TomlSection section(const char* key);
    /// An array of tables, one call each.
    void each(const char* key, const std::function<void(TomlSection)>& row);

    /// A problem with the value of that key.
    void problem(const char* key, const std::string& what);
    bool has(const char* key) const { return table_ != nullptr && table_->contains(key); }
    /// Says which keys nobody asked for. Call when all have been asked.
    void end();

private:
    std::optional<std::int64_t> whole(const char* key, std::int64_t least, std::int64_t most);
    const toml::node* find(const char* key);
    void add(const toml::source_region& place, const std::string& what);

    const toml::table* table_;
    std::string file_;
    std::string name_;
    std::vector<std::string>& problems_;
    std::set<std::string> asked_;
};

}  // namespace dosario
