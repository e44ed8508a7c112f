// SPDX-License-Identifier: Apache-2.0
#include "support/crash_disk.hpp"

#include "base/check.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>

namespace dosario::test {
namespace {

constexpr std::size_t kSector = 512;

void put(std::string& content, std::size_t at, std::string_view bytes) {
    if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
    content.replace(at, bytes.size(), bytes);
}

void put(std::string& content, const DiskOperation& operation) {
    if (operation.kind == DiskOperation::Kind::write) put(content, static_cast<std::size_t>(operation.offset), operation.bytes);
    if (operation.kind == DiskOperation::Kind::truncate) content.resize(static_cast<std::size_t>(operation.offset));
}

}  // namespace

void CrashDisk::apply(const DiskOperation& operation) {
    using Kind = DiskOperation::Kind;
    const auto known = names_.find(operation.file);
    switch (operation.kind) {
        case Kind::create:
            names_[operation.file] = static_cast<int>(files_.size());
            pending_names_.push_back({operation.file, static_cast<int>(files_.size())});
            files_.emplace_back();
            return;
        case Kind::remove:
            if (known == names_.end()) return;
            names_.erase(known);
            pending_names_.push_back({operation.file, kNone});
            return;
        case Kind::sync_directory:
            for (const Link& link : pending_names_) {
                if (link.file == kNone)
                    durable_names_.erase(link.name);
                else
                    durable_names_[link.name] = link.file;
            }
            pending_names_.clear();
            return;
        case Kind::write:
        case Kind::truncate:
        case Kind::sync: break;
    }
    DOSARIO_CHECK(known != names_.end());
    File& file = files_[static_cast<std::size_t>(known->second)];
    if (operation.kind != Kind::sync) {
        file.pending.push_back(operation);
        return;
    }
    for (const DiskOperation& one : file.pending) put(file.durable, one);
    file.pending.clear();
}

void CrashDisk::begin_with(const std::string& directory) {
    files_.clear();
    names_.clear();
    pending_names_.clear();
    for (const auto& each : std::filesystem::directory_iterator{directory}) {
        names_[each.path().filename().string()] = static_cast<int>(files_.size());
        files_.push_back({read_file(each.path().string()), {}});
    }
    durable_names_ = names_;
}

std::map<std::string, int> CrashDisk::names_in(Style style, std::mt19937_64& random) {
    std::map<std::string, int> names = durable_names_;
    std::map<std::string, bool> stopped;  // what follows for that name did not happen either
    for (const Link& link : pending_names_) {
        bool& stays = stopped[link.name];
        if (style == Style::none_arrive || (style != Style::all_arrive && random() % 2 == 0)) stays = true;
        if (stays) {
            ++(link.file == kNone ? faults_.files_back : faults_.files_absent);
        } else if (link.file == kNone) {
            names.erase(link.name);
        } else {
            names[link.name] = link.file;
        }
    }
    return names;
}

/// A sector that neither arrived nor stayed as it was.
void CrashDisk::damage(std::string& content, std::size_t place, std::string_view bytes, std::mt19937_64& random) {
    const std::size_t some = random() % (bytes.size() + 1);
    switch (random() % 4) {
        case 0:
            put(content, place, bytes.substr(0, some));
            ++faults_.sectors_torn;
            return;
        case 1:
            put(content, place + some, bytes.substr(some));
            ++faults_.sectors_torn;
            return;
        case 2:
            put(content, place, std::string(bytes.size(), '\0'));
            ++faults_.sectors_zeroed;
            return;
        default: {
            std::string garbage(bytes.size(), '\0');
            for (char& one : garbage) one = static_cast<char>(random());
            put(content, place, garbage);
            ++faults_.sectors_garbage;
        }
    }
}

void CrashDisk::cut_write(std::string& content, const DiskOperation& write, Style style, std::mt19937_64& random) {
    for (std::size_t at = 0; at < write.bytes.size();) {
        const std::size_t place = static_cast<std::size_t>(write.offset) + at;
        const std::size_t length = std::min(kSector - place % kSector, write.bytes.size() - at);
        const std::string_view sector = std::string_view{write.bytes}.substr(at, length);
        at += length;
        const bool arrives =
            style == Style::all_arrive || style == Style::first_arrive || (style != Style::none_arrive && random() % 2 == 0);
        if (arrives) {
            put(content, place, sector);
            ++faults_.sectors_arrived;
        } else if (style == Style::some_damaged && random() % 2 == 0) {
            damage(content, place, sector, random);
        } else {
            ++faults_.sectors_dropped;
        }
    }
}

std::string CrashDisk::content_in(const File& file, Style style, std::mt19937_64& random) {
    std::string content = file.durable;
    const std::size_t first = style == Style::first_arrive ? random() % (file.pending.size() + 1) : file.pending.size();
    for (std::size_t i = 0; i < file.pending.size(); ++i) {
        const DiskOperation& one = file.pending[i];
        if (one.kind == DiskOperation::Kind::write) {
            cut_write(content, one, i < first ? style : Style::none_arrive, random);
        } else if (i < first && (style == Style::all_arrive || style == Style::first_arrive ||
                                 (style != Style::none_arrive && random() % 2 == 0))) {
            put(content, one);
        } else {
            ++faults_.truncates_dropped;
        }
    }
    return content;
}

void CrashDisk::write_image(const std::string& directory, std::mt19937_64& random) {
    const auto style = static_cast<Style>(random() % 5);
    for (const auto& [name, file] : names_in(style, random))
        write_file(directory + "/" + name, content_in(files_[static_cast<std::size_t>(file)], style, random));
}

}  // namespace dosario::test
