// SPDX-License-Identifier: Apache-2.0
#include "doctor/scanner_judges.hpp"

#include "base/bytes.hpp"
#include "hid_scanner/keyboard_layout.hpp"
#include "identity/ascii.hpp"

#include <algorithm>
#include <functional>

namespace dosario {
namespace {

constexpr std::string_view kSeparator{"\x1D"};
constexpr unsigned kReportsOfOneKey = 2;  // press and release
constexpr std::uint8_t kFirstUsage = 0x04;
constexpr std::uint8_t kLastUsage = 0x64;
constexpr std::uint8_t kKeypad = 0x54;

constexpr KeyboardLayout kLayouts[] = {KeyboardLayout::us, KeyboardLayout::es, KeyboardLayout::latam};

char swapped(char c) { return is_lower(c) ? to_upper(c) : to_lower(c); }

std::string with_each(std::string_view text, char (*change)(char)) {
    std::string changed{text};
    std::ranges::transform(changed, changed.begin(), change);
    return changed;
}

struct Key {
    std::uint8_t usage;
    KeyLevel level;
};

std::optional<Key> key_for(char c, KeyboardLayout layout) {
    for (const KeyLevel level : {KeyLevel::plain, KeyLevel::shift, KeyLevel::alt_gr}) {
        for (unsigned usage = kFirstUsage; usage <= kLastUsage; ++usage) {
            if (usage == kKeypad) usage = kLastUsage;  // what types also has the keys of the middle
            const auto typed = typed_character(layout, static_cast<std::uint8_t>(usage), level);
            if (typed && typed->character == c) return Key{static_cast<std::uint8_t>(usage), level};
        }
    }
    return std::nullopt;
}

/// What stands before and after `wanted` in `came`; nothing when it is not in it.
struct Around {
    std::string before, after;
};
std::optional<Around> around(std::string_view came, std::string_view wanted) {
    const auto at = came.find(wanted);
    if (at == std::string_view::npos) return std::nullopt;
    return Around{std::string{came.substr(0, at)}, std::string{came.substr(at + wanted.size())}};
}

/// Of a separator that begins a message nothing is to be said: some scanners send FNC1 of the first position so.
std::string without_leading_gs(std::string_view content) {
    return std::string{content.starts_with(kSeparator) ? content.substr(1) : content};
}

std::optional<Around> around_gs(const HeardCode& heard) {
    const std::string came = with_each(without_leading_gs(heard.content), to_upper);
    const auto begin = came.find(gs_parts().front());
    const auto end = came.rfind(gs_parts().back());
    if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
    return Around{came.substr(0, begin), came.substr(end + gs_parts().back().size())};
}

class Examination {
public:
    explicit Examination(const Heard& heard) : heard_(heard) {}

    std::vector<Finding> run() {
        missing();
        separators();
        text();
        ean();
        symbology();
        framing();
        alt_codes();
        return std::move(findings_);
    }

private:
    void say(Verdict verdict, std::string_view code, std::vector<std::pair<std::string_view, std::string>> words = {}) {
        findings_.push_back({verdict, code, std::move(words)});
    }

    bool faulty(std::string_view what) const {
        return std::ranges::any_of(heard_.faults, [&](const std::string& one) { return one.find(what) != std::string::npos; });
    }

    void missing() {
        const bool nothing = !heard_.gs && !heard_.text && !heard_.ean;
        if (nothing && heard_.others) return say(Verdict::fails, "not_our_codes");
        if (nothing && heard_.faults.empty()) return say(Verdict::fails, "nothing_came");
        if (!heard_.gs && faulty("a key without character")) {
            say(Verdict::fails, "gs_as_key");
        } else if (!heard_.gs && (heard_.text || heard_.ean)) {
            say(Verdict::fails, "no_matrix");
        }
        if (!heard_.text && faulty("a key without character")) {
            say(Verdict::fails, "layout_unknown", {{"layout", std::string{layout_name(heard_.layout)}}});
        } else if (!heard_.text && (heard_.gs || heard_.ean)) {
            say(Verdict::warning, "no_code128");
        }
        if (!heard_.ean && (heard_.gs || heard_.text)) say(Verdict::warning, "no_ean");
    }

