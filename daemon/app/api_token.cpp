// SPDX-License-Identifier: Apache-2.0
#include "app/api_token.hpp"

#include "base/bytes.hpp"
#include "crypto/secret_file.hpp"

namespace dosario {

Result<std::string> rotate_token(const std::string& path, Entropy& entropy) {
    std::array<std::byte, 32> secret;
    entropy.fill(secret);
    std::string token = to_hex(secret);
    if (auto written = write_secret(path, token); !written)
        return fail(written.error().failure, "there is no API token: " + written.error().message);
    return token;
}

}  // namespace dosario
