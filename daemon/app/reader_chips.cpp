// SPDX-License-Identifier: Apache-2.0
// Two tags of one EPC look like one to an inventory. Their chips tell them apart, and to read a chip takes some tenths of a second: it is done
// when a small tray has just been told, and when a person's count differs, for the EPCs that are read most often; two tags of one EPC are
// read twice as often as one. The pad reads nothing else meanwhile.
#include "app/plugged_reader.hpp"

#include "system/log.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kSmallTray = 4;  // of a tray: their chips are read unasked
// Longer no pad is kept from reading, but for the command that is under way then.
constexpr auto kLongestCheck = std::chrono::seconds{5};
constexpr auto kLongestUnasked = std::chrono::seconds{1};
constexpr std::size_t kMostChecked = 8;                 // whose chips are read at once
constexpr auto kSweepGoesOn = std::chrono::seconds{1};  // after what was read lately was asked for

}  // namespace

void ReaderDesk::look_at_chips(const std::string& pad) {
    for (const auto& [port, reader] : readers_) {
        if (reader->pad == nullptr || reader->lies.tags.empty() || name_for(reader->interface) != pad) continue;
        begin_chips(port, *reader, true);
        return pump(port, *reader);
    }
}

bool ReaderDesk::is_of(const Reader& pad, const std::string& zone) const {
    const std::string its = zone_for(pad.interface);
    return zone.empty() || its.empty() || its == zone;
}

bool ReaderDesk::is_unsure(const std::string& zone) const {
    return std::ranges::any_of(readers_, [&, now = clock_.mono()](const auto& one) {
        return one.second->pad != nullptr && one.second->pad->is_unsure(now) && is_of(*one.second, zone);
    });
}

void ReaderDesk::cut_short(const std::string& zone) {
    for (const auto& [port, reader] : readers_)
        if (reader->chips != nullptr && reader->chips->asked && is_of(*reader, zone)) reader->chips->until = clock_.mono();
}

/// `asked`: again, too, and of a tray of any size.
void ReaderDesk::begin_chips(UsbPort port, Reader& reader, bool asked) {
    const MonoTime now = clock_.mono();
    if (reader.chips != nullptr) {
        reader.chips->again |= asked;
        return;
    }
    if ((tag_job_ != nullptr && tag_job_->port == port) || !reader.refused.empty()) return;
    const ReaderRow* const row = row_for(reader.interface);
    const bool is_shelf = row != nullptr && row->field == "estante";
    std::vector<Sighting> tags = reader.pad->epcs();
    if (!asked && (is_shelf || tags.size() > kSmallTray)) return;
    if (!asked && reader.swept_at && now - *reader.swept_at < kSweepGoesOn) return;
    if (!asked) std::erase_if(tags, [](const Sighting& one) { return one.tid.has_value(); });
    std::ranges::stable_sort(tags, std::greater{}, &Sighting::reads);
    if (tags.size() > kMostChecked) tags.resize(kMostChecked);
    if (tags.empty()) return;
    std::ranges::reverse(tags);
    reader.chips = std::make_unique<ChipJob>();
    reader.chips->left = std::move(tags);
    reader.chips->asked = asked;
    reader.chips->until = now + (asked ? kLongestCheck : kLongestUnasked);
    reader.pad->suspended(now);
    go_on_with_chips(port, reader);
}

/// The next command of this tag, or of the next one, or the end.
void ReaderDesk::go_on_with_chips(UsbPort port, Reader& reader) {
    ChipJob& job = *reader.chips;
    const MonoTime now = clock_.mono();
    const bool is_late = now >= job.until || (!job.asked && reader.swept_at && now - *reader.swept_at < kSweepGoesOn);
    for (;;) {
        if (job.work) {
            const TagReport& report = job.work->report();
            const auto command = job.work->next();
            if (command && !is_late) {
                job.number = ++last_command_;
                if (reader.protocol->command(*command, job.number, now)) return;
                return end_chips(port, reader);
            }
            // It was taken away, perhaps with all that lay there.
            const bool is_silent = report.chips.empty() && report.tid.empty();
            // Several are several, also where not all was asked yet; of one alone nobody knows.
            if (report.chips.size() > 1 || (!command && !is_silent)) reader.pad->chips(report.old_epc, report.chips, now);
            if (report.chips.size() > 1)
                log(Level::warning, "tags_alike",
                    {{"reader", reader_id(reader.interface)}, {"chips", std::to_string(report.chips.size())}});
            if (is_silent) job.unanswered.push_back(report.old_epc);
            if (is_silent && !job.asked) return end_chips(port, reader);
        }
        if (job.left.empty() || is_late) return end_chips(port, reader);
        job.work.emplace(TagTask{}, job.left.back().pc, job.left.back().epc);
        job.left.pop_back();
    }
}

void ReaderDesk::end_chips(UsbPort port, Reader& reader) {
    const auto job = std::move(reader.chips);
    reader.pad->resumed(clock_.mono(), job->unanswered);
    if (job->again) begin_chips(port, reader, true);
    if (reader.chips != nullptr) return;
    begin_pad(reader);
}

}  // namespace dosario
