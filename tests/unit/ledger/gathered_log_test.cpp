// SPDX-License-Identifier: Apache-2.0
// A write-ahead log that is written in large pieces: the same bytes in the same order, and what is asked of the file is true.
#include "ledger/gathered_log.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/shim_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <vector>

using namespace dosario;
using namespace dosario::test;

namespace {

/// A log opened through SQLite's interface of files.
class OpenLog {
public:
    OpenLog(const char* vfs, const std::string& path) : path_(path), gathered_(vfs) {
        sqlite3_vfs* opened = sqlite3_vfs_find(gathered_.name());
        REQUIRE(opened != nullptr);
        std::ofstream{path_.substr(0, path_.size() - 4)};  // the system's VFS makes a log as its database is
        memory_.resize(static_cast<std::size_t>(opened->szOsFile) / sizeof(std::max_align_t) + 1);
        constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;
        REQUIRE(opened->xOpen(opened, path_.c_str(), file(), kFlags, nullptr) == SQLITE_OK);
    }
    ~OpenLog() { close(); }
    OpenLog(const OpenLog&) = delete;
    OpenLog& operator=(const OpenLog&) = delete;

    int write(std::string_view text, sqlite3_int64 at) {
        return methods().xWrite(file(), text.data(), static_cast<int>(text.size()), at);
    }
    std::string read(int size, sqlite3_int64 at) {
        std::string text(static_cast<std::size_t>(size), '?');
        return methods().xRead(file(), text.data(), size, at) == SQLITE_OK ? text : "unread";
    }
    sqlite3_int64 size() {
        sqlite3_int64 size = -1;
        return methods().xFileSize(file(), &size) == SQLITE_OK ? size : -1;
    }
    int sync() { return methods().xSync(file(), SQLITE_SYNC_NORMAL); }
    int truncate(sqlite3_int64 size) { return methods().xTruncate(file(), size); }
    void close() {
        if (file()->pMethods != nullptr) CHECK(methods().xClose(file()) == SQLITE_OK);
        file()->pMethods = nullptr;
    }

private:
    sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
    const sqlite3_io_methods& methods() { return *file()->pMethods; }
    std::string path_;
    GatheredLog gathered_;
    std::vector<std::max_align_t> memory_;
};

/// The writes that reached the disk, but for the zeros behind them: "offset+size" of each.
std::string writes(const ShimVfs& disk) {
    std::string all;
    for (const DiskOperation& operation : disk.operations()) {
        const bool zeros = std::ranges::all_of(operation.bytes, [](auto byte) { return static_cast<int>(byte) == 0; });
        if (operation.kind == DiskOperation::Kind::write && !zeros)
            all += std::to_string(operation.offset) + "+" + std::to_string(operation.bytes.size()) + " ";
    }
    return all;
}

}  // namespace

