// SPDX-License-Identifier: Apache-2.0
// A counter over years in virtual time: random gestures, clocks moved both ways, restarts, disks that fill up. After every step a
// model that knows nothing of the ledger says what must be true of its answers; at the end the ledger is verified.
//   test_sim [--seed N] [--steps N] [--seconds N]      seconds: seed after seed until they are over; a failure prints its seed
#include "support/counter.hpp"
#include "support/shim_vfs.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <set>

using namespace dosario;
using namespace dosario::test;

namespace {

/// What a person with paper and pencil would know.
struct Shelf {
    struct Dose {
        std::string lot;
        Date last_day{};
        std::int64_t units = 0;
        std::string mother;
        bool verified = false;
        bool out = false;
    };
    struct Effect {
        std::function<void()> take_back;
        bool counted = false;  ///< packs without serial: those of an earlier reception may have stood in for them
    };
    std::map<std::string, std::int64_t> units;  ///< in the house, by product and lot
    std::map<std::string, Date> expires_on;
    std::map<std::string, std::int64_t> counted;  ///< closed packs without serial
    std::map<std::string, bool> serials;          ///< true: closed and here
    std::map<std::string, Dose> doses;            ///< by label
    std::map<Seq, Effect> effects;                ///< what an undo of that entry gives back
};

class Simulation {
public:
    Simulation(std::uint64_t seed, ShimVfs& disk)
        : random_(seed), disk_(disk), counter_({.rules = {0, 60, 25}, .seed = seed, .vfs = disk.name()}) {}

    void run(int steps) {
        for (step_ = 1; step_ <= steps; ++step_) {
            step();
            check_stock();
            if (step_ % 200 == 0) check_ledger();
        }
        restart();
        check_ledger();
        for (const char* what : {"received", "already_received", "fractioned", "verified", "not_verified", "dispensed",
                                 "already_dispensed", "earlier_expires", "expired", "undone", "undo_refused", "recipe_refused"}) {
            must(steps < 4000 || tally_[what] > 0, (std::string{"it never happened: "} + what).c_str());
        }
    }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    void must(bool claim, const char* what) {
        if (claim) return;
        std::fprintf(stderr, "step %d: %s\n", step_, what);
        std::abort();
    }

    Box some_box(bool serial) {
        Box box;
        box.product = 1 + static_cast<unsigned>(below(kKnownProducts));
        // New lots come as time goes by; the old ones are scanned for a while, expired as they are.
        const std::uint64_t lot = below(6) + static_cast<std::uint64_t>(std::max(0L, (latest_ - day("2026-12-31")).count()) / 60);
        box.lot = "L" + std::to_string(lot);
        box.expires =
            format_date(day("2026-12-31") + std::chrono::days{60 * static_cast<int>(lot) + 7 * static_cast<int>(box.product)});
        if (serial) box.serial = "S" + std::to_string(below(60));
        return box;
    }
    std::string some_dose() {
        if (shelf_.doses.empty()) return dose_code({5});
        auto it = shelf_.doses.lower_bound(
            dose_code({(last_dose_ > 0 ? last_dose_ - below(std::min<std::uint64_t>(last_dose_, 60)) : 1)}));
        if (it == shelf_.doses.end() || one_in(8))
            it = std::next(shelf_.doses.begin(), static_cast<std::ptrdiff_t>(below(shelf_.doses.size())));
        return it->first;
    }
    const char* someone() { return one_in(2) ? kAna : kEva; }
    static std::string key(const Box& box) { return gtin_text(box.product) + "/" + box.lot; }

    Answer send(const v1::ScanRequest& request) {
        const bool sick = one_in(40);
        if (sick) disk_.fail_writes(1 + static_cast<int>(below(12)), SQLITE_FULL);
        const Seq head = counter_.ledger().head_seq();
        Answer answer = counter_.scan(request);
        disk_.heal();
        if (answer.error) {
            must(sick || answer.error->failure == Failure::invalid, answer.error->message.c_str());
            must(counter_.ledger().head_seq() == head, "a refused group left something");
        }
        ++tally_[answer.reply.what()];
        if (answer.seq() != 0) written_on_ = std::max(written_on_, latest_);
        if (answer.reply.sound() == "stop") must(answer.reply.seq().empty(), "a stop wrote something");
        must(counter_.ledger().head_seq() == head + static_cast<Seq>(answer.reply.seq_size()), "entries and answer differ");
        return answer;
    }

