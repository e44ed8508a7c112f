// SPDX-License-Identifier: Apache-2.0
// A tray whose count is right: each of its things is decided as if it were scanned, one after the other, and all of it is saved at once.
#include "control/service.hpp"

#include "control/catalogue.hpp"
#include "reader/driver.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// How a tray came out; a person must find each thing that stays, so all of them are told (at most PadTray::kMostTags).
class TrayOutcome {
public:
    explicit TrayOutcome(Language language) : language_(language) {}

    void saved(const TrayThing& thing, const Review& seen) {
        ++saved_;
        if (seen.sound != Sound::notice) return;  // another lot expires first: saved, and to be read
        noticed_ = true;
        told_.push_back(line(name(thing), sentence(seen)));
    }
    void repeated() { ++repeated_; }
    void stopped(const TrayThing& thing, std::string_view what, std::string why) {
        ++stopped_;
        told_.push_back(line(name(thing), why));
        v1::UnsavedThing& one = add(what, std::move(why));
        one.set_code(thing.label);
        one.set_gtin(thing.gtin);
        one.set_serial(thing.serial);
    }
    void stranger(const std::string& epc) {
        told_.push_back(line(put("tray/epc", epc), text("tray/stranger_one")));
        add("not_understood", text("tray/stranger_one")).set_epc(epc);
    }
    std::string sentence(const Review& seen) const {
        const Words words = words_for(seen, language_);
        std::string sentence = words.message;
        for (const std::string& line : words.lines) sentence += " · " + line;
        return sentence;
    }
    std::string text(std::string_view key) const { return std::string{catalogue_text(key, language_)}; }

    /// What the whole is called.
    void judge(Review& review) const {
        review.ok = stopped_ == 0 && review.about.strangers == 0;
        review.what = review.ok ? What::tray_booked : What::tray_incomplete;
        review.sound = !review.ok ? Sound::stop : saved_ == 0 ? Sound::repeated : noticed_ ? Sound::notice : Sound::complete;
        if (review.ok && saved_ == 0) review.about.reason = "again";
    }
    void write(const Review& review, v1::ScanReply& reply) const {
        const auto count = [&](std::string_view key, std::uint64_t n) {
            if (n > 0) reply.add_lines(put(key, std::to_string(n)));
        };
        count("tray/saved", saved_);
        count("tray/repeated", repeated_);
        count("tray/stopped", stopped_);
        count("tray/stranger", review.about.strangers);
        for (const std::string& told : told_) reply.add_lines(told);
        for (const v1::UnsavedThing& one : unsaved_) *reply.add_unsaved() = one;
    }

private:
    std::string put(std::string_view key, const std::string& value) const {
        return put_in(text(key), [&](std::string_view) { return value; });
    }
    std::string name(const TrayThing& thing) const {
        if (!thing.serial.empty()) return put("tray/serial", thing.serial);
        std::string name = thing.name();
        std::ranges::replace_if(
            name, [](unsigned char c) { return c < ' '; }, ' ');
        if (name.ends_with(' ')) name.pop_back();
        return name;
    }
    static std::string line(const std::string& name, const std::string& why) { return name + ": " + why; }
    v1::UnsavedThing& add(std::string_view what, std::string why) {
        v1::UnsavedThing& one = unsaved_.emplace_back();
        one.set_what(std::string{what});
        one.set_message(std::move(why));
        return one;
    }

    Language language_;
    std::uint64_t saved_ = 0;
    std::uint64_t repeated_ = 0;
    std::uint64_t stopped_ = 0;
    bool noticed_ = false;
    std::vector<std::string> told_;
    std::vector<v1::UnsavedThing> unsaved_;
};

}  // namespace

Result<v1::ScanReply> Service::book_tray(Review review, const DeskScan& scan, const Moment& now) {
    std::vector<Seq> written;
    TrayOutcome outcome{settings_.language};
    for (const TrayThing& thing : review.tray) {
        if (thing.way == TrayThing::Way::saved) {
            outcome.repeated();
            continue;
        }
        if (thing.way == TrayThing::Way::second) {
            outcome.stopped(thing, "tray_incomplete", outcome.text("tray/twice"));
            continue;
        }
        DeskScan one = scan;
        one.tray.reset();
        one.gs_lost = false;  // that is of the scanner of the count card
        const BarcodeRead read = make_barcode(thing.code, clock_.mono());
        one.aim = read.aim.text();
        one.content = read.bytes;
        const Review seen = desk_.see(one, ledger_.stock(), now.now, mint_);
        if (const auto& unread = ledger_.database().failure()) return *unread;
        const std::size_t before = written.size();
        for (const SignedFact& fact : seen.facts) {
            const auto seq = ledger_.append(fact, now.stamp);
            if (!seq) return seq.error();
            written.push_back(*seq);
        }
        desk_.thing_done(thing, ledger_.stock(), std::span{written}.subspan(before));
        if (!seen.ok) {
            outcome.stopped(thing, what_name(seen.what), outcome.sentence(seen));
        } else if (seen.sound == Sound::repeated) {
            outcome.repeated();
        } else {
            outcome.saved(thing, seen);
        }
    }
    desk_.tray_done(ledger_.stock(), written);
    for (const std::string& epc : review.about.epcs) outcome.stranger(epc);
    outcome.judge(review);
    review.about.epcs.clear();  // each has its line
    v1::ScanReply reply = reply_for(review, std::move(written));
    outcome.write(review, reply);
    return reply;
}

}  // namespace dosario
