// SPDX-License-Identifier: Apache-2.0
#include "control/api.hpp"

#include "http/json.hpp"
#include "control/ledger_views.hpp"

namespace dosario {
namespace {

template <class Request, class Reply, Result<Reply> (Service::*method)(const Request&)>
ApiReply call(Service& service, std::string_view body) {
    Request request;
    if (auto parsed = from_json(body, request); !parsed) return error_reply(parsed.error());
    const auto reply = (service.*method)(request);
    if (!reply) return error_reply(reply.error());
    if constexpr (std::is_same_v<Reply, v1::ScanReply>) return {200, to_json(*reply), reply->what()};
    return {200, to_json(*reply)};
}

constexpr ApiRow kCalls[] = {
    {"/v1/scan", call<v1::ScanRequest, v1::ScanReply, &Service::scan>},
    {"/v1/status", call<v1::StatusRequest, v1::StatusReply, &Service::status>},
    {"/v1/stock", call<v1::StockRequest, v1::StockReply, &Service::stock>},
    {"/v1/sweep", call<v1::SweepRequest, v1::SweepReply, &Service::sweep>},
    {"/v1/history", call<v1::HistoryRequest, v1::HistoryReply, &Service::history>},
    {"/v1/recall", call<v1::RecallRequest, v1::RecallReply, &Service::recall>},
    {"/v1/persons/open", call<v1::PersonsRequest, v1::PersonsReply, &Service::open_persons>},
    {"/v1/persons/forget", call<v1::PersonsRequest, v1::PersonsReply, &Service::forget_persons>, &Service::finish_forgetting},
    {"/v1/ledger/log", call<v1::LogRequest, v1::LogReply, &Service::log>},
    {"/v1/ledger/head", call<v1::HeadRequest, v1::HeadReply, &Service::head>},
    {"/v1/ledger/proof", call<v1::ProofRequest, v1::ProofReply, &Service::proof>},
};

}  // namespace

std::span<const ApiRow> ledger_calls() { return kCalls; }

}  // namespace dosario
