// SPDX-License-Identifier: Apache-2.0
#include "control/head_view.hpp"

#include "base/time.hpp"

namespace dosario {
namespace {

constexpr std::size_t kLongestCode = 200;

Result<void> judge(Ledger& ledger, const std::string& text, v1::HeadReply& reply) {
    const auto code = parse_head(text);
    if (!code) {
        reply.set_verdict("mistyped");
        reply.set_message(code.error().message + "; the ledger was not looked at");
        return {};
    }
    const std::string entry = "entry " + std::to_string(code->seq);
    if (code->seq > ledger.head_seq()) {
        reply.set_verdict("missing");
        reply.set_message("this ledger ends at entry " + std::to_string(ledger.head_seq()) + " and has no " + entry +
                          ": entries were lost (is this an older copy?), or the sheet is of another station");
        return {};
    }
    const auto hash = ledger.hashes_at({&code->seq, 1});
    if (!hash) return hash.error();
    if (short_code(code->seq, hash->front()) == *code) {
        reply.set_verdict("same");
        reply.set_message("this ledger still has " + entry + " with that hash, and all entries before it as they were" +
                          (code->seq == 0 ? "" : "; `dosario ledger verify` walks the chain up to it"));
        return {};
    }
    reply.set_verdict("changed");
    reply.set_message(
        entry + " of this ledger has another hash (" + head_text(short_code(code->seq, hash->front())) +
        "), and the code on the sheet is not mistyped: history was changed since, or the sheet is of another station");
    return {};
}

}  // namespace

std::string day_of_entry(const Ledger& ledger, Seq seq) {
    const auto fact = seq == 0 ? fail(Failure::not_found, "") : ledger.fact(seq);
    return fact ? format_date(fact->decided_on) : std::string{};
}

Result<v1::HeadReply> head_reply(Ledger& ledger, const v1::HeadRequest& request) {
    if (request.check().size() > kLongestCode) return fail(Failure::invalid, "this is longer than any code of a day sheet");
    v1::HeadReply reply;
    reply.set_seq(ledger.head_seq());
    reply.set_on(day_of_entry(ledger, ledger.head_seq()));
    reply.set_code(code_text(short_code(ledger.head_seq(), ledger.head_hash())));
    reply.set_hash(to_hex(ledger.head_hash()));
    if (request.check().empty()) return reply;
    if (auto judged = judge(ledger, request.check(), reply); !judged) return judged.error();
    return reply;
}

}  // namespace dosario
