// SPDX-License-Identifier: Apache-2.0
#include "pads.hpp"

#include "control/tag_code.hpp"
#include "control/tag_label.hpp"
#include "model.hpp"
#include "support/reader_rig.hpp"

#include <algorithm>

namespace dosario::sim {
namespace {

using std::chrono::milliseconds;

constexpr const char* kFamilies[] = {"m100", "chafon288", "r200", "chafon18"};
constexpr double kSeldom = 0.4;
constexpr auto kPatience = std::chrono::seconds{60};

simulated::PadSettings settings_of(unsigned number) {
    simulated::PadSettings settings;
    settings.family = kFamilies[number % std::size(kFamilies)];
    settings.field.seed = number;
    settings.field.collision = 0.02;
    settings.faults.late = 0.002;
    settings.faults.split = 0.01;
    settings.faults.doubled = 0.005;
    settings.faults.reboot = 0.0005;
    return settings;
}

UsbInterface bridge() {
    UsbInterface one;
    one.vid = 0x10C4;
    one.pid = 0xEA60;
    one.class_code = kVendorClass;
    one.bulk_in = 0x81;
    one.bulk_out = 0x01;
    one.bulk_packet = 64;
    return one;
}

}  // namespace

TrayPad::TrayPad(unsigned number) : pad_(simulated::make_pad(settings_of(number))), window_(*pad_preset(kUsualField)) {
    ReaderSettings settings;
    settings.uhf_country = "AR";
    const bool chafon = pad_->settings().family.starts_with("chafon");
    reader_ = test::driver_named(chafon ? "chafon_uhf" : "m100_uhf").make(bridge(), settings);
    reader_->opened(now_);
    must(reader_->command(StartInventory{}, 1, now_), "a pad takes no command");
    drain();
}

void TrayPad::drain() {
    while (const auto event = reader_->next_event()) {
        if (const auto* tag = std::get_if<TagRead>(&*event)) window_.see(*tag);
        if (const auto* answer = std::get_if<ReaderAnswer>(&*event); answer != nullptr && answer->number == 1)
            must(answer->status == "ok", "a pad does not read: " + answer->status);
    }
    while (const auto write = reader_->next_write())
        if (!write->setup) pad_->hear(write->bytes, now_.time_since_epoch());
}

void TrayPad::run_to(MonoTime until) {
    for (;;) {
        const auto due = pad_->next_due();
        const auto earlier = [](std::optional<MonoTime> one, std::optional<MonoTime> other) {
            return !one || (other && *other < *one) ? other : one;
        };
        const auto next =
            earlier(earlier(reader_->next_wake(), window_.next_wake()), due ? std::optional{MonoTime{*due}} : std::nullopt);
        if (!next || *next > until) break;
        now_ = std::max(now_, *next);
        const Bytes said = pad_->say(now_.time_since_epoch());
        if (!said.empty()) reader_->receive(0x81, said, now_);
        drain();
        if (const auto wake = reader_->next_wake(); wake && *wake <= now_) reader_->wake(now_);
        drain();
        window_.wake(now_);
    }
    now_ = until;
}

/// The set that is told last before nothing changes any more: a weak tag may come behind the others.
v1::Tray TrayPad::told(Date today) {
    std::optional<TagSet> last;
    std::size_t there = pad_->field().tags().size();
    for (const MonoTime end = now_ + kPatience; now_ < end; run_to(now_ + milliseconds{50})) {
        while (auto set = window_.next_set()) last = std::move(*set);
        if (last && last->tags.size() == there) break;
    }
    must(last.has_value() && last->tags.size() == there, "on the pad lie " + std::to_string(there) + " tags, and it tells " +
                                                             (last ? std::to_string(last->tags.size()) : std::string{"nothing"}));
    return tray_of(*last, today);
}

v1::Tray TrayPad::lay(const std::vector<OnTray>& things, unsigned loose, Date today) {
    for (const OnTray& thing : things) {
        const auto label = make_tag_label(thing.label, "", today, Language::en);
        must(label.has_value(), "no tag can be made of a label: " + (label ? "" : label.error().message));
        simulated::PadTag tag = simulated::make_tag(label->epc());
        tag.heard = thing.weak ? kSeldom : 1.0;
        must(pad_->field().add(std::move(tag)), "the pad is full");
    }
    for (; loose > 0; --loose) {
        Bytes epc(12);
        epc[0] = std::byte{0xE2};
        epc[10] = static_cast<std::byte>(++loose_ >> 8 & 0xFF);
        epc[11] = static_cast<std::byte>(loose_ & 0xFF);
        must(pad_->field().add(simulated::make_tag(epc)), "the pad is full");
    }
    return told(today);
}

v1::Tray TrayPad::clear(Date today) {
    pad_->field().clear();
    return told(today);
}

}  // namespace dosario::sim
