// SPDX-License-Identifier: Apache-2.0
// All Application Identifiers, sorted by number. The facts (formats, company, place in Digital Links) come from the GS1 Barcode Syntax
// Dictionary, (c) GS1 AISBL and the BWIPP and Zint projects, Apache License 2.0; the form is our own. People read the sources below;
// the compiler turns them into rows that cost nothing to look up.
#include "identity/gs1_ai_table.hpp"

#include "identity/ascii.hpp"

#include <algorithm>

namespace dosario {
namespace {

using Part = Gs1Component;
using Rule = Gs1Rule;

/// A row as people write it.
struct Source {
    std::uint16_t first;
    std::uint16_t last;
    std::array<Part, kMostComponents> components;
    /// One of these must be present: alternatives separated by blanks, `+` joins AIs, `n` is any digit. Empty: none needed.
    std::string_view needs;
    /// None of these may be present; `===n`: none that differs in the last digit only.
    std::string_view excludes;
    /// The greatest last digit, for runs of measures (310n to 316n with n 0 to 5).
    std::uint8_t greatest_last_digit = 9;
};

constexpr Part part(Gs1Charset charset, std::uint8_t least, std::uint8_t most, Rule a, Rule b = Rule::any, Rule c = Rule::any) {
    return {charset, least, most, false, {a, b, c}};
}
constexpr Part n(std::uint8_t size, Rule rule = Rule::any) { return part(Gs1Charset::digits, size, size, rule); }
constexpr Part n_to(std::uint8_t most, Rule rule = Rule::any) { return part(Gs1Charset::digits, 1, most, rule); }
constexpr Part x(std::uint8_t size, Rule rule = Rule::any) { return part(Gs1Charset::text, size, size, rule); }
constexpr Part x_to(std::uint8_t most, Rule a = Rule::any, Rule b = Rule::any, Rule c = Rule::any) {
    return part(Gs1Charset::text, 1, most, a, b, c);
}
constexpr Part y_to(std::uint8_t most, Rule rule) { return part(Gs1Charset::cpid, 1, most, rule); }
constexpr Part z_to(std::uint8_t most) { return part(Gs1Charset::base64url, 1, most, Rule::any); }
constexpr Part maybe(Part optional) {
    optional.optional = true;
    return optional;
}

constexpr Rule kCheck = Rule::check_digit;
constexpr Rule kPair = Rule::check_pair;
constexpr Rule kPrefix = Rule::company_prefix;
constexpr Rule kDay0 = Rule::date_or_month;
constexpr Rule kPercent = Rule::percent_encoded;
constexpr Rule kCountry = Rule::country;
constexpr std::string_view kItem = "01 02 03 8006 8026";
constexpr std::string_view kSold = "01 02";
constexpr std::string_view kMade = "01 02 03";
constexpr std::string_view kShipped = "00 01";
constexpr std::string_view kPatient = "8017 8018";
constexpr std::string_view kFamily = "===n";

// clang-format off
constexpr Source kSources[] = {
    {0, 0, {n(18, kCheck)}, "", ""},
    {1, 1, {n(14, kCheck)}, "", "255 37"},
    {2, 2, {n(14, kCheck)}, "37", "01 03"},
    {3, 3, {n(14, kCheck)}, "", "01 02 37 235"},
    {10, 10, {x_to(20)}, kItem, ""},
    {11, 11, {n(6, kDay0)}, kItem, ""},
    {12, 12, {n(6, kDay0)}, "8020", ""},
    {13, 13, {n(6, kDay0)}, kItem, ""},
    {15, 16, {n(6, kDay0)}, kItem, ""},
    {17, 17, {n(6, kDay0)}, "01 02 03 255 8006 8026", ""},
    {20, 20, {n(2)}, kItem, ""},
    {21, 21, {x_to(20)}, "01 03 8006", "235"},
    {22, 22, {x_to(20)}, "01", ""},
    {30, 30, {n_to(8)}, kSold, ""},
    {37, 37, {n_to(8)}, "00+02 00+8026", ""},
    {90, 90, {x_to(30)}, "", ""},
    {91, 99, {x_to(90)}, "", ""},
    {235, 235, {x_to(28)}, "01", ""},
    {240, 241, {x_to(30)}, kItem, ""},
    {242, 242, {n_to(6)}, "01 02 8006 8026", ""},
    {243, 243, {x_to(20)}, "01 03", ""},
    {250, 250, {x_to(30)}, "01+21 03+21 8006+21", ""},
    {251, 251, {x_to(30)}, "01 03 8006", ""},
    {253, 253, {n(13, kCheck), maybe(x_to(17))}, "", ""},
    {254, 254, {x_to(20)}, "414", ""},
    {255, 255, {n(13, kCheck), maybe(n_to(12))}, "", "01 02 415 8006 8020 8026"},
    {400, 400, {x_to(30)}, "", ""},
    {401, 401, {x_to(30, kPrefix)}, "", ""},
    {402, 402, {n(17, kCheck)}, "", ""},
    {403, 403, {x_to(30)}, "00", ""},
    {410, 414, {n(13, kCheck)}, "", ""},
    {415, 415, {n(13, kCheck)}, "8020", ""},
    {416, 417, {n(13, kCheck)}, "", ""},
    {420, 420, {x_to(20)}, "", "421"},
    {421, 421, {n(3, kCountry), x_to(9)}, "", "4307"},
    {422, 422, {n(3, kCountry)}, kItem, "426"},
    {423, 423, {n(3, kCountry), maybe(n(3, kCountry)), maybe(n(3, kCountry)), maybe(n(3, kCountry)), maybe(n(3, kCountry))}, kMade, "426"},
    {424, 424, {n(3, kCountry)}, kMade, "426"},
    {425, 425, {n(3, kCountry), maybe(n(3, kCountry)), maybe(n(3, kCountry)), maybe(n(3, kCountry)), maybe(n(3, kCountry))}, kMade, "426"},
    {426, 426, {n(3, kCountry)}, kMade, ""},
    {427, 427, {x_to(3)}, "01+422 02+422 03+422", ""},
    {710, 717, {x_to(20)}, "01", ""},
    {3100, 3165, {n(6)}, kSold, kFamily, 5},
    {3200, 3295, {n(6)}, kSold, kFamily, 5},
    {3300, 3365, {n(6)}, kShipped, kFamily, 5},
    {3370, 3375, {n(6)}, "01", kFamily, 5},
    {3400, 3495, {n(6)}, kShipped, kFamily, 5},
    {3500, 3525, {n(6)}, kSold, kFamily, 5},
    {3530, 3555, {n(6)}, kShipped, kFamily, 5},
    {3560, 3575, {n(6)}, kSold, kFamily, 5},
    {3600, 3615, {n(6)}, kSold, kFamily, 5},
    {3620, 3635, {n(6)}, kShipped, kFamily, 5},
    {3640, 3665, {n(6)}, kSold, kFamily, 5},
    {3670, 3695, {n(6)}, kShipped, kFamily, 5},
    {3900, 3909, {n_to(15)}, "255 8020", "390n 391n 394n 8111"},
    {3910, 3919, {n(3, Rule::currency), n_to(15)}, "8020", "391n"},
    {3920, 3929, {n_to(15)}, "01+30 01+31nn 01+32nn 01+35nn 01+36nn", "392n 393n"},
    {3930, 3939, {n(3, Rule::currency), n_to(15)}, "30 31nn 32nn 35nn 36nn", "393n"},
    {3940, 3943, {n(4)}, "255", "394n 8111", 3},
    {3950, 3955, {n(6)}, "30 31nn 32nn 35nn 36nn", "392n 393n 395n 8005", 5},
    {4300, 4301, {x_to(35, kPercent)}, "00", ""},
    {4302, 4302, {x_to(70, kPercent)}, "00", ""},
    {4303, 4303, {x_to(70, kPercent)}, "4302", ""},
    {4304, 4306, {x_to(70, kPercent)}, "00", ""},
    {4307, 4307, {x(2, Rule::country_letters)}, "00", ""},
    {4308, 4308, {x_to(30)}, "00", ""},
    {4309, 4309, {n(10, Rule::latitude), n(10, Rule::longitude)}, "00", ""},
    {4310, 4311, {x_to(35, kPercent)}, "00", ""},
    {4312, 4312, {x_to(70, kPercent)}, "00", ""},
    {4313, 4313, {x_to(70, kPercent)}, "4312", ""},
    {4314, 4316, {x_to(70, kPercent)}, "00", ""},
    {4317, 4317, {x(2, Rule::country_letters)}, "00", ""},
    {4318, 4318, {x_to(20)}, "00", ""},
    {4319, 4319, {x_to(30)}, "00", ""},
    {4320, 4320, {x_to(35, kPercent)}, "00", ""},
    {4321, 4323, {n(1, Rule::yes_no)}, "00", ""},
    {4324, 4325, {n(6, kDay0), n(4, Rule::hour_minute)}, "00", ""},
    {4326, 4326, {n(6, Rule::date)}, "00", ""},
    {4330, 4330, {n(6), maybe(x(1, Rule::minus))}, "00", "4331"},
    {4331, 4331, {n(6), maybe(x(1, Rule::minus))}, "00", "4330"},
    {4332, 4332, {n(6), maybe(x(1, Rule::minus))}, "00", "4333"},
    {4333, 4333, {n(6), maybe(x(1, Rule::minus))}, "00", "4332"},
    {7001, 7001, {n(13)}, "01 02 8006 8026", ""},
    {7002, 7002, {x_to(30)}, kSold, ""},
    {7003, 7003, {n(6, Rule::date), n(4, Rule::hour_minute)}, kMade, ""},
    {7004, 7004, {n_to(4)}, "01+10 03+10", ""},
    {7005, 7005, {x_to(12)}, kSold, ""},
    {7006, 7006, {n(6, Rule::date)}, kSold, ""},
    {7007, 7007, {n(6, Rule::date), maybe(n(6, Rule::date))}, kSold, ""},
    {7008, 7008, {x_to(3)}, kSold, ""},
    {7009, 7009, {x_to(10)}, kSold, ""},
    {7010, 7010, {x_to(2)}, kMade, ""},
    {7011, 7011, {n(6, Rule::date), maybe(n(4, Rule::hour_minute))}, kMade, ""},
    {7020, 7020, {x_to(20)}, "01+416 03+416 8006+416", ""},
    {7021, 7021, {x_to(20)}, "01 03 8006", ""},
    {7022, 7022, {x_to(20)}, "01+7021 03+7021 8006+7021", ""},
    {7023, 7023, {x_to(30, kPrefix)}, "", ""},
    {7030, 7039, {n(3, Rule::country_or_many), x_to(27)}, kSold, ""},
    {7040, 7040, {n(1), x(1), x(1), x(1, Rule::importer)}, "", ""},
    {7041, 7041, {x_to(4, Rule::package_type)}, "00", ""},
    {7230, 7239, {x(2), x_to(28)}, "01 8004", ""},
    {7240, 7240, {x_to(20)}, "01 8006", "03"},
    {7241, 7241, {n(2, Rule::media_type)}, kPatient, ""},
    {7242, 7242, {x_to(25)}, kPatient, ""},
    {7250, 7250, {n(8, Rule::long_date)}, "8018", "7251"},
    {7251, 7251, {n(8, Rule::long_date), n(4, Rule::hour_minute)}, "8018", "7250"},
    {7252, 7252, {n(1, Rule::sex)}, "8018", ""},
    {7253, 7254, {x_to(40, kPercent)}, kPatient, "7256 7259"},
    {7255, 7255, {x_to(10)}, kPatient, "7256 7259"},
    {7256, 7256, {x_to(90, kPercent)}, kPatient, ""},
    {7257, 7257, {x_to(70, kPercent)}, "8018", ""},
    {7258, 7258, {x(3, Rule::sequence)}, "8018+7259", ""},
    {7259, 7259, {x_to(40, kPercent)}, "8018", "7256"},
    {8001, 8001, {n(4, Rule::not_zero), n(5, Rule::not_zero), n(3, Rule::not_zero), n(1, Rule::winding), n(1)}, "01", ""},
    {8002, 8002, {x_to(20)}, "", ""},
    {8003, 8003, {n(1, Rule::zero), n(13, kCheck), maybe(x_to(16))}, "", ""},
    {8004, 8004, {x_to(30, kPrefix)}, "", ""},
    {8005, 8005, {n(6)}, kSold, ""},
    {8006, 8006, {n(14, kCheck), n(4, Rule::piece_of_total)}, "", "01 03 37"},
    {8007, 8007, {x_to(34, Rule::iban)}, "415", ""},
    {8008, 8008, {n(6, Rule::date), n(2, Rule::hour), maybe(n(2, Rule::sixtieth)), maybe(n(2, Rule::sixtieth))}, kMade, ""},
    {8009, 8009, {x_to(50)}, "00 01 03", ""},
    {8010, 8010, {y_to(30, kPrefix)}, "", ""},
    {8011, 8011, {n_to(12, Rule::no_leading_zero)}, "8010", ""},
    {8012, 8012, {x_to(20)}, "01 03 8006", ""},
    {8013, 8013, {x_to(25, kPair, kPrefix)}, "", ""},
    {8014, 8014, {x_to(25, kPair, kPrefix, Rule::has_non_digit)}, "01", ""},
    {8017, 8017, {n(18, kCheck)}, "", "8018"},
    {8018, 8018, {n(18, kCheck)}, "", "8017"},
    {8019, 8019, {n_to(10)}, kPatient, ""},
    {8020, 8020, {x_to(25)}, "415", ""},
    {8026, 8026, {n(14, kCheck), n(4, Rule::piece_of_total)}, "37", "02 03 8006"},
    {8030, 8030, {z_to(90)}, "00 01+21 03+21 253 255 8003 8004 8006+21 8010+8011 8017 8018", ""},
    {8040, 8040, {n(15)}, "01+21", ""},
    {8041, 8041, {n(15)}, "01+21+8040", ""},
    {8042, 8042, {n(32)}, "01+21+8040", ""},
    {8043, 8043, {n(18), maybe(n_to(2))}, "01+21+8040", ""},
    {8110, 8110, {x_to(70, Rule::coupon)}, "", ""},
    {8111, 8111, {n(4)}, "255", ""},
    {8112, 8112, {x_to(70, Rule::coupon_offer)}, "", ""},
    {8200, 8200, {x_to(70)}, "01", ""},
};

/// AIs that have no place in the query of a Digital Link.
constexpr std::uint16_t kNoAttributes[] = {3, 21, 22, 235, 254, 7040, 7041, 8011, 8014, 8019, 8020, 8040, 8041, 8042, 8043, 8200};

/// Every primary key with its qualifiers; a key may have several sequences.
constexpr Gs1LinkPath kLinkPaths[] = {
    {0, {}, 0},      {1, {22, 10, 21}, 3}, {1, {235}, 1},     {253, {}, 0},  {255, {}, 0},
    {401, {}, 0},    {402, {}, 0},         {414, {254}, 1},   {414, {7040}, 1}, {415, {8020}, 1},
    {417, {7040}, 1}, {8003, {}, 0},       {8004, {7040}, 1}, {8006, {22, 10, 21}, 3}, {8010, {8011}, 1},
    {8013, {}, 0},   {8017, {8019}, 1},    {8018, {8019}, 1},
};
// clang-format on

constexpr std::size_t kRowCount = std::size(kSources);

/// Length of the value where the first two digits of the AI fix it (General Specifications 7.8.5), else 0.
constexpr std::uint8_t predefined_length(unsigned lead) {
    if (lead == 0) return 18;
    if (lead >= 1 && lead <= 3) return 14;
    if (lead == 4) return 16;
    if (lead >= 11 && lead <= 19) return 6;
    if (lead == 20) return 2;
    if (lead >= 31 && lead <= 36) return 6;
    return lead == 41 ? 13 : 0;
}

constexpr std::uint8_t ai_length(unsigned lead) {
    if (lead <= 4 || (lead >= 10 && lead <= 22) || lead == 30 || lead == 37 || lead >= 90) return 2;
    if ((lead >= 23 && lead <= 25) || (lead >= 40 && lead <= 42) || lead == 71) return 3;
    if ((lead >= 31 && lead <= 36) || lead == 39 || lead == 43) return 4;
    return lead == 70 || lead == 72 || (lead >= 80 && lead <= 82) ? 4 : 0;
}

/// The first two digits of an AI by its number.
constexpr unsigned lead_of(unsigned number) { return number < 100 ? number : number < 1000 ? number / 10 : number / 100; }

constexpr std::string_view cut(std::string_view& text, char separator) {
    const std::string_view head = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), head.size() + 1));
    return head;
}

