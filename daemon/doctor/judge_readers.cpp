// SPDX-License-Identifier: Apache-2.0
// From the udev rule to the list of readers: why a scanner that is plugged in is not read.
#include "doctor/checks.hpp"
#include "doctor/numbers.hpp"

#include <algorithm>

namespace dosario {
namespace {

std::string name_of(const UsbSeen& device) { return device.name; }
std::string name_of_reader(const ReaderSeen& reader) {
    return reader.product.empty() ? reader.id : reader.id + " \"" + reader.product + '"';
}

template <class Fits>
std::vector<UsbSeen> devices_that(const Facts& facts, Fits fits) {
    std::vector<UsbSeen> found;
    if (facts.devices) std::ranges::copy_if(*facts.devices, std::back_inserter(found), fits);
    return found;
}

std::vector<ReaderSeen> readers_in(const Facts& facts, std::string_view state) {
    std::vector<ReaderSeen> found;
    if (facts.readers)
        std::ranges::copy_if(*facts.readers, std::back_inserter(found), [&](const auto& one) { return one.state == state; });
    return found;
}

/// The daemon's words of a busy interface: usb/messages.cpp. A test holds both together.
bool failed_busy(const ReaderSeen& reader) {
    return reader.state == "failed" && reader.explanation.find("another program holds it") != std::string::npos;
}

bool failed_for_rights(const ReaderSeen& reader) {
    return reader.state == "failed" && reader.explanation.find("permission denied") != std::string::npos;
}

}  // namespace

Finding judge_rule(const Facts& facts) {
    const std::vector<std::pair<std::string_view, std::string>> words{{"path", facts.rule.path}};
    switch (facts.rule.state) {
        case RuleState::same: return {Verdict::ok, "same", words};
        case RuleState::other_version: return {Verdict::warning, "other_version", words};
        case RuleState::missing: return {Verdict::fails, "missing", words};
        case RuleState::switched_off: return {Verdict::fails, "switched_off", words};
    }
    return {Verdict::fails, "missing", words};
}

Finding judge_usb(const Facts& facts) {
    if (facts.usb && !facts.usb->enabled) return {Verdict::warning, "off"};
    if (!facts.devices) return {Verdict::fails, "no_bus"};
    if (facts.usb && !facts.usb->problem.empty()) return {Verdict::fails, "problem", {{"why", facts.usb->problem}}};
    return {Verdict::ok, "works", {{"count", std::to_string(facts.devices->size())}}};
}

Finding judge_usbguard(const Facts& facts) {
    if (!facts.devices) return cannot_tell(facts.devices.why());
    const auto blocked = devices_that(facts, [](const UsbSeen& one) { return !one.authorized; });
    if (blocked.empty()) return {Verdict::ok, "none"};
    return {Verdict::fails, "blocked", {{"devices", listed(blocked, name_of)}}};
}

Finding judge_node(const Facts& facts) {
    if (!facts.devices) return cannot_tell(facts.devices.why());
    std::vector<ReaderSeen> refused;
    if (facts.readers) std::ranges::copy_if(*facts.readers, std::back_inserter(refused), failed_for_rights);
    if (!refused.empty()) return {Verdict::fails, "shut", {{"devices", listed(refused, name_of_reader)}}};
    const auto readers = devices_that(facts, [](const UsbSeen& one) { return one.reader; });
    const auto gone = devices_that(facts, [](const UsbSeen& one) { return one.reader && !one.node_there; });
    if (!gone.empty()) return {Verdict::fails, "no_node", {{"devices", listed(gone, name_of)}}};
    const auto shut = devices_that(facts, [](const UsbSeen& one) { return one.reader && !one.node_writable; });
    const bool some_open = !readers_in(facts, "open").empty() || !readers_in(facts, "refused").empty();
    const bool all_open = facts.readers && some_open && readers_in(facts, "failed").empty();
    if (!shut.empty() && !all_open) return {Verdict::fails, "shut", {{"devices", listed(shut, name_of)}}};
    if (readers.empty()) return {Verdict::ok, "no_reader"};
    return {Verdict::ok, "open", {{"count", std::to_string(readers.size())}}};
}

Finding judge_busy(const Facts& facts) {
    const auto suspects = listed(facts.holders.suspects, [](const std::string& one) { return one; });
    if (!facts.holders.holders.empty()) {
        const auto who = [](const Holder& one) { return one.program + " (" + std::to_string(one.pid) + ")"; };
        return {Verdict::fails,
                "held",
                {{"programs", listed(facts.holders.holders, who)},
                 {"devices", listed(facts.holders.holders, [](const Holder& one) { return one.device; })}}};
    }
    std::vector<ReaderSeen> busy;
    if (facts.readers) std::ranges::copy_if(*facts.readers, std::back_inserter(busy), failed_busy);
    if (!busy.empty()) {
        const auto devices = listed(busy, name_of_reader);
        if (suspects.empty()) return {Verdict::fails, "busy", {{"devices", devices}}};
        return {Verdict::fails, "busy_suspects", {{"devices", devices}, {"programs", suspects}}};
    }
    if (facts.readers) return {Verdict::ok, "free"};
    if (!facts.holders.all_seen) {
        if (!suspects.empty()) return {Verdict::unknown, "suspects", {{"programs", suspects}}};
        return cannot_tell(Blind::not_permitted);
    }
    return {Verdict::ok, "free"};
}

Finding judge_readers(const Facts& facts) {
    const auto not_driven = devices_that(facts, [](const UsbSeen& one) { return one.not_driven; });
    if (!facts.readers) {
        const auto plugged = devices_that(facts, [](const UsbSeen& one) { return one.reader; });
        if (!not_driven.empty()) return {Verdict::warning, "not_driven", {{"devices", listed(not_driven, name_of)}}};
        if (!plugged.empty()) return {Verdict::unknown, "plugged", {{"devices", listed(plugged, name_of)}}};
        return cannot_tell(facts.readers.why());
    }
    const auto failed = readers_in(facts, "failed");
    const auto last = readers_in(facts, "last_keyboard");
    const auto candidates = readers_in(facts, "candidate");
    const auto open = readers_in(facts, "open");
    if (!failed.empty())
        return {Verdict::fails, "failed", {{"devices", listed(failed, name_of_reader)}, {"why", failed.front().explanation}}};
    const auto refused = readers_in(facts, "refused");
    if (!refused.empty())
        return {Verdict::fails, "refused", {{"devices", listed(refused, name_of_reader)}, {"why", refused.front().explanation}}};
    const auto missing = readers_in(facts, "not_plugged");
    if (!missing.empty()) return {Verdict::warning, "not_plugged", {{"devices", listed(missing, name_of_reader)}}};
    if (!not_driven.empty()) return {Verdict::warning, "not_driven", {{"devices", listed(not_driven, name_of)}}};
    if (!open.empty()) return {Verdict::ok, "open", {{"devices", listed(open, name_of_reader)}}};
    if (!candidates.empty()) return {Verdict::warning, "candidates", {{"devices", listed(candidates, name_of_reader)}}};
    if (!last.empty()) return {Verdict::warning, "last_keyboard", {{"devices", listed(last, name_of_reader)}}};
    if (!readers_in(facts, "protected").empty())
        return {Verdict::warning, "protected", {{"devices", listed(readers_in(facts, "protected"), name_of_reader)}}};
    return {Verdict::warning, "none"};
}

}  // namespace dosario
