// SPDX-License-Identifier: Apache-2.0
#include "wire/uplink_messages.hpp"

#include <limits>

namespace dosario {
namespace {

bool fits(std::uint64_t number) { return number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()); }
bool fits32(std::uint32_t number) { return number <= static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max()); }

}  // namespace

void put(v1::UplinkEntry& out, const Entry& entry) {
    out.set_seq(entry.header.seq);
    out.set_event_id(text_of(entry.event_id));
    out.set_kind(static_cast<std::uint32_t>(entry.header.kind));
    out.set_version(static_cast<std::uint32_t>(entry.header.version));
    out.set_boot(static_cast<std::uint64_t>(entry.header.boot));
    out.set_mono_us(entry.header.mono_us);
    out.set_wall_us(entry.header.wall_us);
    out.set_clock(static_cast<std::uint32_t>(entry.header.clock));
    out.set_body(text_of(entry.body));
    out.set_hash(text_of(entry.hash));
}

std::optional<Entry> entry_of(const v1::UplinkEntry& in) {
    const auto id = exactly<EventId>(in.event_id());
    const auto hash = exactly<Sha256>(in.hash());
    if (!id || !hash || in.seq() == 0 || !fits(in.seq()) || !fits32(in.kind()) || !fits32(in.version()) || !fits(in.boot()) ||
        in.clock() > 1 || in.body().size() > kLargestBody) {
        return std::nullopt;
    }
    Entry entry;
    entry.header = {in.seq(),
                    static_cast<std::int32_t>(in.kind()),
                    static_cast<std::int32_t>(in.version()),
                    static_cast<std::int64_t>(in.boot()),
                    in.mono_us(),
                    in.wall_us(),
                    static_cast<std::int32_t>(in.clock())};
    entry.event_id = *id;
    const ByteView body = as_bytes(in.body());
    entry.body.assign(body.begin(), body.end());
    entry.hash = *hash;
    return entry;
}

std::optional<std::vector<Entry>> entries_of(const google::protobuf::RepeatedPtrField<v1::UplinkEntry>& in) {
    if (in.size() > static_cast<int>(kMostEntriesInBatch)) return std::nullopt;
    std::vector<Entry> out;
    out.reserve(static_cast<std::size_t>(in.size()));
    for (const auto& each : in) {
        auto entry = entry_of(each);
        if (!entry || (!out.empty() && entry->header.seq != out.back().header.seq + 1)) return std::nullopt;
        out.push_back(std::move(*entry));
    }
    return out;
}

void append_message(Bytes& out, const v1::Envelope& message) { append_frame(out, message.SerializeAsString()); }

Result<std::optional<v1::Envelope>> MessageReader::next() {
    const auto frame = frames_.next();
    if (!frame) {
        if (frames_.broken()) return fail(Failure::invalid, "a frame's length is 0, or more than is allowed here");
        return std::optional<v1::Envelope>{};
    }
    v1::Envelope message;
    if (!message.ParseFromArray(frame->data(), static_cast<int>(frame->size())))
        return fail(Failure::invalid, "a frame holds no message of the uplink");
    return std::optional<v1::Envelope>{std::move(message)};
}

}  // namespace dosario
