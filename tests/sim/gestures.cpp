// SPDX-License-Identifier: Apache-2.0
// What people do. Half of it is wrong: expired boxes, doses that left, other people's codes.
#include "pharmacy.hpp"

namespace dosario::sim {

using test::Box;
using test::Scan;

namespace {

constexpr const char* kBadges[] = {test::kAna, test::kEva, "DOSARIO.B.IDA00003", "DOSARIO.B.LEO00004"};

}  // namespace

Box Pharmacy::some_box(bool serial) {
    Box box;
    box.product = 1 + static_cast<unsigned>(below(test::kKnownProducts));
    // New lots come as time goes by; the old ones are scanned for a while, expired as they are.
    const auto begin = test::day("2026-12-31");
    const std::uint64_t lot =
        below(6) + static_cast<std::uint64_t>(std::max(0L, static_cast<long>((today_ - begin).count())) / 60);
    box.lot = "L" + std::to_string(lot);
    box.expires = format_date(begin + std::chrono::days{60 * static_cast<int>(lot) + 7 * static_cast<int>(box.product)});
    if (serial) box.serial = "S" + std::to_string(below(60)) + "A" + std::to_string(lot);
    return box;
}

const char* Pharmacy::someone() { return kBadges[below(std::size(kBadges))]; }

Gesture Pharmacy::some_gesture() {
    switch (below(16)) {
        case 0:
        case 1:
        case 2: return receive();
        case 3:
        case 4: return fraction();
        case 5:
        case 6:
        case 7: return verify_dose();
        case 8:
        case 9: return dispense_dose();
        case 10: return dispense_packs();
        case 11:
        case 12: return come_back();
        case 13: return release();
        case 14: return undo();
        default: return noise();
    }
}

Gesture Pharmacy::receive() {
    const Box box = some_box(one_in(2));
    const auto packs = static_cast<std::uint32_t>(box.serial.empty() ? 1 + below(12) : 1);
    v1::ScanRequest request = Scan{box.code()}.mode("receive").packs(packs);
    if (one_in(4)) {
        request.set_note("R0001-0000" + std::to_string(1000 + (one_in(3) ? ++notes_ : notes_) % 9000));
        if (one_in(2)) request.set_supplier("30712345671");
    }
    return {request, [this, box, packs, request](const v1::ScanReply& reply) {
                if (reply.what() != "received") return;
                model_.received(box, packs, today_, reply.seq(reply.seq_size() - 1));
                if (!request.note().empty()) learn_paper(request, reply);
            }};
}

/// The paper stands beside what came with it.
void Pharmacy::learn_paper(const v1::ScanRequest& request, const v1::ScanReply& reply) {
    ++tally_["received with its paper"];
    auto work = station_.counter().ledger().database().query("SELECT note, supplier FROM work WHERE work = ?");
    must(work.bind(static_cast<std::int64_t>(reply.work())).row(), "a reception without its work");
    must(work.text(0) == request.note(), "the paper of a reception is " + work.text(0));
    must(request.supplier().empty() || work.text(1) == request.supplier(), "the supplier of a reception is " + work.text(1));
}

Gesture Pharmacy::fraction() {
    const Box box = some_box(one_in(2));
    const auto waste = static_cast<std::uint32_t>(one_in(4) ? below(5) : 0);
    const v1::ScanRequest request = Scan{box.code()}
                                        .mode("fraction")
                                        .by(someone())
                                        .doses(static_cast<std::uint32_t>(below(4)))
                                        .units_per_dose(static_cast<std::uint32_t>(below(12)))
                                        .waste(waste);
    return {request, [this, box, waste, request](const v1::ScanReply& reply) {
                if (reply.what() != "fractioned") return;
                std::vector<CutDose> doses;
                for (const auto& made : reply.doses())
                    doses.push_back({made.code(), parse_date(made.beyond_use_on()).value(), made.units()});
                for (const auto& made : reply.doses()) labels_[made.code()] = made.label();
                model_.fractioned(box, doses, waste, who(request), today_, reply.seq(reply.seq_size() - 1));
            }};
}

Gesture Pharmacy::verify_dose() {
    const std::string code = model_.some_dose(random_());
    const v1::ScanRequest request = Scan{code.empty() ? dose_code({5}) : code}.mode("verify").by(someone());
    return {request, [this, code, request](const v1::ScanReply& reply) {
                if (reply.what() == "verified" && reply.sound() != "repeated")
                    model_.verified(code, who(request), reply.seq(reply.seq_size() - 1));
            }};
}

Gesture Pharmacy::dispense_dose() {
    const std::string code = model_.some_dose_at(kShelf, random_());
    return {Scan{code.empty() ? dose_code({5}) : code}.mode("dispense"), [this, code](const v1::ScanReply& reply) {
                if (reply.what() == "dispensed" || reply.what() == "earlier_expires")
                    model_.dispensed_dose(code, today_, reply.seq(reply.seq_size() - 1));
            }};
}

Gesture Pharmacy::dispense_packs() {
    const Box box = some_box(one_in(2));
    const auto packs = static_cast<std::uint32_t>(box.serial.empty() ? 1 + below(3) : 1);
    return {Scan{box.code()}.mode("dispense").packs(packs), [this, box, packs](const v1::ScanReply& reply) {
                if (reply.what() == "dispensed" || reply.what() == "earlier_expires")
                    model_.dispensed_packs(box, packs, today_, reply.seq(reply.seq_size() - 1));
            }};
}

Gesture Pharmacy::come_back() {
    if (one_in(2)) {
        const std::string code = model_.some_dose_at(kDispensed, random_());
        return {Scan{code.empty() ? dose_code({5}) : code}.mode("return"), [this, code](const v1::ScanReply& reply) {
                    if (reply.what() != "returned" || reply.sound() == "repeated") return;
                    ++tally_["dose returned"];
                    model_.returned_dose(code, reply.seq(reply.seq_size() - 1));
                }};
    }
    const Box box = some_box(one_in(2));
    const auto packs = static_cast<std::uint32_t>(box.serial.empty() ? 1 + below(2) : 1);
    return {Scan{box.code()}.mode("return").packs(packs), [this, box, packs](const v1::ScanReply& reply) {
                if (reply.what() != "returned" || reply.sound() == "repeated") return;
                ++tally_["packs returned"];
                model_.returned_packs(box, packs, reply.seq(reply.seq_size() - 1));
            }};
}

Gesture Pharmacy::release() {
    if (one_in(2)) {
        const std::string code = model_.some_dose_at(kQuarantine, random_());
        return {Scan{code.empty() ? dose_code({5}) : code}.mode("release").by(someone()),
                [this, code](const v1::ScanReply& reply) {
                    if (reply.what() != "released") return;
                    ++tally_["dose released"];
                    model_.released_dose(code, today_, reply.seq(reply.seq_size() - 1));
                }};
    }
    const Box box = some_box(one_in(2));
    return {Scan{box.code()}.mode("release").by(someone()), [this, box](const v1::ScanReply& reply) {
                if (reply.what() != "released") return;
                ++tally_["packs released"];
                model_.released_packs(box, 1, today_, reply.seq(reply.seq_size() - 1));
            }};
}

Gesture Pharmacy::undo() {
    Seq wanted = 0;
    if (const auto all = model_.undoable(); one_in(2) && !all.empty()) wanted = all[below(all.size())];
    return {Scan{}.mode("undo").undo_seq(wanted), [this, wanted](const v1::ScanReply& reply) {
                if (reply.what() == "undone") return model_.undone(wanted);
                if (reply.what() != "day_unknown") model_.not_undone(wanted);
            }};
}

Gesture Pharmacy::noise() {
    const auto nothing_booked = [](const v1::ScanReply& reply) { must(reply.seq().empty(), "a conflict was booked"); };
    switch (below(10)) {
        case 0: return {Scan{test::kPerson}};
        case 1: return {Scan{test::kDone}};
        case 2:
        case 3: return {Scan{someone()}};
        case 4: return {Scan{test::linear(6 + static_cast<unsigned>(below(4)))}};
        case 5: return {Scan{one_in(2) ? test::kNo : "DOSARIO.AYUDA"}};
        case 6: return {Scan{"garbage\x1d" + std::to_string(below(100))}};
        case 7: return {Scan{dose_code({1 + below(1000)})}.mode(one_in(2) ? "verify" : "dispense").by(someone())};
        case 8: return {Scan{""}.mode("receive").note("R0002-00000007")};
        default: return {Scan{some_box(one_in(2)).code()}.mode("dispense").lot("OTHER"), nothing_booked};
    }
}

}  // namespace dosario::sim
