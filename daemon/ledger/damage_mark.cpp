// SPDX-License-Identifier: Apache-2.0
#include "ledger/damage_mark.hpp"

#include "ledger/files.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

namespace dosario {
namespace {

std::string path_of(const std::string& directory) { return directory + "/damaged"; }

std::string one_line(std::string text) {
    for (char& c : text) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    return text;
}

}  // namespace

std::optional<DamageMark> read_damage_mark(const std::string& directory) {
    if (!file_exists(path_of(directory))) return std::nullopt;
    DamageMark mark;
    std::ifstream file{path_of(directory)};
    std::getline(file, mark.what);
    std::getline(file, mark.kept_in);
    // A name within this directory, and nothing else.
    if (mark.kept_in.find('/') != std::string::npos || mark.kept_in.starts_with(".")) mark.kept_in.clear();
    return mark;
}

Result<void> write_damage_mark(const std::string& directory, const DamageMark& mark, bool replace) {
    if (!replace && file_exists(path_of(directory))) return {};
    const std::string partial = path_of(directory) + ".partial";
    {
        std::ofstream file{partial, std::ios::trunc};
        file << one_line(mark.what) << '\n' << one_line(mark.kept_in) << '\n';
        file.close();
        if (!file) return fail(Failure::io, "the mark that the ledger is damaged could not be written to " + partial);
    }
    if (auto synced = sync_to_disk(partial); !synced) return synced;
    if (std::rename(partial.c_str(), path_of(directory).c_str()) != 0)
        return fail(Failure::io, "the mark that the ledger is damaged could not be written to " + path_of(directory));
    return sync_to_disk(directory);
}

Result<void> remove_damage_mark(const std::string& directory) {
    if (::unlink(path_of(directory).c_str()) != 0 && errno != ENOENT)
        return fail(Failure::io, path_of(directory) + " could not be removed: remove it by hand, the ledger is whole");
    return sync_to_disk(directory);
}

}  // namespace dosario