    void separators() {
        if (!heard_.gs) return;
        const GsTrust trust = judge_gs(heard_.gs->content);
        switch (trust.state) {
            case GsTrust::State::kept: return say(Verdict::ok, "gs_kept");
            case GsTrust::State::lost: return say(Verdict::fails, "gs_lost");
            case GsTrust::State::replaced:
                if (trust.sent.size() == 1) return say(Verdict::fails, "gs_replaced", {{"sent", escape(trust.sent)}});
                return say(Verdict::fails, "gs_replaced_by_several", {{"sent", escape(trust.sent)}});
            case GsTrust::State::unknown: return say(Verdict::fails, "gs_unclear");
        }
    }

    /// The text, or what became of it by layout and case. Nothing when none of them explains it.
    void text() {
        if (!heard_.text) return;
        const std::string_view printed = test_code_content(TestCode::text);
        const std::string& came = heard_.text->content;
        if (const auto place = around(came, printed)) {
            text_around_ = place;
            return say(Verdict::ok, heard_.way == ScannerWay::keyboard ? "text_right_keyboard" : "text_right",
                       {{"layout", std::string{layout_name(heard_.layout)}}});
        }
        const std::pair<char (*)(char), std::string_view> cases[] = {
            {swapped, "caps_lock"}, {to_upper, "upper_case"}, {to_lower, "lower_case"}};
        for (const auto& [change, code] : cases) {
            if ((text_around_ = around(came, with_each(printed, change)))) return say(Verdict::fails, code);
        }
        if (heard_.way != ScannerWay::keyboard) return say(Verdict::fails, "text_changed");
        for (const KeyboardLayout layout : kLayouts) {
            if (layout == heard_.layout) continue;
            const auto read = typed_and_read(printed, layout, heard_.layout);
            if (read && (text_around_ = around(came, *read))) {
                layout_wrong_ = true;
                return say(
                    Verdict::fails, "layout_other",
                    {{"layout", std::string{layout_name(layout)}}, {"configured", std::string{layout_name(heard_.layout)}}});
            }
        }
        layout_wrong_ = true;
        say(Verdict::fails, "text_garbled", {{"layout", std::string{layout_name(heard_.layout)}}});
    }

    void ean() {
        if (!heard_.ean) return;
        const std::string_view printed = test_code_content(TestCode::ean);
        const std::string& came = heard_.ean->content;
        if ((ean_around_ = around(came, printed))) return say(Verdict::ok, "ean_whole");
        if ((ean_around_ = around(came, printed.substr(0, printed.size() - 1)))) return say(Verdict::fails, "check_digit_cut");
        if ((ean_around_ = around(came, printed.substr(1)))) return say(Verdict::fails, "first_digit_cut");
        say(Verdict::fails, "ean_changed");
    }

    void symbology() {
        bool any = false, all = true, matrix_unmarked = false;
        for (const auto* one : {&heard_.gs, &heard_.text, &heard_.ean}) {
            if (!*one) continue;
            any = any || !(*one)->aim.empty();
            all = all && !(*one)->aim.empty();
        }
        if (!heard_.gs && !heard_.text && !heard_.ean) return;
        if (heard_.gs && heard_.gs->aim == "]d1") matrix_unmarked = true;
        if (matrix_unmarked) return say(Verdict::warning, "aim_not_gs1");
        if (all) return say(Verdict::ok, "aim_sent");
        say(Verdict::warning, any ? "aim_sometimes" : "aim_absent");
    }

