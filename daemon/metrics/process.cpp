// SPDX-License-Identifier: Apache-2.0
#include "metrics/process.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>

namespace dosario {
namespace {

/// The second number of /proc/self/statm, in pages (proc(5)).
std::optional<double> resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    if (!(statm >> size >> resident)) return std::nullopt;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

void read_process(Readings& readings, UtcTime started_at) {
    readings.gauge("process_start_time_seconds", "When the process started, in seconds since 1970, by this computer's clock.",
                   in_seconds(started_at.time_since_epoch()));
    readings.gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.", resident_bytes());
}

double file_bytes(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0 ? static_cast<double>(found.st_size) : 0;
}

std::optional<double> free_bytes_of(const std::string& directory) {
    struct statvfs space {};
    if (statvfs(directory.c_str(), &space) != 0) return std::nullopt;
    return static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
}

double in_seconds(Micros time) { return std::chrono::duration<double>{time}.count(); }

}  // namespace dosario
