// SPDX-License-Identifier: Apache-2.0
// The table of API calls that the ledger answers: path, message types, method of Service. docs/api.md is its description.
#pragma once

#include "control/service.hpp"
#include "http/api_reply.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace dosario {

struct ApiRow {
    std::string_view path;
    /// Parses, decides within a group, renders. Total.
    ApiReply (*call)(Service&, std::string_view body);
    /// What is done once the group is saved, before it is answered; null: nothing.
    Result<void> (Service::*then)() = nullptr;
};

/// Calls answered by one job on the ledger thread.
std::span<const ApiRow> ledger_calls();

}  // namespace dosario
