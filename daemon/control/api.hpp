// SPDX-License-Identifier: Apache-2.0
// The table of API calls that the ledger answers: path, message types, method of Service. docs/api.md is its description.
#pragma once

#include "control/service.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace dosario {

struct ApiReply {
    unsigned status = 200;  ///< HTTP
    std::string body;       ///< JSON
};

/// An Error as an API reply: {"error","message"} with a fitting HTTP status.
ApiReply error_reply(const Error& error);

struct ApiRow {
    std::string_view path;
    /// Parses, decides within a group, renders. Total.
    ApiReply (*call)(Service&, std::string_view body);
};

/// Calls answered by one job on the ledger thread.
std::span<const ApiRow> ledger_calls();

}  // namespace dosario
