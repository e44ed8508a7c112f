// SPDX-License-Identifier: Apache-2.0
// A coupon is a row of fields, most of them behind a digit that says how long they are. Optional fields begin with their own number, in
// ascending order.
#include "identity/gs1_coupon.hpp"

#include "identity/ascii.hpp"

namespace dosario {
namespace {

class Fields {
public:
    Fields(std::string_view code, Date reference) : code_(code), reference_(reference) {}

    bool ok() const { return fault_.error == CodeError::none; }
    Gs1ValueFault end() {
        if (ok() && at_ != code_.size()) refuse();
        return fault_;
    }

    /// So many digits.
    Fields& digits(std::size_t size) {
        if (ok() && code_.size() - at_ < size) refuse();
        if (ok()) at_ += size;
        return *this;
    }
    /// One digit out of these.
    Fields& one_of(std::string_view choices) {
        if (ok() && (at_ == code_.size() || choices.find(code_[at_]) == std::string_view::npos)) refuse();
        return digits(1);
    }
    /// A digit out of `choices`, and that many digits and `more`.
    Fields& counted(std::string_view choices, std::size_t more) {
        const std::size_t at = at_;
        one_of(choices);
        return ok() ? digits(static_cast<std::size_t>(code_[at] - '0') + more) : *this;
    }
    /// A company prefix behind its length, or 9 for the one of the first purchase.
    Fields& company_prefix() { return next_is('9') ? digits(1) : counted("0123456", 6); }
    Fields& date(std::string_view& day) {
        const std::size_t at = at_;
        digits(6);
        if (!ok()) return *this;
        day = code_.substr(at, 6);
        if (!gs1_is_day(day, false, reference_)) fault_ = {CodeError::bad_date, at};
        return *this;
    }
    bool next_is(char digit) const { return ok() && at_ < code_.size() && code_[at_] == digit; }
    /// True, and past it, when the optional field with that number follows.
    bool enter(char field) {
        if (!next_is(field)) return false;
        ++at_;
        return true;
    }
    void refuse() { fault_ = {CodeError::parse_failed, at_}; }

private:
    std::string_view code_;
    Date reference_;
    std::size_t at_ = 0;
    Gs1ValueFault fault_;
};

constexpr std::string_view kLengths = "12345";
constexpr std::string_view kRequirements = "012349";
constexpr std::string_view kAnyDigit = "0123456789";
constexpr std::string_view kPrefixLengths = "0123456";

Gs1ValueFault not_digits(std::string_view code) {
    for (std::size_t i = 0; i < code.size(); ++i) {
        if (!is_digit(code[i])) return {CodeError::not_numeric, i};
    }
    return {};
}

void purchase(Fields& fields) { fields.counted(kLengths, 0).one_of(kRequirements).digits(3); }

}  // namespace

Gs1ValueFault gs1_check_coupon(std::string_view code, Date reference) {
    if (const Gs1ValueFault odd = not_digits(code); odd.error != CodeError::none) return odd;
    Fields fields{code, reference};
    std::string_view expiry, start;
    fields.counted(kPrefixLengths, 6).digits(6).counted(kLengths, 0);
    purchase(fields);
    if (fields.enter('1')) {
        fields.one_of("0123");
        purchase(fields);
        fields.company_prefix();
    }
    if (fields.enter('2')) {
        purchase(fields);
        fields.company_prefix();
    }
    if (fields.enter('3')) fields.date(expiry);
    if (fields.enter('4')) fields.date(start);
    if (fields.ok() && !expiry.empty() && !start.empty() && gs1_date(expiry, reference) < gs1_date(start, reference)) {
        return {CodeError::bad_date, static_cast<std::size_t>(start.data() - code.data())};
    }
    if (fields.enter('5')) fields.counted(kAnyDigit, 6);
    if (fields.enter('6')) fields.counted("1234567", 6);
    if (fields.enter('9')) fields.one_of("01256").one_of("012").digits(1).one_of("01");
    return fields.end();
}

Gs1ValueFault gs1_check_coupon_offer(std::string_view code) {
    if (const Gs1ValueFault odd = not_digits(code); odd.error != CodeError::none) return odd;
    Fields fields{code, Date{}};
    return fields.one_of("01").counted(kPrefixLengths, 6).digits(6).counted(kAnyDigit, 6).end();
}

}  // namespace dosario
