// SPDX-License-Identifier: Apache-2.0
// Each number has forms, by a mask, and one rule for its check digits:
//   CUIT/CUIL  pp-nnnnnnnn-d   weights 2 to 7 from the right, over and over; 11 - sum mod 11; 11 is 0, 10 is 9
//   RUT        nn.nnn.nnn-d    the same; 11 is 0, 10 is K
//   CPF        nnn.nnn.nnn-dd  weights 10 to 2, then 11 to 2 with the first check digit; 11 - sum mod 11; 10 and 11 are 0
//   CNS        15 digits       7 8 9: sum by weights 15 to 1 is 0 mod 11. 1 2: 11 digits by weights 15 to 5, then 000 and 11 - sum
//                              mod 11, where 11 is 0; where that is 10, 001 and the same of the sum and 2
//   CURP       18 characters   values 0-9 A-N Ñ O-Z are 0 to 36, weights 18 to 2; -sum mod 10
// A DNI has none.
#include "identity/national_ids.hpp"

#include "identity/ascii.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kCuitLength = 11;
constexpr std::size_t kCpfLength = 11;
constexpr std::size_t kCnsLength = 15;
constexpr std::size_t kCurpLength = 18;

constexpr unsigned value(char digit) { return static_cast<unsigned>(digit - '0'); }
constexpr char digit(unsigned value) { return static_cast<char>('0' + value); }

/// What stands where it may not: a letter among digits is not_numeric, everything else bad_character.
CodeFault odd_character(std::string_view text, std::size_t at) {
    return {is_letter(text[at]) ? CodeError::not_numeric : CodeError::bad_character, static_cast<std::uint16_t>(at), {}};
}

CodeFault fault_at(CodeError error, std::size_t at) { return {error, static_cast<std::uint16_t>(at), {}}; }

/// Digits times first, first - 1, first - 2, ...
unsigned falling_sum(std::string_view digits, unsigned first) {
    unsigned sum = 0;
    for (const char c : digits) sum += value(c) * first--;
    return sum;
}

/// 11 - sum mod 11 by weights 2 to 7 from the right: 1 to 11.
unsigned cyclic_rest(std::string_view digits) {
    unsigned sum = 0;
    unsigned weight = 2;
    for (std::size_t i = digits.size(); i-- > 0; weight = weight == 7 ? 2 : weight + 1) sum += value(digits[i]) * weight;
    return 11 - sum % 11;
}

bool has_cuit_check_digit(std::string_view eleven) {
    const unsigned rest = cyclic_rest(eleven.substr(0, kCuitLength - 1));
    return eleven.back() == digit(rest == 11 ? 0 : rest == 10 ? 9 : rest);
}

char rut_check_digit(std::string_view body) {
    const unsigned rest = cyclic_rest(body);
    return rest == 11 ? '0' : rest == 10 ? 'K' : digit(rest);
}

/// Eleven equal digits pass the arithmetic and are nobody's.
bool is_cpf(std::string_view eleven) {
    if (eleven.find_first_not_of(eleven[0]) == std::string_view::npos) return false;
    const auto check = [](unsigned sum) { return sum % 11 < 2 ? '0' : digit(11 - sum % 11); };
    return eleven[9] == check(falling_sum(eleven.substr(0, 9), 10)) && eleven[10] == check(falling_sum(eleven.substr(0, 10), 11));
}

bool is_cns(std::string_view fifteen) {
    if (fifteen[0] >= '7') return falling_sum(fifteen, 15) % 11 == 0;
    if (fifteen[0] != '1' && fifteen[0] != '2') return false;
    const unsigned sum = falling_sum(fifteen.substr(0, 11), 15);
    const bool is_ten = sum % 11 == 1;
    const unsigned rest = 11 - (is_ten ? sum + 2 : sum) % 11;
    return fifteen.substr(11, 3) == (is_ten ? "001" : "000") && fifteen[14] == digit(rest == 11 ? 0 : rest);
}

bool has_cuit_prefix(std::string_view digits, bool persons_only) {
    constexpr std::string_view kPersons[] = {"20", "23", "24", "25", "26", "27"};
    constexpr std::string_view kOthers[] = {"30", "33", "34", "50", "51", "55"};
    const std::string_view prefix = digits.substr(0, 2);
    return std::ranges::find(kPersons, prefix) != std::end(kPersons) ||
           (!persons_only && std::ranges::find(kOthers, prefix) != std::end(kOthers));
}

// ---- CURP

/// A letter, 9 a digit, * either, S the sex.
constexpr std::string_view kCurpMask = "AAAA999999SAAAAA*9";
constexpr std::size_t kCurpBirth = 4;
constexpr std::size_t kCurpState = 11;
constexpr std::size_t kCurpCentury = 16;

