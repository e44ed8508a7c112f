// SPDX-License-Identifier: Apache-2.0
#include "ledger/columns.hpp"

namespace dosario {

Entry entry_of(const Query& row) {
    Entry entry;
    entry.header = {natural(row, 0),
                    static_cast<std::int32_t>(row.number(2)),
                    static_cast<std::int32_t>(row.number(3)),
                    row.number(4),
                    row.number(5),
                    row.number(6),
                    static_cast<std::int32_t>(row.number(7))};
    entry.event_id = fixed<EventId>(row.blob_view(1));
    entry.body = row.blob(8);
    entry.hash = fixed<Sha256>(row.blob_view(9));
    return entry;
}

Query& bind(Query& insert, const Entry& entry) {
    const EntryHeader& header = entry.header;
    insert.bind(sql(header.seq))
        .bind(ByteView{entry.event_id})
        .bind(std::int64_t{header.kind})
        .bind(std::int64_t{header.version});
    insert.bind(header.boot).bind(header.mono_us).bind(header.wall_us).bind(std::int64_t{header.clock});
    return insert.bind(ByteView{entry.body}).bind(ByteView{entry.hash});
}

}  // namespace dosario
