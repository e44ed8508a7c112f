// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program under test, this sets its wall clock and leaves the others alone: the file named by DOSARIO_WALL_CLOCK holds
// the seconds to add. It is read at every call, so that a test can let the clock jump.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
    const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
    if (result != 0 || clock != CLOCK_REALTIME) return result;
    const char* path = std::getenv("DOSARIO_WALL_CLOCK");
    const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[32] = {};
    if (read(file, text, sizeof text - 1) > 0) now->tv_sec += std::strtol(text, nullptr, 10);
    close(file);
    return 0;
}
