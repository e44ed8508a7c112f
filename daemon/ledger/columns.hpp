// SPDX-License-Identifier: Apache-2.0
// Values of ours as columns of SQLite, and back.
#pragma once

#include "identity/identity.hpp"
#include "ledger/sqlite.hpp"
#include "wire/chain.hpp"
#include "workflow/stock.hpp"

#include <algorithm>

namespace dosario {

inline std::int64_t sql(Date day) { return day.time_since_epoch().count(); }
inline std::int64_t sql(UtcTime at) { return at.time_since_epoch().count(); }
inline std::int64_t sql(std::uint64_t number) { return static_cast<std::int64_t>(number); }
inline std::int64_t sql(Gtin gtin) { return sql(gtin.number); }
inline std::int64_t sql(Place place) { return static_cast<std::int64_t>(place); }
inline std::int64_t sql(ThingId thing) { return sql(thing.number); }
/// The way back of sql(std::uint64_t).
inline std::uint64_t natural(const Query& query, int column) { return static_cast<std::uint64_t>(query.number(column)); }

/// The first bytes as an array, zeros where there are fewer.
template <class Array>
Array fixed(ByteView bytes) {
    Array out{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), out.size()), out.begin());
    return out;
}

/// The entry in a row that begins with seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash.
Entry entry_of(const Query& row);
/// The way back: binds the next ten parameters, in that order.
Query& bind(Query& insert, const Entry& entry);

}  // namespace dosario