constexpr Gs1AiRange range_of(std::string_view pattern) {
    Gs1AiRange range;
    for (const char c : pattern) {
        range.first = static_cast<std::uint16_t>(range.first * 10 + (c == 'n' ? 0 : c - '0'));
        range.last = static_cast<std::uint16_t>(range.last * 10 + (c == 'n' ? 9 : c - '0'));
    }
    return range;
}

constexpr Gs1AiRow compile(const Source& source) {
    Gs1AiRow row;
    row.first = source.first;
    row.last = source.last;
    row.predefined = predefined_length(lead_of(source.first));
    row.greatest_last_digit = source.greatest_last_digit;
    row.component = source.components;
    for (const Part& component : source.components) {
        if (component.charset == Gs1Charset::absent) break;
        ++row.components;
        if (!component.optional) row.least = static_cast<std::uint8_t>(row.least + component.least);
        row.most = static_cast<std::uint8_t>(row.most + component.most);
    }
    for (std::string_view left = source.needs; !left.empty();) {
        std::string_view together = cut(left, ' ');
        Gs1Company& company = row.needs[row.needs_count++];
        while (!together.empty()) company.ais[company.count++] = range_of(cut(together, '+'));
        if (company.count == 1 && company.ais[0].last <= 3) row.enough_leads |= gs1_lead_bit(company.ais[0].last);
    }
    row.excludes_family = source.excludes == kFamily;
    for (std::string_view left = row.excludes_family ? std::string_view{} : source.excludes; !left.empty();) {
        const Gs1AiRange range = range_of(cut(left, ' '));
        row.excludes[row.excludes_count++] = range;
        row.excluded_leads |= gs1_lead_bit(range.first);
    }
    if (row.excludes_family) row.excluded_leads = gs1_lead_bit(source.first);
    row.link_attribute = std::ranges::find(kNoAttributes, source.first) == std::end(kNoAttributes);
    return row;
}

