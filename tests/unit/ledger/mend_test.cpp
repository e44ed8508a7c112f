// SPDX-License-Identifier: Apache-2.0
// Mending where more than a page is wrong: the log beside the file, a file of which nothing can be made, a mend after a mend.
#include "crypto/openssl.hpp"
#include "ledger/damage_mark.hpp"
#include "ledger/mend.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kFrame = kPage + 24;  // https://www.sqlite.org/fileformat2.html#walformat
constexpr std::size_t kLogHeader = 32;

std::string content(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The files of a station whose power went, with some groups in the log only.
class Station {
public:
    Station() {
        Counter counter;
        counter.scan(kAna);
        for (int n = 0; n < 8; ++n) counter.scan(Scan{Box{.serial = "S" + std::to_string(n)}.code()}.mode("receive"));
        head_ = counter.ledger().head_seq();
        pack_page_ = std::stoul(counter.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'pack'"));
        meta_page_ = std::stoul(counter.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'"));
        std::filesystem::copy_file(counter.file(), file());
        std::filesystem::copy_file(counter.file() + "-wal", log());
    }
    std::string file() const { return directory_.path() + "/ledger.db"; }
    std::string log() const { return file() + "-wal"; }
    std::string in(const char* name) const { return directory_.path() + "/" + name; }
    Seq head() const { return head_; }
    std::size_t pack_page() const { return pack_page_; }
    std::size_t meta_page() const { return meta_page_; }
    std::size_t frames() const { return (content(log()).find_last_not_of('\0') - kLogHeader) / kFrame + 1; }  // zeros follow

    void overwrite(const std::string& path, std::size_t at, std::size_t bytes) const {
        std::fstream out{path, std::ios::binary | std::ios::in | std::ios::out};
        out.seekp(static_cast<std::streamoff>(at));
        for (std::size_t n = 0; n < bytes; ++n) out.put(static_cast<char>(n * 37 + 11));
    }
    void flip(const std::string& path, std::size_t at) const {
        std::string all = content(path);
        all[at] = static_cast<char>(all[at] ^ 4);
        std::ofstream{path, std::ios::binary} << all;
    }
    /// All that was committed into the file itself, no log: as after a stop.
    void stop() {
        Counter counter{{.directory = directory_.path()}};
        counter.close();
        head_ = Counter{{.directory = directory_.path()}}.ledger().head_seq();
    }
    void mark() const { REQUIRE(write_damage_mark(directory_.path(), {"somebody met it", ""}).has_value()); }

    Result<Mended> mend() const {
        const auto digest = make_digest();
        return dosario::mend({directory_.path(), digest.get(), {}});
    }
    /// Opened as a daemon does; its head, and whether it owes a branch.
    std::pair<Seq, bool> open() const {
        Counter counter{{.directory = directory_.path(), .open = false}};
        auto ledger = Ledger::open(counter.opening());
        REQUIRE(ledger.has_value());
        CHECK_FALSE((*ledger)->damage().has_value());
        return {(*ledger)->head_seq(), (*ledger)->owes_branch()};
    }

private:
    TemporaryDirectory directory_;
    Seq head_ = 0;
    std::size_t pack_page_ = 0;
    std::size_t meta_page_ = 0;
};

}  // namespace

TEST_CASE("an emptied ledger whose log is there is neither begun anew nor mended", "[mend]") {
    for (const bool gone : {false, true}) {
        const Station station;
        const std::string log = content(station.log());
        if (gone)
            std::filesystem::remove(station.file());
        else
            std::filesystem::resize_file(station.file(), 0);
        CHECK(station.mend().error().failure == (gone ? Failure::not_found : Failure::damaged));
        Counter counter{{.directory = std::filesystem::path{station.file()}.parent_path().string(), .open = false}};
        const auto opened = Ledger::open(counter.opening());
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().failure == Failure::damaged);
        CHECK(content(station.log()) == log);
    }
}

TEST_CASE("saved groups behind a damaged frame of the log are missed, and a branch is owed", "[mend]") {
    const Station station;
    REQUIRE(station.frames() > 12);
    station.overwrite(station.log(), kLogHeader + 4 * kFrame + 100, 200);
    station.mark();
    const auto mended = station.mend();
    REQUIRE(mended.has_value());
    CHECK(mended->what == Mended::What::entries);
    CHECK(mended->salvaged.kept < station.head());
    CHECK(mended->salvaged.why.find("log") != std::string::npos);
    const auto [head, owes] = station.open();
    CHECK(head == mended->salvaged.kept);
    CHECK(owes);
}

TEST_CASE("one wrong bit of the log is turned back, in a copy", "[mend]") {
    const Station station;
    const std::size_t byte = kLogHeader + 4 * kFrame + 100;
    station.flip(station.log(), byte);
    const std::string found = content(station.log());
    station.mark();
    const auto mended = station.mend();
    REQUIRE(mended.has_value());
    CHECK(mended->what == Mended::What::lists);
    CHECK(mended->salvaged.kept == station.head());
    CHECK(content(mended->kept_in + "/ledger.db-wal") == found);
    CHECK(station.open() == std::pair{station.head(), false});
}

TEST_CASE("a log that is missing is missed by mending too", "[mend]") {
    const Station station;
    std::filesystem::remove(station.log());
    station.overwrite(station.file(), (station.pack_page() - 1) * kPage, kPage);
    const auto mended = station.mend();
    REQUIRE(mended.has_value());
    CHECK(mended->what == Mended::What::entries);
    CHECK(mended->salvaged.why.find("ledger.db-wal") != std::string::npos);
    CHECK(station.open().second);
}

TEST_CASE("that a log is missing is not hidden by who only looks", "[mend]") {
    const Station station;
    std::filesystem::remove(station.log());
    const std::string found = content(station.file());
    {
        Counter counter{{.directory = station.in(""), .open = false}};
        LedgerOpening opening = counter.opening();
        opening.append = false;
        REQUIRE(Ledger::open(opening).has_value());
    }
    CHECK_FALSE(std::filesystem::exists(station.log()));
    station.mark();
    {
        Counter counter{{.directory = station.in(""), .open = false}};
        REQUIRE(Ledger::open(counter.opening()).has_value());
    }
    CHECK_FALSE(std::filesystem::exists(station.log()));
    CHECK(station.mend()->what == Mended::What::nothing);
    CHECK_FALSE(std::filesystem::exists(station.log()));
    CHECK(content(station.file()) == found);
    CHECK(station.open().second);
}

TEST_CASE("a log beside a ledger that is marked as damaged is left as it was found", "[mend]") {
    const Station station;
    station.flip(station.log(), kLogHeader + 4 * kFrame + 100);
    const std::string found = content(station.log());
    station.mark();
    {
        Counter counter{{.directory = station.in(""), .open = false}};
        const auto ledger = Ledger::open(counter.opening());
        REQUIRE(ledger.has_value());
        CHECK((*ledger)->damage().has_value());
    }
    CHECK(content(station.log()) == found);
}

TEST_CASE("what is put in the place of a file beyond mending is judged by itself", "[mend]") {
    Station station;
    station.stop();
    const std::string whole = content(station.file());
    station.overwrite(station.file(), (station.meta_page() - 1) * kPage, kPage);
    const std::string found = content(station.file());
    const auto failed = station.mend();
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().failure == Failure::damaged);
    CHECK(content(station.file()) == found);
    CHECK(content(station.in("damaged-1/ledger.db")) == found);
    std::filesystem::remove(station.file());
    std::ofstream{station.file(), std::ios::binary} << whole;
    const auto mended = station.mend();
    REQUIRE(mended.has_value());
    CHECK(mended->what == Mended::What::nothing);
    CHECK(station.open() == std::pair{station.head(), false});
}

