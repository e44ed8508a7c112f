// SPDX-License-Identifier: Apache-2.0
// The verbs of `dosario-collector` beside running: looking at the store, and its certificates. Each sets `action` when it was chosen.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace dosario {

struct CollectorPlace {
    std::string directory;
    std::string socket;
    bool json = false;
};

using CollectorAction = std::function<int()>;

void add_looking_verbs(CLI::App& app, CollectorPlace& place,
                       CollectorAction& action);  // status stations stock lot quarantine log ...
void add_pki_verbs(CLI::App& app, CollectorPlace& place, CollectorAction& action);  // pki init, pki issue

}  // namespace dosario
