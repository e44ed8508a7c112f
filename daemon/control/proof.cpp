// SPDX-License-Identifier: Apache-2.0
#include "control/proof.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPage = 256;
constexpr std::size_t kPage_bytes = 256 * 1024;

std::string first_line(const std::string& ledger, Seq seq, Seq to, const std::string& previous) {
    return "{\"dosario_proof\":1,\"ledger\":\"" + ledger + "\",\"entry\":" + std::to_string(seq) +
           ",\"to\":" + std::to_string(to) + ",\"previous\":\"" + previous + "\"}";
}

std::string entry_line(const Entry& entry) {
    const EntryHeader& header = entry.header;
    return "{\"seq\":" + std::to_string(header.seq) + ",\"event_id\":\"" + to_hex(entry.event_id) +
           "\",\"kind\":" + std::to_string(header.kind) + ",\"version\":" + std::to_string(header.version) +
           ",\"boot\":" + std::to_string(header.boot) + ",\"mono_us\":" + std::to_string(header.mono_us) +
           ",\"wall_us\":" + std::to_string(header.wall_us) + ",\"clock\":" + std::to_string(header.clock) + ",\"body\":\"" +
           to_hex(entry.body) + "\",\"hash\":\"" + to_hex(entry.hash) + "\"}";
}

std::string last_line(const ShortCode& head) {
    return "{\"head\":" + std::to_string(head.seq) + ",\"code\":\"" + code_text(head) + "\"}";
}

/// Exactly so many bytes from hex; nothing otherwise.
template <class Array>
bool read_hex(const std::string& text, Array& out) {
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != out.size()) return false;
    std::copy(bytes->begin(), bytes->end(), out.begin());
    return true;
}

std::optional<Entry> entry_of(const v1::ProofEntry& row) {
    Entry entry;
    entry.header = {row.seq(), row.kind(), row.version(), row.boot(), row.mono_us(), row.wall_us(), row.clock()};
    auto body = from_hex(row.body());
    if (!body || !read_hex(row.event_id(), entry.event_id) || !read_hex(row.hash(), entry.hash)) return std::nullopt;
    entry.body = std::move(*body);
    return entry;
}

/// The values of a line. What is missing or of another type reads as nothing, and then the line is not as it would be made.
class Line {
public:
    explicit Line(std::string_view text) {
        boost::system::error_code broken;
        value_ = json::parse({text.data(), text.size()}, broken);
    }
    bool has(const char* key) const { return find(key) != nullptr; }
    std::string text(const char* key) const {
        const json::value* found = find(key);
        return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
    }
    template <class Number>
    Number number(const char* key) const {
        const json::value* found = find(key);
        if (found == nullptr || !found->is_number()) return 0;
        boost::system::error_code broken;
        const auto number = found->to_number<Number>(broken);
        return broken ? Number{0} : number;
    }

private:
    const json::value* find(const char* key) const { return value_.is_object() ? value_.as_object().if_contains(key) : nullptr; }
    json::value value_;
};

Error wrong(const std::string& what) { return fail(Failure::refused, "this proof does not hold: " + what); }

Error no_such_range(Seq seq, Seq to, Seq head) {
    if (seq == 0 || seq > head)
        return fail(Failure::invalid, "there is no entry " + std::to_string(seq) + ": the last one is " + std::to_string(head));
    if (to < seq || to > head)
        return fail(Failure::invalid, "a proof of entry " + std::to_string(seq) +
                                          " goes up to an entry between it and the last one, " + std::to_string(head));
    return fail(Failure::invalid, "there are " + std::to_string(to - seq + 1) + " entries up to there, and a proof has at most " +
                                      std::to_string(kMostProven) + ": name a nearer one with --to, of a day sheet");
}

}  // namespace

Result<v1::ProofReply> proof_reply(Ledger& ledger, const v1::ProofRequest& request) {
    const Seq after = request.after();
    if (after > ledger.head_seq()) return fail(Failure::not_found, "there is no entry " + std::to_string(after));
    const auto previous = ledger.hashes_at({&after, 1});
    if (!previous) return previous.error();
    const std::uint32_t limit = request.limit() == 0 ? kPage : std::min(request.limit(), kPage);
    const auto entries = ledger.entries_after(after, limit, kPage_bytes);
    if (!entries) return entries.error();
    v1::ProofReply reply;
    reply.set_ledger(to_hex(ledger.id()));
    reply.set_head_seq(ledger.head_seq());
    reply.set_previous(to_hex(previous->front()));
    for (const Entry& entry : *entries) {
        v1::ProofEntry& row = *reply.add_entries();
        row.set_seq(entry.header.seq);
        row.set_event_id(to_hex(entry.event_id));
        row.set_kind(entry.header.kind);
        row.set_version(entry.header.version);
        row.set_boot(entry.header.boot);
        row.set_mono_us(entry.header.mono_us);
        row.set_wall_us(entry.header.wall_us);
        row.set_clock(entry.header.clock);
        row.set_body(to_hex(entry.body));
        row.set_hash(to_hex(entry.hash));
    }
    return reply;
}

