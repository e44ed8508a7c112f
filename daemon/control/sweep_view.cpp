// SPDX-License-Identifier: Apache-2.0
#include "control/sweep_view.hpp"

#include "control/ledger_views.hpp"
#include "control/sweep_words.hpp"
#include "ledger/columns.hpp"
#include "reader/driver.hpp"
#include "workflow/desk.hpp"

#include <algorithm>
#include <set>

namespace dosario {
namespace {

constexpr int kMostMissing = 2000;

const char* state_name(PackState state) {
    switch (state) {
        case PackState::closed: return "closed";
        case PackState::opened: return "opened";
        case PackState::out: return "out";
        case PackState::returned: return "returned";
    }
    return "";
}

const char* state_name(DoseState state) {
    switch (state) {
        case DoseState::made: return "made";
        case DoseState::ready: return "ready";
        case DoseState::out: return "out";
        case DoseState::returned: return "returned";
    }
    return "";
}

bool is_on_shelf(PackState state) { return state == PackState::closed || state == PackState::opened; }
bool is_on_shelf(DoseState state) { return state == DoseState::made || state == DoseState::ready; }

class Sweep {
public:
    /// Nothing of other products is looked at where one is asked for.
    Sweep(Ledger& ledger, std::optional<Gtin> only, const CodeHabits& habits, Date today)
        : ledger_(ledger), only_(only), habits_(habits), today_(today) {
        if (only) products_ = {*only};
    }

    void see(const std::string& code) {
        is_again_ = !read_.insert(code).second;
        CodeBuffer buffer;
        const BarcodeRead read = make_barcode(code, MonoTime{});
        const Identity identity = identify(read.aim.text(), read.bytes, today_, buffer, habits_);
        if (const auto* label = std::get_if<DoseLabel>(&identity)) {
            see_dose(label->dose);
        } else if (const auto* opened = std::get_if<PackLabel>(&identity)) {
            see_pack(ledger_.stock().pack(opened->pack), std::nullopt, {}, pack_code(opened->pack));
        } else if (const auto* serial = std::get_if<SerialPack>(&identity)) {
            v1::SweepLine line;
            line.set_gtin(serial->gtin.text());
            line.set_serial(std::string{serial->serial});
            line.set_lot(std::string{serial->lot});
            if (serial->expires_on) line.set_expires_on(format_date(*serial->expires_on));
            see_pack(ledger_.stock().pack_by_serial(serial->gtin, serial->serial), serial->gtin, line, "");
        } else if (is_again_) {
            say_twice();
        } else if (!is_crate(identity)) {
            reply_.set_strangers(reply_.strangers() + 1);
        }
    }
    /// `tags` were read in all, of which `silent` have no code.
    Result<v1::SweepReply> end(std::uint32_t tags, std::uint32_t silent) {
        reply_.set_tags(tags);
        reply_.set_strangers(reply_.strangers() + silent);
        for (const Gtin gtin : products_) {
            v1::SweepProduct& product = *reply_.add_products();
            product.set_gtin(gtin.text());
            product.set_name(name_of(gtin));
            if (auto looked = look_for_packs(gtin, product); !looked) return looked.error();
            if (auto looked = look_for_doses(gtin, product); !looked) return looked.error();
        }
        // Where nothing was read the antenna may be off: that a whole shelf is missing is then not known.
        if (tags == 0) reply_.clear_missing();
        if (tags == 0) reply_.set_more(false);
        if (const auto& unread = ledger_.database().failure()) return *unread;
        reply_.set_verdict(verdict());
        return std::move(reply_);
    }

private:
    const char* verdict() const {
        if (reply_.tags() == 0) return "nothing_read";
        if (reply_.missing_size() + reply_.extra_size() + reply_.unknown_size() > 0) return "differs";
        if (reply_.found() == 0) return "nothing_known";
        if (alike_ > 0) return "differs";
        return reply_.strangers() > 0 && !only_ ? "differs" : "same";
    }
    void say_twice() { reply_.set_twice(reply_.twice() + 1); }
    /// A second tag of one thing: one of them is on another thing, or is a copy.
    void see_alike() {
        ++alike_;
        say_twice();
    }
    /// Something of that product was read: all of it is looked for. False: something else was asked for.
    bool is_asked_for(const std::optional<Gtin>& gtin) {
        if (only_ && gtin != only_) return reply_.set_others(reply_.others() + 1), false;
        if (gtin) products_.insert(*gtin);
        return true;
    }
    std::string name_of(Gtin gtin) const {
        const auto product = ledger_.stock().product(gtin);
        return product ? product->name : "";
    }
    template <class Thing>
    void fill(v1::SweepLine& line, const Thing& thing) const {
        line.set_gtin(thing.gtin.text());
        line.set_name(name_of(thing.gtin));
        line.set_lot(thing.lot);
        line.set_expires_on(format_date(thing.expires_on));
        line.set_state(state_name(thing.state));
    }
    void see_pack(const std::optional<Pack>& pack, std::optional<Gtin> gtin, v1::SweepLine line, const std::string& code) {
        if (!is_asked_for(pack ? pack->gtin : gtin)) return;
        line.set_code(code);
        if (pack ? !found_.insert(pack->id).second : is_again_) return see_alike();
        if (!pack) {
            *reply_.add_unknown() = std::move(line);
            return;
        }
        if (is_on_shelf(pack->state)) return reply_.set_found(reply_.found() + 1);
        fill(line, *pack);
        line.set_serial(pack->serial);
        *reply_.add_extra() = std::move(line);
    }
    void see_dose(ThingId id) {
        const auto dose = ledger_.stock().dose(id);
        if (!is_asked_for(dose ? std::optional{dose->gtin} : std::nullopt)) return;
        if (dose ? !found_.insert(id).second : is_again_) return see_alike();
        v1::SweepLine line;
        line.set_code(dose_code(id));
        if (!dose) {
            *reply_.add_unknown() = std::move(line);
            return;
        }
        if (is_on_shelf(dose->state)) return reply_.set_found(reply_.found() + 1);
        fill(line, *dose);
        *reply_.add_extra() = std::move(line);
    }
    v1::SweepLine* another_missing() {
        if (reply_.missing_size() < kMostMissing) return reply_.add_missing();
        reply_.set_more(true);
        return nullptr;
    }
    /// By the lots that have any on the shelf: a product's history is long, its shelf is not. A box of which nothing is left is thrown away.
    Result<void> look_for_packs(Gtin gtin, v1::SweepProduct& product) {
        auto counted = ledger_.database().query(
            "SELECT coalesce(sum(counted_packs), 0) FROM stock WHERE gtin = ? AND here = 1 AND place = 1");
        counted.bind(sql(gtin));
        if (counted.row()) product.set_untold(natural(counted, 0));
        if (counted.failed()) return counted.error();
        auto query = ledger_.database().query(
            "SELECT p.pack FROM stock s JOIN pack p ON p.gtin = s.gtin AND p.lot = s.lot WHERE s.gtin = ? AND s.here = 1 AND s.place = 1 "
            "AND p.state IN (1, 2) AND p.units_left > 0");
        query.bind(sql(gtin));
        std::vector<ThingId> packs;
        while (query.row()) packs.push_back({natural(query, 0)});
        if (query.failed()) return query.error();
        for (const ThingId id : packs) {
            const auto pack = ledger_.stock().pack(id);
            if (!pack) continue;
            const bool is_found = found_.contains(id);
            if (pack->serial.empty() && !is_found) {
                product.set_untold(product.untold() + 1);
                continue;
            }
            product.set_expected(product.expected() + 1);
            v1::SweepLine* const line = is_found ? nullptr : another_missing();
            if (line == nullptr) continue;
            fill(*line, *pack);
            line->set_serial(pack->serial);
            if (pack->state == PackState::opened) line->set_code(pack_code(id));
        }
        return {};
    }
    Result<void> look_for_doses(Gtin gtin, v1::SweepProduct& product) {
        auto query = ledger_.database().query(
            "SELECT d.dose FROM stock s JOIN pack p ON p.gtin = s.gtin AND p.lot = s.lot JOIN dose d ON d.pack = p.pack "
            "WHERE s.gtin = ? AND s.here = 1 AND s.place = 1 AND s.doses_made + s.doses_ready > 0 AND d.state IN (1, 2)");
        query.bind(sql(gtin));
        std::vector<ThingId> doses;
        while (query.row()) doses.push_back({natural(query, 0)});
        if (query.failed()) return query.error();
        product.set_expected(product.expected() + doses.size());
        for (const ThingId id : doses) {
            if (found_.contains(id)) continue;
            const auto dose = ledger_.stock().dose(id);
            v1::SweepLine* const line = dose ? another_missing() : nullptr;
            if (line == nullptr) continue;
            fill(*line, *dose);
            line->set_code(dose_code(id));
        }
        return {};
    }

