// SPDX-License-Identifier: Apache-2.0
#include "simulated/stage.hpp"

#include <sstream>

namespace dosario::simulated {
namespace {

constexpr std::size_t kLongestName = 32;

Result<std::string> scan(SimulatedDevice& device, std::string_view words) {
    std::string_view aim;
    if (words.size() > 3 && words[0] == ']' && words[3] == ' ') {
        aim = words.substr(0, 3);
        words.remove_prefix(4);
    }
    const auto text = unescape(words);
    if (!text) return invalid("a backslash begins \\xHH or is doubled");
    if (const auto scanned = device.scan(aim, *text); !scanned) return scanned.error();
    return std::string{};
}

}  // namespace

std::string_view name_fault(std::string_view name) {
    const bool fits = !name.empty() && name.size() <= kLongestName && name.find_first_of(" \t:,=") == std::string_view::npos;
    return fits ? std::string_view{} : "a scanner's name has 1 to 32 characters and none of blank : , =";
}

Result<NamedScanner> parse_named_scanner(std::string_view words) {
    const std::size_t equals = words.substr(0, words.find(':')).find('=');
    const bool is_named = equals != std::string_view::npos;
    auto settings = parse_scanner(is_named ? words.substr(equals + 1) : words);
    if (!settings) return settings.error();
    NamedScanner named{std::string{is_named ? words.substr(0, equals) : ""}, std::move(*settings)};
    if (is_named && !name_fault(named.name).empty()) return invalid(std::string{name_fault(named.name)});
    return named;
}

std::optional<StageLine> parse_stage_line(std::string_view text) {
    std::istringstream words{std::string{text}};
    StageLine line;
    words >> line.verb >> line.name;
    std::getline(words >> std::ws, line.rest);
    if (line.verb.empty() || line.verb[0] == '#') return std::nullopt;
    return line;
}

Result<std::string> obey_stage(SimulatedDevice& device, const StageLine& line) {
    if (line.verb == "scan") return scan(device, line.rest);
    if (line.verb == "pad") return device.on_pad(line.rest);
    if (line.verb != "card") return invalid("a reader knows scan, card and pad");
    if (const auto done = device.card_command(line.rest); !done) return done.error();
    return std::string{};
}

}  // namespace dosario::simulated
