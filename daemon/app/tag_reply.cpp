// SPDX-License-Identifier: Apache-2.0
#include "app/tag_reply.hpp"

#include "control/reader_reasons.hpp"
#include "control/tag_code.hpp"
#include "control/tag_label.hpp"
#include "control/tag_words.hpp"
#include "epc/tid.hpp"

namespace dosario {
namespace {

/// 32 bits, of which 0 is no password (EPC Gen2, 6.3.2.1.1.2).
std::optional<std::uint32_t> password_of(const std::string& text) {
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != 4) return std::nullopt;
    std::uint32_t password = 0;
    for (const std::byte byte : *bytes) password = password << 8 | std::to_integer<std::uint32_t>(byte);
    return password != 0 ? std::optional{password} : std::nullopt;
}

std::string_view state_name(TagState state) {
    switch (state) {
        case TagState::as_before: return "as_before";
        case TagState::written: return "written";
        case TagState::unknown: return "unknown";
    }
    return "unknown";
}

std::string_view words_key(const TagReport& report) {
    using Problem = TagReport::Problem;
    switch (report.problem) {
        case Problem::none: return report.wanted_bits == 0 ? "read" : report.locked ? "locked" : "written";
        case Problem::not_one: return report.tags == 0 ? "none" : "several";
        case Problem::copies: return report.state == TagState::unknown ? "copies_written" : "copies";
        case Problem::no_chip: return "no_chip";
        case Problem::too_short: return "too_short";
        case Problem::not_written: return report.state == TagState::unknown ? "unknown" : "as_before";
        case Problem::not_locked: return "not_locked";
    }
    return "unknown";
}

}  // namespace

Result<TagTask> tag_task(const v1::TagRequest& request, Date today, Language language) {
    TagTask task;
    if (!request.password().empty()) {
        task.password = password_of(request.password());
        if (!task.password) return invalid("a tag's password has 8 hexadecimal digits, and not all of them are 0");
    }
    if (request.code().empty()) {
        if (task.password || !request.scheme().empty() || request.prefix_length() > 0)
            return invalid("what is to be written? a code is missing");
        return task;
    }
    auto label = make_tag_label(request.code(), request.scheme(), today, language, request.prefix_length());
    if (!label) return label.error();
    task.bank = std::move(label->bank);
    return task;
}

v1::TagReply tag_reply(const TagReport& report, Date today, Language language) {
    v1::TagReply reply;
    reply.set_ok(report.problem == TagReport::Problem::none);
    const std::size_t tags = report.problem == TagReport::Problem::copies ? report.chips.size() : report.tags;
    reply.set_message(tag_words(words_key(report), language,
                                {{"tags", std::to_string(tags)},
                                 {"bits", std::to_string(report.wanted_bits)},
                                 {"why", reader_reason(report.why, language)}}));
    reply.set_state(std::string{state_name(report.state)});
    reply.set_old_epc(epc_text(report.old_epc));
    reply.set_epc(epc_text(report.epc));
    reply.set_locked(report.locked);
    reply.set_wanted_bits(static_cast<std::uint32_t>(report.wanted_bits));
    Sighting seen;
    seen.epc = report.epc;
    seen.pc = report.pc;
    if (!report.epc.empty()) reply.set_code(tag_code(seen, today).value_or(""));
    reply.set_tid(to_hex(report.tid));
    if (const auto tid = read_tid(report.tid)) {
        reply.set_chip_maker(std::string{tid->maker_name});
        reply.set_chip_model(std::string{tid->model_name});
        reply.set_chip_serial(to_hex(tid->serial));
    }
    return reply;
}

}  // namespace dosario
