// SPDX-License-Identifier: Apache-2.0
#include "app/machine_print.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

namespace dosario {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostCards = 64;

std::string first_line(const fs::path& path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

/// Built in: on a bus of the board. What is plugged (USB) comes and goes, what is made up (bridges, containers) has no device.
bool built_in(const fs::path& card) {
    std::error_code error;
    const std::string bus = fs::read_symlink(card / "device" / "subsystem", error).filename().string();
    return !error && bus != "usb";
}

}  // namespace

Sha256 machine_print(const Digest& digest, const LedgerId& ledger, const std::string& root) {
    std::vector<std::string> cards;
    std::error_code error;
    for (fs::directory_iterator card{root + "/sys/class/net", error}; !error && card != fs::directory_iterator{};
         card.increment(error)) {
        if (built_in(card->path()) && cards.size() < kMostCards) cards.push_back(first_line(card->path() / "address"));
    }
    std::sort(cards.begin(), cards.end());
    std::string machine = first_line(root + "/etc/machine-id");
    for (const std::string& card : cards) machine += '\n' + card;
    const std::string_view domain = "dosario.machine.1";
    const std::array<ByteView, 3> parts{as_bytes(domain), ByteView{ledger}, as_bytes(machine)};
    return digest.sha256(parts);
}

}  // namespace dosario
