// SPDX-License-Identifier: Apache-2.0
// The file format is https://www.sqlite.org/fileformat2.html: 1.3 the header, 1.6 pages of b-trees, 2.1 records.
#include "ledger/page_check.hpp"

#include "ledger/schema.hpp"

#include <boost/endian/conversion.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <string>

namespace dosario {
namespace {

constexpr std::size_t kFileHeader = 100;
constexpr int kDeepest = 20;  ///< b-trees of 4 KiB pages are not
constexpr std::uint8_t kTableLeaf = 13;
constexpr std::uint8_t kTableInterior = 5;
constexpr std::uint8_t kIndexLeaf = 10;
constexpr std::uint8_t kIndexInterior = 2;

using Page = std::vector<unsigned char>;

/// The database's own file, which SQLite holds open.
class PageFile {
public:
    static std::optional<PageFile> of(Database& db) {
        const char* name = sqlite3_db_filename(db.handle(), "main");
        if (name == nullptr || *name == '\0') return std::nullopt;
        int in_log = 0;
        int moved = 0;
        const int code = sqlite3_wal_checkpoint_v2(db.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
        if (code != SQLITE_OK || in_log != moved) return std::nullopt;
        PageFile file;
        if (sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file.file_) != SQLITE_OK) return std::nullopt;
        const auto size = db.number("PRAGMA page_size");
        if (file.file_ == nullptr || file.file_->pMethods == nullptr || !size) return std::nullopt;
        file.page_size_ = static_cast<std::size_t>(*size);
        sqlite3_int64 bytes = 0;
        if (file.file_->pMethods->xFileSize(file.file_, &bytes) != SQLITE_OK) return std::nullopt;
        file.pages_ = static_cast<std::uint64_t>(bytes) / file.page_size_;
        return file;
    }
    std::uint64_t pages() const { return pages_; }
    std::size_t page_size() const { return page_size_; }
    bool read(std::uint64_t number, Page& page) const {
        if (number == 0 || number > pages_) return false;
        page.resize(page_size_);
        const auto at = static_cast<sqlite3_int64>((number - 1) * page_size_);
        return file_->pMethods->xRead(file_, page.data(), static_cast<int>(page_size_), at) == SQLITE_OK;
    }

private:
    sqlite3_file* file_ = nullptr;
    std::size_t page_size_ = 0;
    std::uint64_t pages_ = 0;
};

/// A varint within [at, end); `at` goes past it. Nothing when it does not end there, or has more bytes than SQLite gives it.
std::optional<std::uint64_t> varint(const Page& page, std::size_t& at, std::size_t end) {
    const std::size_t begin = at;
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
        if (at >= end) return std::nullopt;
        const unsigned char byte = page[at++];
        value = value << 7 | (byte & 0x7fU);
        if (byte >= 0x80) continue;
        if (page[begin] == 0x80) return std::nullopt;
        return value;
    }
    if (at >= end) return std::nullopt;
    value = value << 8 | page[at++];
    if (value >> 56 == 0) return std::nullopt;
    return value;
}

/// How many bytes a value of that serial type has; nothing for the two types that no file has.
std::optional<std::uint64_t> length_of(std::uint64_t serial_type) {
    constexpr std::uint64_t kLengths[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    if (serial_type < std::size(kLengths)) return kLengths[serial_type];
    if (serial_type < 12) return std::nullopt;
    return (serial_type - 12) / 2;
}

/// Whether a row with that number may have been there and was deleted.
using WasThere = std::function<bool(const std::string& table, std::int64_t row)>;

class PageChecker {
public:
    PageChecker(const PageFile& file, const FaultFinder& find, const std::function<bool()>& stop, WasThere was_there)
        : file_(file), find_(find), stop_(stop), was_there_(std::move(was_there)) {}

    void check_header() const {
        Page page;
        if (!file_.read(1, page)) return;
        struct Field {
            std::size_t at;
            std::uint32_t value;
            const char* what;
        };
        const Field fields[] = {{28, static_cast<std::uint32_t>(file_.pages()), "the size in pages"},
                                {44, 4, "the format of the schema"},
                                {48, 0, "the size of the cache"},
                                {52, 0, "auto-vacuum"},
                                {56, 1, "the text encoding"},
                                {64, 0, "incremental vacuum"},
                                {68, static_cast<std::uint32_t>(kApplicationId), "the application id"},
                                {72, 0, "a reserved byte"},
                                {76, 0, "a reserved byte"},
                                {80, 0, "a reserved byte"},
                                {84, 0, "a reserved byte"},
                                {88, 0, "a reserved byte"}};
        for (const Field& field : fields) {
            if (boost::endian::load_big_u32(page.data() + field.at) != field.value)
                find_(0,
                      std::string{"the file's header: "} + field.what + " (byte " + std::to_string(field.at) + ") was changed");
        }
        if (page[18] != page[19]) find_(0, "the file's header: the journal's version (byte 18) was changed");
    }

    /// `row_number`: the column that is the row's number and therefore NULL in the record, -1 = none.
    void check_tree(const std::string& name, std::uint64_t root, int row_number) {
        name_ = name;
        row_number_ = row_number;
        left_ = file_.pages();
        last_row_.reset();
        rows_ = 0;
        if (tree(root, 0) && root == 1 && last_row_ != rows_)
            fault(
                root,
                "the tables are not numbered as they were made");  // SQLite never leaves one out here, and nothing else shows it
    }

private:
    bool fault(std::uint64_t page, const char* what) const {
        find_(0, "page " + std::to_string(page) + " (" + name_ + "): " + what + "; the disk changed it");
        return false;
    }

    bool tree(std::uint64_t number, int depth) {
        if (stop_ && stop_()) return false;
        if (depth > kDeepest || left_ == 0) return fault(number, "the tree does not end");
        --left_;
        Page page;
        if (!file_.read(number, page)) return fault(number, "it cannot be read");
        const std::size_t head = number == 1 ? kFileHeader : 0;
        const std::uint8_t type = page[head];
        const bool interior = type == kTableInterior || type == kIndexInterior;
        if (!interior && type != kTableLeaf && type != kIndexLeaf) return fault(number, "it is no page of a table");
        const std::size_t first = head + (interior ? 12 : 8);
        const std::size_t cells = boost::endian::load_big_u16(page.data() + head + 3);
        if (first + 2 * cells > page.size()) return fault(number, "it has more cells than there is room for");
        for (std::size_t i = 0; i < cells; ++i) {
            std::size_t at = boost::endian::load_big_u16(page.data() + first + 2 * i);
            if (at + 4 > page.size()) return fault(number, "a cell begins behind it");
            if (interior) {
                if (!tree(boost::endian::load_big_u32(page.data() + at), depth + 1)) return false;
                at += 4;
            }
            if (type == kTableInterior && !parts(number, page, at)) return false;
            if (type != kTableInterior && !record(number, page, at, type == kTableLeaf)) return false;
        }
        return !interior || tree(boost::endian::load_big_u32(page.data() + head + 8), depth + 1);
    }

    /// SQLite parts two pages by the largest row number of the left one. That row may have been deleted since.
    bool parts(std::uint64_t number, const Page& page, std::size_t at) const {
        const auto row = varint(page, at, page.size());
        if (!row) return fault(number, "the number that parts two pages is not as SQLite writes it");
        const auto parting = static_cast<std::int64_t>(*row);
        if (last_row_ && parting == *last_row_) return true;
        if (last_row_ && parting > *last_row_ && was_there_(name_, parting)) return true;
        return fault(number, "the number that parts two pages is not that of a row");
    }

    /// A record's header must describe its bytes, all of them.
    bool record(std::uint64_t number, const Page& page, std::size_t at, bool of_table) {
        const auto payload = varint(page, at, page.size());
        const auto row = of_table ? varint(page, at, page.size()) : std::uint64_t{0};
        if (!payload || !row) return fault(number, "a cell is cut off, or its numbers are not as SQLite writes them");
        if (of_table) last_row_ = static_cast<std::int64_t>(*row);
        ++rows_;
        const std::size_t begin = at;
        const auto header = varint(page, at, page.size());
        if (!header || begin + *header > page.size() || *header > *payload) return fault(number, "a record's header is too long");
        std::uint64_t described = *header;
        int column = 0;
        for (; at < begin + *header; ++column) {
            const auto type = varint(page, at, begin + *header);
            const auto length = type ? length_of(*type) : std::nullopt;
            if (!length) return fault(number, "a record has a value of a type that SQLite does not write");
            if (of_table && column == row_number_ && *type != 0) return fault(number, "a record has its row's number twice");
            described += *length;
        }
        if (described != *payload) return fault(number, "a record's length is not that of its values");
        return true;
    }

    const PageFile& file_;
    const FaultFinder& find_;
    const std::function<bool()>& stop_;
    std::string name_;
    int row_number_ = -1;
    std::uint64_t left_ = 0;  ///< pages that the tree may still have
    WasThere was_there_;
    std::optional<std::int64_t> last_row_;  ///< of the tree, as far as it was walked
    std::int64_t rows_ = 0;
};

struct Tree {
    std::string name;
    std::uint64_t root;
    int row_number;
};

std::vector<Tree> trees_of(Database& db) {
    std::vector<Tree> trees{{"sqlite_schema", 1, -1}};
    auto query = db.query(
        "SELECT name, rootpage, coalesce((SELECT cid FROM pragma_table_info(s.name) WHERE pk = 1 AND type = 'INTEGER'), -1)"
        " FROM sqlite_schema s WHERE rootpage > 0 ORDER BY rootpage");
    while (query.row())
        trees.push_back({query.text(0), static_cast<std::uint64_t>(query.number(1)), static_cast<int>(query.number(2))});
    return trees;
}

/// Rows of three lists are deleted, when what they speak of is taken back; the entries still speak of it. Old clock samples go.
bool was_there(Database& db, const std::string& table, std::int64_t row) {
    if (table == "clock_sample") return true;
    if (table == "pack" || table == "dose") {
        auto query = db.query("SELECT 1 FROM subject_event WHERE subject = ?");
        return query.bind(row).row();
    }
    if (table != "fractioning") return false;
    auto query = db.query("SELECT 1 FROM event WHERE seq = ? AND kind = 15");
    return query.bind(row).row();
}

}  // namespace

void check_pages(Database& kept, const FaultFinder& find, const std::function<bool()>& stop) {
    const auto file = PageFile::of(kept);
    if (!file) return;
    PageChecker checker{*file, find, stop,
                        [&kept](const std::string& table, std::int64_t row) { return was_there(kept, table, row); }};
    checker.check_header();
    for (const Tree& tree : trees_of(kept)) checker.check_tree(tree.name, tree.root, tree.row_number);
}

}  // namespace dosario