/// 32 states and NE, born abroad.
bool is_curp_state(std::string_view two) {
    constexpr std::string_view kStates =
        "AS BC BS CC CH CL CM CS DF DG GR GT HG JC MC MN MS NE NL NT OC PL QR QT SL SP SR TC TL TS VZ YN ZS";
    for (std::size_t i = 0; i < kStates.size(); i += 3) {
        if (kStates.substr(i, 2) == two) return true;
    }
    return false;
}

bool fits_curp(char c, char mask) {
    switch (mask) {
        case 'A': return is_letter(c);
        case '9': return is_digit(c);
        case 'S': return c == 'H' || c == 'M' || c == 'X';
        default: return is_letter(c) || is_digit(c);
    }
}

/// 37 characters: Ñ has a place in the table (24), though none is ever printed.
unsigned curp_value(char c) { return is_digit(c) ? value(c) : static_cast<unsigned>(c - 'A') + (c < 'O' ? 10 : 11); }

char curp_check_digit(std::string_view seventeen) {
    unsigned sum = 0;
    unsigned weight = 18;
    for (const char c : seventeen) sum += curp_value(c) * weight--;
    return digit((10 - sum % 10) % 10);
}

/// A digit in position 17 is of those born before 2000, a letter of those born since.
bool has_curp_birth(std::string_view curp) {
    const auto two = [&](std::size_t at) { return value(curp[at]) * 10 + value(curp[at + 1]); };
    const int century = is_digit(curp[kCurpCentury]) ? 1900 : 2000;
    return make_date(century + static_cast<int>(two(kCurpBirth)), two(kCurpBirth + 2), two(kCurpBirth + 4)).has_value();
}

ParsedDocument parse_curp(std::string_view text) {
    if (text.size() != kCurpLength) return fault_at(CodeError::value_length, 0);
    DocumentNumber number;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = to_upper(text[i]);
        if (!fits_curp(c, kCurpMask[i]))
            return kCurpMask[i] == '9' ? odd_character(text, i) : fault_at(CodeError::bad_character, i);
        number.append(c);
    }
    const std::string_view curp = number.text();
    if (!has_curp_birth(curp)) return fault_at(CodeError::bad_date, kCurpBirth);
    if (!is_curp_state(curp.substr(kCurpState, 2))) return fault_at(CodeError::bad_character, kCurpState);
    if (curp.back() != curp_check_digit(curp.substr(0, kCurpLength - 1)))
        return fault_at(CodeError::check_digit, kCurpLength - 1);
    return Document{"MX", "CURP", number};
}

// ---- numbers of digits

enum class Kind : std::uint8_t { dni, cuit, cuit_or_cpf, cpf, rut, cns };

/// 9 is a digit, X a digit or K, K itself; everything else stands for itself.
struct Form {
    std::string_view mask;
    Kind kind;
    bool no_goods;  ///< no code of goods looks like this
};

constexpr Form kForms[] = {
    {"9999999", Kind::dni, false},       {"99999999", Kind::dni, false},      {"9.999.999", Kind::dni, false},
    {"99.999.999", Kind::dni, false},    {"99-99999999-9", Kind::cuit, true}, {"99999999999", Kind::cuit_or_cpf, true},
    {"999.999.999-99", Kind::cpf, true}, {"999999999-99", Kind::cpf, true},   {"999999999999999", Kind::cns, true},
    {"9999999-X", Kind::rut, true},      {"99999999-X", Kind::rut, true},     {"9.999.999-X", Kind::rut, true},
    {"99.999.999-X", Kind::rut, true},   {"9999999K", Kind::rut, false},      {"99999999K", Kind::rut, false},
    {"9.999.999K", Kind::rut, false},    {"99.999.999K", Kind::rut, false},   {"999999999", Kind::rut, false},
};

bool fits(char c, char mask) {
    switch (mask) {
        case '9': return is_digit(c);
        case 'X': return is_digit(c) || to_upper(c) == 'K';
        case 'K': return to_upper(c) == 'K';
        default: return c == mask;
    }
}

/// How many characters follow the mask.
std::size_t follows(std::string_view text, std::string_view mask) {
    std::size_t i = 0;
    while (i < text.size() && i < mask.size() && fits(text[i], mask[i])) ++i;
    return i;
}

/// Blanks may stand for punctuation, `20 26756539 3`.
const Form* form_of(std::string_view text) {
    const auto is_same = [](char c, char mask) { return fits(c, mask) || (c == ' ' && (mask == '.' || mask == '-')); };
    const auto whole = [&](const Form& form) { return std::ranges::equal(text, form.mask, is_same); };
    const Form* const form = std::ranges::find_if(kForms, whole);
    return form == std::end(kForms) ? nullptr : form;
}

