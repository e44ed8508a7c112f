// SPDX-License-Identifier: Apache-2.0
#include "app/reporting.hpp"

#include "app/backing_up.hpp"
#include "ledger/columns.hpp"

#include <sys/stat.h>

#include <future>
#include <system_error>

namespace dosario {
namespace {

/// Entries in a page of the copy, and of the ledger: a scan waits for one page at most.
constexpr std::size_t kPageOfCopy = 4096;
constexpr std::size_t kPageOfLedger = 256;
constexpr std::size_t kMostLots = 100'000;
constexpr auto kQueueFull = std::chrono::milliseconds{50};

Error stopped() { return fail(Failure::unavailable, "the daemon stops: ask for the report again"); }

Result<MovesWanted> wanted_by(const v1::MovesRequest& request) {
    const auto from = parse_date(request.from()), to = parse_date(request.to());
    if (!from || !to) return fail(Failure::invalid, "both days are wanted, as 2027-06-30");
    if (*from > *to) return fail(Failure::invalid, "the first day is after the last one");
    MovesWanted wanted{*from, *to, std::nullopt};
    if (request.gtin().empty()) return wanted;
    wanted.gtin = parse_gtin(request.gtin());
    if (!wanted.gtin)
        return fail(Failure::invalid, "this is no GTIN: 8, 12, 13 or 14 digits with a right check digit are wanted");
    return wanted;
}

void add(v1::LotMoves& sum, const LotMove& move) {
    sum.set_received_packs(sum.received_packs() + move.received_packs);
    sum.set_received_units(sum.received_units() + move.received_units);
    sum.set_dispensed_packs(sum.dispensed_packs() + move.dispensed_packs);
    sum.set_dispensed_doses(sum.dispensed_doses() + move.dispensed_doses);
    sum.set_dispensed_units(sum.dispensed_units() + move.dispensed_units);
    sum.set_returned_packs(sum.returned_packs() + move.returned_packs);
    sum.set_returned_doses(sum.returned_doses() + move.returned_doses);
    sum.set_returned_units(sum.returned_units() + move.returned_units);
    sum.set_wasted_units(sum.wasted_units() + move.wasted_units);
}

}  // namespace

class Reporting::Run {
public:
    Run(std::string directory, LedgerThread& ledger, MovesWanted wanted, const std::atomic<bool>& stopping)
        : directory_(std::move(directory)), ledger_(ledger), wanted_(std::move(wanted)), stopping_(stopping) {}

    Result<v1::MovesReply> run() {
        if (auto read = read_copy(); !read) return read.error();
        if (auto read = read_ledger(); !read) return read.error();
        for (auto& [lot, line] : lines_) *reply_.add_lines() = std::move(line);
        return std::move(reply_);
    }

private:
    /// On the ledger thread, between groups; waits for it.
    template <class T>
    Result<T> ask(std::function<Result<T>(Service&)> question) {
        auto asked = std::make_shared<std::promise<Result<T>>>();
        auto answer = asked->get_future();
        const LedgerThread::Chore chore = [asked, question = std::move(question)](Service& service) {
            asked->set_value(question(service));
            return false;
        };
        while (!ledger_.post_chore(chore)) {
            if (stopping_) return stopped();
            std::this_thread::sleep_for(kQueueFull);
        }
        asked.reset();
        while (answer.wait_for(kQueueFull) != std::future_status::ready) {
            if (stopping_) return stopped();
        }
        return answer.get();
    }

