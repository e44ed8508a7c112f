// SPDX-License-Identifier: Apache-2.0
// What comes in, from the API and from readers, and what is answered.
#include "app/running_daemon.hpp"

#include "app/examining.hpp"
#include "app/long_calls.hpp"
#include "app/practice_tray.hpp"
#include "app/tag_reply.hpp"
#include "control/reader_words.hpp"
#include "control/scan_request.hpp"
#include "control/sweep_view.hpp"
#include "control/tag_code.hpp"
#include "control/thing_label.hpp"
#include "http/json.hpp"
#include "system/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace dosario {

namespace asio = boost::asio;

namespace {

/// What was asked may still be saved: asked again with the same id it is booked once.
ApiReply not_confirmed() {
    v1::ErrorReply reply;
    reply.set_error("not_confirmed");
    reply.set_message(
        "the disk is slow, and this is not confirmed yet: it may still be saved. Ask again with the same request id, or look at the "
        "last entries (dosario status), before repeating it");
    return {504, to_json(reply), "not_confirmed"};
}

}  // namespace

void RunningDaemon::publish(std::string event, std::string json) {
    asio::post(context_, [this, event = std::move(event), json = std::move(json)] { api_->publish(event, json); });
}

/// An answer that no decision made.
ApiReply RunningDaemon::say(What what) const {
    Review review;
    review.what = what;
    review.sound = what == What::slow_disk ? Sound::notice : Sound::stop;
    v1::ScanReply reply;
    reply.set_sound(std::string{sound_name(review.sound)});
    reply.set_what(std::string{what_name(what)});
    reply.set_message(words_for(review, settings_.language).message);
    return {200, to_json(reply), reply.what()};
}

void RunningDaemon::tell_slow() {
    log(Level::warning, "disk_slow", {{"waiting", std::to_string(ledger_ == nullptr ? 0 : ledger_->waiting())}});
    api_->publish("answer", say(What::slow_disk).body);
}