constexpr auto kRows = [] {
    std::array<Gs1AiRow, kRowCount> rows{};
    for (std::size_t i = 0; i < kRowCount; ++i) rows[i] = compile(kSources[i]);
    return rows;
}();

/// What the first two digits say: how long the AI is, and which rows it may be of.
struct Lead {
    std::uint8_t length = 0;
    std::uint8_t row = 0;
    std::uint8_t rows = 0;
};

constexpr auto kLeads = [] {
    std::array<Lead, 100> leads{};
    for (unsigned lead = 0; lead < leads.size(); ++lead) leads[lead].length = ai_length(lead);
    for (std::size_t i = kRowCount; i-- > 0;) {
        for (unsigned lead = lead_of(kRows[i].first); lead <= lead_of(kRows[i].last); ++lead) {
            leads[lead].row = static_cast<std::uint8_t>(i);
            ++leads[lead].rows;
        }
    }
    return leads;
}();

static_assert(kRowCount < 256);
static_assert(std::ranges::is_sorted(kRows, {}, &Gs1AiRow::first));
static_assert(std::ranges::all_of(kRows, [](const Gs1AiRow& row) { return ai_length(lead_of(row.first)) != 0; }));
static_assert(std::ranges::none_of(kRows,
                                   [](const Gs1AiRow& row) { return row.first > 3 && (gs1_lead_bit(row.first) & 15) != 0; }));
