// SPDX-License-Identifier: Apache-2.0
#include "collector/api.hpp"

#include "collector/queries.hpp"
#include "http/json.hpp"

namespace dosario {
namespace {

template <class Request, class Reply, Result<Reply> (*query)(Database&, const Request&)>
ApiReply ask(SqliteStore& store, std::string_view body) {
    Request request;
    if (auto parsed = from_json(body, request); !parsed) return error_reply(parsed.error());
    const auto reply = query(store.database(), request);
    return reply ? ApiReply{200, to_json(*reply)} : error_reply(reply.error());
}

ApiReply list_stations(SqliteStore& store, std::string_view) {
    const auto reply = stations(store.database());
    return reply ? ApiReply{200, to_json(*reply)} : error_reply(reply.error());
}

constexpr CollectorCall kCalls[] = {
    {"/v1/stations", list_stations},
    {"/v1/stock", ask<v1::CollectorStockRequest, v1::CollectorStockReply, stock>},
    {"/v1/lot", ask<v1::LotRequest, v1::LotReply, lot>},
    {"/v1/quarantine", ask<v1::QuarantineRequest, v1::QuarantineReply, quarantined>},
    {"/v1/log", ask<v1::CollectorLogRequest, v1::CollectorLogReply, log_entries>},
};

}  // namespace

std::span<const CollectorCall> collector_calls() { return kCalls; }

}  // namespace dosario