    void set_wrong(std::chrono::hours by) {
        counter_.clock.set_wall(counter_.clock.wall() - wrong_by_ + by);
        wrong_by_ = by;
    }

    Date site_day() { return parse_date(counter_.service().status({})->today()).value(); }

    void step() {
        counter_.clock.pass(std::chrono::seconds{1 + below(3000)});
        if (one_in(40)) counter_.clock.pass(std::chrono::hours{24 * (1 + below(7))});
        if (one_in(90)) {  // somebody sets the clock back or far ahead, and some day somebody sets it right
            set_wrong(-std::chrono::hours{24 * below(400)});
        } else if (one_in(90)) {
            set_wrong(std::chrono::hours{24 * (201 + below(20000))});
        } else if (one_in(20)) {
            set_wrong({});
        }
        if (one_in(120)) restart();
        if (one_in(50)) (void)counter_.ledger().checkpoint();
        latest_ = site_day();
        must(latest_ >= written_on_, "the site's day went back behind what was written");
        must(latest_ <= counter_.clock.wall() - wrong_by_, "the site's day is one that has not come");
        if (counter_.service().status({})->clock() == "unknown") {
            const Answer answer = send(Scan{some_box(one_in(2)).code()}.mode("dispense"));
            return must(answer.what() == "day_unknown", "something was decided on a day that nobody knows");
        }
        switch (below(10)) {
            case 0:
            case 1: return receive();
            case 2: return fraction();
            case 3:
            case 4: return verify();
            case 5:
            case 6: return dispense_dose();
            case 7: return dispense_pack();
            case 8: return undo();
            default: return noise();
        }
    }

    void restart() { must(counter_.reopen().has_value(), "the ledger does not open again"); }

    void receive() {
        const bool serial = one_in(2);
        const Box box = some_box(serial);
        const auto packs = static_cast<std::uint32_t>(serial ? 1 : 1 + below(12));
        const Answer answer = send(Scan{box.code()}.mode("receive").packs(packs));
        if (answer.what() != "received") return;
        const std::string lot = key(box);
        const std::string name = gtin_text(box.product) + "#" + box.serial;
        must(day(box.expires.c_str()) >= latest_, "expired and received");
        if (serial) must(shelf_.serials.emplace(name, true).second, "a serial received twice");
        if (!serial) shelf_.counted[lot] += packs;
        shelf_.units[lot] += std::int64_t{packs} * kTablets;
        shelf_.expires_on[lot] = day(box.expires.c_str());
        shelf_.effects[answer.seq()] = {[this, lot, name, serial, packs] {
                                            shelf_.units[lot] -= std::int64_t{packs} * kTablets;
                                            if (!serial) shelf_.counted[lot] -= packs;
                                            if (serial) {
                                                must(shelf_.serials.at(name), "a pack that is not here any more was taken back");
                                                shelf_.serials.erase(name);
                                            }
                                        },
                                        !serial};
    }

