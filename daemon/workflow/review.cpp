// SPDX-License-Identifier: Apache-2.0
#include "workflow/review.hpp"

namespace dosario {

std::string_view what_name(What what) {
    switch (what) {
        case What::received: return "received";
        case What::already_received: return "already_received";
        case What::wrong_lot: return "wrong_lot";
        case What::expired: return "expired";
        case What::short_life: return "short_life";
        case What::unknown_product: return "unknown_product";
        case What::lot_needed: return "lot_needed";
        case What::fractioned: return "fractioned";
        case What::not_verified: return "not_verified";
        case What::verified: return "verified";
        case What::dispensed: return "dispensed";
        case What::already_dispensed: return "already_dispensed";
        case What::earlier_expires: return "earlier_expires";
        case What::undone: return "undone";
        case What::undo_refused: return "undo_refused";
        case What::work_opened: return "work_opened";
        case What::work_closed: return "work_closed";
        case What::operator_changed: return "operator_changed";
        case What::not_understood: return "not_understood";
        case What::operator_needed: return "operator_needed";
        case What::not_in_stock: return "not_in_stock";
        case What::work_needed: return "work_needed";
        case What::serial_needs_one: return "serial_needs_one";
        case What::units_differ: return "units_differ";
        case What::recipe_refused: return "recipe_refused";
        case What::help: return "help";
        case What::not_supported: return "not_supported";
        case What::count_set: return "count_set";
        case What::cancelled: return "cancelled";
        case What::scanner_tested: return "scanner_tested";
        case What::day_unknown: return "day_unknown";
        case What::code_unclear: return "code_unclear";
        case What::product_needed: return "product_needed";
        case What::recalled: return "recalled";
        case What::quarantined: return "quarantined";
        case What::returned: return "returned";
        case What::released: return "released";
        case What::note_named: return "note_named";
        case What::disk_low: return "disk_low";
        case What::person_not_kept: return "person_not_kept";
        case What::slow_disk: return "slow_disk";
        case What::not_confirmed: return "not_confirmed";
        case What::tray_seen: return "tray_seen";
        case What::tray_differs: return "tray_differs";
        case What::tray_booked: return "tray_booked";
        case What::tray_incomplete: return "tray_incomplete";
        case What::tray_gone: return "tray_gone";
    }
    return "not_understood";
}

std::string_view sound_name(Sound sound) {
    switch (sound) {
        case Sound::recorded: return "recorded";
        case Sound::repeated: return "repeated";
        case Sound::complete: return "complete";
        case Sound::stop: return "stop";
        case Sound::notice: return "notice";
    }
    return "stop";
}

}  // namespace dosario
