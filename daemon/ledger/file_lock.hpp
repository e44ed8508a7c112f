// SPDX-License-Identifier: Apache-2.0
// One process per ledger: an advisory lock on ledger.lock, with the holder's process id inside so that a second one can name it.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>

namespace dosario {

class FileLock {
public:
    /// unavailable: another process holds it, and the message names it; io: the directory cannot be written.
    static Result<std::unique_ptr<FileLock>> take(const std::string& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace dosario
