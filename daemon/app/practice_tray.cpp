// SPDX-License-Identifier: Apache-2.0
#include "app/practice_tray.hpp"

#include "control/tag_label.hpp"

namespace dosario {
namespace {

constexpr int kMostOfTray = 512;

}  // namespace

Result<v1::PracticeReply> give_words(ReaderDesk& readers, std::string_view words) {
    auto answer = readers.practise(words);
    if (!answer) return answer.error();
    v1::PracticeReply reply;
    reply.set_message(std::move(*answer));
    return reply;
}

Result<v1::PracticeReply> lay_tray(ReaderDesk& readers, const v1::PracticeRequest& request, Date today, Language language) {
    const auto usual = readers.practice_pad();
    if (!usual && (request.pad().empty() || usual.error().failure == Failure::refused)) return usual.error();
    const std::string pad = request.pad().empty() ? *usual : request.pad();
    if (request.tray_size() > kMostOfTray) return invalid("at most " + std::to_string(kMostOfTray) + " things lie on a tray");
    std::string tags;
    for (const std::string& code : request.tray()) {
        const auto label = make_tag_label(code, "", today, language);
        if (!label) return label.error();
        tags += " " + to_hex(label->epc());
    }
    const auto reader = readers.practice_reader(pad);
    if (!reader) return reader.error();
    const bool lifts = request.lift() || tags.empty();
    if (auto cleared = readers.practise("pad " + pad + " clear"); !cleared) return cleared.error();
    if (!lifts) {
        if (auto laid = readers.practise("pad " + pad + " add" + tags); !laid) return laid.error();
    }
    v1::PracticeReply reply;
    reply.set_pad(pad);
    reply.set_reader(*reader);
    reply.set_tags(lifts ? 0 : static_cast<std::uint32_t>(request.tray_size()));
    return reply;
}

}  // namespace dosario
