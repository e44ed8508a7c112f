// SPDX-License-Identifier: Apache-2.0
// The public half of the recovery key, in the data directory: recovery.pub. The secret half is on paper only.
#pragma once

#include "crypto/age.hpp"

namespace dosario {

/// not_found: none was made; invalid: the file holds something else.
Result<AgeRecipient> read_recovery_key(const std::string& data_directory);

/// Makes a pair and keeps the public half; gives the secret one to be printed. refused: there is one already, and `replace` is false:
/// backups that were made until now need the old sheet. The file is for the owner of the directory.
Result<AgeSecretKey> make_recovery_key(const std::string& data_directory, bool replace, Entropy& entropy);

}  // namespace dosario
