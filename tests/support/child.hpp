// SPDX-License-Identifier: Apache-2.0
// Something done in a process of its own, which may end anywhere; what it writes into shared memory stays.
#pragma once

#include "base/check.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <new>
#include <type_traits>

namespace dosario::test {

/// A T that parent and child both see.
template <class T>
class Shared {
    static_assert(std::is_trivially_destructible_v<T>);

public:
    Shared() {
        void* memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        DOSARIO_CHECK(memory != MAP_FAILED);
        value_ = new (memory) T{};
    }
    ~Shared() { munmap(value_, sizeof(T)); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    T& operator*() { return *value_; }
    T* operator->() { return value_; }

private:
    T* value_;
};

/// Runs it in a child without threads; the status that waitpid tells, 0 = it came to its end.
template <class Work>
int run_in_child(const Work& work) {
    std::fflush(nullptr);
    const pid_t child = fork();
    DOSARIO_CHECK(child >= 0);
    if (child == 0) {
        work();
        _exit(0);
    }
    int status = -1;
    DOSARIO_CHECK(waitpid(child, &status, 0) == child);
    return status;
}

}  // namespace dosario::test
