// SPDX-License-Identifier: Apache-2.0
#include "epc/tid.hpp"

#include <algorithm>
#include <iterator>

namespace dosario {
namespace {

/// Mask designers as GS1 lists them (gs1.org/epcglobal/standards/mdid), from 1 on.
constexpr std::string_view kMakers[] = {
    "Impinj",
    "Texas Instruments",
    "Alien Technology",
    "Intelleflex",
    "Atmel",
    "NXP",
    "STMicroelectronics",
    "EP Microelectronics",
    "Motorola",
    "Sentech",
    "EM Microelectronic",
    "Renesas",
    "Mstar",
    "Tyco",
    "Quanray",
    "Fujitsu",
    "LSIS",
    "CAEN RFID",
    "Productivity Engineering",
    "Federal Electric",
    "ON Semiconductor",
    "Ramtron",
    "Tego",
    "Ceitec",
    "CPA Wernher von Braun",
    "TransCore",
    "Nationz",
    "Invengo",
    "Kiloway",
    "Longjing",
    "Chipus",
    "Oridao",
    "Maintag",
    "Yangzhou Daoyuan",
    "Gate Elektronik",
    "RFMicron",
};

struct Model {
    std::uint16_t maker;
    std::uint16_t model;
    std::string_view name;
};

/// Chips that are often met, from the data sheets of their makers and of readers.
constexpr Model kModels[] = {
    {1, 0x100, "Monza 4D"},   {1, 0x105, "Monza 4QT"},  {1, 0x10c, "Monza 4E"},   {1, 0x130, "Monza 5"},
    {1, 0x160, "Monza R6"},   {1, 0x170, "Monza R6-P"}, {1, 0x190, "M750"},       {1, 0x191, "M730"},
    {3, 0x412, "Higgs-3"},    {3, 0x414, "Higgs-4"},    {6, 0x003, "UCODE G2XM"}, {6, 0x004, "UCODE G2XL"},
    {6, 0x806, "UCODE G2iL"}, {6, 0x890, "UCODE 7"},    {6, 0x894, "UCODE 8"},    {6, 0x906, "UCODE G2iL"},
    {6, 0x994, "UCODE 8m"},   {6, 0x995, "UCODE 9"},    {6, 0xb06, "UCODE G2iL"}, {6, 0xf12, "UCODE 7xm"},
};

constexpr unsigned kGs1Class = 0xe2;
constexpr std::size_t kShortest = 4;
constexpr std::size_t kSerialAt = 6;

}  // namespace

std::optional<Tid> read_tid(ByteView tid) {
    if (tid.size() < kShortest || static_cast<unsigned>(tid[0]) != kGs1Class) return std::nullopt;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(tid[i]); };
    Tid out;
    out.extended = (byte(1) & 0x80) != 0;
    out.security = (byte(1) & 0x40) != 0;
    out.files = (byte(1) & 0x20) != 0;
    out.maker = static_cast<std::uint16_t>((byte(1) & 0x1f) << 4 | byte(2) >> 4);
    out.model = static_cast<std::uint16_t>((byte(2) & 0x0f) << 8 | byte(3));
    if (out.maker >= 1 && out.maker <= std::size(kMakers)) out.maker_name = kMakers[out.maker - 1];
    const auto is_it = [&](const Model& one) { return one.maker == out.maker && one.model == out.model; };
    if (const auto* const found = std::ranges::find_if(kModels, is_it); found != std::end(kModels)) out.model_name = found->name;
    if (!out.extended || tid.size() < kSerialAt) return out;
    const unsigned size = byte(4) >> 5;  // 0: no number; else 48 bits and 16 more for each (16.2.2)
    const std::size_t bytes = size == 0 ? 0 : 6 + 2 * (size - 1);
    if (tid.size() >= kSerialAt + bytes) out.serial = tid.subspan(kSerialAt, bytes);
    return out;
}

}  // namespace dosario
