// SPDX-License-Identifier: Apache-2.0
// The daemon's answers as facts.
#pragma once

#include "ctl/session.hpp"
#include "doctor/facts.hpp"

#include <boost/json/value.hpp>

namespace dosario {

/// What the daemon said of itself beside the facts.
struct DaemonSelf {
    bool told = false;  ///< /v1/doctor was answered
    std::uint32_t pid = 0;
    std::uint32_t uid = 0;
    std::string directory;
    std::string config;
    std::string language;
    std::string group;
};

/// An instant as the API writes it; nothing for an empty text or another.
std::optional<UtcTime> utc_of(const std::string& text);

/// es, en or pt: as the daemon says, without one es.
std::string station_language(Session& session);

/// Asks all that doctor wants to know, and fills it in. Prints nothing. A daemon that cannot be reached is a fact too.
DaemonSelf ask_daemon(Session& session, Facts& facts);

}  // namespace dosario
