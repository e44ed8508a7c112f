// SPDX-License-Identifier: Apache-2.0
// Table F of the Tag Data Standard 2.3. (03) and (8014) are not there: they are for barcodes only.
#include "epc/value.hpp"

#include <algorithm>

namespace dosario {
namespace {

using Form = EpcForm;

constexpr EpcPart digits(std::uint8_t size) { return {Form::digits, size}; }
constexpr EpcPart number(std::uint8_t size) { return {Form::number, size}; }
constexpr EpcPart count(std::uint8_t most) { return {Form::count, most}; }
constexpr EpcPart text(std::uint8_t most) { return {Form::text, most}; }
constexpr EpcPart maybe(EpcPart part) { return {part.form, part.size, true}; }
constexpr EpcPart kDelimited{Form::delimited, 30};
constexpr EpcPart kDate{Form::date, 6};
constexpr EpcPart kDateTime{Form::date_time, 10};
constexpr EpcPart kDateOrRange{Form::date_or_range, 12};
constexpr EpcPart kPreciseDate{Form::precise_date, 12};
constexpr EpcPart kCountry{Form::country, 2};
constexpr EpcPart kFlag{Form::flag, 1};
constexpr EpcPart kMinus{Form::minus, 1};
constexpr EpcPart kSequence{Form::sequence, 3};

// clang-format off
/// Ranges hold numbers that are no AI: who looks one up asks the table of AIs too.
constexpr EpcValueRow kRows[] = {
    {0, 0, {digits(18)}},                   {1, 2, {digits(14)}},                {10, 10, {text(20)}},
    {11, 13, {kDate}},                      {15, 17, {kDate}},                   {20, 20, {number(2)}},
    {21, 22, {text(20)}},                   {30, 30, {count(8)}},                {37, 37, {count(8)}},
    {90, 90, {text(30)}},                   {91, 99, {text(90)}},                {235, 235, {text(28)}},
    {240, 241, {text(30)}},                 {242, 242, {count(6)}},              {243, 243, {text(20)}},
    {250, 251, {text(30)}},                 {253, 253, {digits(13), maybe(text(17))}}, {254, 254, {text(20)}},
    {255, 255, {digits(13), maybe(count(12))}}, {400, 401, {text(30)}},          {402, 402, {number(17)}},
    {403, 403, {text(30)}},                 {410, 417, {digits(13)}},            {420, 420, {text(20)}},
    {421, 421, {number(3), text(9)}},       {422, 422, {number(3)}},             {423, 423, {count(15)}},
    {424, 424, {number(3)}},                {425, 425, {count(15)}},             {426, 426, {number(3)}},
    {427, 427, {text(3)}},                  {710, 716, {text(20)}},              {3100, 3695, {number(6)}},
    {3900, 3909, {count(15)}},              {3910, 3919, {number(3), count(15)}}, {3920, 3929, {count(15)}},
    {3930, 3939, {number(3), count(15)}},   {3940, 3943, {number(4)}},           {3950, 3953, {number(6)}},
    {4300, 4301, {text(35)}},               {4302, 4306, {text(70)}},            {4307, 4307, {kCountry}},
    {4308, 4308, {text(30)}},               {4309, 4309, {number(20)}},          {4310, 4311, {text(35)}},
    {4312, 4316, {text(70)}},               {4317, 4317, {kCountry}},            {4318, 4318, {text(20)}},
    {4319, 4319, {text(30)}},               {4320, 4320, {text(35)}},            {4321, 4323, {kFlag}},
    {4324, 4325, {kDateTime}},              {4326, 4326, {kDate}},               {4330, 4333, {number(6), kMinus}},
    {7001, 7001, {number(13)}},             {7002, 7002, {text(30)}},            {7003, 7003, {kDateTime}},
    {7004, 7004, {count(4)}},               {7005, 7005, {text(12)}},            {7006, 7006, {kDate}},
    {7007, 7007, {kDateOrRange}},           {7008, 7008, {text(3)}},             {7009, 7009, {text(10)}},
    {7010, 7010, {text(2)}},                {7011, 7011, {kPreciseDate}},        {7020, 7022, {text(20)}},
    {7023, 7023, {kDelimited}},             {7030, 7039, {number(3), text(27)}}, {7040, 7041, {text(4)}},
    {7230, 7239, {text(30)}},               {7240, 7240, {text(20)}},            {7241, 7241, {digits(2)}},
    {7242, 7242, {text(25)}},               {7250, 7250, {number(8)}},           {7251, 7251, {number(12)}},
    {7252, 7252, {number(1)}},              {7253, 7254, {text(40)}},            {7255, 7255, {text(10)}},
    {7256, 7256, {text(90)}},               {7257, 7257, {text(70)}},            {7258, 7258, {kSequence}},
    {7259, 7259, {text(40)}},               {8001, 8001, {number(14)}},          {8002, 8002, {text(20)}},
    {8003, 8003, {digits(14), maybe(text(16))}}, {8004, 8004, {kDelimited}},     {8005, 8005, {number(6)}},
    {8006, 8006, {digits(18)}},             {8007, 8007, {text(24)}},            {8008, 8008, {kPreciseDate}},
    {8009, 8009, {text(50)}},               {8010, 8010, {kDelimited}},          {8011, 8011, {count(12)}},
    {8012, 8012, {text(20)}},               {8013, 8013, {text(25)}},            {8017, 8018, {digits(18)}},
    {8019, 8019, {count(10)}},              {8020, 8020, {text(25)}},            {8026, 8026, {digits(18)}},
    {8030, 8030, {text(90)}},               {8110, 8110, {text(70)}},            {8111, 8111, {number(4)}},
    {8112, 8112, {text(70)}},               {8200, 8200, {text(70)}},
};
// clang-format on

static_assert(std::ranges::is_sorted(kRows, {}, &EpcValueRow::first));

}  // namespace

const EpcValueRow* epc_value_row(unsigned ai) {
    const auto after = std::ranges::upper_bound(kRows, ai, {}, [](const EpcValueRow& row) { return unsigned{row.first}; });
    if (after == std::begin(kRows)) return nullptr;
    const EpcValueRow* const row = after - 1;
    return ai <= row->last && gs1_find_ai(ai) != nullptr ? row : nullptr;
}

}  // namespace dosario