    Ledger& ledger_;
    const std::optional<Gtin> only_;
    const CodeHabits& habits_;
    const Date today_;
    std::set<std::string> read_;
    bool is_again_ = false;  ///< the code that is looked at was read before
    std::size_t alike_ = 0;  ///< of `twice`: of things that were asked for
    std::set<Gtin> products_;
    std::set<ThingId> found_;
    v1::SweepReply reply_;
};

}  // namespace

Result<v1::SweepReply> sweep_reply(Ledger& ledger, const v1::SweepRequest& request, const CodeHabits& habits, Date today,
                                   Language language) {
    if (!request.has_tray()) return invalid("what lies on the shelf is wanted: the codes of its tags");
    const v1::Tray& tray = request.tray();
    const auto codes = static_cast<std::uint32_t>(tray.codes_size());
    if (tray.tags() > kMostSwept || codes > tray.tags())
        return invalid("a sweep has at most " + std::to_string(kMostSwept) + " tags, and one for each code");
    std::optional<Gtin> only;
    if (!request.gtin().empty()) {
        const auto gtin = gtin_of(request.gtin());
        if (!gtin) return gtin.error();
        only = *gtin;
    }
    Sweep sweep{ledger, only, habits, today};
    for (const std::string& code : tray.codes()) {
        if (code.size() > kLongestBarcode) return invalid("a code is longer than any barcode");
        sweep.see(code);
    }
    auto reply = sweep.end(tray.tags(), tray.tags() - codes);
    if (reply) reply->set_message(sweep_text(*reply, only.has_value(), language));
    return reply;
}

}  // namespace dosario
