// SPDX-License-Identifier: Apache-2.0
// What is told of the readers: their names and zones, their state and health, and why one is not used.
#include "app/moved_reader.hpp"
#include "app/plugged_reader.hpp"

#include "control/reader_reasons.hpp"
#include "control/reader_words.hpp"
#include "http/api_reply.hpp"
#include "usb/sysfs.hpp"
#include "usb/unsupported.hpp"

#include <algorithm>

namespace dosario {
namespace {

std::uint64_t seconds_since(MonoTime then, MonoTime now) {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(now - then).count()));
}

const char* name_of(Claim claim) {
    switch (claim) {
        case Claim::take: return "opening";
        case Claim::candidate: return "candidate";
        case Claim::leave: return "not_driven";
        case Claim::protect: return "protected";
        case Claim::last_keyboard: return "last_keyboard";
    }
    return "not_driven";
}

}  // namespace

const ReaderRow* ReaderDesk::row_for(const UsbInterface& interface) const {
    const std::string id = reader_id(interface);
    for (const ReaderRow& row : settings_.rows) {
        if (id.starts_with(row.match)) return &row;
    }
    return nullptr;
}

std::string ReaderDesk::name_for(const UsbInterface& interface) const {
    const ReaderRow* row = row_for(interface);
    return row != nullptr && !row->name.empty() ? row->name : reader_id(interface);
}

std::string ReaderDesk::zone_for(const UsbInterface& interface) const {
    const ReaderRow* row = row_for(interface);
    if (row != nullptr && !row->zone.empty()) return row->zone;
    const auto said = settings_.zones.find(reader_id(interface));
    return said == settings_.zones.end() ? std::string{} : said->second;
}

/// A character that stands for GS was programmed into the scanner by somebody who saw to it.
GsHabit ReaderDesk::gs_for(const UsbInterface& interface) const {
    const ReaderRow* row = row_for(interface);
    if (row != nullptr && row->gs) return *row->gs;
    const auto past = pasts_.find(reader_id(interface));
    if (past != pasts_.end() && past->second.learnt_gs) return *past->second.learnt_gs;
    if (row != nullptr && !row->settings.gs_substitutes.empty()) return GsHabit::kept;
    return usual_gs_habit(interface);
}

std::string ReaderDesk::state_of(const Reader& reader) const {
    if (reader.announced) return reader.refused.empty() ? "open" : "refused";
    if (reader.decision.claim == Claim::take && is_suspended(reader.interface.bus_path)) return "asleep";
    return reader.failure.empty() ? name_of(reader.decision.claim) : "failed";
}

/// A reader alike that was adopted, or given a zone, at a port where nothing is now.
std::string ReaderDesk::moved_from(const Reader& reader) const {
    const std::string id = reader_id(reader.interface);
    std::set<std::string> remembered = settings_.adopted;
    for (const auto& [known, zone] : settings_.zones) remembered.insert(known);
    if (remembered.contains(id)) return {};
    std::set<std::string> present;
    for (const auto& [port, other] : readers_) present.insert(reader_id(other->interface));
    return port_it_was_at(id, remembered, present);
}

std::string ReaderDesk::explanation_of(const Reader& reader) const {
    const Language language = settings_.language;
    if (!reader.failure.empty() && !reader.open) {
        const std::string words = reader_words("failed/" + std::string{failure_name(reader.failure_kind)}, language);
        return words.empty() ? reader.failure : words + " (" + reader.failure + ')';
    }
    if (!reader.refused.empty()) return reader_words("refused", language, {{"why", reader_reason(reader.refused, language)}});
    if (state_of(reader) == "asleep") return reader_words("asleep", language);
    const Claim claim = reader.decision.claim;
    if (claim == Claim::take || claim == Claim::candidate) {
        if (const std::string from = moved_from(reader); !from.empty())
            return reader_words("moved", language, {{"from", from}, {"to", reader.interface.bus_path}});
    }
    switch (claim) {
        case Claim::candidate: return reader_words("candidate", language);
        case Claim::protect: return reader_words("protected", language);
        case Claim::last_keyboard: return reader_words("last_keyboard", language);
        case Claim::take: break;
        case Claim::leave: {
            std::vector<UsbInterface> device;
            for (const auto& [port, other] : readers_) {
                if (other->interface.bus_path == reader.interface.bus_path) device.push_back(other->interface);
            }
            const Unsupported family = unsupported_family(reader.interface, device, all_drivers());
            return reader_words("not_driven/" + std::string{unsupported_name(family)}, language);
        }
    }
    const auto health = reader.health.health(clock_.mono());
    if (health == Health::silent && reader.pad != nullptr) return reader_words("silent_pad", language);
    if (health == Health::poor || health == Health::silent) return reader_words(health_name(*health), language);
    const auto works = std::ranges::count_if(readers_, [](const auto& one) { return one.second->open; });
    return works > 1 && zone_for(reader.interface).empty() ? reader_words("no_zone", language) : std::string{};
}

