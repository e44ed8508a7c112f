// SPDX-License-Identifier: Apache-2.0
#include "wire/fact_codec.hpp"

#include "dosario/v1/facts.pb.h"

#include <cstring>

namespace dosario {
namespace {

constexpr std::uint64_t kLargestGtin = 99'999'999'999'999;

std::int32_t days(Date day) { return static_cast<std::int32_t>(day.time_since_epoch().count()); }
Date day_of(std::int32_t number) { return Date{std::chrono::days{number}}; }

std::string recipient_bytes(const Recipient& recipient) { return std::string{as_text(recipient)}; }

Recipient recipient_of(const std::string& bytes) {
    Recipient recipient{};
    if (bytes.size() == recipient.size()) std::memcpy(recipient.data(), bytes.data(), recipient.size());
    return recipient;
}

// One write() per fact; a new fact without one does not compile.

void write(v1::FactBody& body, const ProductLearned& fact) {
    auto& out = *body.mutable_product_learned();
    out.set_gtin(fact.gtin.number);
    out.set_name(fact.name);
    out.set_unit(fact.unit);
    out.set_units_per_pack(fact.units_per_pack);
    out.set_beyond_use_days(fact.beyond_use_days);
    out.set_units_per_dose(fact.units_per_dose);
}

void write(v1::FactBody& body, const OperatorChanged& fact) { body.mutable_operator_changed()->set_badge(fact.badge); }

void write(v1::FactBody& body, const WorkOpened& fact) {
    auto& out = *body.mutable_work_opened();
    out.set_kind(static_cast<v1::WorkKind>(fact.kind));
    if (fact.kind == WorkKind::dispensing) out.set_recipient(recipient_bytes(fact.recipient));
}

void write(v1::FactBody& body, const WorkClosed&) { body.mutable_work_closed(); }

void write(v1::FactBody& body, const PacksReceived& fact) {
    auto& out = *body.mutable_packs_received();
    out.set_gtin(fact.gtin.number);
    out.set_serial(fact.serial);
    out.set_lot(fact.lot);
    out.set_expires_on(days(fact.expires_on));
    out.set_packs(fact.packs);
    out.set_units_per_pack(fact.units_per_pack);
    out.set_pack(fact.pack.number);
    out.set_typed(fact.typed);
}

void write(v1::FactBody& body, const PackFractioned& fact) {
    auto& out = *body.mutable_pack_fractioned();
    out.set_pack(fact.pack.number);
    out.set_gtin(fact.gtin.number);
    out.set_serial(fact.serial);
    out.set_lot(fact.lot);
    out.set_expires_on(days(fact.expires_on));
    out.set_opened(fact.opened);
    out.set_opened_on(days(fact.opened_on));
    out.set_units_before(fact.units_before);
    for (const MadeDose& made : fact.doses) {
        auto& dose = *out.add_doses();
        dose.set_dose(made.dose.number);
        dose.set_units(made.units);
    }
    out.set_units_remaining(fact.units_remaining);
    out.set_units_wasted(fact.units_wasted);
    out.set_beyond_use_on(days(fact.beyond_use_on));
    out.set_rule(static_cast<v1::BeyondUseRule>(fact.rule));
}

void write(v1::FactBody& body, const DosesVerified& fact) {
    auto& out = *body.mutable_doses_verified();
    out.set_pack(fact.pack.number);
    for (const ThingId dose : fact.doses) out.add_doses(dose.number);
}

void write(v1::FactBody& body, const DoseDispensed& fact) {
    auto& out = *body.mutable_dose_dispensed();
    out.set_dose(fact.dose.number);
    out.set_recipient(recipient_bytes(fact.recipient));
}

void write(v1::FactBody& body, const PacksDispensed& fact) {
    auto& out = *body.mutable_packs_dispensed();
    out.set_gtin(fact.gtin.number);
    out.set_serial(fact.serial);
    out.set_lot(fact.lot);
    out.set_expires_on(days(fact.expires_on));
    out.set_packs(fact.packs);
    out.set_units_per_pack(fact.units_per_pack);
    out.set_pack(fact.pack.number);
    out.set_recipient(recipient_bytes(fact.recipient));
}

void write(v1::FactBody& body, const Reversed& fact) { body.mutable_reversed()->set_seq(fact.seq); }

void write(v1::FactBody& body, const ReaderAdopted& fact) { body.mutable_reader_adopted()->set_reader(fact.reader); }

void write(v1::FactBody& body, const DeliveryNoteNamed& fact) {
    auto& out = *body.mutable_delivery_note_named();
    out.set_supplier(fact.supplier);
    out.set_note(fact.note);
}

void write(v1::FactBody& body, const LotRecalled& fact) {
    auto& out = *body.mutable_lot_recalled();
    out.set_gtin(fact.gtin.number);
    out.set_lot(fact.lot);
    out.set_reference(fact.reference);
}

void write(v1::FactBody& body, const RecallLifted& fact) {
    auto& out = *body.mutable_recall_lifted();
    out.set_gtin(fact.gtin.number);
    out.set_lot(fact.lot);
    out.set_reference(fact.reference);
}

void write(v1::FactBody& body, const DoseReturned& fact) {
    auto& out = *body.mutable_dose_returned();
    out.set_dose(fact.dose.number);
    out.set_dispensed(fact.dispensed);
}

void write(v1::FactBody& body, const DoseReleased& fact) {
    auto& out = *body.mutable_dose_released();
    out.set_dose(fact.dose.number);
    out.set_returned(fact.returned);
}

/// What PacksReturned and PacksReleased have in common.
template <class Message, class Packs>
void write_packs(Message& out, const Packs& fact) {
    out.set_gtin(fact.gtin.number);
    out.set_serial(fact.serial);
    out.set_lot(fact.lot);
    out.set_expires_on(days(fact.expires_on));
    out.set_packs(fact.packs);
    out.set_units_per_pack(fact.units_per_pack);
    out.set_pack(fact.pack.number);
}

void write(v1::FactBody& body, const PacksReturned& fact) {
    auto& out = *body.mutable_packs_returned();
    write_packs(out, fact);
    out.set_dispensed(fact.dispensed);
}

void write(v1::FactBody& body, const PacksReleased& fact) {
    auto& out = *body.mutable_packs_released();
    write_packs(out, fact);
    out.set_returned(fact.returned);
}

void write(v1::FactBody& body, const RecipientAccessed& fact) {
    auto& out = *body.mutable_recipient_accessed();
    out.set_recipient(recipient_bytes(fact.recipient));
    out.set_purpose(static_cast<v1::AccessPurpose>(fact.purpose));
    out.set_erased(fact.erased);
}

Fact read(const v1::ProductLearned& in) {
    return ProductLearned{{in.gtin()}, in.name(), in.unit(), in.units_per_pack(), in.beyond_use_days(), in.units_per_dose()};
}

Fact read(const v1::PacksReceived& in) {
    return PacksReceived{{in.gtin()}, in.serial(),         in.lot(),    day_of(in.expires_on()),
                         in.packs(),  in.units_per_pack(), {in.pack()}, in.typed()};
}

Fact read(const v1::PackFractioned& in) {
    PackFractioned fact{{in.pack()},
                        {in.gtin()},
                        in.serial(),
                        in.lot(),
                        day_of(in.expires_on()),
                        in.opened(),
                        day_of(in.opened_on()),
                        in.units_before(),
                        {},
                        in.units_remaining(),
                        in.units_wasted(),
                        day_of(in.beyond_use_on()),
                        static_cast<BeyondUseRule>(in.rule())};
    for (const auto& made : in.doses()) fact.doses.push_back({{made.dose()}, made.units()});
    return fact;
}

Fact read(const v1::DosesVerified& in) {
    DosesVerified fact{{in.pack()}, {}};
    for (const auto dose : in.doses()) fact.doses.push_back({dose});
    return fact;
}

Fact read(const v1::PacksDispensed& in) {
    return PacksDispensed{{in.gtin()}, in.serial(),         in.lot(),    day_of(in.expires_on()),
                          in.packs(),  in.units_per_pack(), {in.pack()}, recipient_of(in.recipient())};
}

Fact read(const v1::PacksReturned& in) {
    return PacksReturned{{in.gtin()}, in.serial(),         in.lot(),    day_of(in.expires_on()),
                         in.packs(),  in.units_per_pack(), {in.pack()}, in.dispensed()};
}

Fact read(const v1::PacksReleased& in) {
    return PacksReleased{{in.gtin()}, in.serial(),         in.lot(),    day_of(in.expires_on()),
                         in.packs(),  in.units_per_pack(), {in.pack()}, in.returned()};
}

bool known_kind(v1::WorkKind kind) { return kind >= v1::RECEPTION && kind <= v1::RELEASING; }
bool gtin_fits(std::uint64_t gtin) { return gtin != 0 && gtin <= kLargestGtin; }

/// Ranges that the structs above it rely upon.
bool holds_together(const v1::FactBody& body) {
    switch (body.fact_case()) {
        case v1::FactBody::kWorkOpened: return known_kind(body.work_opened().kind());
        case v1::FactBody::kProductLearned:
            return gtin_fits(body.product_learned().gtin()) && body.product_learned().units_per_pack() > 0;
        case v1::FactBody::kPacksReceived: return gtin_fits(body.packs_received().gtin()) && body.packs_received().packs() > 0;
        case v1::FactBody::kPackFractioned:
            return gtin_fits(body.pack_fractioned().gtin()) && body.pack_fractioned().pack() != 0 &&
                   v1::BeyondUseRule_IsValid(body.pack_fractioned().rule()) && body.pack_fractioned().rule() != 0;
        case v1::FactBody::kDoseDispensed: return body.dose_dispensed().recipient().size() == Recipient{}.size();
        case v1::FactBody::kPacksDispensed:
            return gtin_fits(body.packs_dispensed().gtin()) && body.packs_dispensed().recipient().size() == Recipient{}.size();
        case v1::FactBody::kReversed: return body.reversed().seq() != 0;
        case v1::FactBody::kLotRecalled: return gtin_fits(body.lot_recalled().gtin());
        case v1::FactBody::kRecallLifted: return gtin_fits(body.recall_lifted().gtin());
        case v1::FactBody::kDoseReturned: return body.dose_returned().dispensed() != 0;
        case v1::FactBody::kDoseReleased: return body.dose_released().returned() != 0;
        case v1::FactBody::kPacksReturned: return gtin_fits(body.packs_returned().gtin()) && body.packs_returned().packs() > 0;
        case v1::FactBody::kPacksReleased: return gtin_fits(body.packs_released().gtin()) && body.packs_released().packs() > 0;
        case v1::FactBody::kRecipientAccessed:
            return body.recipient_accessed().recipient().size() == Recipient{}.size() &&
                   v1::AccessPurpose_IsValid(body.recipient_accessed().purpose()) && body.recipient_accessed().purpose() != 0;
        case v1::FactBody::kDeliveryNoteNamed:
        case v1::FactBody::kOperatorChanged:
        case v1::FactBody::kWorkClosed:
        case v1::FactBody::kDosesVerified:
        case v1::FactBody::kReaderAdopted:
        case v1::FactBody::FACT_NOT_SET: return true;
    }
    return true;
}

}  // namespace

// Facts stand in the variant in the order of their numbers; a test holds them together.
std::int32_t kind_of(const Fact& fact) { return v1::FactBody::kProductLearned + static_cast<std::int32_t>(fact.index()); }

std::string_view kind_name(std::int32_t kind) {
    const auto* field = v1::FactBody::descriptor()->FindFieldByNumber(kind);
    return field != nullptr && field->containing_oneof() != nullptr ? std::string_view{field->name()} : "unknown";
}

std::string encode_fact(const SignedFact& fact) {
    v1::FactBody body;
    body.set_work(fact.work);
    body.set_operator_(fact.operator_badge);
    body.set_witness(fact.witness_badge);
    body.set_decided_on(days(fact.decided_on));
    std::visit([&body](const auto& one) { write(body, one); }, fact.fact);
    return body.SerializeAsString();
}

Result<SignedFact> decode_fact(ByteView bytes) {
    v1::FactBody body;
    if (!body.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fail(Failure::damaged, "an entry's body is no Protobuf message, or a text in it is no UTF-8");
    }
    if (!holds_together(body)) return fail(Failure::damaged, "an entry's body has a field out of its range");
    SignedFact fact{{}, body.work(), body.operator_(), body.witness(), day_of(body.decided_on())};
    switch (body.fact_case()) {
        case v1::FactBody::kProductLearned: fact.fact = read(body.product_learned()); break;
        case v1::FactBody::kOperatorChanged: fact.fact = OperatorChanged{body.operator_changed().badge()}; break;
        case v1::FactBody::kWorkOpened:
            fact.fact =
                WorkOpened{static_cast<WorkKind>(body.work_opened().kind()), recipient_of(body.work_opened().recipient())};
            break;
        case v1::FactBody::kWorkClosed: fact.fact = WorkClosed{}; break;
        case v1::FactBody::kPacksReceived: fact.fact = read(body.packs_received()); break;
        case v1::FactBody::kPackFractioned: fact.fact = read(body.pack_fractioned()); break;
        case v1::FactBody::kDosesVerified: fact.fact = read(body.doses_verified()); break;
        case v1::FactBody::kDoseDispensed:
            fact.fact = DoseDispensed{{body.dose_dispensed().dose()}, recipient_of(body.dose_dispensed().recipient())};
            break;
        case v1::FactBody::kPacksDispensed: fact.fact = read(body.packs_dispensed()); break;
        case v1::FactBody::kReversed: fact.fact = Reversed{body.reversed().seq()}; break;
        case v1::FactBody::kReaderAdopted: fact.fact = ReaderAdopted{body.reader_adopted().reader()}; break;
        case v1::FactBody::kDeliveryNoteNamed:
            fact.fact = DeliveryNoteNamed{body.delivery_note_named().supplier(), body.delivery_note_named().note()};
            break;
        case v1::FactBody::kLotRecalled:
            fact.fact = LotRecalled{{body.lot_recalled().gtin()}, body.lot_recalled().lot(), body.lot_recalled().reference()};
            break;
        case v1::FactBody::kRecallLifted:
            fact.fact = RecallLifted{{body.recall_lifted().gtin()}, body.recall_lifted().lot(), body.recall_lifted().reference()};
            break;
        case v1::FactBody::kDoseReturned:
            fact.fact = DoseReturned{{body.dose_returned().dose()}, body.dose_returned().dispensed()};
            break;
        case v1::FactBody::kDoseReleased:
            fact.fact = DoseReleased{{body.dose_released().dose()}, body.dose_released().returned()};
            break;
        case v1::FactBody::kPacksReturned: fact.fact = read(body.packs_returned()); break;
        case v1::FactBody::kPacksReleased: fact.fact = read(body.packs_released()); break;
        case v1::FactBody::kRecipientAccessed:
            fact.fact = RecipientAccessed{recipient_of(body.recipient_accessed().recipient()),
                                          static_cast<AccessPurpose>(body.recipient_accessed().purpose()),
                                          body.recipient_accessed().erased()};
            break;
        case v1::FactBody::FACT_NOT_SET:
            return fail(Failure::newer, "an entry's body holds a fact that this version does not know");
    }
    return fact;
}

}  // namespace dosario
