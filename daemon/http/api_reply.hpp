// SPDX-License-Identifier: Apache-2.0
// What an API answers: an HTTP status and JSON.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace dosario {

struct ApiReply {
    unsigned status = 200;  ///< HTTP
    std::string body;       ///< JSON, or text where `content_type` says so
    std::string what = {};  ///< the code of a scan's answer, the word of an error; else empty
    const char* content_type = "application/json";
};

/// The word for it in replies: invalid, refused, not_found, ...
std::string_view failure_name(Failure failure);

/// An Error as an API reply: {"error","message"} with a fitting HTTP status.
ApiReply error_reply(const Error& error);

}  // namespace dosario
