// SPDX-License-Identifier: Apache-2.0
#include "pharmacy.hpp"

#include "support/plants.hpp"

#include <cstdio>
#include <cstdlib>

namespace dosario::sim {

using test::Counter;

namespace {

constexpr unsigned kScanners = 3;
constexpr int kVerifyEvery = 400;  // steps

/// Summer time of half an hour, none at all, midnights that do not exist and such that come twice.
constexpr const char* kZones[] = {"America/Argentina/Buenos_Aires",
                                  "America/Santiago",
                                  "Australia/Lord_Howe",
                                  "Asia/Kathmandu",
                                  "America/Havana",
                                  "Europe/Madrid",
                                  "Pacific/Chatham",
                                  "Asia/Beirut"};

std::string command_of(const std::string& mode) {
    const std::pair<const char*, const char*> kCommands[] = {
        {"receive", test::kReceive},   {"fraction", test::kFraction},    {"verify", test::kVerify},
        {"dispense", test::kDispense}, {"return", "DOSARIO.DEVOLUCION"}, {"release", "DOSARIO.LIBERAR"},
        {"undo", test::kUndo}};
    for (const auto& [name, command] : kCommands)
        if (mode == name) return command;
    return "";
}

/// What a person scans instead of asking the API for it; empty: it cannot be said with a scanner.
std::vector<std::string> codes_for(const v1::ScanRequest& request) {
    v1::ScanRequest plain;
    plain.set_content(request.content());
    plain.set_mode(request.mode());
    plain.set_packs(request.packs());
    plain.set_operator_(request.operator_());
    if (plain.SerializeAsString() != request.SerializeAsString() || !can_be_typed(request.content())) return {};
    std::vector<std::string> codes{test::kNo};  // whatever was asked before
    if (!request.operator_().empty()) codes.push_back(request.operator_());
    if (const std::string command = command_of(request.mode()); !command.empty()) codes.push_back(command);
    if (request.packs() > 1) codes.push_back("DOSARIO.X" + std::to_string(request.packs()));
    if (!request.content().empty()) codes.push_back(request.content());
    return codes;
}

}  // namespace

Pharmacy::Pharmacy(std::uint64_t seed, test::ShimVfs& disk, Plant plant, Tally& tally)
    : random_(seed),
      tally_(tally),
      station_(seed, disk, plant, kZones[seed % std::size(kZones)], tally),
      plant_(plant),
      pad_(static_cast<unsigned>(seed)) {
    for (unsigned i = 0; i < kScanners; ++i)
        scanners_.emplace_back(static_cast<unsigned>(seed) + i * 4, station_.counter().clock);
    offset_ = station_.offset(station_.counter().clock.wall());
}

void Pharmacy::run(int steps) {
    for (step_ = 1; step_ <= steps; ++step_) {
        one_step();
        check_stock();
        if (step_ % kVerifyEvery == 0) station_.verify();
    }
    station_.restart(false);
    station_.verify();
}

void Pharmacy::one_step() {
    let_time_pass();
    if (one_in(25)) station_.chore();
    look_at_day();
    if (station_.counter().service().status({})->clock() == "unknown") {
        ++tally_["a day that nobody knows"];
        std::vector<Gesture> one{{test::Scan{some_box(one_in(2)).code()}.mode("dispense"), [](const v1::ScanReply& reply) {
                                      must(reply.what() == "day_unknown", "something was decided on a day that nobody knows");
                                  }}};
        (void)send(one);
        return;
    }
    if (plant_ == Plant::no_conservation && step_ >= 100 && !model_.is_recalled(1, "CUT")) {
        station_.strip_conservation();
        must(station_.counter().append(test::box_to_cut()).has_value(), "the box of the planted bug is not taken");
        const auto taken = station_.counter().append(test::cut_too_much(today_), 0, "ANA00001");
        const std::string fault = test::first_fault(station_.counter().verify());
        if (taken && !fault.empty()) throw Broken{fault};
        std::fprintf(stderr, "the planted bug did nothing: %s\n", taken ? "taken" : taken.error().message.c_str());
        std::exit(1);
    }
    if (one_in(60)) return recall();
    if (one_in(30) && !asked_.empty()) return ask_again();
    if (one_in(20)) return at_pad();
    gesture();
}

void Pharmacy::set_wrong(std::chrono::hours by) {
    test::ManualClock& clock = station_.counter().clock;
    clock.set_wall(clock.wall() - wrong_by_ + by);
    wrong_by_ = by;
}

void Pharmacy::let_time_pass() {
    test::ManualClock& clock = station_.counter().clock;
    clock.pass(std::chrono::seconds{1 + below(3000)});
    if (one_in(40)) clock.pass(std::chrono::hours{24 * (1 + below(7))});
    if (one_in(90)) {  // somebody sets the clock back or far ahead, and some day somebody sets it right
        ++tally_["clock back"];
        set_wrong(-std::chrono::hours{24 * (1 + below(400))});
    } else if (one_in(90)) {
        ++tally_["clock ahead"];
        set_wrong(std::chrono::hours{24 * (201 + below(20000))});
    } else if (one_in(20)) {
        tally_["clock set right"] += wrong_by_.count() != 0;
        set_wrong({});
    }
    while (!asked_.empty() && honest_now() - asked_.front().at > std::chrono::hours{6 * 24}) asked_.pop_front();
    const long offset = station_.offset(honest_now());
    tally_["summer time begins"] += offset > offset_;
    tally_["summer time ends"] += offset < offset_;
    offset_ = offset;
}

void Pharmacy::look_at_day() {
    const auto status = station_.counter().service().status({});
    must(status.has_value(), "no status");
    today_ = parse_date(status->today()).value();
    must(today_ >= written_on_, "the site's day went back behind what was written");
    must(today_ <= station_.honest_day(station_.counter().clock.wall() - wrong_by_), "the site's day is one that has not come");
    const bool right = wrong_by_.count() == 0 && status->clock() == "good";
    must(!right || today_ == station_.honest_day(station_.counter().clock.wall()),
         "the clock is right and taken for good, and the day is another one");
    const bool told = std::ranges::any_of(status->warnings(), [](const auto& one) { return one.starts_with("the clock "); });
    must(told == (status->clock() != "good"), "a clock that is not believed is not told, or one that is");
}

std::string Pharmacy::who(const v1::ScanRequest& request) const {
    return request.operator_().empty() ? desk_ : request.operator_();
}

void Pharmacy::learn(const Gesture& gesture, const v1::ScanReply& reply) {
    ++tally_["answer " + reply.what()];
    // Of a tray that could be booked in part the answer is a stop, too: somebody has to look.
    if (reply.sound() == "stop" && reply.what() != "tray_incomplete") must(reply.seq().empty(), "a stop wrote something");
    if (!reply.seq().empty()) written_on_ = std::max(written_on_, today_);
    if (reply.what() == "operator_changed") desk_ = gesture.request.content();
    gesture.learn(reply);
    if (gesture.request.request_id().empty() || reply.seq().empty()) return;
    asked_.push_back({gesture.request, reply.SerializeAsString(), honest_now()});
    if (asked_.size() > 50) asked_.pop_front();
}

Fate Pharmacy::send(std::vector<Gesture>& gestures) {
    look_at_day();
    std::vector<v1::ScanReply> replies(gestures.size());
    std::vector<Deed> deeds(gestures.size());
    for (std::size_t i = 0; i < gestures.size(); ++i) {
        deeds[i].decide = [&gestures, &replies, i](Service& service) -> Result<std::size_t> {
            auto reply = service.scan(gestures[i].request);
            if (!reply) return reply.error();
            replies[i] = std::move(*reply);
            return static_cast<std::size_t>(replies[i].seq_size());
        };
    }
    const Fate fate = station_.group(deeds);
    for (std::size_t i = 0; i < gestures.size(); ++i) {
        const bool happened = fate == Fate::answered || (fate == Fate::kept && !replies[i].seq().empty());
        if (happened && !deeds[i].error) learn(gestures[i], replies[i]);
    }
    return fate;
}

void Pharmacy::gesture() {
    std::vector<Gesture> group{some_gesture()};
    if (one_in(2) && !codes_for(group.front().request).empty()) return at_scanner(group.front());
    while (one_in(4) && group.size() < 5) group.push_back(some_gesture());
    tally_["group of several"] += group.size() > 1;
    for (Gesture& one : group)
        if (one_in(3)) one.request.set_request_id("r" + std::to_string(++ids_));
    const Fate fate = send(group);
    if (fate != Fate::lost && fate != Fate::refused) return;
    // Whoever heard nothing, or that nothing was saved, does it again.
    ++tally_["done again"];
    (void)send(group);
}

/// The same through the desk's card: each code is a group of its own. A bad tone, or none, and the person stops.
void Pharmacy::at_scanner(const Gesture& gesture) {
    ++tally_["at a scanner"];
    const auto codes = codes_for(gesture.request);
    Scanner& scanner = scanners_[below(scanners_.size())];
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const bool last = i + 1 == codes.size();
        if (std::exchange(starts_, station_.starts()) != station_.starts())
            for (Scanner& one : scanners_) one.plug_in();
        if (one_in(20)) {
            ++tally_["unplug in the middle of a code"];
            const auto half = scanner.scan(codes[i], 1 + below(scanner.reports(codes[i]) - 3));
            must(!half, "half a code became a scan");
        }
        std::vector<Scan> scans;
        if (Scanner& other = scanners_[below(scanners_.size())]; &other != &scanner && one_in(4)) {
            ++tally_["two scanners at once"];
            scans = Scanner::scan_both(scanner, codes[i], other, "DOSARIO.AYUDA");
            must(scans.size() == 2, "of two scanners one was not heard");
        } else if (auto scan = scanner.scan(codes[i])) {
            scans.push_back(std::move(*scan));
        }
        must(!scans.empty(), "a scan was not heard");
        std::vector<Gesture> group;
        std::size_t mine = 0;
        for (const Scan& scan : scans) {
            if (scan.content() != "DOSARIO.AYUDA") mine = group.size();
            Gesture one = last && scan.content() != "DOSARIO.AYUDA" ? gesture : Gesture{};
            one.request = test::Scan{scan.content()};
            one.request.set_reader(scan.reader);
            group.push_back(std::move(one));
        }
        std::string sound;
        group[mine].learn = [&sound, told = group[mine].learn](const v1::ScanReply& reply) {
            sound = reply.sound();
            told(reply);
        };
        if (send(group) != Fate::answered || station_.starts() != starts_) return;
        if (i > 0 && !last && sound == "stop") return;  // NO with nothing asked is a stop, and means nothing
    }
}

