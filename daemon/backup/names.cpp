// SPDX-License-Identifier: Apache-2.0
#include "backup/names.hpp"

#include "crypto/age.hpp"

#include <algorithm>
#include <cstdio>

namespace dosario {
namespace {

constexpr std::string_view kBegin = "dosario-";
constexpr std::string_view kEnd = ".tar.zst.age";
constexpr std::string_view kPartial = ".partial";
constexpr std::size_t kLedgerDigits = 8;
constexpr std::string_view kTimeShape = "dddddddddddddddd";  // 20261121T030005Z with T and Z

std::optional<int> digits(std::string_view text) {
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

/// `20261121T030005Z`
std::optional<UtcTime> parse_time(std::string_view text) {
    if (text.size() != kTimeShape.size() || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    const auto year = digits(text.substr(0, 4)), month = digits(text.substr(4, 2)), day = digits(text.substr(6, 2));
    const auto hour = digits(text.substr(9, 2)), minute = digits(text.substr(11, 2)), second = digits(text.substr(13, 2));
    if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    const auto date = make_date(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day));
    if (!date) return std::nullopt;
    return UtcTime{*date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
}

bool of_ledger(const BackupName& name, std::string_view ledger) {
    return ledger.empty() || name.ledger == ledger.substr(0, kLedgerDigits);
}

bool looks_whole(Folder& folder, const std::string& name) {
    auto file = folder.open(name);
    if (!file) return false;
    const auto shape = age_shape([&](std::span<std::byte> out) { return (*file)->read(out); });
    return shape && shape->recipients > 0 && shape->plain_bytes > 0;
}

}  // namespace

std::string backup_name(std::string_view ledger, UtcTime made_at) {
    const std::string at = format_utc(made_at);  // 2026-11-21T12:30:05.123456Z
    std::string time;
    for (const char c : at.substr(0, 19)) {
        if (c != '-' && c != ':') time += c;
    }
    return std::string{kBegin} + std::string{ledger.substr(0, kLedgerDigits)} + "-" + time + "Z" + std::string{kEnd};
}

std::string partial_name(const std::string& name) { return name + std::string{kPartial}; }

std::optional<BackupName> parse_backup_name(std::string_view name) {
    constexpr std::size_t kSize = kBegin.size() + kLedgerDigits + 1 + kTimeShape.size() + kEnd.size();
    if (name.size() != kSize || !name.starts_with(kBegin) || !name.ends_with(kEnd)) return std::nullopt;
    const std::string_view ledger = name.substr(kBegin.size(), kLedgerDigits);
    if (ledger.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    if (name[kBegin.size() + kLedgerDigits] != '-') return std::nullopt;
    const auto made_at = parse_time(name.substr(kBegin.size() + kLedgerDigits + 1, kTimeShape.size()));
    if (!made_at) return std::nullopt;
    return BackupName{std::string{ledger}, *made_at};
}

Result<std::vector<FolderEntry>> backups_in(Folder& folder, std::string_view ledger) {
    auto all = folder.list();
    if (!all) return all.error();
    const auto foreign = [&](const FolderEntry& one) {
        const auto name = parse_backup_name(one.name);
        return !name || !of_ledger(*name, ledger);
    };
    all->erase(std::remove_if(all->begin(), all->end(), foreign), all->end());
    const auto newer = [](const FolderEntry& one, const FolderEntry& other) {
        const UtcTime at = parse_backup_name(one.name)->made_at, other_at = parse_backup_name(other.name)->made_at;
        return at != other_at ? at > other_at : one.name > other.name;
    };
    std::sort(all->begin(), all->end(), newer);
    return std::move(*all);
}

void remove_partials(Folder& folder, std::string_view ledger) {
    const auto all = folder.list();
    if (!all) return;
    for (const FolderEntry& one : *all) {
        if (!one.name.ends_with(kPartial)) continue;
        const auto name = parse_backup_name(std::string_view{one.name}.substr(0, one.name.size() - kPartial.size()));
        if (name && of_ledger(*name, ledger)) (void)folder.remove(one.name);
    }
}

std::size_t rotate(Folder& folder, std::string_view ledger, std::size_t keep, const std::string& just_made) {
    auto all = backups_in(folder, ledger);
    if (!all || ledger.empty()) return 0;
    const auto made = [&](const FolderEntry& one) { return one.name == just_made; };
    if (std::none_of(all->begin(), all->end(), made)) return 0;  // what was made now is not there: nothing else may go
    all->erase(std::remove_if(all->begin(), all->end(), made), all->end());
    std::size_t gone = 0;
    const std::size_t stay = keep > 0 ? keep - 1 : 0;
    for (std::size_t i = stay; i < all->size(); ++i) gone += folder.remove((*all)[i].name) ? 1 : 0;
    return gone;
}

bool make_room(Folder& folder, std::string_view ledger) {
    const auto all = backups_in(folder, ledger);
    if (!all || ledger.empty() || all->size() < 2) return false;
    const std::string& oldest = all->back().name;
    for (const FolderEntry& one : *all) {
        if (one.name != oldest && looks_whole(folder, one.name)) return folder.remove(oldest).has_value();
    }
    return false;
}

}  // namespace dosario
