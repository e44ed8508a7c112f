// SPDX-License-Identifier: Apache-2.0
#include "app/moved_reader.hpp"

#include <optional>

namespace dosario {
namespace {

/// `vvvv:pppp:@1-4.2:0`, as reader_id() makes it.
struct ByPort {
    std::string_view model;  ///< `vvvv:pppp:`
    std::string_view port;
    std::string_view interface;  ///< `:0`
};

std::optional<ByPort> by_port(std::string_view id) {
    const auto at = id.find('@');
    const auto colon = id.rfind(':');
    if (at == std::string_view::npos || colon == std::string_view::npos || colon < at) return std::nullopt;
    return ByPort{id.substr(0, at), id.substr(at + 1, colon - at - 1), id.substr(colon)};
}

}  // namespace

std::string port_it_was_at(std::string_view id, const std::set<std::string>& remembered, const std::set<std::string>& present) {
    const auto here = by_port(id);
    if (!here) return {};
    for (const std::string& other : remembered) {
        const auto there = by_port(other);
        const bool alike = there && there->model == here->model && there->interface == here->interface;
        if (alike && there->port != here->port && !present.contains(other)) return std::string{there->port};
    }
    return {};
}

}  // namespace dosario
