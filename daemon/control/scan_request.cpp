// SPDX-License-Identifier: Apache-2.0
#include "control/scan_request.hpp"

#include "control/decoding.hpp"
#include "control/plain_text.hpp"
#include "control/tag_code.hpp"
#include "identity/person.hpp"
#include "identity/remito.hpp"
#include "reader/driver.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kLongestText = 200;  // typed names and lots
constexpr std::size_t kLongestLot = 20;    // AI 10
constexpr std::size_t kLongestZone = 32;
constexpr std::size_t kLongestEpc = 124;  // EPC Gen2, 6.3.2.1.2.2: 31 words of 16 bits, in hexadecimal

/// The paper that goods come with, in the form in which it is kept.
Result<void> read_note(const v1::ScanRequest& request, Typed& typed) {
    if (!request.supplier().empty() && request.note().empty())
        return invalid("a supplier is said with the number of its delivery note");
    if (!request.note().empty()) {
        const auto note = parse_remito(request.note());
        if (!note) return invalid("this is no number of a delivery note: write it as R0001-00001234");
        typed.note = note->text();
    }
    if (request.supplier().empty()) return {};
    const auto gln = parse_gln(request.supplier());
    const auto cuit = parse_company_cuit(request.supplier());
    if (!gln && !cuit) return invalid("a supplier is the CUIT of a company (11 digits) or a GLN of 13, with a right check digit");
    typed.supplier = gln ? gln->text() : *cuit;
    return {};
}

}  // namespace

bool is_zone(std::string_view text) {
    return !text.empty() && text.size() <= kLongestZone && is_plain_text(text) && text.front() != ' ' && text.back() != ' ' &&
           !parse_person(text);
}

bool may_be_repeated(std::string_view reader) {
    constexpr std::size_t kLongestReader = 64;
    return reader.size() <= kLongestReader && is_plain_text(reader) && !parse_person(reader);
}

std::optional<std::string> parse_badge(std::string_view text) {
    constexpr std::string_view kPrefix = "DOSARIO.B.";
    if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
    const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    if (text.size() != 8 || !std::all_of(text.begin(), text.end(), allowed)) return std::nullopt;
    return std::string{text};
}

/// A card of the desk, a badge and a person's document are gestures, and nothing is to be kept of a patient's number.
static bool may_lie_on_pad(const std::string& code) {
    CodeBuffer buffer;
    const Identity identity = identify("", code, Date{}, buffer);
    if (std::holds_alternative<Command>(identity) || std::holds_alternative<Badge>(identity) ||
        std::holds_alternative<Person>(identity))
        return false;
    return !is_about_patient(code, {DecodeMode::automatic, Gs1Profile::lenient, Date{}, false});
}

/// What lies on a pad; with it nothing else is said but who and where.
static Result<PadTray> read_tray(const v1::ScanRequest& request) {
    const v1::Tray& tray = request.tray();
    if (tray.tags() > PadTray::kMostTags)
        return invalid("more than " + std::to_string(PadTray::kMostTags) +
                       " tags lie on the pad: nothing was saved, put fewer on it");
    if (static_cast<std::uint32_t>(tray.codes_size()) > tray.tags()) return invalid("a tray has a tag for each of its codes");
    if (!request.content().empty() || !request.mode().empty()) return invalid("a tray comes without a code and without a mode");
    if (tray.closed() && tray.tags() > 0) return invalid("of a pad that was closed nobody knows what lies there: no tags");
    PadTray read;
    read.tags = tray.tags();
    read.closed = tray.closed();
    for (const std::string& code : tray.codes()) {
        if (code.empty() || code.size() > kLongestBarcode)
            return invalid("a code of the tray is empty or longer than any barcode");
        if (!may_lie_on_pad(code))
            return invalid("a code of the tray is a command, a badge or of a person: on a pad lie things, and those are scanned");
        read.codes.push_back(code);
    }
    if (static_cast<std::uint32_t>(tray.strangers_size()) > tray.tags() - read.codes.size())
        return invalid("a tray has a tag for each of its strangers");
    for (const std::string& epc : tray.strangers()) {
        if (epc.size() > kLongestEpc || !from_hex(epc)) return invalid("a stranger of the tray is no EPC in hexadecimal");
        if (!is_epc_of_person(*from_hex(epc))) read.strangers.push_back(epc);  // it counts, and is not named
    }
    return read;
}

Result<DeskScan> read_scan(const v1::ScanRequest& request, MonoTime now) {
    if (request.content().size() > kLongestBarcode) return invalid("the code is longer than any barcode");
    if (request.lot().size() > kLongestLot || !is_plain_text(request.lot()))
        return invalid("a lot has at most 20 characters and no control characters");
    if (request.product_name().size() > kLongestText || !is_plain_text(request.product_name()))
        return invalid("a product's name has at most 200 characters");
    if (parse_person(request.product_name())) return invalid("a product's name cannot be a person's document");
    constexpr std::uint32_t kMost = 9999;
    for (const std::uint32_t number :
         {request.units_per_pack(), request.doses(), request.units_per_dose(), request.waste(), request.packs()}) {
        if (number > kMost) return invalid("quantities go up to 9999");
    }
    DeskScan scan;
    if (request.has_tray()) {
        const auto tray = read_tray(request);
        if (!tray) return tray.error();
        scan.tray = *tray;
        scan.pad = request.reader();
    }
    const BarcodeRead read = make_barcode(request.content(), now);
    scan.aim = read.aim.text();
    scan.content = read.bytes;
    constexpr std::string_view kModes[] = {"", "receive", "fraction", "verify", "dispense", "return", "release", "undo"};
    if (std::find(std::begin(kModes), std::end(kModes), request.mode()) == std::end(kModes)) return invalid("unknown mode");
    scan.mode = request.mode();
    scan.typed = {request.lot(),
                  std::nullopt,
                  request.units_per_pack(),
                  request.product_name(),
                  request.packs(),
                  request.doses(),
                  request.units_per_dose(),
                  request.waste(),
                  request.undo_seq(),
                  "",
                  ""};
    if (auto named = read_note(request, scan.typed); !named) return named.error();
    if (!request.expires().empty()) {
        scan.typed.expires_on = parse_date(request.expires());
        if (!scan.typed.expires_on) return invalid("the expiry is no day: write it as 2027-06-30");
    }
    if (!request.zone().empty() && !is_zone(request.zone()))
        return invalid("a zone is the name of a place at the counter, at most 32 bytes");
    scan.zone = request.zone();
    if (!request.gs().empty() && request.gs() != gs_habit_name(GsHabit::kept) && request.gs() != gs_habit_name(GsHabit::lost) &&
        request.gs() != gs_habit_name(GsHabit::unknown))
        return invalid("gs is what the reader does with separators: kept, lost or unknown");
    scan.gs_lost = request.gs() == gs_habit_name(GsHabit::lost);
    for (const auto& [text, badge] :
         {std::pair{&request.operator_(), &scan.operator_badge}, std::pair{&request.witness(), &scan.witness_badge}}) {
        if (text->empty()) continue;
        const auto parsed = parse_badge(*text);
        if (!parsed) return invalid("a badge is DOSARIO.B. and 8 characters A-Z 0-9");
        *badge = *parsed;
    }
    return scan;
}

}  // namespace dosario