void RunningDaemon::answer(ApiCall call, std::function<void(ApiReply)> reply) {
    reply = metrics_.counting(call.path, std::move(reply));
    if (ledger_ == nullptr)
        return reply(error_reply(fail(Failure::unavailable, "the daemon is stopping: nothing of this was saved")));
    if (call.path == "/metrics")
        return metrics_.scrape(*ledger_, uplink_.get(), *backing_up_, readers_->list(), std::move(reply));
    const bool writes = call.path == "/v1/scan" || call.path == "/v1/readers/adopt" || call.path == "/v1/readers/zone" ||
                        call.path == "/v1/readers/record" || call.path == "/v1/practice" || call.path == "/v1/readers/tag" ||
                        call.path == "/v1/readers/listen" || call.path == "/v1/ledger/snapshot" ||
                        call.path == "/v1/ledger/rebuild" || call.path == "/v1/backup/now" || call.path == "/v1/recall" ||
                        call.path.starts_with("/v1/persons/");
    if (call.method != "POST" && writes)
        return reply(error_reply(fail(Failure::invalid, "this call changes or writes something: POST it")));
    for (const ApiRow& row : ledger_calls()) {
        if (row.path == call.path) return answer_by_ledger(row, std::move(call.body), std::move(reply));
    }
    if (call.path == "/v1/report/moves") {
        v1::MovesRequest request;
        if (auto parsed = from_json(call.body, request); !parsed) return reply(error_reply(parsed.error()));
        return reporting_->begin(request, *ledger_, [reply](const Result<v1::MovesReply>& report) {
            reply(report ? ApiReply{200, to_json(*report)} : error_reply(report.error()));
        });
    }
    if (call.path == "/v1/backup") return reply({200, to_json(backing_up_->status())});
    if (call.path == "/v1/backup/now") {
        std::optional<Error> refused;
        back_up([](bool) {}, [&refused](const Error& error) { refused = error; });
        return reply(refused ? error_reply(*refused) : ApiReply{200, to_json(backing_up_->status())});
    }
    if (call.path == "/v1/ledger/progress") return reply({200, to_json(progress_.read())});
    if (call.path == "/v1/readers/field") {
        v1::FieldRequest request;
        if (auto parsed = from_json(call.body, request); !parsed) return reply(error_reply(parsed.error()));
        constexpr std::uint32_t kMost_ms = 3'600'000;
        if (request.read_within_ms() > kMost_ms)
            return reply(error_reply(invalid("what was read is known of the last hour at most: read_within_ms")));
        std::optional<Micros> within;
        if (request.read_within_ms() > 0) within = std::chrono::milliseconds{request.read_within_ms()};
        const auto seen = readers_->field(request.reader(), within);
        if (!seen) return reply(error_reply(seen.error()));
        v1::FieldReply field;
        field.set_reader(seen->reader);
        *field.mutable_tray() = tray_of(seen->set, today(), kMostSwept);
        return reply({200, to_json(field)});
    }
    if (call.path == "/v1/readers/tag") return work_on_tag(call.body, std::move(reply));
    if (call.path == "/v1/practice") return practise(call.body, std::move(reply));
    if (call.path == "/v1/readers") return reply({200, to_json(readers_->list())});
    if (call.path == "/v1/readers/adopt") {
        v1::AdoptRequest request;
        if (auto parsed = from_json(call.body, request); !parsed) return reply(error_reply(parsed.error()));
        if (!request.operator_().empty()) {
            const auto badge = parse_badge(request.operator_());
            if (!badge) return reply(error_reply(fail(Failure::invalid, "a badge is DOSARIO.B. and 8 characters A-Z 0-9")));
            request.set_operator_(*badge);
        }
        return readers_->adopt(request, [reply](Result<v1::AdoptReply> adopted) {
            reply(adopted ? ApiReply{200, to_json(*adopted)} : error_reply(adopted.error()));
        });
    }
    if (call.path == "/v1/readers/zone") {
        v1::ZoneRequest request;
        if (auto parsed = from_json(call.body, request); !parsed) return reply(error_reply(parsed.error()));
        return readers_->set_zone(request, [reply](const Result<v1::ZoneReply>& kept) {
            reply(kept ? ApiReply{200, to_json(*kept)} : error_reply(kept.error()));
        });
    }
    if (call.path == "/v1/readers/record") {
        v1::RecordRequest request;
        if (auto parsed = from_json(call.body, request); !parsed) return reply(error_reply(parsed.error()));
        const auto recorded = readers_->record(request);
        return reply(recorded ? ApiReply{200, to_json(*recorded)} : error_reply(recorded.error()));
    }
    if (call.path == "/v1/readers/listen") {
        v1::ListenRequest request;
        if (auto parsed = from_json(call.body, request); !parsed) return reply(error_reply(parsed.error()));
        return readers_->listen(request, [reply](Result<v1::ListenReply> heard) {
            reply(heard ? ApiReply{200, to_json(*heard)} : error_reply(heard.error()));
        });
    }
    if (call.path == "/v1/doctor") {
        if (!ledger_->post_chore(examination(settings_, directory_, usb_problem_, reply)))
            reply(error_reply(fail(Failure::unavailable, "too much long work is waiting already: try again later")));
        return;
    }
    if (auto chore = long_call(call.path, call.body, *verifying_, progress_, reply)) {
        if (!ledger_->post_chore(std::move(*chore)))
            reply(error_reply(fail(Failure::unavailable, "too much long work is waiting already: try again later")));
        return;
    }
    reply(error_reply(fail(
        Failure::not_found,
        "the API has no such path: api.md (docs/ in the sources, /usr/share/doc/dosario when installed) lists what it has")));
}

void RunningDaemon::answer_by_ledger(const ApiRow& row, std::string body, std::function<void(ApiReply)> reply) {
    v1::ScanRequest request;
    const bool waits = row.path == "/v1/scan" && from_json(body, request) && !request.has_tray();
    if (!waits) return ask_ledger(row, std::move(body), std::move(reply));
    counts_.take(request.zone(), request.content(), [this, &row, body, reply, request](bool is_known) {
        if (is_known) return ask_ledger(row, body, reply);
        metrics_.came(ScanSource::api);
        reply(pad_reads(request, ScanSource::api));
    });
}

/// A count that waited too long for a pad, or what waited behind it where no more could.
ApiReply RunningDaemon::pad_reads(const v1::ScanRequest& request, ScanSource source) {
    const ApiReply told = reader_says("pad_reads", may_be_repeated(request.reader()) ? request.reader() : "", request.zone());
    metrics_.answered(source, told);
    api_->publish("answer", told.body);
    return told;
}