Result<Seq> write_proof(const Digest& digest, Seq seq, Seq to, const ProofPages& pages, const ProofLines& lines) {
    Seq after = seq == 0 ? 0 : seq - 1;
    auto page = pages(after);
    if (!page && page.error().failure == Failure::not_found) {
        const auto first = pages(0);
        return first ? no_such_range(seq, seq, first->head_seq()) : first.error();
    }
    if (!page) return page.error();
    const Seq head = page->head_seq();
    if (to == 0) to = head;
    if (seq == 0 || seq > head || to < seq || to > head || to - seq >= kMostProven) return no_such_range(seq, to, head);
    LedgerId ledger{};
    Sha256 previous{};
    const auto not_understood = [] {
        return fail(Failure::io, "the daemon's answer is not understood: is it of another version?");
    };
    if (!read_hex(page->ledger(), ledger) || !read_hex(page->previous(), previous)) return not_understood();
    if (auto written = lines(first_line(page->ledger(), seq, to, page->previous()) + "\n"); !written) return written.error();
    while (after < to) {
        for (const v1::ProofEntry& row : page->entries()) {
            if (after == to) break;
            const auto entry = entry_of(row);
            if (!entry) return not_understood();
            if (entry->header.seq != after + 1 || !follows(digest, ledger, previous, *entry)) {
                return fail(Failure::damaged,
                            "entry " + std::to_string(after + 1) +
                                " is missing or was changed, so nothing can be proven by it: run `dosario ledger verify`");
            }
            if (auto written = lines(entry_line(*entry) + "\n"); !written) return written.error();
            previous = entry->hash;
            after = entry->header.seq;
        }
        if (after == to) break;
        if (page->entries().empty()) return fail(Failure::damaged, "entry " + std::to_string(after + 1) + " is missing");
        page = pages(after);
        if (!page) return page.error();
    }
    if (auto written = lines(last_line(short_code(to, previous)) + "\n"); !written) return written.error();
    return to;
}

Result<void> ProofCheck::line(std::string_view text) {
    if (text.size() > kLongestProofLine) return wrong("a line is longer than any of a proof");
    if (ended_) return wrong("something follows its last line");
    ++lines_;
    if (lines_ == 1) return first(text);
    return seq_ < to_ ? next(text) : last(text);
}

Result<void> ProofCheck::first(std::string_view text) {
    const Line line{text};
    if (!line.has("dosario_proof"))
        return wrong("it does not begin as a proof of Dosario (the first line has no \"dosario_proof\")");
    if (line.number<int>("dosario_proof") > 1) return fail(Failure::newer, "this proof was made by a newer version of Dosario");
    first_ = line.number<Seq>("entry");
    to_ = line.number<Seq>("to");
    const bool read = read_hex(line.text("ledger"), ledger_) && read_hex(line.text("previous"), previous_);
    if (!read || text != first_line(to_hex(ledger_), first_, to_, to_hex(previous_)))
        return wrong("its first line is not as Dosario writes it");
    if (first_ == 0 || to_ < first_ || to_ - first_ >= kMostProven)
        return wrong("the entries that its first line names cannot be");
    seq_ = first_ - 1;
    // The code of the sheet may be of the entry before the first: then the first line has its hash.
    if (wanted_ && wanted_->seq == seq_ && short_code(seq_, previous_) != *wanted_)
        return wrong("the hash before the entry is not the one of that code");
    return {};
}

Result<void> ProofCheck::next(std::string_view text) {
    const std::string name = "entry " + std::to_string(seq_ + 1);
    const Line line{text};
    Entry entry;
    entry.header = {line.number<Seq>("seq"),           line.number<std::int32_t>("kind"),    line.number<std::int32_t>("version"),
                    line.number<std::int64_t>("boot"), line.number<std::int64_t>("mono_us"), line.number<std::int64_t>("wall_us"),
                    line.number<std::int32_t>("clock")};
    auto body = from_hex(line.text("body"));
    const bool read = body && read_hex(line.text("event_id"), entry.event_id) && read_hex(line.text("hash"), entry.hash);
    if (read) entry.body = std::move(*body);
    if (!read || text != entry_line(entry)) return wrong("the line of " + name + " is not as Dosario writes it");
    if (entry.header.seq != seq_ + 1) return wrong(name + " is missing");
    if (!follows(digest_, ledger_, previous_, entry))
        return wrong("the hash of " + name + " does not follow from it and those before: something of it was changed");
    if (wanted_ && wanted_->seq == entry.header.seq && short_code(entry.header.seq, entry.hash) != *wanted_)
        return wrong(name + " has another hash than the code says: the ledger was changed since, or it is of another one");
    seq_ = entry.header.seq;
    previous_ = entry.hash;
    if (seq_ == first_) entry_ = std::move(entry);
    return {};
}

Result<void> ProofCheck::last(std::string_view text) {
    if (text != last_line(head())) return wrong("its last line is not the short code of its last entry");
    ended_ = true;
    return {};
}

Result<void> ProofCheck::end() const {
    if (lines_ == 0) return wrong("the file is empty");
    if (!ended_) return wrong("it breaks off after entry " + std::to_string(seq_));
    if (wanted_ && (wanted_->seq + 1 < first_ || wanted_->seq > to_)) {
        return wrong("it goes from entry " + std::to_string(first_) + " to " + std::to_string(to_) +
                     " and says nothing of entry " + std::to_string(wanted_->seq) +
                     ", of which that code is; have it made with --to " + std::to_string(wanted_->seq));
    }
    return {};
}

}  // namespace dosario
