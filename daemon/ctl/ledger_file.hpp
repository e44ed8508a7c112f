// SPDX-License-Identifier: Apache-2.0
// The ledger's file itself, for verbs that work without a daemon too.
#pragma once

#include "base/clock.hpp"
#include "ctl/session.hpp"
#include "ledger/ledger.hpp"

#include <functional>
#include <memory>
#include <string>

namespace google::protobuf {
class Message;
}

namespace dosario {

/// A ledger that no daemon holds, with what it needs.
struct OpenFile {
    OpenFile();
    std::unique_ptr<Digest> digest;
    std::unique_ptr<Entropy> entropy;
    std::unique_ptr<Ledger> ledger;
};

/// The file, when no daemon answers and --data says where it is; nothing to use the daemon.
Result<std::unique_ptr<OpenFile>> open_file(Session& session);

/// A message as the daemon would send it.
boost::json::value as_value(const google::protobuf::Message& message);

/// Runs `on_file` on the file, or `call` on the daemon; `reply` holds the answer when the code is kDone.
int ask(Session& session, const char* path, const boost::json::object& request,
        const std::function<Result<boost::json::value>(Ledger&)>& on_file, boost::json::value& reply);

/// With the directory that we are in before it, unless it is whole already.
std::string whole_path(const std::string& path);

}  // namespace dosario