v1::Reader ReaderDesk::describe(const Reader& reader) const {
    const MonoTime now = clock_.mono();
    const ReaderHealth& health = reader.health;
    v1::Reader out;
    out.set_name(name_for(reader.interface));
    out.set_id(reader_id(reader.interface));
    out.set_product(reader.interface.product);
    if (reader.decision.driver != nullptr) {
        out.set_driver(reader.decision.driver->name);
        out.set_gs(std::string{gs_habit_name(gs_for(reader.interface))});
        const GsTrust tried = scanner_trial_.gs_of(out.id());
        if (tried.state == GsTrust::State::replaced) {
            out.set_gs(std::string{gs_state_name(tried.state)});
            out.set_gs_sent(escape(tried.sent));
        }
    }
    out.set_state(state_of(reader));
    out.set_explanation(explanation_of(reader));
    out.set_scans(health.scans());
    out.set_echoes(health.echoes());
    out.set_faults(health.faults().all());
    out.mutable_faults_by_kind()->set_checksum(health.faults().checksum);
    out.mutable_faults_by_kind()->set_length(health.faults().length);
    out.mutable_faults_by_kind()->set_framing(health.faults().framing);
    if (const auto word = health.health(now)) out.set_health(std::string{health_name(*word)});
    out.set_zone(zone_for(reader.interface));
    out.set_port(reader.interface.bus_path);
    if (health.opened_at()) out.set_open_s(seconds_since(*health.opened_at(), now));
    if (health.last_scan_at()) out.set_last_scan_s(seconds_since(*health.last_scan_at(), now));
    if (health.last_fault_at()) out.set_last_fault_s(seconds_since(*health.last_fault_at(), now));
    out.set_last_fault(health.last_fault());
    const auto past = pasts_.find(out.id());
    if (past != pasts_.end()) {
        out.set_reconnects(past->second.times_plugged == 0 ? 0 : past->second.times_plugged - 1);
        out.set_failures(past->second.failures);
    }
    return out;
}

/// A device that the USB host does not offer, since nothing could be done with it.
v1::Reader ReaderDesk::describe_unread(const UsbInterface& interface, std::string_view key) const {
    v1::Reader out;
    out.set_name(reader_id(interface));
    out.set_id(reader_id(interface));
    out.set_product(interface.product);
    out.set_state("not_driven");
    out.set_explanation(reader_words(key, settings_.language));
    out.mutable_faults_by_kind();
    out.set_port(interface.bus_path);
    return out;
}

bool ReaderDesk::is_plugged(const ReaderRow& row) const {
    return std::ranges::any_of(readers_,
                               [&](const auto& one) { return reader_id(one.second->interface).starts_with(row.match); });
}

/// A reader that the configuration gives a name or a driver, and that is nowhere. Other rows say how a model is set, if it comes.
v1::Reader ReaderDesk::describe_missing(const ReaderRow& row) const {
    v1::Reader out;
    out.set_name(row.name.empty() ? row.match : row.name);
    out.set_id(row.match);
    out.set_driver(row.driver);
    out.set_state("not_plugged");
    out.set_explanation(reader_words("not_plugged", settings_.language, {{"name", out.name()}}));
    out.mutable_faults_by_kind();
    out.set_zone(row.zone);
    return out;
}

v1::ReadersReply ReaderDesk::list() const {
    v1::ReadersReply reply;
    std::set<std::string> told;
    for (const auto& [port, reader] : readers_) told.insert((*reply.add_readers() = describe(*reader)).id());
    for (const ReaderRow& row : settings_.rows)
        if ((!row.name.empty() || !row.driver.empty()) && !is_plugged(row)) *reply.add_readers() = describe_missing(row);
    if (host_ == nullptr) return reply;
    for (const UsbInterface& device : list_blocked_devices()) {
        if (told.insert(reader_id(device)).second) *reply.add_readers() = describe_unread(device, "blocked");
    }
    for (const UsbInterface& one : list_unread_interfaces()) {
        if (!told.insert(reader_id(one)).second) continue;
        const Unsupported family = unsupported_family(one, {&one, 1}, all_drivers());
        *reply.add_readers() = describe_unread(one, "not_driven/" + std::string{unsupported_name(family)});
    }
    return reply;
}

}  // namespace dosario
