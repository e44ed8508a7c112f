// SPDX-License-Identifier: Apache-2.0
// A tray whose count is right: each of its things is decided as if it were scanned, one after the other, and all of it is saved at once.
#include "control/service.hpp"

#include "control/catalogue.hpp"
#include "reader/driver.hpp"

#include <set>

namespace dosario {
namespace {

/// Refusals that the answer tells one by one; more are only counted.
constexpr std::size_t kMostTold = 24;

struct Tally {
    std::uint64_t saved = 0;
    std::uint64_t repeated = 0;
    std::uint64_t stopped = 0;
    std::vector<std::string> told;
};

}  // namespace

Result<v1::ScanReply> Service::book_tray(Review review, const DeskScan& scan, const Moment& now) {
    const auto word = [&](std::string_view key) { return std::string{catalogue_text(key, settings_.language)}; };
    std::vector<Seq> written;
    std::set<std::string_view> seen;
    Tally tally;
    const auto stopped = [&](std::string sentence) {
        ++tally.stopped;
        if (tally.told.size() < kMostTold) tally.told.push_back(std::move(sentence));
    };
    for (const std::string& code : review.tray) {
        if (!seen.insert(code).second) {
            stopped(word("tray/twice"));
            continue;
        }
        DeskScan one = scan;
        one.tray.reset();
        const BarcodeRead read = make_barcode(code, clock_.mono());
        one.aim = read.aim.text();
        one.content = read.bytes;
        const Review seen_so = desk_.see(one, ledger_.stock(), now.now, mint_);
        if (const auto& unread = ledger_.database().failure()) return *unread;
        for (const SignedFact& fact : seen_so.facts) {
            const auto seq = ledger_.append(fact, now.stamp);
            if (!seq) return seq.error();
            written.push_back(*seq);
        }
        if (seen_so.ok) {
            ++(seen_so.sound == Sound::repeated ? tally.repeated : tally.saved);
            continue;
        }
        const Words words = words_for(seen_so, settings_.language);
        std::string sentence = words.message;
        for (const std::string& line : words.lines) sentence += " · " + line;
        stopped(std::move(sentence));
    }
    desk_.tray_done();
    const std::uint64_t strangers = review.about.packs;
    const bool all = tally.stopped == 0 && strangers == 0;
    review.ok = all;
    review.what = all ? What::tray_booked : What::tray_incomplete;
    review.sound = all ? Sound::complete : Sound::stop;
    v1::ScanReply reply = reply_for(review, std::move(written));
    const auto add = [&](std::string_view key, std::uint64_t n) {
        if (n > 0) reply.add_lines(put_in(word(key), [n](std::string_view) { return std::to_string(n); }));
    };
    add("tray/saved", tally.saved);
    add("tray/repeated", tally.repeated);
    add("tray/stopped", tally.stopped);
    add("tray/stranger", strangers);
    for (const std::string& line : tally.told) reply.add_lines(line);
    return reply;
}

}  // namespace dosario