    /// Only what is around every code that came was set as prefix or suffix.
    void framing() {
        if (layout_wrong_) return;
        std::vector<Around> places;
        if (heard_.gs) {
            if (const auto place = around_gs(*heard_.gs)) places.push_back(*place);
        }
        if (text_around_) places.push_back(*text_around_);
        if (ean_around_) places.push_back(*ean_around_);
        if (places.empty()) return;
        const auto common = [&](std::string Around::*part) {
            const std::string first = with_each(places.front().*part, to_upper);
            const bool same =
                std::ranges::all_of(places, [&](const Around& one) { return with_each(one.*part, to_upper) == first; });
            return same ? places.back().*part : std::string{};
        };
        if (const std::string prefix = common(&Around::before); !prefix.empty())
            say(Verdict::fails, "prefix", {{"sent", escape(prefix)}});
        if (const std::string suffix = common(&Around::after); !suffix.empty())
            say(Verdict::fails, "suffix", {{"sent", escape(suffix)}});
    }

    void alt_codes() {
        if (heard_.way != ScannerWay::keyboard) return;
        for (const auto* one : {&heard_.text, &heard_.ean}) {
            if (*one && (*one)->reports > 2 * kReportsOfOneKey * (*one)->content.size())
                return say(Verdict::warning, "alt_codes");
        }
    }

    const Heard& heard_;
    std::vector<Finding> findings_;
    std::optional<Around> text_around_, ean_around_;
    bool layout_wrong_ = false;
};

}  // namespace

std::string_view way_name(ScannerWay way) {
    switch (way) {
        case ScannerWay::keyboard: return "keyboard";
        case ScannerWay::hid_pos: return "hid_pos";
        case ScannerWay::serial: return "serial";
    }
    return "keyboard";
}

ScannerWay parse_way(std::string_view name) {
    if (name == "hid_pos") return ScannerWay::hid_pos;
    return name == "serial" ? ScannerWay::serial : ScannerWay::keyboard;
}

std::string_view gs_state_name(GsTrust::State state) {
    switch (state) {
        case GsTrust::State::unknown: return "";
        case GsTrust::State::kept: return "kept";
        case GsTrust::State::lost: return "lost";
        case GsTrust::State::replaced: return "replaced";
    }
    return "";
}

GsTrust judge_gs(std::string_view content) {
    const std::string came = without_leading_gs(content);
    const std::string folded = with_each(came, to_upper);  // Caps Lock is another finding
    const auto parts = gs_parts();
    const auto first = folded.find(parts[0]);
    if (first == std::string::npos) return {};
    const auto after_first = first + parts[0].size();
    const auto second = folded.find(parts[1], after_first);
    if (second == std::string::npos) return {};
    const auto after_second = second + parts[1].size();
    const auto third = folded.find(parts[2], after_second);
    if (third == std::string::npos) return {};
    const std::string one = came.substr(after_first, second - after_first);
    const std::string other = came.substr(after_second, third - after_second);
    if (one != other) return {};
    if (one.empty()) return {GsTrust::State::lost, ""};
    if (one == kSeparator) return {GsTrust::State::kept, ""};
    return {GsTrust::State::replaced, one};
}

std::vector<Finding> judge_scanner(const Heard& heard) { return Examination{heard}.run(); }

std::optional<std::string> typed_and_read(std::string_view text, KeyboardLayout scanner, KeyboardLayout configured) {
    std::string read;
    bool after_dead = false;
    const auto press = [&](const Key& key) {
        const auto typed = typed_character(configured, key.usage, key.level);
        if (!typed) return false;
        const bool of_dead = after_dead && typed->character == ' ';
        after_dead = typed->dead;
        if (!of_dead) read += typed->character;
        return true;
    };
    for (const char c : text) {
        const auto key = key_for(c, scanner);
        if (!key || !press(*key)) return std::nullopt;
        const bool dead = typed_character(scanner, key->usage, key->level)->dead;
        if (dead && !press({0x2C, KeyLevel::plain})) return std::nullopt;  // the blank that follows a dead key
    }
    return read;
}

}  // namespace dosario
