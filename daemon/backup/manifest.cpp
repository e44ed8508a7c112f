// SPDX-License-Identifier: Apache-2.0
#include "backup/manifest.hpp"

#include "backup/archive.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestText = 4000;

Error no_manifest() { return fail(Failure::damaged, "what is in this file is no backup: its list of contents cannot be read"); }

/// Reads keys, and remembers when one was missing or of another type.
class Reader {
public:
    explicit Reader(const json::object& object) : object_(object) {}

    std::string text(const char* key) {
        const json::value* found = object_.if_contains(key);
        if (found == nullptr || !found->is_string() || found->as_string().size() > kLongestText)
            return good = false, std::string{};
        return std::string{found->as_string()};
    }
    std::uint64_t number(const char* key) {
        const json::value* found = object_.if_contains(key);
        if (found != nullptr && found->is_int64() && found->as_int64() >= 0) return static_cast<std::uint64_t>(found->as_int64());
        return good = false, 0;
    }
    bool flag(const char* key) {
        const json::value* found = object_.if_contains(key);
        if (found == nullptr || !found->is_bool()) return good = false, false;
        return found->as_bool();
    }
    std::string hex(const char* key, std::size_t bytes) {
        std::string digits = text(key);
        const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
        good = good && digits.size() == bytes * 2 && std::all_of(digits.begin(), digits.end(), digit);
        return good ? digits : std::string{};
    }
    Sha256 hash(const char* key) {
        Sha256 hash{};
        const auto bytes = from_hex(hex(key, hash.size()));
        if (good && bytes) std::copy(bytes->begin(), bytes->end(), hash.begin());
        return hash;
    }

    bool good = true;

private:
    const json::object& object_;
};

bool read_members(const json::object& object, Manifest& manifest) {
    const json::value* members = object.if_contains("members");
    if (members == nullptr || !members->is_array() || members->as_array().size() > kMostMembers) return false;
    std::set<std::string> names{kManifestName};
    for (const json::value& one : members->as_array()) {
        if (!one.is_object()) return false;
        Reader read{one.as_object()};
        ManifestMember member{read.text("name"), read.number("bytes"), read.hash("sha256")};
        if (!read.good || !is_member_name(member.name) || !names.insert(member.name).second) return false;
        manifest.members.push_back(std::move(member));
    }
    return !manifest.members.empty() && manifest.members.front().name == kLedgerName;
}

}  // namespace

const ManifestMember* Manifest::find(std::string_view name) const {
    const auto found = std::find_if(members.begin(), members.end(), [&](const ManifestMember& one) { return one.name == name; });
    return found == members.end() ? nullptr : &*found;
}

std::string to_json_text(const Manifest& manifest) {
    json::array members;
    for (const ManifestMember& one : manifest.members)
        members.push_back(json::object{{"name", one.name}, {"bytes", one.bytes}, {"sha256", to_hex(one.sha256)}});
    return json::serialize(json::object{{"dosario_backup", kBackupFormat},
                                        {"ledger", manifest.ledger},
                                        {"station", manifest.station},
                                        {"site", manifest.site},
                                        {"version", manifest.version},
                                        {"made_at", format_utc(manifest.made_at)},
                                        {"made_at_us", manifest.made_at.time_since_epoch().count()},
                                        {"head_seq", manifest.head_seq},
                                        {"head_hash", to_hex(manifest.head_hash)},
                                        {"branch", manifest.branch},
                                        {"last_entry_at", manifest.last_entry_at},
                                        {"collector", manifest.collector},
                                        {"members", members}}) +
           "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
    boost::system::error_code broken;
    const json::value value = json::parse(json::string_view{text.data(), text.size()}, broken);
    if (broken || !value.is_object()) return no_manifest();
    const json::object& object = value.as_object();
    Reader read{object};
    const std::uint64_t format = read.number("dosario_backup");
    if (read.good && format > static_cast<std::uint64_t>(kBackupFormat)) {
        return fail(Failure::newer, "this backup was made by a newer version of Dosario (" + read.text("version") +
                                        "): install that version and restore again; nothing was written");
    }
    Manifest manifest;
    manifest.ledger = read.hex("ledger", 16);
    manifest.station = read.text("station");
    manifest.site = read.text("site");
    manifest.version = read.text("version");
    constexpr std::uint64_t kYear10000_us = 253'402'300'800'000'000;
    const std::uint64_t made_at_us = read.number("made_at_us");
    read.good = read.good && made_at_us < kYear10000_us;
    manifest.made_at = UtcTime{Micros{static_cast<std::int64_t>(made_at_us)}};
    manifest.head_seq = read.number("head_seq");
    manifest.head_hash = read.hash("head_hash");
    manifest.branch = read.hex("branch", 8);
    manifest.last_entry_at = read.text("last_entry_at");
    manifest.collector = read.flag("collector");
    if (!read.good || format == 0 || !read_members(object, manifest)) return no_manifest();
    return manifest;
}

}  // namespace dosario
