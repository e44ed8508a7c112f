// SPDX-License-Identifier: Apache-2.0
// By what the collector notices that a ledger runs on another computer than last time: a disk was copied or moved.
#pragma once

#include "base/clock.hpp"
#include "wire/chain.hpp"

#include <string>

namespace dosario {

/// SHA-256 over the ledger's id, the machine id and the addresses of the network cards that are built in: a copied disk keeps the first
/// two, not the last. Nobody can read them from it. `root`: "" or a folder with an etc and a sys of its own, for tests.
Sha256 machine_print(const Digest& digest, const LedgerId& ledger, const std::string& root = "");

}  // namespace dosario