    /// Last night's copy counts when it is the beginning of this very ledger.
    Result<void> read_copy() {
        const std::string path = directory_ + "/" + kLastNight;
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0) return {};
        auto copy = Database::open(path, OpenMode::existing);
        if (!copy) return {};
        const auto head = (*copy)->number("SELECT max(seq) FROM event");
        if (!head || *head == 0) return {};
        auto last = (*copy)->query("SELECT hash, wall_us FROM event ORDER BY seq DESC LIMIT 1");
        if (!last.row()) return {};
        const Sha256 hash = fixed<Sha256>(last.blob_view(0));
        const Seq seq = static_cast<Seq>(*head);
        const auto same = ask<bool>([seq, hash](Service& service) -> Result<bool> {
            const auto ours = service.ledger().hashes_at({&seq, 1});
            return ours && ours->front() == hash;
        });
        if (!same) return same.error();
        if (!*same) return {};
        reply_.set_copy_entries(seq);
        reply_.set_copy_last_entry_at(format_utc(UtcTime{Micros{last.number(1)}}));
        while (read_to_ < seq) {
            if (stopping_) return stopped();
            const auto page = moves_after(**copy, read_to_, kPageOfCopy, wanted_);
            if (!page) return page.error();
            if (auto taken = take(*page); !taken) return taken;
        }
        return {};
    }

    Result<void> read_ledger() {
        for (bool more = true; more;) {
            const auto page = ask<MovesPage>([after = read_to_, wanted = wanted_](Service& service) {
                return moves_after(service.ledger().database(), after, kPageOfLedger, wanted);
            });
            if (!page) return page.error();
            if (auto taken = take(*page); !taken) return taken;
            more = page->more;
        }
        reply_.set_entries(read_to_);
        return name_products();
    }

    Result<void> take(const MovesPage& page) {
        read_to_ = page.read_to;
        for (const LotMove& move : page.moves) {
            v1::MovesLine& line = lines_[{move.gtin.number, move.lot}];
            if (lines_.size() > kMostLots)
                return fail(Failure::refused, "these days have more than 100,000 lots: ask for fewer days");
            add(move.undone ? *line.mutable_undone() : *line.mutable_booked(), move);
        }
        return {};
    }

    Result<void> name_products() {
        std::map<std::uint64_t, std::optional<Product>> products;
        for (const auto& [lot, line] : lines_) products[lot.first];
        for (auto& [number, product] : products) {
            auto known = ask<std::optional<Product>>([gtin = Gtin{number}](Service& service) -> Result<std::optional<Product>> {
                return service.ledger().stock().product(gtin);
            });
            if (!known) return known.error();
            product = std::move(*known);
        }
        for (auto& [lot, line] : lines_) {
            const auto& product = products[lot.first];
            line.set_gtin(Gtin{lot.first}.text());
            line.set_lot(lot.second);
            line.set_name(product ? product->name : "");
            line.set_unit(product ? product->unit : "");
            line.mutable_booked();
            line.mutable_undone();
        }
        return {};
    }

    std::string directory_;
    LedgerThread& ledger_;
    MovesWanted wanted_;
    const std::atomic<bool>& stopping_;
    v1::MovesReply reply_;
    std::map<std::pair<std::uint64_t, std::string>, v1::MovesLine> lines_;
    Seq read_to_ = 0;
};

Reporting::~Reporting() {
    break_off();
    if (thread_.joinable()) thread_.join();
}

void Reporting::begin(const v1::MovesRequest& request, LedgerThread& ledger, Answer answer) {
    auto wanted = wanted_by(request);
    if (!wanted) return answer(wanted.error());
    if (stopping_) return answer(stopped());
    if (busy_.exchange(true))
        return answer(fail(Failure::unavailable, "a report is being made already: ask again when that has ended"));
    if (thread_.joinable()) thread_.join();  // it is not busy: at its end
    auto run = std::make_shared<Run>(directory_, ledger, std::move(*wanted), stopping_);
    try {
        thread_ = std::thread{[this, run, answer] {
            auto reply = run->run();
            busy_ = false;
            answer(std::move(reply));
        }};
    } catch (const std::system_error& error) {
        busy_ = false;
        answer(fail(Failure::unavailable, std::string{"the system gives no thread for the report: "} + error.what()));
    }
}

}  // namespace dosario
