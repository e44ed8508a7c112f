// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <algorithm>

namespace dosario::sim {
namespace {

std::string pack_name(const test::Box& box) { return test::gtin_text(box.product) + "#" + box.serial; }

LotName whole_product(const LotName& lot) { return lot.substr(0, lot.find('/') + 1); }

}  // namespace

LotName lot_name(const test::Box& box) { return test::gtin_text(box.product) + "/" + box.lot; }

Model::Dose& Model::dose(const std::string& code) {
    const auto found = doses_.find(code);
    must(found != doses_.end(), "something was done with a dose that nobody cut");
    return found->second;
}

/// Empty: packs without a serial number, or one whose number nobody wrote down when it came.
std::string Model::known_pack(const test::Box& box) const {
    const std::string name = pack_name(box);
    return !box.serial.empty() && packs_.contains(name) ? name : "";
}

bool Model::is_recalled(unsigned product, const std::string& lot) const {
    const LotName name = test::gtin_text(product) + "/" + lot;
    return recalls_.contains(name) || recalls_.contains(whole_product(name));
}

void Model::may_move(const LotName& lot, Date on, const char* what) const {
    must(!recalls_.contains(lot) && !recalls_.contains(whole_product(lot)), std::string{"recalled and "} + what);
    const auto known = expires_on_.find(lot);
    must(known != expires_on_.end() && known->second >= on, std::string{"expired and "} + what);
}

void Model::move_dose(const std::string& code, State from, State to, const char* otherwise) {
    const auto place_of = [](State state) {
        return state == State::out ? kDispensed : state == State::quarantined ? kQuarantine : kShelf;
    };
    Dose& moved = dose(code);
    must(moved.state == from, otherwise);
    for (const auto& [state, sign] : {std::pair{from, -1}, std::pair{to, 1}}) {
        Line& at = line(moved.lot, place_of(state));
        at.units += sign * moved.units;
        (state == State::made ? at.made : at.ready) += sign;
    }
    moved.state = to;
}

void Model::move_packs(const LotName& lot, const std::string& pack, std::uint32_t packs, State from, State to,
                       const char* otherwise) {
    const auto place_of = [](State state) {
        return state == State::out ? kDispensed : state == State::quarantined ? kQuarantine : kShelf;
    };
    if (!pack.empty()) {
        must(packs == 1 && packs_.at(pack) == from, otherwise);
        packs_.at(pack) = to;
    }
    for (const auto& [state, sign] : {std::pair{from, -1}, std::pair{to, 1}}) {
        Line& at = line(lot, place_of(state));
        at.units += sign * std::int64_t{packs} * test::kTablets;
        std::int64_t& closed = pack.empty() ? at.counted : at.serials;
        must((closed += sign * std::int64_t{packs}) >= 0, otherwise);
    }
}

void Model::received(const test::Box& box, std::uint32_t packs, Date on, Seq seq) {
    const LotName lot = lot_name(box);
    const std::string name = box.serial.empty() ? "" : pack_name(box);
    expires_on_[lot] = test::day(box.expires.c_str());
    may_move(lot, on, "received");
    if (!name.empty()) must(packs_.emplace(name, State::closed).second, "a serial received twice");
    Line& shelf = line(lot, kShelf);
    shelf.units += std::int64_t{packs} * test::kTablets;
    (name.empty() ? shelf.counted : shelf.serials) += packs;
    effects_[seq] = {[this, lot, name, packs] {
                         if (!name.empty()) {
                             must(packs_.at(name) == State::closed, "a pack that is not here any more was taken back");
                             packs_.erase(name);
                         }
                         Line& at = line(lot, kShelf);
                         at.units -= std::int64_t{packs} * test::kTablets;
                         must(((name.empty() ? at.counted : at.serials) -= packs) >= 0, "packs that left were taken back");
                     },
                     name.empty()};
}

void Model::fractioned(const test::Box& box, const std::vector<CutDose>& doses, std::int64_t waste, const std::string& by,
                       Date on, Seq seq) {
    const LotName lot = lot_name(box);
    may_move(lot, on, "cut");
    const std::string name = box.serial.empty() ? "" : pack_name(box);
    bool opened_counted = false;
    bool opened_serial = false;
    if (name.empty()) {
        opened_counted = line(lot, kShelf).counted > 0;
    } else {
        must(packs_.contains(name), "an unknown pack was opened");
        must(packs_.at(name) == State::closed || packs_.at(name) == State::opened, "a pack was cut that is not here");
        opened_serial = packs_.at(name) == State::closed;
        packs_.at(name) = State::opened;
    }
    Line& shelf = line(lot, kShelf);
    shelf.counted -= opened_counted;
    shelf.serials -= opened_serial;
    shelf.units -= waste;
    line(lot, kWasted).units += waste;
    shelf.made += static_cast<std::int64_t>(doses.size());
    for (const CutDose& cut : doses) {
        must(cut.last_day <= expires_on_.at(lot) && cut.last_day >= on, "a dose outlives its box or is born expired");
        must(doses_.emplace(cut.code, Dose{lot, cut.last_day, cut.units, by, State::made}).second, "a dose's label twice");
        order_.push_back(cut.code);
    }
    effects_[seq] = {[this, lot, name, doses, waste, opened_serial, opened_counted] {
        Line& at = line(lot, kShelf);
        for (const CutDose& cut : doses) {
            must(dose(cut.code).state == State::made, "a fractioning was taken back under a verified dose");
            doses_.erase(cut.code);
            std::erase(order_, cut.code);
        }
        at.made -= static_cast<std::int64_t>(doses.size());
        at.units += waste;
        line(lot, kWasted).units -= waste;
        at.counted += opened_counted;
        at.serials += opened_serial;
        if (opened_serial) packs_.at(name) = State::closed;
    }};
}

void Model::verified(const std::string& code, const std::string& by, Seq seq) {
    const Dose& one = dose(code);
    must(one.made_by != by, "somebody verified their own work");
    must(!recalls_.contains(one.lot) && !recalls_.contains(whole_product(one.lot)), "recalled and verified");
    move_dose(code, State::made, State::ready, "verified twice");
    effects_[seq] = {
        [this, code] { move_dose(code, State::ready, State::made, "a verification was taken back after the dose left"); }};
}

void Model::dispensed_dose(const std::string& code, Date on, Seq seq) {
    may_move(dose(code).lot, on, "dispensed");
    must(dose(code).last_day >= on, "a dose left after its last day");
    move_dose(code, State::ready, State::out, "a dose left that was not verified, or is not here");
    effects_[seq] = {[this, code] { move_dose(code, State::out, State::ready, "a dose is back that was not out"); }};
}

void Model::dispensed_packs(const test::Box& box, std::uint32_t packs, Date on, Seq seq) {
    const LotName lot = lot_name(box);
    const std::string name = box.serial.empty() ? "" : pack_name(box);
    may_move(lot, on, "dispensed");
    must(name.empty() || packs_.contains(name), "a pack left that nobody received");
    move_packs(lot, name, packs, State::closed, State::out, "packs left that were not here");
    effects_[seq] = {
        [this, lot, name, packs] { move_packs(lot, name, packs, State::out, State::closed, "packs are back that were not out"); },
        name.empty()};
}

void Model::returned_dose(const std::string& code, Seq seq) {
    move_dose(code, State::out, State::quarantined, "a dose came back that was not out");
    effects_[seq] = {[this, code] { move_dose(code, State::quarantined, State::out, "it is not in quarantine any more"); }};
}

void Model::returned_packs(const test::Box& box, std::uint32_t packs, Seq seq) {
    const LotName lot = lot_name(box);
    const std::string name = known_pack(box);
    move_packs(lot, name, packs, State::out, State::quarantined, "packs came back that were not out");
    effects_[seq] = {
        [this, lot, name, packs] { move_packs(lot, name, packs, State::quarantined, State::out, "they left quarantine before"); },
        name.empty()};
}

void Model::released_dose(const std::string& code, Date on, Seq seq) {
    may_move(dose(code).lot, on, "released");
    must(dose(code).last_day >= on, "a dose was released after its last day");
    move_dose(code, State::quarantined, State::ready, "a dose was released that was not in quarantine");
    effects_[seq] = {[this, code] { move_dose(code, State::ready, State::quarantined, "a released dose left, and is back"); }};
}

void Model::released_packs(const test::Box& box, std::uint32_t packs, Date on, Seq seq) {
    const LotName lot = lot_name(box);
    const std::string name = known_pack(box);
    may_move(lot, on, "released");
    move_packs(lot, name, packs, State::quarantined, State::closed, "packs were released that were not in quarantine");
    effects_[seq] = {[this, lot, name, packs] {
                         move_packs(lot, name, packs, State::closed, State::quarantined, "released packs left since");
                     },
                     name.empty()};
}

void Model::undone(Seq seq) {
    must(seq != 0 || !effects_.empty(), "something was taken back, and there was nothing");
    const auto effect = seq != 0 ? effects_.find(seq) : std::prev(effects_.end());
    must(effect != effects_.end(), "something unknown was taken back");
    effect->second.take_back();
    effects_.erase(effect);
}

void Model::not_undone(Seq seq) const {
    must(seq != 0 || effects_.empty() || effects_.rbegin()->second.counted, "the last entry cannot be taken back");
}

void Model::recalled(unsigned product, const std::string& lot) {
    must(recalls_.insert(test::gtin_text(product) + "/" + lot).second, "recalled twice");
}

void Model::lifted(unsigned product, const std::string& lot) {
    must(recalls_.erase(test::gtin_text(product) + "/" + lot) == 1, "a recall was lifted that nobody made");
}

std::vector<Seq> Model::undoable() const {
    std::vector<Seq> all;
    for (const auto& [seq, effect] : effects_) all.push_back(seq);
    return all;
}

std::string Model::some_dose(std::uint64_t chance) const {
    if (order_.empty()) return "";
    const std::uint64_t young = std::min<std::uint64_t>(order_.size(), 40);
    return order_[order_.size() - 1 - (chance % 8 == 0 ? chance / 8 % order_.size() : chance / 8 % young)];
}

std::string Model::some_dose_at(Place place, std::uint64_t chance) const {
    const State wanted = place == kDispensed ? State::out : place == kQuarantine ? State::quarantined : State::ready;
    for (std::size_t i = 0; i < std::min<std::size_t>(order_.size(), 200); ++i) {
        const std::string& code = order_[(order_.size() - 1 - i + chance % 20) % order_.size()];
        if (doses_.at(code).state == wanted) return code;
    }
    return some_dose(chance);
}

}  // namespace dosario::sim