void RunningDaemon::ask_ledger(const ApiRow& row, std::string body, std::function<void(ApiReply)> reply) {
    auto answered = std::make_shared<ApiReply>();
    const bool scan = row.path == "/v1/scan";
    if (scan) metrics_.came(ScanSource::api);
    if (scan && night_) night_->worked();
    const auto call = answers_.begin([this, reply, scan] {
        const auto late = not_confirmed();
        if (scan) metrics_.answered(ScanSource::api, late);
        if (scan) api_->publish("answer", say(What::not_confirmed).body);
        reply(late);
    });
    Job job;
    auto counter = std::make_shared<Service*>(nullptr);
    auto pad = std::make_shared<std::string>();
    job.decide = [&row, answered, counter, pad, body = std::move(body)](Service& service) {
        *counter = &service;
        *answered = row.call(service, body);
        *pad = service.pad_at_hand();
    };
    job.answer = [this, &row, answered, counter, reply, scan, call, pad](const std::optional<Error>& failure) {
        if (failure) *answered = error_reply(*failure);
        if (!failure && row.then != nullptr) {
            if (auto done = ((*counter)->*row.then)(); !done) *answered = error_reply(done.error());
        }
        const bool first = call->settle();
        if (scan && answered->what == what_name(What::tray_differs)) look_at_chips(*pad);
        if (scan && first) metrics_.answered(ScanSource::api, *answered);
        // One errand to the main thread for all of it: a second one would find it just woken, and quarrel with it over its queue.
        asio::post(context_, [this, answered, reply, scan, first] {
            if (scan && answered->status != 400) api_->publish("answer", answered->body);
            if (first) reply(std::move(*answered));
        });
    };
    if (!ledger_->post(std::move(job))) {
        call->settle();
        const auto full =
            error_reply(fail(Failure::unavailable,
                             "the disk is too slow and too much is waiting: nothing of this was saved, repeat it in a moment"));
        if (scan) metrics_.answered(ScanSource::api, full);
        reply(full);
    }
}

void RunningDaemon::scanned(Scan scan) {
    v1::ScanRequest request;
    request.set_content(scan.content());
    request.set_reader(scan.reader);
    request.set_zone(scan.zone);
    request.set_gs(std::string{gs_habit_name(scan.gs)});
    counts_.take(request.zone(), request.content(), [this, request](bool is_known) {
        if (is_known) return heard(request);
        metrics_.came(ScanSource::reader);
        pad_reads(request, ScanSource::reader);
    });
}

/// For the century of two-digit years: a clock that is a day off does not matter.
Date RunningDaemon::today() const { return std::chrono::floor<std::chrono::days>(clock_->wall()); }

/// In place of codes of doses and packs, what is printed on them: the register knows it. Asked only where there is such a code.
void RunningDaemon::find_labels(Labels codes, std::function<void(Result<Labels>)> found) {
    if (std::ranges::none_of(codes, [](const std::string& code) { return is_bare_code(code); })) return found(std::move(codes));
    auto labels = std::make_shared<Result<Labels>>(std::move(codes));
    keep_for_readers(
        [labels](Service& service) -> Result<void> {
            for (std::string& code : **labels) {
                auto label = service.label_of(code);
                if (!label) return label.error();
                code = std::move(*label);
            }
            return {};
        },
        [labels, found = std::move(found)](const std::optional<Error>& failure) {
            if (failure) *labels = *failure;
            found(std::move(*labels));
        });
}

void RunningDaemon::work_on_tag(const std::string& body, std::function<void(ApiReply)> reply) {
    v1::TagRequest request;
    if (auto parsed = from_json(body, request); !parsed) return reply(error_reply(parsed.error()));
    find_labels({request.code()}, [this, request, reply = std::move(reply)](Result<Labels> labels) mutable {
        if (!labels) return reply(error_reply(labels.error()));
        request.set_code(labels->front());
        work_on_tag(request, reply);
    });
}

void RunningDaemon::work_on_tag(const v1::TagRequest& request, const std::function<void(ApiReply)>& reply) {
    const auto task = tag_task(request, today(), settings_.language);
    if (!task) return reply(error_reply(task.error()));
    const auto pad = readers_->field(request.reader());
    if (!pad) return reply(error_reply(pad.error()));
    readers_->work_on_tag(request.reader(), *task, [this, reply, name = pad->reader](const Result<TagReport>& report) {
        if (!report) return reply(error_reply(report.error()));
        v1::TagReply told = tag_reply(*report, today(), settings_.language);
        told.set_reader(name);
        reply({200, to_json(told)});
    });
}

