// SPDX-License-Identifier: Apache-2.0
#include "backup/recovery_key.hpp"

#include "crypto/secret_file.hpp"
#include "ledger/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace dosario {
namespace {

std::string path_in(const std::string& directory) { return directory + "/recovery.pub"; }

}  // namespace

Result<AgeRecipient> read_recovery_key(const std::string& data_directory) {
    auto text = read_secret(path_in(data_directory));
    if (!text && text.error().failure == Failure::not_found) {
        return fail(Failure::not_found, "no recovery key was made, so that no backup can be: run `dosario backup setup --data " +
                                            data_directory + "`, and keep the sheet that it prints");
    }
    if (!text) return text.error();
    while (text->ends_with('\n') || text->ends_with('\r') || text->ends_with(' ')) text->pop_back();
    auto recipient = parse_age_recipient(*text);
    if (!recipient) return fail(Failure::invalid, path_in(data_directory) + ": " + recipient.error().message);
    return recipient;
}

Result<AgeSecretKey> make_recovery_key(const std::string& data_directory, bool replace, Entropy& entropy) {
    struct stat found {};
    if (::stat(data_directory.c_str(), &found) != 0 || !S_ISDIR(found.st_mode))
        return fail(Failure::not_found, "there is no data directory " + data_directory + ": name the daemon's with --data");
    if (!replace && ::lstat(path_in(data_directory).c_str(), &found) == 0) {
        return fail(
            Failure::refused,
            "a recovery key was made already, and its sheet opens the backups; nothing was changed. If the sheet is lost or was"
            " seen by others, --replace makes a new one: backups of before still need the old sheet");
    }
    AgeSecretKey key = make_age_key(entropy);
    if (auto kept = write_secret(path_in(data_directory), key.recipient().text() + "\n"); !kept) return kept.error();
    give_to_owner(data_directory, path_in(data_directory));
    return key;
}

}  // namespace dosario
