// SPDX-License-Identifier: Apache-2.0
// The collector's configuration file, read whole and checked before anything starts. config/collector.toml explains every key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dosario {

struct CollectorSettings {
    std::string address = "::";  ///< numeric, of this machine; "::" takes IPv4 too
    std::uint16_t port = 7420;
    std::string identity;  ///< PEM file: our certificate and its key; empty: pki/collector.pem in the data directory
    std::vector<std::string> authorities;  ///< PEM files; empty: pki/ca.pem in the data directory
    std::string signer;  ///< PEM file of the authority with its key, for renewals; empty: pki/authority.pem; "none"
    std::string group = "dosario-collector";
    std::string socket;  ///< a second socket beside collector.sock in the data directory, empty = none
};

/// `problems` is empty exactly when the settings can be used. Each is `file:line:column: what is wrong and what is wanted`.
CollectorSettings read_collector_settings(const std::string& path, std::vector<std::string>& problems);

}  // namespace dosario
