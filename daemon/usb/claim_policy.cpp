// SPDX-License-Identifier: Apache-2.0
#include "usb/claim_policy.hpp"

#include <algorithm>

namespace dosario {
namespace {

struct Best {
    Match match = Match::no;
    const Driver* driver = nullptr;
};

/// The strictest answer wins whatever the order of the drivers: never, then yes, then if_adopted.
Best best_match(const UsbInterface& one, std::span<const Driver* const> drivers) {
    const auto rank = [](Match match) {
        switch (match) {
            case Match::no:
            case Match::if_named: return 0;
            case Match::if_adopted: return 1;
            case Match::yes: return 2;
            case Match::never: return 3;
        }
        return 0;
    };
    Best best;
    for (const Driver* driver : drivers) {
        const Match match = driver->match(one);
        if (rank(match) > rank(best.match)) best = {match, driver};
    }
    return best;
}

bool same_device(const UsbInterface& a, const UsbInterface& b) {
    return a.vid == b.vid && a.pid == b.pid && a.serial == b.serial;
}

/// Somebody can still type when `one` is gone.
bool other_keyboard_present(const UsbInterface& one, std::span<const UsbInterface> all, const std::set<std::string>& adopted,
                            std::span<const Driver* const> drivers) {
    return std::any_of(all.begin(), all.end(), [&](const UsbInterface& other) {
        return is_boot_keyboard(other) && !same_device(other, one) && !adopted.contains(reader_id(other)) &&
               best_match(other, drivers).match != Match::yes;
    });
}

}  // namespace

ClaimDecision decide_claim(const UsbInterface& one, std::span<const UsbInterface> all, const std::set<std::string>& adopted,
                           std::span<const Driver* const> drivers, const Driver* said) {
    const bool is_keyboard_like = one.class_code == kHidClass;
    if (said != nullptr && !is_keyboard_like && said->match(one) != Match::no) return {Claim::take, said};
    const Best best = best_match(one, drivers);
    const bool mouse_at_risk = one.device_has_mouse && (is_boot_keyboard(one) || best.match == Match::if_adopted);
    switch (best.match) {
        case Match::no:
        case Match::if_named: return {Claim::leave, nullptr};
        case Match::never: return {Claim::protect, nullptr};
        case Match::yes: return mouse_at_risk ? ClaimDecision{Claim::protect, nullptr} : ClaimDecision{Claim::take, best.driver};
        case Match::if_adopted: break;
    }
    if (mouse_at_risk) return {Claim::protect, nullptr};
    if (is_keyboard_like && !other_keyboard_present(one, all, adopted, drivers)) return {Claim::last_keyboard, best.driver};
    return {adopted.contains(reader_id(one)) ? Claim::take : Claim::candidate, best.driver};
}

}  // namespace dosario
