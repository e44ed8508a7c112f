// SPDX-License-Identifier: Apache-2.0
// The table of persons from the desk: who is kept, who may look, and what of it is booked.
#include "control/api.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace dosario;
using namespace dosario::test;

namespace {

v1::PersonsRequest about(const std::string& recipient, const char* purpose = "recall", const char* who = kAna) {
    v1::PersonsRequest request;
    request.set_recipient(recipient);
    request.set_purpose(purpose);
    request.set_operator_(who);
    return request;
}

/// One group, as the API does it.
Result<v1::PersonsReply> ask(Counter& counter, bool forget, const v1::PersonsRequest& request) {
    Result<v1::PersonsReply> reply = fail(Failure::io, "not asked");
    const Job job{[&](Service& service) { reply = forget ? service.forget_persons(request) : service.open_persons(request); },
                  [&](const std::optional<Error>& failed) {
                      if (failed) reply = *failed;
                  }};
    (void)counter.run(job);
    if (!reply || !forget) return reply;
    if (auto done = counter.service().finish_forgetting(); !done) return done.error();
    return reply;
}

std::string last_visit(Counter& counter) {
    return counter.rows("SELECT lower(hex(recipient)) FROM work ORDER BY work DESC LIMIT 1");
}

Answer dispense_to(Counter& counter, const char* person, const std::string& box) {
    counter.scan(kDispense);
    if (*person != '\0') CHECK(counter.scan(person).what() == "work_opened");
    return counter.scan(box);
}

}  // namespace

