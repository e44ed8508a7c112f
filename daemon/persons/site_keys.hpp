// SPDX-License-Identifier: Apache-2.0
// The keys of a site for its table of persons: the file `site-keys` of the data directory, two lines for each number.
//     pseudonym 1 <64 hexadecimal digits>
//     seal 1 <64 hexadecimal digits>
// It lies outside the database, so that a copy of that alone names nobody; a backup holds it, so that a restored station gives the same
// person the same pseudonym.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/secret_bytes.hpp"

#include <string>
#include <vector>

namespace dosario {

struct SiteKey {
    unsigned number = 0;
    SecretBytes<32> pseudonym;
    SecretBytes<32> seal;
};

/// In ascending order of their numbers; the last one is used for what is kept from now on. Errors: those of read_secret, and invalid
/// when the file is not what it should be.
Result<std::vector<SiteKey>> read_site_keys(const std::string& path);

/// A file with one new key of that number. Errors: those of write_secret.
Result<std::vector<SiteKey>> make_site_keys(const std::string& path, unsigned number, Entropy& entropy);

}  // namespace dosario