/// Of the form that it follows furthest.
CodeFault no_form(std::string_view text) {
    std::size_t furthest = 0;
    bool ended = false;
    for (const Form& form : kForms) {
        const std::size_t here = follows(text, form.mask);
        if (here > furthest) ended = false;
        furthest = std::max(furthest, here);
        ended = ended || (here == furthest && here == form.mask.size());
    }
    if (furthest == text.size() || (ended && is_digit(text[furthest]))) return fault_at(CodeError::value_length, 0);
    return odd_character(text, furthest);
}

/// Without punctuation, K in upper case. At most kMost characters belong to a form.
DocumentNumber compact(std::string_view text) {
    DocumentNumber number;
    for (const char c : text) {
        if (is_digit(c) || to_upper(c) == 'K') number.append(to_upper(c));
    }
    return number;
}

std::string_view without_zeros(std::string_view digits) {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

ParsedDocument judge(Kind kind, std::string_view compact, std::size_t last) {
    const auto wrong = fault_at(CodeError::check_digit, last);
    const DocumentNumber number{compact};
    switch (kind) {
        case Kind::dni:
            if (without_zeros(compact).empty()) return fault_at(CodeError::value_length, 0);
            return dni_document(compact);
        case Kind::cuit_or_cpf:
            if (has_cuit_prefix(compact, false) && has_cuit_check_digit(compact)) return Document{"AR", "CUIT", number};
            return judge(Kind::cpf, compact, last);
        case Kind::cuit:
            if (!has_cuit_prefix(compact, false)) return fault_at(CodeError::bad_character, 0);
            if (!has_cuit_check_digit(compact)) return wrong;
            return Document{"AR", "CUIT", number};
        case Kind::cpf:
            if (!is_cpf(compact)) return wrong;
            return Document{"BR", "CPF", number};
        case Kind::rut: {
            const std::string_view rut = without_zeros(compact);
            if (rut.size() < 2) return fault_at(CodeError::value_length, 0);
            if (rut.back() != rut_check_digit(rut.substr(0, rut.size() - 1))) return wrong;
            return Document{"CL", "RUT", DocumentNumber{rut}};
        }
        case Kind::cns:
            if (!is_cns(compact)) return wrong;
            return Document{"BR", "CNS", number};
    }
    return wrong;
}

/// The CNS is written with blanks in groups that differ from card to card.
ParsedDocument parse_spaced_cns(std::string_view text) {
    DocumentNumber number;
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ' ') continue;
        if (!is_digit(text[i])) return odd_character(text, i);
        if (++digits <= kCnsLength) number.append(text[i]);
    }
    if (digits != kCnsLength) return fault_at(CodeError::value_length, 0);
    return judge(Kind::cns, number.text(), text.size() - 1);
}

/// An EAN-13 and its add-on of 2 digits, read as one, have as many digits as a CNS.
bool may_be_ean_with_addon(std::string_view cns) { return gs1_check_digit_holds(cns.substr(0, 13)); }

}  // namespace

bool is_cuit_of_person(std::string_view digits) {
    return digits.size() == kCuitLength && all_digits(digits) && has_cuit_prefix(digits, true) && has_cuit_check_digit(digits);
}

bool is_cuit_of_company(std::string_view digits) {
    return digits.size() == kCuitLength && all_digits(digits) && has_cuit_prefix(digits, false) &&
           !has_cuit_prefix(digits, true) && has_cuit_check_digit(digits);
}

Document dni_document(std::string_view digits) { return {"AR", "DNI", DocumentNumber{without_zeros(digits)}}; }

ParsedDocument parse_national_id(std::string_view text) {
    if (text.empty()) return fault_at(CodeError::empty_message, 0);
    if (is_letter(text[0])) return parse_curp(text);
    const Form* const form = form_of(text);
    if (form == nullptr) return text.find(' ') == std::string_view::npos ? no_form(text) : parse_spaced_cns(text);
    return judge(form->kind, compact(text).text(), text.size() - 1);
}

std::optional<Document> parse_certain_id(std::string_view text) {
    const Form* const form = form_of(text);
    const bool may_be_goods = form != nullptr && !form->no_goods;
    // Most of what is scanned is goods: out at once, without looking for what would be wrong with it as a document.
    constexpr std::size_t kLongest = 24;
    const bool has_other_form =
        !text.empty() && text.size() <= kLongest && (is_letter(text[0]) || text.find(' ') != std::string_view::npos);
    if (may_be_goods || (form == nullptr && !has_other_form)) return std::nullopt;
    const ParsedDocument parsed = parse_national_id(text);
    const auto* document = std::get_if<Document>(&parsed);
    if (document == nullptr) return std::nullopt;
    const std::string_view number = document->number.text();
    if (document->id_kind == "CUIT" && !is_cuit_of_person(number)) return std::nullopt;
    if (document->id_kind == "CNS" && may_be_ean_with_addon(number)) return std::nullopt;
    const bool is_bare_cpf = document->id_kind == "CPF" && text.size() == kCpfLength;
    return is_bare_cpf ? std::nullopt : std::optional{*document};
}

}  // namespace dosario
