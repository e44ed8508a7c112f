// SPDX-License-Identifier: Apache-2.0
// Two tags of one EPC look like one to an inventory. Their chips tell them apart, and to read a chip takes some tenths of a second: it is done
// when a small tray has just been told, and when a person's count differs, for the EPCs that are read most often; two tags of one EPC are
// read twice as often as one. The pad reads nothing else meanwhile.
#include "app/plugged_reader.hpp"

#include "system/log.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kSmallTray = 4;                    // of a tray: their chips are read unasked
constexpr auto kLongestCheck = std::chrono::seconds{5};  // nobody waits longer for a pad
constexpr std::size_t kMostChecked = 8;                  // whose chips are read at once

}  // namespace

void ReaderDesk::look_at_chips(const std::string& zone) {
    for (const auto& [port, reader] : readers_) {
        if (reader->pad == nullptr || reader->lies.tags.empty() || zone_for(reader->interface) != zone) continue;
        begin_chips(port, *reader, true);
        return pump(port, *reader);
    }
}

/// `asked`: again, too, and of a tray of any size.
void ReaderDesk::begin_chips(UsbPort port, Reader& reader, bool asked) {
    if (tag_job_ != nullptr || chip_job_ != nullptr || !reader.refused.empty()) return;
    const ReaderRow* const row = row_for(reader.interface);
    const bool is_shelf = row != nullptr && row->field == "estante";
    std::vector<Sighting> tags = reader.pad->epcs();
    if (!asked && (is_shelf || tags.size() > kSmallTray)) return;
    if (!asked) std::erase_if(tags, [](const Sighting& one) { return one.tid.has_value(); });
    std::ranges::stable_sort(tags, std::greater{}, &Sighting::reads);
    if (tags.size() > kMostChecked) tags.resize(kMostChecked);
    if (tags.empty()) return;
    std::ranges::reverse(tags);
    chip_job_ = std::make_unique<ChipJob>(ChipJob{port, std::move(tags), std::nullopt, 0, clock_.mono() + kLongestCheck});
    go_on_with_chips(reader);
}

/// The next command of this tag, or of the next one, or the end.
void ReaderDesk::go_on_with_chips(Reader& reader) {
    ChipJob& job = *chip_job_;
    const MonoTime now = clock_.mono();
    for (;;) {
        if (now >= job.until) return end_chips(reader);
        if (job.work) {
            if (const auto command = job.work->next()) {
                job.number = ++last_command_;
                if (reader.protocol->command(*command, job.number, now)) return;
                return end_chips(reader);
            }
            const TagReport& report = job.work->report();
            if (reader.pad != nullptr) reader.pad->chips(report.old_epc, report.chips, now);
            if (report.chips.size() > 1)
                log(Level::warning, "tags_alike",
                    {{"reader", reader_id(reader.interface)}, {"chips", std::to_string(report.chips.size())}});
        }
        if (job.left.empty()) return end_chips(reader);
        job.work.emplace(TagTask{}, job.left.back().pc, job.left.back().epc);
        job.left.pop_back();
    }
}

void ReaderDesk::end_chips(Reader& reader) {
    chip_job_.reset();
    if (reader.pad != nullptr) reader.pad->resumed(clock_.mono());
    begin_pad(reader);
}

}  // namespace dosario