    void fraction() {
        const Box box = some_box(one_in(2));
        const auto waste = static_cast<std::uint32_t>(one_in(4) ? below(5) : 0);
        const Answer answer = send(Scan{box.code()}
                                       .mode("fraction")
                                       .by(someone())
                                       .doses(static_cast<std::uint32_t>(below(4)))
                                       .units_per_dose(static_cast<std::uint32_t>(below(12)))
                                       .waste(waste));
        if (answer.what() != "fractioned") return;
        const std::string lot = key(box);
        const std::string name = gtin_text(box.product) + "#" + box.serial;
        bool opened_serial = false;
        bool opened_counted = false;
        if (!box.serial.empty()) {
            must(shelf_.serials.contains(name), "an unknown pack was opened");
            opened_serial = shelf_.serials[name];
            shelf_.serials[name] = false;
        } else {
            opened_counted = shelf_.counted[lot] > 0;
            if (opened_counted) --shelf_.counted[lot];
        }
        std::vector<std::string> codes;
        for (const auto& made : answer.reply.doses()) {
            const Date last_day = parse_date(made.beyond_use_on()).value();
            must(last_day <= shelf_.expires_on.at(lot) && last_day >= latest_, "a dose outlives its box or is born expired");
            must(shelf_.doses.emplace(made.code(), Shelf::Dose{lot, last_day, made.units(), name, false, false}).second,
                 "a dose's label twice");
            last_dose_ = std::max(last_dose_, parse_thing(made.code())->number);
            codes.push_back(made.code());
        }
        shelf_.units[lot] -= waste;
        shelf_.effects[answer.seq()] = {[this, lot, name, codes, waste, opened_serial, opened_counted] {
            for (const auto& code : codes) {
                must(!shelf_.doses.at(code).verified && !shelf_.doses.at(code).out,
                     "a fractioning was taken back under a verified dose");
                shelf_.doses.erase(code);
            }
            shelf_.units[lot] += waste;
            if (opened_serial) shelf_.serials[name] = true;
            if (opened_counted) ++shelf_.counted[lot];
        }};
    }

    void verify() {
        const std::string code = some_dose();
        const Answer answer = send(Scan{code}.mode("verify").by(someone()));
        if (answer.what() != "verified" || answer.sound() == "repeated") return;
        Shelf::Dose& dose = shelf_.doses.at(code);
        must(!dose.verified && !dose.out, "verified twice");
        dose.verified = true;
        shelf_.effects[answer.seq()] = {[this, code] {
            must(!shelf_.doses.at(code).out, "a verification was taken back after the dose left");
            shelf_.doses.at(code).verified = false;
        }};
    }

    void dispense_dose() {
        const std::string code = some_dose();
        const Answer answer = send(Scan{code}.mode("dispense"));
        if (answer.what() != "dispensed" && answer.what() != "earlier_expires") return;
        Shelf::Dose& dose = shelf_.doses.at(code);
        must(dose.verified, "an unverified dose left");
        must(!dose.out, "a dose left twice");
        must(dose.last_day >= latest_, "an expired dose left");
        dose.out = true;
        shelf_.units[dose.lot] -= dose.units;
        shelf_.effects[answer.seq()] = {[this, code] {
            shelf_.doses.at(code).out = false;
            shelf_.units[shelf_.doses.at(code).lot] += shelf_.doses.at(code).units;
        }};
    }

    void dispense_pack() {
        const Box box = some_box(one_in(2));
        const auto packs = static_cast<std::uint32_t>(box.serial.empty() ? 1 + below(3) : 1);
        const Answer answer = send(Scan{box.code()}.mode("dispense").packs(packs));
        if (answer.what() != "dispensed" && answer.what() != "earlier_expires") return;
        const std::string lot = key(box);
        const std::string name = gtin_text(box.product) + "#" + box.serial;
        must(shelf_.expires_on.at(lot) >= latest_, "an expired pack left");
        if (!box.serial.empty()) {
            must(shelf_.serials.at(name), "a pack left that was not here");
            shelf_.serials[name] = false;
        } else {
            must((shelf_.counted[lot] -= packs) >= 0, "more packs left than there were");
        }
        shelf_.units[lot] -= std::int64_t{packs} * kTablets;
        shelf_.effects[answer.seq()] = {[this, lot, name, packs, serial = !box.serial.empty()] {
            shelf_.units[lot] += std::int64_t{packs} * kTablets;
            if (serial) shelf_.serials[name] = true;
            if (!serial) shelf_.counted[lot] += packs;
        }};
    }

