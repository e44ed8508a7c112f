// SPDX-License-Identifier: Apache-2.0
#include "ledger/seal.hpp"

#include <boost/endian/conversion.hpp>

#include <sqlite3.h>

namespace dosario {
namespace {

void put_number(Bytes& out, std::uint64_t number) {
    unsigned char bytes[8];
    boost::endian::store_big_u64(bytes, number);
    for (const unsigned char byte : bytes) out.push_back(std::byte{byte});
}

void put(Bytes& out, sqlite3_value* value) {
    const int kind = sqlite3_value_type(value);
    out.push_back(std::byte{static_cast<unsigned char>(kind)});
    if (kind == SQLITE_INTEGER) {
        put_number(out, 8);
        put_number(out, static_cast<std::uint64_t>(sqlite3_value_int64(value)));
        return;
    }
    // A real number is none of ours: its text tells it from an integer.
    const auto* bytes = static_cast<const std::byte*>(sqlite3_value_blob(value));
    const auto length = static_cast<std::size_t>(sqlite3_value_bytes(value));
    put_number(out, length);
    if (length > 0) out.insert(out.end(), bytes, bytes + length);
}

void seal(sqlite3_context* context, int count, sqlite3_value** values) {
    const auto& digest = *static_cast<const Digest*>(sqlite3_user_data(context));
    Bytes row;
    for (int i = 0; i < count; ++i) put(row, values[i]);
    const std::span<const std::byte> parts[] = {as_bytes("dosario.row.1"), row};
    const Sha256 hash = digest.sha256(parts);
    sqlite3_result_blob(context, hash.data(), static_cast<int>(hash.size()), SQLITE_TRANSIENT);
}

}  // namespace

Result<void> add_seal(sqlite3* connection, const Digest& digest) {
    constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    const int code =
        sqlite3_create_function_v2(connection, "seal", -1, kFlags, const_cast<Digest*>(&digest), seal, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return Database::explain(code, sqlite3_errmsg(connection));
    return {};
}

}  // namespace dosario
