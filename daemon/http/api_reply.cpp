// SPDX-License-Identifier: Apache-2.0
#include "http/api_reply.hpp"

#include "dosario/v1/control.pb.h"
#include "http/json.hpp"

namespace dosario {
namespace {

unsigned http_status(Failure failure) {
    switch (failure) {
        case Failure::invalid: return 400;
        case Failure::refused: return 409;
        case Failure::not_found: return 404;
        case Failure::unavailable: return 503;
        case Failure::full: return 507;
        case Failure::damaged:
        case Failure::newer:
        case Failure::io: return 500;
    }
    return 500;
}

}  // namespace

std::string_view failure_name(Failure failure) {
    switch (failure) {
        case Failure::invalid: return "invalid";
        case Failure::refused: return "refused";
        case Failure::not_found: return "not_found";
        case Failure::unavailable: return "unavailable";
        case Failure::full: return "full";
        case Failure::damaged: return "damaged";
        case Failure::newer: return "newer";
        case Failure::io: return "io";
    }
    return "io";
}

ApiReply error_reply(const Error& error) {
    v1::ErrorReply reply;
    reply.set_error(std::string{failure_name(error.failure)});
    reply.set_message(error.message);
    return {http_status(error.failure), to_json(reply), reply.error()};
}

}  // namespace dosario
