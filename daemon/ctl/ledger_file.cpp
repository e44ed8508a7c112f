// SPDX-License-Identifier: Apache-2.0
#include "ctl/ledger_file.hpp"

#include "crypto/openssl.hpp"
#include "http/json.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <climits>

namespace dosario {

namespace json = boost::json;

OpenFile::OpenFile() : digest(make_digest()), entropy(make_entropy()) {}

Result<std::unique_ptr<OpenFile>> open_file(Session& session) {
    if (auto connected = session.client(); connected) return std::unique_ptr<OpenFile>{};
    if (session.data_directory.empty()) return session.client().error();
    auto file = std::make_unique<OpenFile>();
    LedgerOpening opening;
    opening.directory = session.data_directory;
    opening.create = false;
    opening.append = false;
    opening.digest = file->digest.get();
    opening.entropy = file->entropy.get();
    auto ledger = Ledger::open(opening);
    if (!ledger) return ledger.error();
    file->ledger = std::move(*ledger);
    return file;
}

json::value as_value(const google::protobuf::Message& message) { return json::parse(to_json(message)); }

int ask(Session& session, const char* path, const json::object& request,
        const std::function<Result<json::value>(Ledger&)>& on_file, json::value& reply) {
    auto file = open_file(session);
    if (!file) return complain(file.error(), session.json);
    if (*file == nullptr) return session.call(path, request, reply);
    auto answered = on_file(*(*file)->ledger);
    if (!answered) return complain(answered.error(), session.json);
    reply = std::move(*answered);
    return kDone;
}

std::string whole_path(const std::string& path) {
    if (path.empty() || path.front() == '/') return path;
    char here[PATH_MAX];
    return getcwd(here, sizeof here) == nullptr ? path : std::string{here} + "/" + path;
}

}  // namespace dosario
