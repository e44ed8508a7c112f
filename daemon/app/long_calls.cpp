// SPDX-License-Identifier: Apache-2.0
#include "app/long_calls.hpp"

#include "http/json.hpp"
#include "control/ledger_views.hpp"
#include "ledger/snapshot.hpp"

namespace dosario {
namespace {

constexpr int kPagesInSlice = 256;

LedgerThread::Chore snapshot_chore(std::string path, ProgressBoard& progress, std::function<void(ApiReply)> reply) {
    auto snapshot = std::make_shared<std::unique_ptr<Snapshot>>();
    return [snapshot, path = std::move(path), &progress, reply = std::move(reply)](Service& service) {
        if (*snapshot == nullptr) {
            auto started = Snapshot::start(service.ledger(), path);
            if (!started) return reply(error_reply(started.error())), false;
            *snapshot = std::move(*started);
        }
        const auto more = (*snapshot)->step(kPagesInSlice);
        progress.clear();
        if (!more) return reply(error_reply(more.error())), false;
        if (*more) progress.tell({"copying", (*snapshot)->copied_pages(), (*snapshot)->all_pages()});
        if (!*more) {
            v1::SnapshotReply done;
            done.set_path(path);
            done.set_entries((*snapshot)->entries());
            done.set_bytes((*snapshot)->bytes());
            reply({200, to_json(done)});
            snapshot->reset();
        }
        return *more;
    };
}

LedgerThread::Chore estimate_chore(std::string path, std::function<void(ApiReply)> reply) {
    return [path = std::move(path), reply = std::move(reply)](Service& service) {
        const auto estimate = estimate_snapshot(service.ledger(), path, kPagesInSlice);
        if (!estimate) return reply(error_reply(estimate.error())), false;
        v1::SnapshotReply said;
        said.set_path(path);
        said.set_entries(service.ledger().head_seq());
        said.set_bytes(estimate->bytes);
        said.set_free_bytes(estimate->free_bytes);
        said.set_seconds(static_cast<std::uint64_t>(estimate->takes.count()));
        reply({200, to_json(said)});
        return false;
    };
}

LedgerThread::Chore rebuild_chore(ProgressBoard& board, std::function<void(ApiReply)> reply) {
    return [&board, reply = std::move(reply)](Service& service) {
        if (const auto& damage = service.ledger().damage()) return reply(error_reply(*damage)), false;
        const auto rebuilt = rebuild(service.ledger(), [&board](const LedgerProgress& progress) { board.tell(progress); });
        board.clear();
        if (!rebuilt) {
            // As after a failed sync of a group: nobody knows what the disk kept.
            if (rebuilt.error().failure == Failure::io) service.set_fatal(rebuilt.error());
            return reply(error_reply(rebuilt.error())), false;
        }
        v1::RebuildReply done;
        done.set_entries(*rebuilt);
        reply({200, to_json(done)});
        return false;
    };
}

LedgerThread::Chore refusal(Error error, std::function<void(ApiReply)> reply) {
    return [reply = std::move(reply), error = std::move(error)](Service&) { return reply(error_reply(error)), false; };
}

}  // namespace

std::optional<LedgerThread::Chore> long_call(const std::string& path, const std::string& body, Verifying& verifying,
                                             ProgressBoard& progress, std::function<void(ApiReply)> reply) {
    if (path == "/v1/ledger/verify") {
        v1::VerifyRequest request;
        if (auto parsed = from_json(body, request); !parsed) return refusal(parsed.error(), std::move(reply));
        const auto told = [reply = std::move(reply)](const Result<VerifyReport>& report) {
            reply(report ? ApiReply{200, to_json(verify_reply(*report))} : error_reply(report.error()));
        };
        return verifying.chore(told, request.full());
    }
    if (path == "/v1/ledger/rebuild") return rebuild_chore(progress, std::move(reply));
    if (path != "/v1/ledger/snapshot") return std::nullopt;
    v1::SnapshotRequest request;
    if (auto parsed = from_json(body, request); !parsed) return refusal(parsed.error(), std::move(reply));
    if (request.estimate()) return estimate_chore(request.path(), std::move(reply));
    return snapshot_chore(request.path(), progress, std::move(reply));
}

}  // namespace dosario
