// SPDX-License-Identifier: Apache-2.0
// The collector's API calls that one look at the store answers. docs/collector.md is their description.
#pragma once

#include "collector/sqlite_store.hpp"
#include "http/api_reply.hpp"

#include <span>

namespace dosario {

struct CollectorCall {
    std::string_view path;
    /// Parses, looks, renders. Total.
    ApiReply (*answer)(SqliteStore&, std::string_view body);
};

std::span<const CollectorCall> collector_calls();

}  // namespace dosario
