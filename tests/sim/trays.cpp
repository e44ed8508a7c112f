// SPDX-License-Identifier: Apache-2.0
// Trays on the pad: many things in one gesture. What a person sees on the tray is what may be booked, and nothing is while the count differs.
#include "pharmacy.hpp"

#include "base/overloaded.hpp"
#include "support/plants.hpp"

#include <algorithm>

namespace dosario::sim {

using test::Box;
using test::Scan;

namespace {

constexpr std::size_t kMostOnTray = 5;

struct Work {
    const char* command;
    bool boxes;  ///< boxes with serial numbers, else doses
};
constexpr Work kWorks[] = {{test::kReceive, true},
                           {test::kVerify, false},
                           {test::kDispense, false},
                           {test::kDispense, true},
                           {"DOSARIO.DEVOLUCION", false}};

}  // namespace

/// No two of a tray are the same thing; nothing where no dose has a label yet.
std::vector<Pharmacy::Thing> Pharmacy::some_tray(bool boxes) {
    std::vector<Thing> things;
    const std::size_t wanted = 1 + below(kMostOnTray);
    for (std::size_t tried = 0; tried < 2 * wanted && things.size() < wanted; ++tried) {
        Thing one;
        if (boxes) {
            one.box = some_box(true);
            one.label = one.box.code();
        } else {
            one.dose = model_.some_dose(random_());
            const auto label = labels_.find(one.dose);
            if (label == labels_.end()) continue;
            one.label = label->second;
        }
        const bool is_new = std::ranges::none_of(things, [&](const Thing& other) { return other.label == one.label; });
        if (is_new) things.push_back(std::move(one));
    }
    return things;
}

/// One request in a group of its own. Nothing: nobody heard the answer, or the station began again and has forgotten the tray.
std::optional<v1::ScanReply> Pharmacy::ask_alone(const v1::ScanRequest& request,
                                                 const std::function<void(const v1::ScanReply&)>& told) {
    v1::ScanReply heard;
    std::vector<Gesture> one{{request, [&](const v1::ScanReply& reply) {
                                  heard = reply;
                                  told(reply);
                              }}};
    const std::uint64_t starts = station_.starts();
    const Fate fate = send(one);
    if (fate != Fate::answered || station_.starts() != starts || heard.what().empty()) return std::nullopt;
    return heard;
}

void Pharmacy::at_pad() {
    const Work& work = kWorks[below(std::size(kWorks))];
    const std::vector<Thing> things = some_tray(work.boxes);
    if (things.empty()) return gesture();
    ++tally_["a tray on the pad"];
    const char* const who = someone();
    const auto nothing = [](const v1::ScanReply&) {};
    if (!ask_alone(Scan{test::kNo}, nothing) || !ask_alone(Scan{work.command}.by(who), nothing)) return;

    std::vector<OnTray> on_tray;
    for (const Thing& one : things) on_tray.push_back({one.label, one_in(8)});
    const unsigned loose = one_in(6) ? 1 : 0;  // a sticker on the table, or the tag of the next tray
    tally_["a loose sticker on the pad"] += loose;
    v1::ScanRequest seen;
    *seen.mutable_tray() = pad_.lay(on_tray, loose, today_);
    must(seen.tray().tags() == things.size() + loose, "the pad tells another number of tags than lie there");
    const auto booked_nothing = [](const v1::ScanReply& reply) {
        must(reply.seq().empty(), "a tray that nobody counted was booked");
    };
    const auto answer = ask_alone(seen, booked_nothing);
    if (answer) count_tray(things, who, seen.tray().tags(), one_in(4) ? 1 + below(kMostOnTray + 1) : things.size());
    v1::ScanRequest gone;
    *gone.mutable_tray() = pad_.clear(today_);
    must(gone.tray().tags() == 0, "tags are told that were taken away");
    (void)ask_alone(gone, booked_nothing);
}

/// `said` is what the person counts, which may be wrong; then once more, rightly.
void Pharmacy::count_tray(const std::vector<Thing>& things, const char* who, std::uint64_t tags, std::uint64_t said) {
    for (int tried = 0; tried < 2; ++tried, said = things.size()) {
        const bool same = said == tags;
        const std::uint64_t heard_as = plant_ == Plant::uncounted_tray ? tags : said;
        const auto answer = ask_alone(Scan{"DOSARIO.X" + std::to_string(heard_as)}.by(who), [&](const v1::ScanReply& reply) {
            must(same || reply.seq().empty(), "a tray was booked though " + std::to_string(said) + " things were counted and " +
                                                  std::to_string(tags) + " tags are read");
            learn_tray(things, who, reply);
        });
        if (!answer) return;
        tally_["a tray counted wrong"] += !same;
        if (same) return count_again(who, tags);
        if (things.size() != tags) return;
    }
}

/// The trigger is pulled twice: nothing is saved twice, and the count becomes no multiplier while the tray lies there.
void Pharmacy::count_again(const char* who, std::uint64_t tags) {
    if (!one_in(3)) return;
    ++tally_["a tray counted twice"];
    const auto answer = ask_alone(Scan{"DOSARIO.X" + std::to_string(tags)}.by(who), [](const v1::ScanReply& reply) {
        must(reply.seq().empty(), "a tray that was counted twice was booked twice");
    });
    if (answer) must(answer->what() != "count_set", "a count of the tray that lies there became a multiplier");
}

/// What was booked is read from the entries that the answer names: each is of a thing on the tray, and of no other.
void Pharmacy::learn_tray(const std::vector<Thing>& things, const std::string& who, const v1::ScanReply& reply) {
    if (reply.what() != "tray_booked" && reply.what() != "tray_incomplete")
        return must(reply.seq().empty(), "a tray that was not booked wrote something");
    const auto box_of = [&](const Gtin& gtin, const std::string& serial) -> const Box& {
        const auto found = std::ranges::find_if(things, [&](const Thing& one) {
            return one.dose.empty() && test::gtin_text(one.box.product) == gtin.text() && one.box.serial == serial;
        });
        must(found != things.end(), "a box was booked that is not on the tray");
        return found->box;
    };
    const auto code_of = [&](ThingId dose) {
        const std::string code = dose_code(dose);
        must(std::ranges::any_of(things, [&](const Thing& one) { return one.dose == code; }),
             "a dose was booked that is not on the tray");
        return code;
    };
    for (const Seq seq : reply.seq()) {
        const auto entry = station_.counter().ledger().fact(seq);
        must(entry.has_value(), "an entry that an answer names is not there");
        std::visit(
            Overloaded{[&](const PacksReceived& one) { model_.received(box_of(one.gtin, one.serial), 1, today_, seq); },
                       [&](const DosesVerified& one) {
                           must(one.doses.size() == 1, "one tag verified several doses");
                           model_.verified(code_of(one.doses.front()), who, seq);
                       },
                       [&](const DoseDispensed& one) { model_.dispensed_dose(code_of(one.dose), today_, seq); },
                       [&](const PacksDispensed& one) { model_.dispensed_packs(box_of(one.gtin, one.serial), 1, today_, seq); },
                       [&](const DoseReturned& one) { model_.returned_dose(code_of(one.dose), seq); }, [](const auto&) {}},
            entry->fact);
        ++tally_["booked with a tray"];
    }
}

}  // namespace dosario::sim
