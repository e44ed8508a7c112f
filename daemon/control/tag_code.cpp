// SPDX-License-Identifier: Apache-2.0
#include "control/tag_code.hpp"

#include "epc/bank.hpp"
#include "workflow/desk.hpp"

namespace dosario {
namespace {

constexpr std::uint16_t kExtended = 0x0200;  // XI of the PC word (EPC Gen2, 6.3.2.1.2.2)
constexpr std::byte kExtendedTwice{0x80};    // XEB of XPC_W1

/// In the answer to an inventory one or two XPC words stand between PC and EPC (6.3.2.1.2.5); in memory they do not.
ByteView epc_of(const Sighting& tag) {
    ByteView bytes = tag.epc;
    if ((tag.pc & kExtended) == 0 || bytes.size() < 2) return bytes;
    const bool twice = (bytes[0] & kExtendedTwice) != std::byte{0};
    return bytes.subspan(std::min<std::size_t>(bytes.size(), twice ? 4 : 2));
}

bool is_kept(const Identity& identity) {
    return std::holds_alternative<SerialPack>(identity) || std::holds_alternative<ProductLot>(identity) ||
           std::holds_alternative<DoseLabel>(identity) || std::holds_alternative<PackLabel>(identity) ||
           std::holds_alternative<WholesalerLabel>(identity) || is_crate(identity);
}

/// A wristband, or a thing with data of a patient on its tag; of a staff member's number (GSRNP) too. By the header alone where the rest cannot
/// be read: what is not understood would be named by its EPC.
bool is_of_person(const EpcReading& reading, const Identity& identity) {
    return std::holds_alternative<Person>(identity) || about_patient(reading.symbol.message) != nullptr ||
           reading.name.starts_with("GSRN");
}

}  // namespace

bool is_epc_of_person(ByteView epc) {
    CodeBuffer buffer;
    EpcReading reading = read_epc(epc, Date{}, buffer);
    if (is_of_person(reading, Unknown{})) return true;  // before the rules of barcodes are asked, which may refuse it
    return is_of_person(reading, identify_epc(reading, Date{}));
}

std::string epc_text(ByteView epc) { return is_epc_of_person(epc) ? std::string{} : to_hex(epc); }

std::optional<std::string> tag_code(const Sighting& tag, Date today) {
    const ByteView epc = epc_of(tag);
    constexpr std::uint16_t kToggle = 0x0100;
    if ((tag.pc & kToggle) != 0) return std::nullopt;  // an application of ISO
    CodeBuffer buffer;
    EpcReading reading = read_epc(epc, today, buffer);
    const Identity identity = identify_epc(reading, today);
    if (!is_kept(identity) || is_of_person(reading, identity)) return std::nullopt;
    return "]d2" + element_string(reading.elements());
}

v1::Tray tray_of(const TagSet& set, Date today) { return tray_of(set, today, PadTray::kMostTags); }

v1::Tray tray_of(const TagSet& set, Date today, std::size_t most) {
    v1::Tray tray;
    tray.set_tags(static_cast<std::uint32_t>(set.tags.size()));
    tray.set_closed(set.pad_closed);
    for (const Sighting& tag : set.tags) {
        if (static_cast<std::size_t>(tray.codes_size() + tray.strangers_size()) == most) break;
        if (auto code = tag_code(tag, today)) {
            tray.add_codes(std::move(*code));
        } else if (std::string epc = is_epc_of_person(tag.epc) ? "" : epc_text(epc_of(tag)); !epc.empty()) {
            tray.add_strangers(std::move(epc));
        }
    }
    return tray;
}

}  // namespace dosario
