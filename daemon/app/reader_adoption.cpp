// SPDX-License-Identifier: Apache-2.0
// The trial by which a person adopts a scanner that looks like a keyboard, and where readers stand.
#include "app/plugged_reader.hpp"

#include "control/scan_request.hpp"
#include "identity/identity.hpp"
#include "system/log.hpp"

namespace dosario {
namespace {

constexpr auto kTrial = std::chrono::seconds{20};

}  // namespace

void ReaderDesk::adopt(const v1::AdoptRequest& request, std::function<void(Result<v1::AdoptReply>)> answer) {
    v1::AdoptReply reply;
    reply.set_test_code(std::string{command_code(CommandWord::test)});
    UsbPort port = 0;
    for (const auto& [number, reader] : readers_) {
        const Claim claim = reader->decision.claim;
        if (reader->open || (claim != Claim::candidate && claim != Claim::last_keyboard)) continue;
        *reply.add_candidates() = describe(*reader);
        if (claim == Claim::candidate && reader_id(reader->interface) == request.reader()) port = number;
    }
    if (request.reader().empty()) {
        reply.set_ok(true);
        reply.set_message(reply.candidates().empty() ? "no device here could be a scanner that is not driven yet"
                                                     : "adopt one of these with its id, and then scan the test code");
        return answer(std::move(reply));
    }
    if (trial_ != nullptr) return answer(fail(Failure::unavailable, "another reader is being tried: wait 20 seconds"));
    if (port == 0)
        return answer(fail(Failure::not_found,
                           "there is no candidate with this id: `dosario readers adopt` lists them and says why others are not"));
    trial_ = std::make_unique<Trial>(context_);
    trial_->port = port;
    trial_->reader = request.reader();
    trial_->has_serial = !readers_.at(port)->interface.serial.empty();
    trial_->operator_badge = request.operator_();
    trial_->answer = std::move(answer);
    trial_->timer.expires_after(kTrial);
    trial_->timer.async_wait([this](const boost::system::error_code& error) {
        if (!error && trial_ != nullptr) end_trial(false, "the test code did not come within 20 seconds");
    });
    log(Level::info, "reader_trial", {{"reader", trial_->reader}});
    readers_.at(port)->failure.clear();
    take(port, *readers_.at(port)->decision.driver);
}

bool ReaderDesk::in_trial(UsbPort port) const { return trial_ != nullptr && trial_->port == port; }

/// What was typed on it and not yet taken for a scan is forgotten: it may be somebody's words.
void ReaderDesk::give_back(UsbPort port) {
    const auto found = readers_.find(port);
    if (found == readers_.end() || !found->second->asked) return;
    Reader& reader = *found->second;
    reader.asked = false;
    reader.open = reader.announced = false;
    reader.health.closed();
    reader.timer.cancel();
    reader.hears.cancel();
    reader.protocol.reset();
    host_of(port).close(port);
    hooks_.changed();
}

void ReaderDesk::end_trial(bool seen, const std::string& why) {
    const std::shared_ptr<Trial> trial{std::move(trial_)};
    trial->timer.cancel();
    if (!seen) {
        give_back(trial->port);
        log(Level::info, "reader_given_back", {{"reader", trial->reader}, {"why", why}});
        v1::AdoptReply reply;
        reply.set_message("the device was given back: " + why);
        return trial->answer(std::move(reply));
    }
    settings_.adopted.insert(trial->reader);
    hooks_.adopted(trial->reader, trial->operator_badge, [this, trial](std::optional<Error> failure) {
        if (failure) {
            settings_.adopted.erase(trial->reader);
            give_back(trial->port);
            return trial->answer(*failure);
        }
        log(Level::info, "reader_adopted", {{"reader", trial->reader}});
        v1::AdoptReply reply;
        reply.set_ok(true);
        reply.set_message(trial->has_serial
                              ? "adopted: from now on this scanner belongs to Dosario, on any port"
                              : "adopted: from now on this scanner belongs to Dosario as long as it is plugged into "
                                "this port (it has no serial number)");
        trial->answer(std::move(reply));
        look_again();
    });
}

void ReaderDesk::learn_gs(const std::string& reader, GsHabit habit) {
    if (Past* const past = past_of(reader)) past->learnt_gs = habit;
    hooks_.changed();
}

void ReaderDesk::set_zone(const v1::ZoneRequest& request, std::function<void(Result<v1::ZoneReply>)> answer) {
    const std::string& id = request.reader();
    if (!request.zone().empty() && !is_zone(request.zone()))
        return answer(
            fail(Failure::invalid, "a zone is the name of a place at the counter, at most 32 bytes, such as mostrador"));
    const Reader* known = nullptr;
    for (const auto& [port, reader] : readers_) {
        if (reader_id(reader->interface) == id) known = reader.get();
    }
    if (known == nullptr && !settings_.zones.contains(id))
        return answer(fail(Failure::not_found, "no reader with this id is plugged in: `dosario readers` lists them"));
    const ReaderRow* const row = known == nullptr ? nullptr : row_for(known->interface);
    if (row != nullptr && !row->zone.empty())
        return answer(
            fail(Failure::refused, "the configuration says where this reader stands: change its [[reader]] zone there"));
    hooks_.zoned(id, request.zone(), [this, id, zone = request.zone(), answer = std::move(answer)](std::optional<Error> failure) {
        if (failure) return answer(*failure);
        if (zone.empty())
            settings_.zones.erase(id);
        else
            settings_.zones[id] = zone;
        log(Level::info, "reader_zone", {{"reader", id}});
        hooks_.changed();
        v1::ZoneReply reply;
        reply.set_ok(true);
        reply.set_message(zone.empty() ? "it has no zone any more" : "from now on what it scans is scanned there");
        answer(std::move(reply));
    });
}

}  // namespace dosario
