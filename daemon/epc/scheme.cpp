// SPDX-License-Identifier: Apache-2.0
#include "epc/scheme.hpp"

#include "identity/ascii.hpp"

#include <algorithm>

namespace dosario {
namespace {

using Step = EpcStep;

// clang-format off
constexpr EpcKey kKeys[] = {
    //name    AI      lead   before digits class  pairs serial  longest
    {"sgtin", "01",   true,  "",    13,    false, 0,    "21",   20},
    {"sscc",  "00",   true,  "",    17,    false, 0,    "",     0},
    {"sgln",  "414",  false, "",    12,    false, 0,    "254",  20},
    {"grai",  "8003", false, "0",   12,    false, 0,    "8003", 16},
    {"giai",  "8004", false, "",    0,     false, 0,    "8004", 24},
    {"gsrn",  "8018", false, "",    17,    false, 0,    "",     0},
    {"gsrnp", "8017", false, "",    17,    false, 0,    "",     0},
    {"itip",  "8006", true,  "",    13,    false, 2,    "21",   20},
    {"pgln",  "417",  false, "",    12,    false, 0,    "",     0},
    {"lgtin", "01",   true,  "",    13,    true,  0,    "10",   20},
};

constexpr EpcScheme kSchemes[] = {
    {0x2d, "GSRN-96",   96,  {{{Step::prefix, 61, "8018"}, {Step::zeros, 24, ""}}}, &kKeys[5]},
    {0x2e, "GSRNP-96",  96,  {{{Step::prefix, 61, "8017"}, {Step::zeros, 24, ""}}}, &kKeys[6]},
    {0x30, "SGTIN-96",  96,  {{{Step::prefix, 47, "01"}, {Step::integer, 38, "21"}}}, &kKeys[0]},
    {0x31, "SSCC-96",   96,  {{{Step::prefix, 61, "00"}, {Step::zeros, 24, ""}}}, &kKeys[1]},
    {0x32, "SGLN-96",   96,  {{{Step::prefix, 44, "414"}, {Step::integer, 41, "254", true}}}, &kKeys[2]},
    {0x33, "GRAI-96",   96,  {{{Step::prefix, 47, "8003"}, {Step::integer, 38, ""}}}, &kKeys[3]},
    {0x34, "GIAI-96",   96,  {{{Step::open_prefix, 85, "8004"}}}, &kKeys[4]},
    {0x36, "SGTIN-198", 198, {{{Step::prefix, 47, "01"}, {Step::text, 140, "21"}}}, &kKeys[0]},
    {0x37, "GRAI-170",  170, {{{Step::prefix, 47, "8003"}, {Step::text, 112, ""}}}, &kKeys[3]},
    {0x38, "GIAI-202",  202, {{{Step::text_prefix, 191, "8004"}}}, &kKeys[4]},
    {0x39, "SGLN-195",  195, {{{Step::prefix, 44, "414"}, {Step::text, 140, "254", true}}}, &kKeys[2]},
    {0x40, "ITIP-110",  110, {{{Step::prefix, 47, "8006"}, {Step::pair, 7, ""}, {Step::pair, 7, ""}, {Step::integer, 38, "21"}}}, &kKeys[7]},
    {0x41, "ITIP-212",  212, {{{Step::prefix, 47, "8006"}, {Step::pair, 7, ""}, {Step::pair, 7, ""}, {Step::text, 140, "21"}}}, &kKeys[7]},
    {0xf1, "GRAI+",     0,   {{{Step::value, 0, "8003", false, 15}}}},
    {0xf2, "SGLN+",     0,   {{{Step::value, 0, "414"}, {Step::value, 0, "254", true}}}},
    {0xf3, "ITIP+",     0,   {{{Step::value, 0, "8006"}, {Step::value, 0, "21"}}}},
    {0xf4, "GSRN+",     0,   {{{Step::value, 0, "8018"}}}},
    {0xf5, "GSRNP+",    0,   {{{Step::value, 0, "8017"}}}},
    {0xf7, "SGTIN+",    0,   {{{Step::value, 0, "01"}, {Step::value, 0, "21"}}}},
    {0xf9, "SSCC+",     0,   {{{Step::value, 0, "00"}}}},
    {0xfa, "GIAI+",     0,   {{{Step::value, 0, "8004"}}}},
    {0xfb, "DSGTIN+",   0,   {{{Step::date, 20, ""}, {Step::value, 0, "01"}, {Step::value, 0, "21"}}}},
};

struct Named {
    std::uint8_t header;
    std::string_view name;
};

/// Headers of the standard that are named and not read.
constexpr Named kOnlyNamed[] = {
    {0x2c, "GDTI-96"}, {0x2f, "USDoD-96"}, {0x35, "GID-96"},  {0x3a, "GDTI-113"}, {0x3b, "ADI-var"},  {0x3c, "CPI-96"},
    {0x3d, "CPI-var"}, {0x3e, "GDTI-174"}, {0x3f, "SGCN-96"}, {0xe6, "CPI++"},    {0xe7, "GSRN++"},   {0xe8, "GSRNP++"},
    {0xe9, "SGLN++"},  {0xea, "GDTI++"},   {0xeb, "GRAI++"},  {0xec, "SGCN++"},   {0xed, "ITIP++"},   {0xee, "GIAI++"},
    {0xef, "SSCC++"},  {0xf0, "CPI+"},     {0xf6, "GDTI+"},   {0xf8, "SGCN+"},    {0xfc, "DSGTIN++"}, {0xfd, "SGTIN++"},
};
// clang-format on

static_assert(std::ranges::all_of(kSchemes, [](const EpcScheme& scheme) {
    return (scheme.key != nullptr) == (scheme.bits != 0) && (scheme.key == nullptr || scheme.key->ai == scheme.segments[0].ai);
}));

/// Row of each header, counted from 1; 0 where there is none.
constexpr auto kRowOfHeader = [] {
    std::array<std::uint8_t, 256> rows{};
    for (std::size_t i = 0; i < std::size(kSchemes); ++i) rows[kSchemes[i].header] = static_cast<std::uint8_t>(i + 1);
    return rows;
}();

/// Every fixed scheme is as long as its segments.
static_assert(std::ranges::all_of(kSchemes, [](const EpcScheme& scheme) {
    unsigned bits = 11;
    for (const EpcSegment& segment : scheme.segments) bits += segment.bits;
    return scheme.bits == 0 || scheme.bits == bits;
}));

}  // namespace

std::span<const EpcScheme> epc_schemes() { return kSchemes; }

const EpcScheme* epc_scheme(std::uint8_t header) {
    const std::uint8_t row = kRowOfHeader[header];
    return row == 0 ? nullptr : &kSchemes[row - 1];
}

const EpcScheme* epc_scheme(std::string_view name) {
    const auto is_it = [&](const EpcScheme& scheme) { return std::ranges::equal(scheme.name, name, {}, to_lower, to_lower); };
    const auto found = std::ranges::find_if(kSchemes, is_it);
    return found == std::end(kSchemes) ? nullptr : found;
}

std::string_view epc_header_name(std::uint8_t header) {
    if (const EpcScheme* const scheme = epc_scheme(header)) return scheme->name;
    const auto named = std::ranges::find(kOnlyNamed, header, &Named::header);
    return named == std::end(kOnlyNamed) ? std::string_view{} : named->name;
}

std::span<const EpcKey> epc_keys() { return kKeys; }

const EpcKey* epc_key(std::string_view name) {
    const auto found = std::ranges::find(kKeys, name, &EpcKey::name);
    return found == std::end(kKeys) ? nullptr : found;
}

}  // namespace dosario