TEST_CASE("what follows on another goes to the log in one write", "[gathered]") {
    ShimVfs disk{"gathered"};
    const TemporaryDirectory directory;
    OpenLog log{"gathered", directory.path() + "/a-wal"};
    disk.record(true);
    REQUIRE(log.write("head", 0) == SQLITE_OK);
    REQUIRE(log.write("page", 4) == SQLITE_OK);
    CHECK(writes(disk) == "");
    SECTION("a sync") {
        REQUIRE(log.sync() == SQLITE_OK);
        CHECK(writes(disk) == "0+8 ");
        REQUIRE(log.sync() == SQLITE_OK);
        CHECK(writes(disk) == "0+8 ");
    }
    SECTION("reading") {
        CHECK(log.read(6, 2) == "adpage");
        CHECK(writes(disk) == "");
        REQUIRE(log.sync() == SQLITE_OK);
        REQUIRE(log.write("next", 8) == SQLITE_OK);
        CHECK(log.read(4, 0) == "head");
        CHECK(log.read(4, 8) == "next");
        CHECK(writes(disk) == "0+8 ");
        CHECK(log.read(4, 6) == "gene");
        CHECK(writes(disk) == "0+8 8+4 ");
    }
    SECTION("its size grows in large steps, of zeros") {
        CHECK(log.size() == 512 << 10);
        CHECK(log.read(4, 8) == std::string(4, '\0'));
        REQUIRE(log.write("next", 8) == SQLITE_OK);
        REQUIRE(log.sync() == SQLITE_OK);
        CHECK(log.size() == 512 << 10);
        CHECK(log.read(8, 4) == "pagenext");
        REQUIRE(log.write("late", 12) == SQLITE_OK);
        REQUIRE(log.truncate(0) == SQLITE_OK);  // with something that waits
        CHECK(log.size() == 0);
        REQUIRE(log.write("anew", 0) == SQLITE_OK);
        CHECK(log.size() == 512 << 10);
    }
    SECTION("what was there before it was opened is not written over by zeros") {
        const std::string page(4096, 'x');
        for (int i = 0; i < 200; ++i) REQUIRE(log.write(page, 8 + i * 4096) == SQLITE_OK);
        log.close();
        OpenLog again{"gathered", directory.path() + "/a-wal"};
        REQUIRE(again.write("page", 4) == SQLITE_OK);
        REQUIRE(again.sync() == SQLITE_OK);
        CHECK(again.read(4096, 8 + 199 * 4096) == page);
        CHECK(again.size() == 1024 << 10);
    }
    SECTION("without room for zeros it is as long as what was written") {
        disk.fail_writes(2, SQLITE_FULL);
        CHECK(log.sync() == SQLITE_OK);
        disk.heal();
        CHECK(log.read(8, 0) == "headpage");
        REQUIRE(log.write("more", 8) == SQLITE_OK);
        REQUIRE(log.sync() == SQLITE_OK);
        CHECK(log.read(12, 0) == "headpagemore");
    }
    SECTION("cutting it") {
        REQUIRE(log.truncate(6) == SQLITE_OK);
        CHECK(log.read(6, 0) == "headpa");
    }
    SECTION("writing elsewhere, also over what waits") {
        REQUIRE(log.write("H", 0) == SQLITE_OK);
        CHECK(writes(disk) == "0+8 ");
        CHECK(log.read(8, 0) == "Headpage");
    }
    SECTION("much of it") {
        const std::string page(4096, 'x');
        for (int i = 0; i < 100; ++i) REQUIRE(log.write(page, 8 + i * 4096) == SQLITE_OK);
        REQUIRE(log.sync() == SQLITE_OK);
        CHECK(log.read(4096, 8 + 99 * 4096) == page);
        CHECK(disk.operations().size() < 16);
    }
    SECTION("closing it") {
        log.close();
        CHECK(writes(disk) == "0+8 ");
    }
}

TEST_CASE("a log that cannot be written says so at the sync, and what was refused does not come later", "[gathered]") {
    ShimVfs disk{"gathered"};
    const TemporaryDirectory directory;
    OpenLog log{"gathered", directory.path() + "/a-wal"};
    REQUIRE(log.write("old", 0) == SQLITE_OK);
    REQUIRE(log.sync() == SQLITE_OK);
    REQUIRE(log.write("refused", 0) == SQLITE_OK);
    disk.fail_writes(1, SQLITE_FULL);
    CHECK(log.sync() == SQLITE_FULL);
    disk.heal();
    CHECK(log.sync() == SQLITE_OK);
    CHECK(log.read(3, 0) == "old");
}

TEST_CASE("a scan is one write and one sync", "[gathered]") {
    ShimVfs disk{"gathered"};
    Counter counter{{.vfs = "gathered"}};
    counter.scan(kReceive);
    counter.scan(Scan{Box{}.code()});
    disk.record(true);
    REQUIRE(counter.scan(Scan{Box{}.code()}).what() == "received");
    disk.record(false);
    const auto& done = disk.operations();
    REQUIRE(done.size() == 2);
    CHECK(done[0].kind == DiskOperation::Kind::write);
    CHECK(done[0].file == "ledger.db-wal");
    CHECK(done[1].kind == DiskOperation::Kind::sync);
}
