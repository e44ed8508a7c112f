// SPDX-License-Identifier: Apache-2.0
#include "control/tag_label.hpp"

#include "control/ai_words.hpp"
#include "control/tag_encoding.hpp"
#include "control/tag_words.hpp"
#include "identity/identity.hpp"
#include "identity/symbol.hpp"
#include "reader/driver.hpp"

namespace dosario {
namespace {

/// The scheme that says most of these AIs; empty: none does.
std::string_view usual_scheme(const Gs1Message& message) {
    if (message.find(0)) return "SSCC+";
    if (message.find(8006)) return "ITIP+";
    if (!message.find(1)) return {};
    return message.find(17) ? "DSGTIN+" : "SGTIN+";
}

struct Said {
    std::string input;  ///< what make_tag() takes: AIs in brackets, an EPC URI
    std::string_view scheme;
};

/// What a scanner sends, AIs in brackets or a Digital Link. Errors: for a person.
Result<Said> read_label(std::string_view code, Date as_of, Language language) {
    const BarcodeRead read = make_barcode(code, MonoTime{});
    CodeBuffer buffer;
    SymbolReading reading =
        read_symbol(carrier_of(read.aim.text()), read.bytes, buffer, {as_of, Gs1Profile::strict, false, false});
    if (!reading.ok()) return invalid(fault_words(reading.message.fault, language));
    if (reading.kind != SymbolReading::Kind::gs1) return invalid(tag_words("no_gs1", language));
    const auto elements = reading.message.elements();
    const std::string_view scheme = usual_scheme(reading.message);
    const bool has_serial = reading.message.find(21).has_value();
    if (reading.message.find(1) && !has_serial) return invalid(tag_words("no_serial", language));
    std::string brackets = bracketed(elements);
    const auto piece = reading.message.find(8006);
    const std::string item{piece.value_or("")};
    const Identity identity = identify_reading(reading, read.bytes, as_of);
    if (const auto* dose = std::get_if<DoseLabel>(&identity); dose != nullptr && piece && !has_serial)
        brackets = "(8006)" + item + "(21)" + dose_serial(dose->dose);
    return Said{std::move(brackets), scheme};
}

}  // namespace

Result<TagLabel> make_tag_label(std::string_view code, std::string_view scheme, Date as_of, Language language,
                                unsigned prefix_digits) {
    Said said{std::string{code}, {}};
    if (!code.starts_with("urn:epc:")) {
        auto read = read_label(code, as_of, language);
        if (!read) return read.error();
        said = std::move(*read);
    }
    TagWish wish;
    wish.scheme = scheme.empty() ? said.scheme : scheme;
    if (prefix_digits > 0) wish.prefix_digits = prefix_digits;
    if (wish.scheme.empty()) return invalid(tag_words("which_scheme", language));
    const TagMade made = make_tag(said.input, wish, as_of);
    if (made.fault.error != CodeError::none) return invalid(fault_words(made.fault, language));
    const auto bank = from_hex(made.bank);
    if (!bank || bank->empty()) return invalid(tag_words("which_scheme", language));  // a scheme of URIs alone
    return TagLabel{made.facts.scheme, *bank};
}

}  // namespace dosario