static_assert(std::ranges::all_of(kRows, [](const Gs1AiRow& row) { return row.predefined == 0 || row.predefined == row.most; }));

const Gs1AiRow* find_row(const Lead& lead, unsigned number) {
    const Gs1AiRow* row = kRows.data() + lead.row;
    for (const Gs1AiRow* const end = row + lead.rows; row < end; ++row) {
        if (number > row->last) continue;
        return number >= row->first && number % 10 <= row->greatest_last_digit ? row : nullptr;
    }
    return nullptr;
}

}  // namespace

std::span<const Gs1LinkPath> gs1_link_paths() { return kLinkPaths; }

bool gs1_is_link_key(unsigned number) { return std::ranges::find(kLinkPaths, number, &Gs1LinkPath::key) != std::end(kLinkPaths); }

std::size_t gs1_ai_length(char first, char second) {
    return is_digit(first) && is_digit(second) ? kLeads[static_cast<std::size_t>((first - '0') * 10 + (second - '0'))].length : 0;
}

Gs1Ai gs1_ai_at(std::string_view content) {
    if (content.size() < 2 || !is_digit(content[0]) || !is_digit(content[1])) return {};
    auto number = static_cast<unsigned>((content[0] - '0') * 10 + (content[1] - '0'));
    const Lead& lead = kLeads[number];
    if (lead.rows == 0 || content.size() < lead.length) return {};
    if (lead.length == 2) return {static_cast<std::uint16_t>(number), 2, kRows.data() + lead.row};
    for (std::size_t i = 2; i < lead.length; ++i) {
        if (!is_digit(content[i])) return {};
        number = number * 10 + static_cast<unsigned>(content[i] - '0');
    }
    return {static_cast<std::uint16_t>(number), lead.length, find_row(lead, number)};
}

const Gs1AiRow* gs1_find_ai(std::string_view ai) {
    const bool whole = ai.size() >= 2 && gs1_ai_length(ai[0], ai[1]) == ai.size();
    return whole ? gs1_ai_at(ai).row : nullptr;
}

const Gs1AiRow* gs1_find_ai(unsigned number) { return number < 10000 ? find_row(kLeads[lead_of(number)], number) : nullptr; }

}  // namespace dosario
