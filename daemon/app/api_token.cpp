// SPDX-License-Identifier: Apache-2.0
#include "app/api_token.hpp"

#include "base/bytes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dosario {

Result<std::string> rotate_token(const std::string& path, Entropy& entropy) {
    std::array<std::byte, 32> secret;
    entropy.fill(secret);
    const std::string token = to_hex(secret);
    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str());
    const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = descriptor >= 0 && ::write(descriptor, token.data(), token.size()) == static_cast<ssize_t>(token.size());
    if (descriptor >= 0) written = ::close(descriptor) == 0 && written;
    if (!written || std::rename(fresh.c_str(), path.c_str()) != 0) {
        return fail(Failure::io,
                    "cannot write the API token " + path + " (" + std::strerror(errno) + "): check the data directory");
    }
    return token;
}

}  // namespace dosario