    void undo() {
        Seq wanted = 0;
        if (one_in(2) && !shelf_.effects.empty()) {
            wanted = std::next(shelf_.effects.begin(), static_cast<std::ptrdiff_t>(below(shelf_.effects.size())))->first;
        }
        const Seq last = shelf_.effects.empty() ? 0 : shelf_.effects.rbegin()->first;
        const Answer answer = send(Scan{}.mode("undo").undo_seq(wanted));
        if (answer.error) return;
        if (answer.what() != "undone")
            return must(wanted != 0 || last == 0 || shelf_.effects.at(last).counted, "the last entry cannot be taken back");
        const auto effect = shelf_.effects.find(wanted != 0 ? wanted : last);
        must(effect != shelf_.effects.end(), "something unknown was taken back");
        effect->second.take_back();
        shelf_.effects.erase(effect);
    }

    void noise() {
        switch (below(9)) {
            case 0: (void)send(Scan{kPerson}); return;
            case 1: (void)send(Scan{kDone}); return;
            case 2: (void)send(Scan{someone()}); return;
            case 3: (void)send(Scan{linear(6 + static_cast<unsigned>(below(4)))}); return;
            case 4: (void)send(Scan{one_in(2) ? kNo : "DOSARIO.AYUDA"}); return;
            case 5: (void)send(Scan{"garbage\x1d" + std::to_string(below(100))}); return;
            case 6: (void)send(Scan{dose_code({1 + below(1000)})}.mode(one_in(2) ? "verify" : "dispense").by(someone())); return;
            case 7: (void)send(Scan{one_in(2) ? kReceive : kVerify}); return;
            default:
                must(send(Scan{some_box(one_in(2)).code()}.mode("dispense").lot("OTHER")).seq() == 0, "a conflict was booked");
                return;
        }
    }

    void check_stock() {
        std::map<std::string, std::int64_t> kept;
        auto query = counter_.ledger().database().query("SELECT gtin, lot, units, counted_packs FROM stock WHERE place = 1");
        while (query.row()) {
            const std::string lot = Gtin{static_cast<std::uint64_t>(query.number(0))}.text() + "/" + query.text(1);
            kept[lot] = query.number(2);
            must(shelf_.counted[lot] == query.number(3), "counted packs do not add up");
        }
        for (const auto& [lot, units] : shelf_.units) {
            must(units >= 0, "the model went below zero");
            must((kept.contains(lot) ? kept[lot] : 0) == units, "units do not add up");
            kept.erase(lot);
        }
        must(kept.empty(), "a lot that nobody received");
    }

    void check_ledger() {
        const std::string fault = first_fault(counter_.verify());
        must(fault.empty(), fault.c_str());
    }

    std::mt19937_64 random_;
    ShimVfs& disk_;
    Counter counter_;
    Shelf shelf_;
    Date latest_ = day("2026-11-21");
    std::chrono::hours wrong_by_{0};  ///< the wall clock against the truth
    Date written_on_{};
    std::uint64_t last_dose_ = 0;
    int step_ = 0;
    std::map<std::string, int> tally_;
};

void run_seed(std::uint64_t seed, int steps) {
    std::fprintf(stderr, "seed %llu, %d steps\n", static_cast<unsigned long long>(seed), steps);
    ShimVfs disk{"sim"};
    disk.skip_syncs();
    Simulation{seed, disk}.run(steps);
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t seed = 1;
    int steps = 2000;
    long seconds = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const char* value = argv[i + 1];
        if (std::strcmp(argv[i], "--seed") == 0) {
            seed = std::strtoull(value, nullptr, 10);
        } else if (std::strcmp(argv[i], "--steps") == 0) {
            steps = std::atoi(value);
        } else if (std::strcmp(argv[i], "--seconds") == 0) {
            seconds = std::atol(value);
        } else {
            std::fprintf(stderr, "usage: %s [--seed N] [--steps N] [--seconds N]\n", argv[0]);
            return 2;
        }
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
    do {
        run_seed(seed++, steps);
    } while (std::chrono::steady_clock::now() < end);
    std::fprintf(stderr, "all well\n");
    return 0;
}
