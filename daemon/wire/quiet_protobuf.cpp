// SPDX-License-Identifier: Apache-2.0
#include "wire/quiet_protobuf.hpp"

#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <string>

namespace dosario {
namespace {

/// A bug in our use of it ends the process; then the place is worth knowing, and still no contents.
void handle(google::protobuf::LogLevel level, const char* file, int line, const std::string&) {
    if (level == google::protobuf::LOGLEVEL_FATAL) std::fprintf(stderr, "dosario: bug: protobuf stops at %s:%d\n", file, line);
}

}  // namespace

void quiet_protobuf() { google::protobuf::SetLogHandler(handle); }

}  // namespace dosario