/// An answer was lost on its way: the same request again gets the same answer, and books nothing.
void Pharmacy::ask_again() {
    ++tally_["asked again"];
    const Asked& asked = asked_[below(asked_.size())];
    v1::ScanReply reply;
    std::vector<Deed> deeds(1);
    const Seq head = station_.counter().ledger().head_seq();
    deeds[0].decide = [&](Service& service) -> Result<std::size_t> {
        auto again = service.scan(asked.request);
        if (!again) return again.error();
        reply = std::move(*again);
        return service.ledger().head_seq() - head;
    };
    if (station_.group(deeds) != Fate::answered || deeds[0].error) return;
    must(deeds[0].entries == 0, "a request that was asked again was booked again: " + asked.request.ShortDebugString());
    must(reply.SerializeAsString() == asked.reply, "a request that was asked again got another answer");
}

void Pharmacy::recall() {
    v1::RecallRequest request;
    unsigned product = 1 + static_cast<unsigned>(below(test::kKnownProducts));
    std::string lot = one_in(6) ? "" : some_box(false).lot;
    request.set_lift(!model_.recalls().empty() && !one_in(3));
    if (request.lift() && !one_in(6)) {
        const LotName& name = *std::next(model_.recalls().begin(), static_cast<std::ptrdiff_t>(below(model_.recalls().size())));
        lot = name.substr(name.find('/') + 1);
        for (product = 1; !name.starts_with(test::gtin_text(product)); ++product) {
        }
    }
    request.set_gtin(test::gtin_text(product));
    request.set_lot(lot);
    request.set_reference("Disp. " + std::to_string(++notes_));
    request.set_operator_(someone());
    const bool held = model_.recalls().contains(test::gtin_text(product) + "/" + lot);
    std::vector<Deed> deeds(1);
    bool refused = false;
    deeds[0].decide = [&](Service& service) -> Result<std::size_t> {
        const auto reply = service.recall(request);
        if (reply) return static_cast<std::size_t>(reply->seq_size());
        if (reply.error().failure != Failure::refused) return reply.error();
        refused = true;
        return std::size_t{0};
    };
    const Fate fate = station_.group(deeds);
    if (fate == Fate::refused || fate == Fate::lost || deeds[0].error) return;
    must(refused == (held != request.lift()), "a recall twice, or a recall lifted that nobody made");
    if (refused) return;
    written_on_ = std::max(written_on_, today_);
    ++tally_[request.lift() ? "recall lifted" : "recall"];
    if (request.lift()) model_.lifted(product, lot);
    if (!request.lift()) model_.recalled(product, lot);
}

