// SPDX-License-Identifier: Apache-2.0
// A disk that hangs on demand: preloaded into a real program, no sync comes back while the file that $DOSARIO_STALL names is there.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void hang(void) {
    const struct timespec a_moment = {0, 5 * 1000 * 1000};
    const char* const stall = getenv("DOSARIO_STALL");
    while (stall != NULL && access(stall, F_OK) == 0) nanosleep(&a_moment, NULL);
}

int fdatasync(int descriptor) {
    hang();
    return (int)syscall(SYS_fdatasync, descriptor);
}

int fsync(int descriptor) {
    hang();
    return (int)syscall(SYS_fsync, descriptor);
}
