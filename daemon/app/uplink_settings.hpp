// SPDX-License-Identifier: Apache-2.0
// Which collector this station reports to, and by which certificates: [collector] of the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dosario {

inline constexpr std::uint16_t kUplinkPort = 7420;

struct UplinkSettings {
    std::string host;  ///< a name or a numeric address; empty: this station works alone
    std::uint16_t port = kUplinkPort;
    std::string name = "collector";        ///< in the collector's certificate
    std::string identity;                  ///< PEM file: this station's certificate and its key; written anew when it is renewed
    std::vector<std::string> authorities;  ///< PEM files

    std::string place() const { return host + ":" + std::to_string(port); }
};

/// Files that the configuration leaves out are those of the data directory.
inline UplinkSettings with_files(UplinkSettings uplink, const std::string& directory) {
    if (uplink.identity.empty()) uplink.identity = directory + "/station.pem";
    if (uplink.authorities.empty()) uplink.authorities.push_back(directory + "/ca.pem");
    return uplink;
}

}  // namespace dosario
