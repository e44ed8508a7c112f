// SPDX-License-Identifier: Apache-2.0
// Gathers what doctor judges: of this computer by probes, of the rest by the daemon's answers; without a daemon by looking at its files,
// as far as this user may.
#pragma once

#include "ctl/session.hpp"
#include "control/messages.hpp"
#include "doctor/facts.hpp"

#include <string>

namespace dosario {

struct DoctorWishes {
    std::string root;      ///< before every path of this computer; "" = as it is
    std::string config;    ///< the daemon's configuration; empty: what the daemon says, else /etc/dosario/dosario.toml
    std::string language;  ///< es, en, pt; empty: the station's
};

struct DoctorSight {
    Facts facts;
    Language language = Language::es;  ///< as wished, else the station's
};

DoctorSight look_around(Session& session, const DoctorWishes& wishes);

}  // namespace dosario
