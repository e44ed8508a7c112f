// SPDX-License-Identifier: Apache-2.0
#include "http/json.hpp"

#include "base/time.hpp"
#include "dosario/v1/control.pb.h"
#include "dosario/v1/facts.pb.h"
#include "identity/identity.hpp"

#include <boost/json.hpp>
#include <google/protobuf/util/json_util.h>

namespace dosario {
namespace {

namespace pb = google::protobuf;
namespace json = boost::json;

enum class Style { api, body };

json::value message_value(const pb::Message& message, Style style);

json::value number_value(const pb::FieldDescriptor& field, std::uint64_t number, Style style) {
    if (style == Style::body && field.type() == pb::FieldDescriptor::TYPE_FIXED64) {
        return number == 0 ? json::value(nullptr) : json::value(thing_text({number}));
    }
    if (style == Style::body && field.name() == "gtin") return json::value(Gtin{number}.text());
    return number;
}

json::value bytes_value(const std::string& bytes) { return json::value(to_hex(as_bytes(bytes))); }

/// One value of a field; `index` is negative for a field that is not repeated.
json::value field_value(const pb::Message& message, const pb::FieldDescriptor& field, int index, Style style) {
    const pb::Reflection& reflection = *message.GetReflection();
    const bool repeated = index >= 0;
    std::string scratch;
    switch (field.cpp_type()) {
        case pb::FieldDescriptor::CPPTYPE_BOOL:
            return repeated ? reflection.GetRepeatedBool(message, &field, index) : reflection.GetBool(message, &field);
        case pb::FieldDescriptor::CPPTYPE_INT32: {
            const auto number =
                repeated ? reflection.GetRepeatedInt32(message, &field, index) : reflection.GetInt32(message, &field);
            if (style == Style::body && field.name().ends_with("_on")) {
                return number == 0 ? json::value(nullptr) : json::value(format_date(Date{std::chrono::days{number}}));
            }
            return number;
        }
        case pb::FieldDescriptor::CPPTYPE_UINT32:
            return repeated ? reflection.GetRepeatedUInt32(message, &field, index) : reflection.GetUInt32(message, &field);
        case pb::FieldDescriptor::CPPTYPE_INT64:
            return repeated ? reflection.GetRepeatedInt64(message, &field, index) : reflection.GetInt64(message, &field);
        case pb::FieldDescriptor::CPPTYPE_UINT64:
            return number_value(
                field, repeated ? reflection.GetRepeatedUInt64(message, &field, index) : reflection.GetUInt64(message, &field),
                style);
        case pb::FieldDescriptor::CPPTYPE_ENUM: {
            const auto* value =
                repeated ? reflection.GetRepeatedEnum(message, &field, index) : reflection.GetEnum(message, &field);
            std::string name = value->name();
            for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            return json::value(name);
        }
        case pb::FieldDescriptor::CPPTYPE_STRING: {
            const std::string& text = repeated ? reflection.GetRepeatedStringReference(message, &field, index, &scratch)
                                               : reflection.GetStringReference(message, &field, &scratch);
            return field.type() == pb::FieldDescriptor::TYPE_BYTES ? bytes_value(text) : json::value(text);
        }
        case pb::FieldDescriptor::CPPTYPE_MESSAGE:
            return message_value(
                repeated ? reflection.GetRepeatedMessage(message, &field, index) : reflection.GetMessage(message, &field), style);
        case pb::FieldDescriptor::CPPTYPE_FLOAT:
        case pb::FieldDescriptor::CPPTYPE_DOUBLE: return nullptr;  // no message of ours has any
    }
    return nullptr;
}

/// The body of a log entry holds JSON text already: it is shown as the object it is.
bool holds_json(const pb::FieldDescriptor& field) {
    return field.full_name() == "dosario.v1.LogEntry.body" || field.full_name() == "dosario.v1.CollectorLogEntry.body";
}

json::value message_value(const pb::Message& message, Style style) {
    const pb::Descriptor& type = *message.GetDescriptor();
    const pb::Reflection& reflection = *message.GetReflection();
    json::object object;
    for (int i = 0; i < type.field_count(); ++i) {
        const pb::FieldDescriptor& field = *type.field(i);
        if (field.is_repeated()) {
            json::array& array = object[field.name()].emplace_array();
            for (int k = 0; k < reflection.FieldSize(message, &field); ++k)
                array.push_back(field_value(message, field, k, style));
        } else if (field.has_presence() && !reflection.HasField(message, &field)) {
            object[field.name()] = nullptr;
        } else if (holds_json(field)) {
            boost::system::error_code broken;
            object[field.name()] = json::parse(reflection.GetString(message, &field), broken);
        } else {
            object[field.name()] = field_value(message, field, -1, style);
        }
    }
    return object;
}

}  // namespace

std::string to_json(const pb::Message& message) { return json::serialize(message_value(message, Style::api)); }

std::string fit_for_json(const std::string& text) {
    boost::system::error_code not_utf8;
    json::parse(json::serialize(text), not_utf8);
    return not_utf8 ? escape(text) : text;
}

Result<void> from_json(std::string_view text, pb::Message& message) {
    if (text.empty()) return {};
    boost::system::error_code broken;
    (void)json::parse({text.data(), text.size()}, broken);  // protobuf lets some text through that is no UTF-8
    if (broken) return fail(Failure::invalid, "the request is not JSON in UTF-8 (" + broken.message() + ")");
    const auto status = pb::util::JsonStringToMessage(
        pb::StringPiece{text.data(), static_cast<pb::stringpiece_internal::StringPiece::size_type>(text.size())}, &message);
    if (status.ok()) return {};
    // What was sent is not repeated: it may be somebody's document.
    return fail(
        Failure::invalid,
        "the request is not the JSON that is expected here: is a key misspelt, a type wrong, or `content` not base64? api.md (docs/ in the sources, /usr/share/doc/dosario when installed) lists the fields");
}

std::string body_json(ByteView bytes) {
    v1::FactBody body;
    if (!body.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || body.fact_case() == v1::FactBody::FACT_NOT_SET)
        return "{}";
    const auto& field = *v1::FactBody::descriptor()->FindFieldByNumber(static_cast<int>(body.fact_case()));
    json::value fact = message_value(body.GetReflection()->GetMessage(body, &field), Style::body);
    if (body.decided_on() != 0) fact.as_object()["decided_on"] = format_date(Date{std::chrono::days{body.decided_on()}});
    return json::serialize(fact);
}

}  // namespace dosario