TEST_CASE("a document opens a visit, and the table alone knows whose", "[persons]") {
    Counter counter{{.persons = KeepPersons::sealed}};
    counter.scan(kAna);
    for (const char* serial : {"S1", "S2"}) counter.scan(Scan{Box{.serial = serial}.code()}.mode("receive"));
    CHECK(dispense_to(counter, kPerson, Box{.serial = "S1"}.code()).what() == "dispensed");
    const std::string first = last_visit(counter);
    CHECK(counter.scan(kPerson).what() == "work_opened");  // the next one in the row
    CHECK(counter.scan(Box{.serial = "S2"}.code()).what() == "dispensed");
    const std::string second = last_visit(counter);
    CHECK(first != second);

    const auto seen = ask(counter, false, about(first));
    REQUIRE(seen.has_value());
    CHECK(seen->persons(0).id_kind() == "DNI");
    CHECK(seen->persons(0).number() == "12345678");
    CHECK(ask(counter, false, about(second, "adverse_event"))->persons(0).pseudonym() == seen->persons(0).pseudonym());
    const auto entry = counter.ledger().fact(seen->seq(0));
    const auto& booked = std::get<RecipientAccessed>(entry->fact);
    CHECK(to_hex(booked.recipient) == first);
    CHECK(booked.purpose == AccessPurpose::recall);
    CHECK_FALSE(booked.erased);
    CHECK(entry->operator_badge == kAna + std::string_view{"DOSARIO.B."}.size());

    v1::PersonsRequest by_document = about("", "persons_own_request");
    by_document.set_document("12.345.678");
    const auto both = ask(counter, false, by_document);
    REQUIRE(both.has_value());
    CHECK(both->persons_size() == 2);
    CHECK(both->seq_size() == 2);
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("who is forgotten is booked as forgotten, and the goods stay booked", "[persons]") {
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    dispense_to(counter, kPerson, Box{.serial = "S1"}.code());
    const std::string visit = last_visit(counter);
    v1::PersonsRequest request = about("", "persons_own_request");
    request.set_document("12345678");
    const auto forgotten = ask(counter, true, request);
    REQUIRE(forgotten.has_value());
    REQUIRE(forgotten->persons_size() == 1);
    CHECK(forgotten->persons(0).recipient() == visit);
    CHECK(forgotten->persons(0).pseudonym().empty());
    CHECK(std::get<RecipientAccessed>(counter.ledger().fact(forgotten->seq(0))->fact).erased);
    CHECK(ask(counter, false, about(visit)).error().failure == Failure::not_found);
    CHECK(ask(counter, false, request).error().failure == Failure::not_found);
    CHECK(ask(counter, true, about(visit))->seq_size() == 1);  // again by its reference: booked again, whatever there was
    CHECK(counter.scan(Box{.serial = "S1"}.code()).what() == "already_dispensed");
    REQUIRE(counter.reopen().has_value());
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("nobody is forgotten when it could not be booked", "[persons]") {
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    dispense_to(counter, kPerson, Box{.serial = "S1"}.code());
    const std::string visit = last_visit(counter);
    const Job broken{[&](Service& service) {
                         CHECK(service.forget_persons(about(visit)).has_value());
                         counter.ledger().rollback();  // as a full disk does in the middle
                     },
                     [](const std::optional<Error>& failed) { CHECK(failed.has_value()); }};
    (void)counter.run(broken);
    REQUIRE(counter.service().finish_forgetting().has_value());
    CHECK(ask(counter, false, about(visit)).has_value());
}

TEST_CASE("looking wants a badge, a reason and one visit or document", "[persons]") {
    Counter counter;
    const std::string visit(32, 'a');
    const auto refused = [&](const v1::PersonsRequest& request, Failure why) {
        for (const bool forget : {false, true}) {
            const auto reply = ask(counter, forget, request);
            REQUIRE_FALSE(reply.has_value());
            CHECK(reply.error().failure == why);
        }
    };
    refused(about(visit, "recall", ""), Failure::refused);
    refused(about(visit, "curiosity"), Failure::invalid);
    refused(about(visit, ""), Failure::invalid);
    refused(about(visit, "recall", "ANA"), Failure::invalid);
    refused(about(""), Failure::invalid);
    refused(about("12345678"), Failure::invalid);
    v1::PersonsRequest both = about(visit);
    both.set_document("12345678");
    refused(both, Failure::invalid);
    v1::PersonsRequest wrong = about("");
    wrong.set_document("20-26756539-4");
    refused(wrong, Failure::invalid);
    CHECK(ask(counter, false, wrong).error().message.find("26756539") == std::string::npos);
    CHECK(ask(counter, false, about(visit)).error().failure == Failure::not_found);
    CHECK(counter.rows("SELECT count(*) FROM event WHERE kind = 28") == "0");
}

TEST_CASE("when nobody can be kept the visit is not begun, and work goes on without a document", "[persons]") {
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    counter.scan(Scan{Box{.serial = "S2"}.code()}.mode("receive"));
    write_file(counter.directory() + "/persons.db", std::string(8192, 'x'));
    CHECK(counter.scan(kDispense).what() == "work_opened");
    CHECK(counter.scan(Box{.serial = "S1"}.code()).what() == "dispensed");
    const Seq head = counter.ledger().head_seq();
    const Answer stopped = counter.scan(kPerson);
    CHECK(stopped.what() == "person_not_kept");
    CHECK(stopped.sound() == "stop");
    CHECK(counter.ledger().head_seq() == head);
    const auto status = counter.service().status({});
    CHECK(status->warnings(0).find("persons.db") != std::string::npos);
    CHECK(counter.scan(kDone).what() == "work_closed");
    CHECK(counter.scan(kDispense).what() == "work_opened");
    CHECK(counter.scan(Box{.serial = "S2"}.code()).what() == "dispensed");
    REQUIRE(::unlink((counter.directory() + "/persons.db").c_str()) == 0);
    CHECK(counter.scan(kPerson).what() == "work_opened");
    CHECK(counter.service().status({})->warnings_size() == 0);
}

TEST_CASE("the ledger needs no table of persons", "[persons]") {
    Counter counter{{.persons = KeepPersons::sealed}};
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    dispense_to(counter, kPerson, Box{.serial = "S1"}.code());
    const std::string pseudonym = ask(counter, false, about(last_visit(counter)))->persons(0).pseudonym();
    counter.close();
    for (const char* name : {"/persons.db", "/persons.db-wal"}) {
        const std::string file = counter.directory() + name;
        ::unlink(file.c_str());
    }
    const std::string everything = read_file(counter.file());
    CHECK(everything.find(pseudonym) == std::string::npos);
    CHECK(everything.find("12345678") == std::string::npos);
    REQUIRE(counter.reopen().has_value());
    REQUIRE(rebuild(counter.ledger()).has_value());
    CHECK(first_fault(counter.verify()) == "");
    CHECK(ask(counter, false, about(last_visit(counter))).error().failure == Failure::not_found);
}
