// SPDX-License-Identifier: Apache-2.0
#include "support/page_map.hpp"

#include <algorithm>

namespace dosario::test {
namespace {

constexpr std::size_t kHeader = 100;

/// Chapter 1.3, "The database header".
struct HeaderField {
    std::size_t from;
    std::size_t length;
    ByteUse use;
};
constexpr HeaderField kHeaderFields[] = {
    {0, 24, ByteUse::used},     // magic, page size, versions, fractions
    {24, 4, ByteUse::counter},  // file change counter
    {28, 4, ByteUse::used},     // size in pages
    {32, 8, ByteUse::used},     // free list: first page, how many
    {40, 4, ByteUse::counter},  // schema cookie
    {44, 4, ByteUse::used},     // schema format
    {48, 4, ByteUse::used},     // default cache size
    {52, 4, ByteUse::used},     // auto-vacuum
    {56, 4, ByteUse::used},     // text encoding
    {60, 4, ByteUse::used},     // user version
    {64, 4, ByteUse::used},     // incremental vacuum
    {68, 4, ByteUse::used},     // application id
    {72, 20, ByteUse::unused},  // reserved
    {92, 4, ByteUse::counter},  // version-valid-for
    {96, 4, ByteUse::counter},  // SQLite's version that wrote last
};

class Mapper {
public:
    Mapper(std::string_view file, PageMap& map) : file_(file), map_(map), page_size_(number(16, 2)) {
        map_.uses.resize(file.size(), ByteUse::unknown);
        map_.owners.resize(page_size_ == 0 ? 0 : file.size() / page_size_);
    }

    void run(const Roots& roots) {
        if (file_.size() < kHeader || page_size_ < 512 || file_.size() % page_size_ != 0) return breaks("the size", 0);
        for (const HeaderField& field : kHeaderFields) mark(field.from, field.length, field.use);
        for (const auto& [name, root] : roots) {
            owner_ = name;
            tree(root);
        }
        owner_ = "free list";
        free_list(number(32, 4));
    }

private:
    std::uint64_t number(std::size_t at, std::size_t length) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < length; ++i) value = value << 8 | static_cast<unsigned char>(file_[at + i]);
        return value;
    }
    /// A varint; `at` goes past it.
    std::uint64_t varint(std::size_t& at) const {
        std::uint64_t value = 0;
        for (int i = 0; i < 9; ++i) {
            const auto byte = static_cast<unsigned char>(file_[at++]);
            if (i == 8) return value << 8 | byte;
            value = value << 7 | (byte & 0x7fU);
            if (byte < 0x80) break;
        }
        return value;
    }
    void mark(std::size_t from, std::size_t length, ByteUse use) {
        std::fill_n(map_.uses.begin() + static_cast<std::ptrdiff_t>(from), length, use);
    }
    void breaks(const std::string& what, std::uint64_t page) {
        if (map_.broken.empty()) map_.broken = what + " of page " + std::to_string(page);
    }
    /// Where the page begins; everything of it is unused until something says otherwise. 0 pages after an error.
    bool enter(std::uint64_t page, std::size_t& begin) {
        if (page == 0 || page > map_.owners.size() || !map_.owners[page - 1].empty())
            return breaks("a second owner", page), false;
        map_.owners[page - 1] = owner_;
        begin = (page - 1) * page_size_;
        const std::size_t skip = page == 1 ? kHeader : 0;
        mark(begin + skip, page_size_ - skip, ByteUse::unused);
        return true;
    }

    /// Chapter 1.6, "B-tree pages".
    void tree(std::uint64_t page) {
        std::size_t begin = 0;
        if (!enter(page, begin)) return;
        const std::size_t head = begin + (page == 1 ? kHeader : 0);
        const std::uint64_t type = number(head, 1);
        if (type != 2 && type != 5 && type != 10 && type != 13) return breaks("the type", page);
        const bool interior = type == 2 || type == 5;
        const std::size_t head_length = interior ? 12 : 8;
        const std::uint64_t cells = number(head + 3, 2);
        mark(head, head_length + 2 * cells, ByteUse::used);
        for (std::uint64_t block = number(head + 1, 2); block != 0; block = number(begin + block, 2))
            mark(begin + block, 4, ByteUse::used);
        for (std::uint64_t i = 0; i < cells; ++i) {
            const std::size_t at = begin + number(head + head_length + 2 * i, 2);
            if (interior) tree(number(at, 4));
            cell(at, type);
        }
        if (interior) tree(number(head + 8, 4));
    }

    void cell(std::size_t begin, std::uint64_t type) {
        std::size_t at = begin + (type == 2 || type == 5 ? 4 : 0);
        if (type == 5) {
            mark(begin, 4, ByteUse::used);
            const bool of_a_row = varint(at) == last_row_;
            return mark(begin + 4, at - begin - 4, of_a_row ? ByteUse::used : ByteUse::separator);
        }
        const std::uint64_t payload = varint(at);
        if (type == 13) last_row_ = varint(at);
        const std::uint64_t most = type == 13 ? page_size_ - 35 : (page_size_ - 12) * 64 / 255 - 23;
        const std::uint64_t least = (page_size_ - 12) * 32 / 255 - 23;
        std::uint64_t local = payload;
        if (payload > most) {
            local = least + (payload - least) % (page_size_ - 4);
            if (local > most) local = least;
        }
        at += local;
        if (payload > most) {
            overflow(number(at, 4), payload - local);
            at += 4;
        }
        mark(begin, at - begin, ByteUse::used);
    }

    void overflow(std::uint64_t page, std::uint64_t rest) {
        while (rest > 0) {
            std::size_t begin = 0;
            if (!enter(page, begin)) return;
            const std::uint64_t here = std::min<std::uint64_t>(rest, page_size_ - 4);
            mark(begin, 4 + here, ByteUse::used);
            rest -= here;
            page = number(begin, 4);
        }
    }

    /// Chapter 1.5, "The freelist".
    void free_list(std::uint64_t trunk) {
        while (trunk != 0) {
            std::size_t begin = 0;
            if (!enter(trunk, begin)) return;
            const std::uint64_t leaves = number(begin + 4, 4);
            mark(begin, 8 + 4 * leaves, ByteUse::used);
            for (std::uint64_t i = 0; i < leaves; ++i) {
                std::size_t leaf = 0;
                if (!enter(number(begin + 8 + 4 * i, 4), leaf)) return;
            }
            trunk = number(begin, 4);
        }
    }

    std::string_view file_;
    PageMap& map_;
    std::size_t page_size_;
    std::string owner_;
    std::uint64_t last_row_ = 0;  ///< of the table, as far as it was walked
};

}  // namespace

std::size_t PageMap::count(ByteUse use) const { return static_cast<std::size_t>(std::count(uses.begin(), uses.end(), use)); }

PageMap map_pages(std::string_view file, const Roots& roots) {
    PageMap map;
    Mapper{file, map}.run(roots);
    return map;
}

}  // namespace dosario::test
