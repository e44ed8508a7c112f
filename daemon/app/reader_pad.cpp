// SPDX-License-Identifier: Apache-2.0
// Readers of tags: told to read as soon as they are ready, and what lies there is told when it has been the same for a while.
#include "app/plugged_reader.hpp"

#include "control/reader_reasons.hpp"
#include "control/reader_words.hpp"
#include "system/log.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// The number of the one command that the desk gives of itself: read until told to stop.
constexpr std::uint32_t kReading = 1;

}  // namespace

/// A scanner takes no such command, and is none.
void ReaderDesk::begin_pad(Reader& reader) {
    if (!reader.protocol->command(StartInventory{}, kReading, clock_.mono())) return;
    if (reader.pad != nullptr) return;
    const ReaderRow* const row = row_for(reader.interface);
    reader.pad = std::make_unique<TagWindow>(*pad_preset(row != nullptr ? row->field : kUsualField));
}

void ReaderDesk::on_answer(UsbPort port, Reader& reader, const ReaderAnswer& answer) {
    if (tag_job_ != nullptr && tag_job_->port == port && answer.number == tag_job_->number) {
        tag_job_->work.answered(answer);
        return go_on_with_tag(reader);
    }
    if (reader.chips != nullptr && answer.number == reader.chips->number) {
        reader.chips->work->answered(answer);
        return go_on_with_chips(port, reader);
    }
    if (answer.number != kReading) return;
    const bool reads = answer.status == "ok";
    if (reads == reader.refused.empty() && (reads || reader.refused == answer.status)) return;
    reader.refused = reads ? "" : answer.status;
    if (!reads) log(Level::warning, "reader_refused", {{"reader", reader_id(reader.interface)}, {"why", answer.status}});
    hooks_.changed();
}

void ReaderDesk::wake_pad(Reader& reader, MonoTime now) {
    if (reader.pad != nullptr) reader.pad->wake(now);
}

void ReaderDesk::close_pad(Reader& reader) {
    if (reader.pad == nullptr) return;
    const auto place = std::ranges::find_if(readers_, [&](const auto& one) { return one.second.get() == &reader; });
    reader.chips.reset();
    reader.pad->closed(clock_.mono());
    tell_trays(place->first, reader);
    reader.pad.reset();
}

void ReaderDesk::tell_trays(UsbPort port, Reader& reader) {
    while (reader.pad != nullptr) {
        auto set = reader.pad->next_set();
        if (!set) return;
        reader.health.read(clock_.mono(), false);
        reader.lies = *set;
        hooks_.tray({name_for(reader.interface), zone_for(reader.interface), std::move(*set)});
        begin_chips(port, reader, false);
    }
}

/// Null and why.
const ReaderDesk::Reader* ReaderDesk::find_pad(const std::string& name, Error& why) const {
    const Reader* found = nullptr;
    for (const auto& [port, reader] : readers_) {
        if (reader->pad == nullptr) continue;
        const bool is_named = name_for(reader->interface) == name || reader_id(reader->interface) == name;
        if (!name.empty() && !is_named) continue;
        if (found != nullptr) {
            why = invalid("several readers of tags are open: say which, `dosario readers` names them");
            return nullptr;
        }
        found = reader.get();
    }
    if (found == nullptr) {
        const auto row = std::ranges::find_if(settings_.rows, [&](const ReaderRow& one) {
            return !name.empty() && (one.name == name || one.match == name) && !is_plugged(one);
        });
        why = fail(Failure::not_found, row != settings_.rows.end()
                                           ? reader_words("not_plugged", settings_.language, {{"name", name}})
                                       : name.empty() ? "no reader of tags is open: `dosario readers` says why"
                                                      : "no reader of tags has that name: `dosario readers` names them");
    } else if (!found->refused.empty()) {
        const Language language = settings_.language;
        why = fail(Failure::unavailable, reader_words("refused", language, {{"why", reader_reason(found->refused, language)}}));
        found = nullptr;
    }
    return found;
}

SeenTray ReaderDesk::lies_on(const std::string& pad, const std::string& zone) const {
    for (const auto& [port, reader] : readers_)
        if (reader->pad != nullptr && name_for(reader->interface) == pad) return {pad, zone_for(reader->interface), reader->lies};
    return {pad, zone, {}};
}

Result<SeenTray> ReaderDesk::field(const std::string& name, std::optional<Micros> within) const {
    Error why = fail(Failure::not_found, "");
    const Reader* const found = find_pad(name, why);
    if (found == nullptr) return why;
    SeenTray seen{name_for(found->interface), zone_for(found->interface), found->lies};
    if (within) {
        found->swept_at = clock_.mono();
        seen.set.tags = found->pad->read_since(*found->swept_at - *within);
    }
    return seen;
}

}  // namespace dosario