TEST_CASE("mended twice is mended once", "[mend]") {
    Station station;
    station.stop();
    station.overwrite(station.file(), (station.pack_page() - 1) * kPage, kPage);
    REQUIRE(station.mend()->what == Mended::What::lists);
    const std::string once = content(station.file());
    const auto again = station.mend();
    REQUIRE(again.has_value());
    CHECK(again->what == Mended::What::nothing);
    CHECK(content(station.file()) == once);
    CHECK_FALSE(std::filesystem::exists(station.in("damaged-2")));
}

TEST_CASE("a file that may not be read is not taken for a damaged one", "[mend]") {
    if (::geteuid() == 0) return;  // root reads everything
    Station station;
    station.stop();
    std::filesystem::permissions(station.file(), std::filesystem::perms::none);
    const auto mended = station.mend();
    REQUIRE_FALSE(mended.has_value());
    CHECK(mended.error().failure == Failure::io);
    CHECK_FALSE(std::filesystem::exists(station.in("damaged")));
}

TEST_CASE("what root mended belongs to the owner of the directory", "[mend]") {
    if (::geteuid() != 0) return;
    Station station;
    station.stop();
    station.overwrite(station.file(), (station.pack_page() - 1) * kPage, kPage);
    constexpr uid_t kOther = 65534;
    for (const std::string& path : {station.in(""), station.file()}) REQUIRE(::chown(path.c_str(), kOther, kOther) == 0);
    REQUIRE(station.mend()->what == Mended::What::lists);
    for (const std::string& path : {station.file(), station.in("damaged-1"), station.in("damaged-1/ledger.db")}) {
        struct stat found {};
        REQUIRE(::stat(path.c_str(), &found) == 0);
        CHECK(found.st_uid == kOther);
        if (path == station.file()) CHECK((found.st_mode & 077) == 0);
    }
}
