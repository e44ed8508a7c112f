// SPDX-License-Identifier: Apache-2.0
#include "simulated/pad_words.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace dosario::simulated {
namespace {

constexpr std::size_t kUserWords = 32;

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Bytes> epc_of(const std::string& word) {
    auto epc = from_hex(word);
    if (!epc || epc->empty() || epc->size() % 2 != 0 || epc->size() > kLongestPadEpc) return std::nullopt;
    return epc;
}

Result<std::string> add(SimulatedPad& pad, std::istringstream& words) {
    std::vector<PadTag> tags;
    int rssi_dbm = -55;
    double heard = 1;
    std::size_t room = kUsualEpcWords;
    for (std::string word; words >> word;) {
        if (word.starts_with("rssi=") && read_number(word.substr(5), rssi_dbm) && rssi_dbm >= -120 && rssi_dbm <= 0) continue;
        if (word.starts_with("heard=") && read_number(word.substr(6), heard) && heard > 0 && heard <= 1) continue;
        if (word.starts_with("room=") && read_number(std::string_view{word}.substr(5), room) && room <= kLongestPadEpc / 2)
            continue;
        const auto epc = epc_of(word);
        if (!epc)
            return invalid("`" + escape(word) +
                           "` is no EPC: whole words in hexadecimal, at most 31; nor rssi=-60, heard=0.5, room=6");
        tags.push_back(make_tag(*epc, kUserWords, room));
    }
    if (tags.empty()) return invalid("which tag? an EPC in hexadecimal is wanted");
    for (PadTag& tag : tags) {
        tag.rssi_dbm = rssi_dbm;
        tag.heard = heard;
        if (!pad.field().add(std::move(tag)))
            return fail(Failure::full, "at most " + std::to_string(kMostTags) + " tags lie on a pad");
    }
    return std::string{};
}

Result<std::string> fail_so(PadFaults& faults, std::istringstream& words) {
    struct Row {
        std::string_view name;
        double PadFaults::*share;
    };
    constexpr Row kRows[] = {{"late", &PadFaults::late},       {"split", &PadFaults::split}, {"doubled", &PadFaults::doubled},
                             {"refused", &PadFaults::refused}, {"deaf", &PadFaults::deaf},   {"mute", &PadFaults::mute},
                             {"reboot", &PadFaults::reboot}};
    PadFaults wanted;
    for (std::string pair; std::getline(words >> std::ws, pair, ',');) {
        const std::size_t equals = pair.find('=');
        const auto row =
            std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& one) { return one.name == pair.substr(0, equals); });
        double share = 0;
        const bool fine = equals != std::string::npos && row != std::end(kRows) &&
                          read_number(std::string_view{pair}.substr(equals + 1), share);
        if (!fine || share < 0 || share > 1)
            return invalid("`" + escape(pair) +
                           "` is no failure; there are late split doubled refused deaf mute reboot, each =0 to =1");
        wanted.*row->share = share;
    }
    faults = wanted;
    return std::string{};
}

}  // namespace

Result<std::string> obey_on_pad(SimulatedPad& pad, std::string_view text, PadTime now) {
    std::istringstream words{std::string{text}};
    std::string verb, word;
    words >> verb;
    if (verb == "add") return add(pad, words);
    if (verb == "fail") return fail_so(pad.settings().faults, words);
    if (verb == "remove" && words >> word) {
        const auto epc = epc_of(word);
        if (!epc || pad.field().remove(*epc) == 0) return invalid("no tag of that EPC lies on the pad");
        return std::string{};
    }
    if (verb == "clear") {
        pad.field().clear();
        return std::string{};
    }
    if (verb == "restart") {
        pad.restart(now);
        return std::string{};
    }
    if (verb != "list") return invalid("expected: add EPC..., remove EPC, clear, list, fail NAME=SHARE,..., restart");
    std::string all;
    for (const PadTag& tag : pad.field().tags()) all += (all.empty() ? "" : " ") + to_hex(tag.epc());
    return all;
}

}  // namespace dosario::simulated