void RunningDaemon::practise(const std::string& body, std::function<void(ApiReply)> reply) {
    v1::PracticeRequest request;
    if (auto parsed = from_json(body, request); !parsed) return reply(error_reply(parsed.error()));
    const auto tell = [reply](const Result<v1::PracticeReply>& done) {
        reply(done ? ApiReply{200, to_json(*done)} : error_reply(done.error()));
    };
    if (!request.words().empty()) return tell(give_words(*readers_, request.words()));
    find_labels({request.tray().begin(), request.tray().end()}, [this, request, tell](Result<Labels> labels) mutable {
        if (!labels) return tell(labels.error());
        std::ranges::copy(*labels, request.mutable_tray()->begin());
        tell(lay_tray(*readers_, request, today(), settings_.language));
    });
}

void RunningDaemon::tray_seen(SeenTray seen) {
    v1::ScanRequest request;
    request.set_reader(seen.reader);
    request.set_zone(seen.zone);
    *request.mutable_tray() = tray_of(seen.set, today());
    heard(std::move(request));
}

/// From the ledger's thread. A tray that no pad told is on none.
void RunningDaemon::look_at_chips(const std::string& pad) {
    asio::post(context_, [this, pad] {
        if (readers_ != nullptr && !pad.empty()) readers_->look_at_chips(pad);
    });
}

/// What a reader heard, for the counter.
void RunningDaemon::heard(v1::ScanRequest request) {
    metrics_.came(ScanSource::reader);
    if (night_) night_->worked();
    const std::string reader = request.reader();
    auto answered = std::make_shared<ApiReply>();
    const auto call = answers_.begin([this] { api_->publish("answer", say(What::not_confirmed).body); });
    Job job;
    const bool is_tray = request.has_tray();
    const std::string zone = request.zone();
    auto pad = std::make_shared<std::string>();
    auto is_lost = std::make_shared<bool>(false);
    job.decide = [answered, pad, is_lost, request = std::move(request)](Service& service) {
        const auto reply = service.scan(request);
        *answered = reply ? ApiReply{200, to_json(*reply), reply->what()} : error_reply(reply.error());
        *is_lost = !reply && reply.error().failure != Failure::invalid;  // what is invalid now is so again
        *pad = service.pad_at_hand();
    };
    job.answer = [this, answered, call, is_tray, reader, zone, pad, is_lost](const std::optional<Error>& failure) {
        call->settle();
        if (failure) *answered = error_reply(*failure);
        if (answered->what == what_name(What::tray_differs)) look_at_chips(*pad);
        if (is_tray && (failure || *is_lost)) asio::post(context_, [this, reader, zone] { untold_.lost(reader, zone); });
        metrics_.answered(ScanSource::reader, *answered);
        publish("answer", answered->body);
    };
    if (!ledger_->post(std::move(job))) {
        call->settle();
        const auto full =
            error_reply(fail(Failure::unavailable, "too much is waiting: this scan was not saved, repeat it in a moment"));
        log(Level::error, "scan_dropped", {{"reader", reader}});
        if (is_tray) untold_.lost(reader, zone);
        metrics_.answered(ScanSource::reader, full);
        publish("answer", full.body);
    }
}

/// An answer about a reader, which nothing was decided for: nobody must believe that it was saved.
ApiReply RunningDaemon::reader_says(const char* what, const std::string& reader, const std::string& zone) const {
    v1::ScanReply reply;
    reply.set_sound(std::string{sound_name(Sound::stop)});
    reply.set_what(what);
    reply.set_message(reader_words(what, settings_.language));
    reply.set_reader(reader);
    reply.set_zone(zone);
    return {200, to_json(reply), reply.what()};
}

/// The scanner beeped all the same.
void RunningDaemon::read_damaged(const std::string& reader, const std::string& zone) {
    api_->publish("answer", reader_says("read_damaged", reader, zone).body);
}

/// Asks the ledger thread for something that a reader's desk wants to be durable, and tells it on this thread.
void RunningDaemon::keep_for_readers(std::function<Result<void>(Service&)> keep, ReaderDesk::Kept done) {
    auto failure = std::make_shared<std::optional<Error>>();
    Job job;
    job.decide = [failure, keep = std::move(keep)](Service& service) {
        if (auto kept = keep(service); !kept) *failure = kept.error();
    };
    job.answer = [this, failure, done](const std::optional<Error>& failed) {
        if (failed) *failure = failed;
        asio::post(context_, [failure, done] { done(*failure); });
    };
    if (!ledger_->post(std::move(job))) done(fail(Failure::unavailable, "too much is waiting: try again in a moment"));
}

}  // namespace dosario
