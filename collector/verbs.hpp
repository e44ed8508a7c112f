// SPDX-License-Identifier: Apache-2.0
// The verbs of `dosario-collector` beside running: looking at the store, and its certificates. Each sets `action` when it was chosen.
#pragma once

#include "base/result.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace dosario {

struct CollectorPlace {
    std::string directory;
    std::string socket;
    bool json = false;
};

/// Says it on standard error, as JSON on standard output; the exit code that fits.
int complain(const Error& error, bool as_json);

using CollectorAction = std::function<int()>;

void add_looking_verbs(CLI::App& app, CollectorPlace& place,
                       CollectorAction& action);  // status stations stock lot quarantine log ...
void add_pki_verbs(CLI::App& app, CollectorPlace& place, CollectorAction& action);  // pki init, pki issue

}  // namespace dosario
