// SPDX-License-Identifier: Apache-2.0
// The authority that the collector's directory holds: DIR/pki/{authority,ca,collector}.pem and DIR/pki/stations/NAME.pem. Files with a key
// hold the certificate and the key, and are for their owner alone.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <string>

namespace dosario {

struct PkiPaths {
    std::string authority;  ///< certificate and key of the authority
    std::string ca;         ///< its certificate, for everybody
    std::string collector;  ///< certificate and key of the collector
    std::string stations;   ///< folder of what was issued
};

PkiPaths pki_paths(const std::string& directory);

/// Makes the authority, and the collector's certificate under `name`. Refused when there is one already.
Result<void> init_pki(const std::string& directory, const std::string& name, UtcTime now);

/// A new certificate and key for the collector, of the name it has, by its authority. Until when it is valid.
Result<UtcTime> renew_collector(const std::string& directory, UtcTime now);

/// The collector's certificate has lived two thirds of its life, or begins in the future (it was made by a clock that ran ahead), and the
/// authority that made it is at hand. Never a month after its end: by a clock that runs years ahead nothing is made that stations will not
/// believe.
bool collector_renewal_due(const std::string& directory, UtcTime now);

/// A certificate and key for a station; the path of the file. Refused when that station has one, unless `again`.
Result<std::string> issue_station(const std::string& directory, const std::string& name, bool again, UtcTime now,
                                  std::chrono::seconds life);

/// Signs a station's request with the authority in that file.
Result<std::string> renew_station(const std::string& authority_file, const std::string& request, const std::string& name,
                                  UtcTime now);

}  // namespace dosario
