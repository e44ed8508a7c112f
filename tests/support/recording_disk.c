// SPDX-License-Identifier: Apache-2.0
// Preloaded into a real program: writes down, in order, what it does to the files under $DOSARIO_RECORDED, into the file $DOSARIO_RECORD.
// A record is a line of `operation path [path or offset] [length]` and the bytes, if it has any. A sync is written down when it has come
// back, and nothing else is done to files meanwhile. What the C library calls by itself (stdio) is not seen. The record is locked (flock) while
// something is done and written down: who holds that lock and kills the program has a record that ends with a whole step, and a disk as it says.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;

static const char* recorded(const char* path, char* whole) {
    const char* const under = getenv("DOSARIO_RECORDED");
    if (under == NULL || path == NULL || realpath(path, whole) == NULL) return NULL;
    const size_t length = strlen(under);
    return strncmp(whole, under, length) == 0 ? whole + length : NULL;
}

// A name that need not be there yet.
static const char* recorded_name(const char* path, char* whole) {
    char directory[PATH_MAX];
    if (strlen(path) >= sizeof directory) return NULL;
    strcpy(directory, path);
    char* const slash = strrchr(directory, '/');
    if (slash == NULL) return NULL;
    *slash = 0;
    char parent[PATH_MAX];
    const char* const below = recorded(directory, parent);
    if (below == NULL) return NULL;
    snprintf(whole, PATH_MAX, "%s%s", below, path + (slash - directory));
    return whole;
}

static const char* recorded_file(int descriptor, char* whole) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    return recorded(link, whole);
}

static void put(const void* bytes, size_t length) {
    while (length > 0) {
        const ssize_t done = syscall(SYS_write, record, bytes, length);
        if (done <= 0) abort();
        bytes = (const char*)bytes + done;
        length -= (size_t)done;
    }
}

__attribute__((format(printf, 1, 2))) static void note(const char* format, ...) {
    char line[2 * PATH_MAX + 64];
    va_list rest;
    va_start(rest, format);
    const int length = vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    put(line, (size_t)length);
}

// Only what is written down waits for its turn: a signal's handler writes, too, but not there.
static void begin(const char* name) {
    if (name == NULL) return;
    pthread_mutex_lock(&order);
    if (record < 0)
        record = (int)syscall(SYS_openat, AT_FDCWD, getenv("DOSARIO_RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (record < 0) abort();
    while (flock(record, LOCK_EX) != 0)
        if (errno != EINTR) abort();
}

static void end(const char* name) {
    const int error = errno;
    if (name != NULL) {
        flock(record, LOCK_UN);
        pthread_mutex_unlock(&order);
    }
    errno = error;
}

static int opened(int at, const char* path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    const char* const name = (flags & (O_CREAT | O_TRUNC)) != 0 && path[0] == '/' ? recorded_name(path, whole) : NULL;
    begin(name);
    const int there = name != NULL && access(path, F_OK) == 0;
    const int descriptor = (int)syscall(SYS_openat, at, path, flags, mode);
    const int error = errno;
    if (descriptor >= 0 && name != NULL && !there) note("create %s\n", name);
    if (descriptor >= 0 && name != NULL && there && (flags & O_TRUNC) != 0) note("cut %s 0\n", name);
    errno = error;
    end(name);
    return descriptor;
}

#define MODE(flags)                               \
    mode_t mode = 0;                              \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
        va_list rest;                             \
        va_start(rest, flags);                    \
        mode = va_arg(rest, mode_t);              \
        va_end(rest);                             \
    }

int open(const char* path, int flags, ...) {
    MODE(flags)
    return opened(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
    MODE(flags)
    return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int at, const char* path, int flags, ...) {
    MODE(flags)
    return opened(at, path, flags, mode);
}
int openat64(int at, const char* path, int flags, ...) {
    MODE(flags)
    return opened(at, path, flags | O_LARGEFILE, mode);
}

static ssize_t written(int descriptor, const void* bytes, size_t length, off_t offset) {
    char whole[PATH_MAX];
    const char* const name = recorded_file(descriptor, whole);
    begin(name);
    const int appends = name != NULL && (fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
    const off_t place = offset >= 0 ? offset : name == NULL ? 0 : lseek(descriptor, 0, appends ? SEEK_END : SEEK_CUR);
    const ssize_t done =
        offset >= 0 ? syscall(SYS_pwrite64, descriptor, bytes, length, offset) : syscall(SYS_write, descriptor, bytes, length);
    const int error = errno;
    if (name != NULL && done > 0) {
        note("write %s %lld %zd\n", name, (long long)place, done);
        put(bytes, (size_t)done);
    }
    errno = error;
    end(name);
    return done;
}

ssize_t write(int descriptor, const void* bytes, size_t length) { return written(descriptor, bytes, length, -1); }
ssize_t pwrite(int descriptor, const void* bytes, size_t length, off_t offset) {
    return written(descriptor, bytes, length, offset);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t length, off64_t offset) {
    return written(descriptor, bytes, length, offset);
}

ssize_t writev(int descriptor, const struct iovec* pieces, int count) {
    char whole[PATH_MAX];
    if (recorded_file(descriptor, whole) == NULL) return syscall(SYS_writev, descriptor, pieces, count);
    ssize_t all = 0;
    for (int i = 0; i < count; ++i) {
        const ssize_t done = written(descriptor, pieces[i].iov_base, pieces[i].iov_len, -1);
        if (done < 0) return all > 0 ? all : done;
        all += done;
        if ((size_t)done < pieces[i].iov_len) break;
    }
    return all;
}

static int cut(int descriptor, off_t length) {
    char whole[PATH_MAX];
    const char* const name = recorded_file(descriptor, whole);
    begin(name);
    const int done = (int)syscall(SYS_ftruncate, descriptor, length);
    const int error = errno;
    if (name != NULL && done == 0) note("cut %s %lld\n", name, (long long)length);
    errno = error;
    end(name);
    return done;
}

int ftruncate(int descriptor, off_t length) { return cut(descriptor, length); }
int ftruncate64(int descriptor, off64_t length) { return cut(descriptor, length); }

static int synced(int descriptor, long call) {
    char whole[PATH_MAX];
    const char* const name = recorded_file(descriptor, whole);
    begin(name);
    const int done = (int)syscall(call, descriptor);
    const int error = errno;
    if (name != NULL && done == 0) note("sync %s\n", *name == 0 ? "/" : name);
    errno = error;
    end(name);
    return done;
}

int fsync(int descriptor) { return synced(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, SYS_fdatasync); }

int rename(const char* from, const char* to) {
    char old[PATH_MAX];
    char fresh[PATH_MAX];
    const char* const old_name = recorded_name(from, old);
    const char* const new_name = recorded_name(to, fresh);
    begin(new_name);
    const int done = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    const int error = errno;
    if (done == 0 && old_name != NULL && new_name != NULL) note("rename %s %s\n", old_name, new_name);
    errno = error;
    end(new_name);
    return done;
}

int unlink(const char* path) {
    char whole[PATH_MAX];
    const char* const name = recorded_name(path, whole);
    begin(name);
    const int done = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    const int error = errno;
    if (done == 0 && name != NULL) note("unlink %s\n", name);
    errno = error;
    end(name);
    return done;
}
