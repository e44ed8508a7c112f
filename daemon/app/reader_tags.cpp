// SPDX-License-Identifier: Apache-2.0
// One tag on a pad is read or written: the pad stops reading, the commands of control/tag_work.hpp go to it one after the other, and it reads
// again.
#include "app/plugged_reader.hpp"

#include "system/log.hpp"

#include <algorithm>

namespace dosario {

bool ReaderDesk::works_on_tag(UsbPort port) const {
    const auto reader = readers_.find(port);
    return (tag_job_ != nullptr && tag_job_->port == port) || (reader != readers_.end() && reader->second->chips != nullptr);
}

void ReaderDesk::work_on_tag(const std::string& name, const TagTask& task, TagDone done) {
    Error why = fail(Failure::not_found, "");
    const Reader* const found = find_pad(name, why);
    if (found == nullptr) return done(why);
    if (tag_job_ != nullptr) return done(fail(Failure::unavailable, "another tag is being written: wait a moment"));
    const auto place = std::ranges::find_if(readers_, [&](const auto& one) { return one.second.get() == found; });
    Reader& reader = *place->second;
    if (reader.lies.tags.size() != 1) {
        TagReport report;
        report.problem = TagReport::Problem::not_one;
        report.tags = reader.lies.tags.size();
        return done(report);
    }
    // A person waits: what was asked last of the chips is answered to nobody.
    reader.chips.reset();
    reader.pad->suspended(clock_.mono());
    const Sighting& tag = reader.lies.tags.front();
    tag_job_ = std::make_unique<TagJob>(TagJob{place->first, TagWork{task, tag.pc, tag.epc}, std::move(done), 0});
    log(Level::info, "tag_work", {{"reader", reader_id(reader.interface)}, {"writes", task.bank ? "yes" : "no"}});
    go_on_with_tag(reader);
    pump(place->first, reader);
}

/// The next command, or the end.
void ReaderDesk::go_on_with_tag(Reader& reader) {
    const MonoTime now = clock_.mono();
    for (auto command = tag_job_->work.next(); command; command = tag_job_->work.next()) {
        tag_job_->number = ++last_command_;
        if (reader.protocol->command(*command, tag_job_->number, now)) return;
        tag_job_->work.refused();
    }
    end_tag(reader);
}

void ReaderDesk::end_tag(Reader& reader) {
    const auto job = std::move(tag_job_);
    const TagReport& report = job->work.report();
    const MonoTime now = clock_.mono();
    if (reader.pad != nullptr) {
        reader.pad->resumed(now);
        TagRead as;
        as.epc = report.epc;
        as.pc = report.pc;
        as.heard_at = now;
        reader.pad->rewritten(report.old_epc, as);
    }
    if (reader.lies.tags.size() == 1) {
        reader.lies.tags.front().epc = report.epc;
        reader.lies.tags.front().pc = report.pc;
    }
    if (report.wanted_bits != 0 && report.problem != TagReport::Problem::none)
        log(Level::warning, "tag_not_written", {{"reader", reader_id(reader.interface)}, {"why", report.why}});
    begin_pad(reader);
    job->done(report);
}

}  // namespace dosario