void Pharmacy::check_stock() {
    std::map<LotName, std::array<Line, kPlaces>> kept;
    auto query = station_.counter().ledger().database().query(
        "SELECT gtin, lot, place, units, counted_packs, serial_packs, doses_made, doses_ready FROM stock");
    while (query.row()) {
        Line& line = kept[Gtin{static_cast<std::uint64_t>(query.number(0))}.text() + "/" + query.text(1)]
                         [static_cast<std::size_t>(query.number(2))];
        line = {query.number(3), query.number(4), query.number(5), query.number(6), query.number(7)};
    }
    must(!query.failed(), "the stock cannot be read");
    for (const auto& [lot, lines] : model_.lines()) {
        for (std::size_t place = kShelf; place < kPlaces; ++place) {
            Line expected = lines[place];
            const Line& found = kept[lot][place];
            if (place == kWasted) expected.counted = expected.serials = 0;
            if (expected == found) continue;
            const auto text = [](const Line& line) {
                return std::to_string(line.units) + "/" + std::to_string(line.counted) + "/" + std::to_string(line.serials) +
                       "/" + std::to_string(line.made) + "/" + std::to_string(line.ready);
            };
            throw Broken{"lot " + lot + " at place " + std::to_string(place) + " is " + text(found) + ", not " + text(expected) +
                         " (units/counted/serial/made/ready)"};
        }
    }
    for (const auto& [lot, lines] : kept) must(model_.lines().contains(lot), "a lot that nobody received: " + lot);
    tally_["invariants checked"] += 1;
}

}  // namespace dosario::sim
