// SPDX-License-Identifier: Apache-2.0
#include "control/persons_view.hpp"

#include <algorithm>

namespace dosario {
namespace {

struct NamedPurpose {
    std::string_view name;
    AccessPurpose purpose;
};

constexpr NamedPurpose kPurposes[] = {
    {"recall", AccessPurpose::recall},
    {"adverse_event", AccessPurpose::adverse_event},
    {"dispensing_error", AccessPurpose::dispensing_error},
    {"persons_own_request", AccessPurpose::persons_own_request},
    {"authority_request", AccessPurpose::authority_request},
};

/// `country|id_kind|number`.
void show_document(std::string_view text, v1::PersonLine& line) {
    const auto first = text.find('|');
    const auto second = text.find('|', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return;
    line.set_country(std::string{text.substr(0, first)});
    line.set_id_kind(std::string{text.substr(first + 1, second - first - 1)});
    line.set_number(std::string{text.substr(second + 1)});
}

}  // namespace

Result<AccessPurpose> access_purpose(const std::string& name) {
    for (const NamedPurpose& one : kPurposes) {
        if (one.name == name) return one.purpose;
    }
    return invalid("say why: recall, adverse_event, dispensing_error, persons_own_request or authority_request");
}

Result<std::vector<Recipient>> visits_asked_for(PersonTable& persons, const v1::PersonsRequest& request) {
    if (request.recipient().empty() == request.document().empty())
        return invalid("one of the two is wanted: the reference of a visit, or a person's document");
    if (!request.recipient().empty()) {
        const auto bytes = from_hex(request.recipient());
        Recipient recipient;
        if (!bytes || bytes->size() != recipient.size())
            return invalid("a visit's reference is 32 hexadecimal digits, as a history shows it");
        std::copy(bytes->begin(), bytes->end(), recipient.begin());
        return std::vector<Recipient>{recipient};
    }
    const auto person = identify_person(request.document());
    if (const auto* fault = std::get_if<CodeFault>(&person))
        return invalid("this is no document that can be read: at character " + std::to_string(fault->offset + 1) +
                       " (DNI, CUIT/CUIL, CURP, RUT, CPF or CNS)");
    auto visits = persons.visits_of(std::get<Person>(person), kMostVisits);
    if (visits && visits->empty()) return fail(Failure::not_found, "no visit is kept of this document");
    return visits;
}

Result<void> show_visit(PersonTable& persons, const Recipient& visit, bool named, v1::PersonsReply& reply) {
    if (!named) {
        reply.add_persons()->set_recipient(to_hex(visit));
        return {};
    }
    const auto kept = persons.find(visit);
    if (!kept) return kept.error();
    v1::PersonLine& line = *reply.add_persons();
    line.set_recipient(to_hex(visit));
    line.set_kept_on(format_date(kept->kept_on));
    line.set_pseudonym(kept->pseudonym);
    if (kept->document) show_document(kept->document->view(), line);
    return {};
}

}  // namespace dosario
