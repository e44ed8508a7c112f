// SPDX-License-Identifier: Apache-2.0
// The log's format and checksum: https://www.sqlite.org/fileformat2.html, chapter 4.
#include "ledger/log_check.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <vector>

namespace dosario {
namespace {

constexpr std::size_t kHeader = 32;
constexpr std::size_t kFrameHeader = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // with little-endian checksums; big-endian ones have 1 more

using Buffer = std::vector<unsigned char>;

struct Checksum {
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    bool operator==(const Checksum&) const = default;
};

std::uint32_t big(const unsigned char* at) { return boost::endian::load_big_u32(at); }
Checksum stored(const unsigned char* at) { return {big(at), big(at + 4)}; }

class Log {
public:
    explicit Log(const std::string& path) : file_(path, std::ios::binary) {}

    std::optional<LogDamage> damage() {
        Buffer header(kHeader);
        if (!read(0, header)) return std::nullopt;
        if (!fits_header(header)) return damaged_header(std::move(header));
        take(header);
        std::uint64_t number = 1;
        for (Buffer frame(frame_size_); read(place(number), frame); ++number) {
            const auto sum = fits(frame, sum_);
            if (!sum) return behind(number, frame, sum_);
            sum_ = *sum;
        }
        return std::nullopt;
    }

private:
    bool read(std::uint64_t at, Buffer& into) {
        file_.clear();
        file_.seekg(static_cast<std::streamoff>(at));
        file_.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
        return static_cast<std::size_t>(file_.gcount()) == into.size();
    }
    std::uint64_t place(std::uint64_t frame) const { return kHeader + (frame - 1) * frame_size_; }

    Checksum add(Checksum sum, const unsigned char* bytes, std::size_t length, bool big_endian) const {
        for (std::size_t i = 0; i < length; i += 8) {
            const std::uint32_t x = big_endian ? big(bytes + i) : boost::endian::load_little_u32(bytes + i);
            const std::uint32_t y = big_endian ? big(bytes + i + 4) : boost::endian::load_little_u32(bytes + i + 4);
            sum.a += x + sum.b;
            sum.b += y + sum.a;
        }
        return sum;
    }

    bool fits_header(const Buffer& header) const {
        const std::uint32_t magic = big(header.data());
        const std::uint32_t page = big(header.data() + 8);
        if ((magic & ~1U) != kMagic || page < 512 || page > 65536 || !std::has_single_bit(page)) return false;
        return add({}, header.data(), 24, (magic & 1U) != 0) == stored(header.data() + 24);
    }
    void take(const Buffer& header) {
        big_endian_ = (big(header.data()) & 1U) != 0;
        frame_size_ = kFrameHeader + big(header.data() + 8);
        salt_.assign(header.begin() + 16, header.begin() + 24);
        sum_ = stored(header.data() + 24);
    }
    /// The header is synced before the first frame is written, so it is never cut off before a whole commit. Some bits of salt and
    /// checksum can stand for each other: the frames tell which it was.
    std::optional<LogDamage> damaged_header(Buffer header) {
        for (std::size_t i = 0; i < kHeader * 8; ++i) {
            turn(header, i);
            if (fits_header(header)) {
                take(header);
                LogDamage found;
                found.commits_behind = commits_that_fit();
                found.bit = LogDamage::Bit{i / 8, static_cast<unsigned>(i % 8)};
                if (found.commits_behind > 0) return found;
            }
            turn(header, i);
        }
        return std::nullopt;
    }
    std::uint64_t commits_that_fit() {
        std::uint64_t commits = 0;
        Buffer frame(frame_size_);
        for (std::uint64_t number = 1; read(place(number), frame); ++number) {
            const auto sum = fits(frame, sum_);
            if (!sum) break;
            sum_ = *sum;
            commits += is_commit(frame);
        }
        return commits;
    }

    static void turn(Buffer& bytes, std::size_t bit) { bytes[bit / 8] ^= static_cast<unsigned char>(1U << bit % 8); }
    static bool is_commit(const Buffer& frame) { return big(frame.data() + 4) != 0; }
    bool has_salt(const Buffer& frame) const { return std::equal(salt_.begin(), salt_.end(), frame.begin() + 8); }
    /// The checksum behind that frame, if the frame fits the one before it.
    std::optional<Checksum> fits(const Buffer& frame, Checksum before) const {
        if (!has_salt(frame)) return std::nullopt;
        Checksum sum = add(before, frame.data(), 8, big_endian_);
        sum = add(sum, frame.data() + kFrameHeader, frame.size() - kFrameHeader, big_endian_);
        if (sum != stored(frame.data() + 16)) return std::nullopt;
        return sum;
    }

    /// Each bit that makes the frame fit when it is turned.
    std::vector<std::size_t> wrong_bits(Buffer frame, Checksum before) const {
        int other_salt = 0;
        for (std::size_t i = 0; i < 8; ++i) other_salt += std::popcount(static_cast<unsigned>(salt_[i] ^ frame[8 + i]));
        std::vector<std::size_t> bits;
        if (other_salt > 1) return bits;  // of an earlier round of the log, most of the time
        for (std::size_t i = 0; i < frame.size() * 8; ++i) {
            turn(frame, i);
            if (fits(frame, before)) bits.push_back(i);
            turn(frame, i);
        }
        return bits;
    }

    /// What stands behind a frame that does not fit.
    std::optional<LogDamage> behind(std::uint64_t number, Buffer frame, Checksum before) {
        LogDamage found;
        found.frame = number;
        auto bits = wrong_bits(frame, before);
        const bool one_bit = !bits.empty();
        Buffer next(frame.size());
        if (bits.size() > 1 && read(place(number + 1), next) && has_salt(next)) {
            // A bit of the checksum and one of the page's end can stand for each other; the next frame was made with the checksum.
            std::erase_if(bits, [&](std::size_t bit) {
                Buffer mended = frame;
                turn(mended, bit);
                return !fits(next, stored(mended.data() + 16));
            });
        }
        if (one_bit) {
            if (!bits.empty()) turn(frame, bits.front());
            found.commits_behind += is_commit(frame);
        }
        if (bits.size() == 1)
            found.bit = LogDamage::Bit{place(number) + bits.front() / 8, static_cast<unsigned>(bits.front() % 8)};
        Checksum previous = stored(frame.data() + 16);
        while (read(place(++number), frame) && has_salt(frame)) {
            found.commits_behind += fits(frame, previous) && is_commit(frame);
            previous = stored(frame.data() + 16);
        }
        const bool certain = one_bit ? found.commits_behind > 0 : found.commits_behind > 1;
        if (!certain) return std::nullopt;
        return found;
    }

    std::ifstream file_;
    bool big_endian_ = false;
    std::size_t frame_size_ = 0;
    std::vector<unsigned char> salt_;
    Checksum sum_;
};

}  // namespace

std::string LogDamage::words() const {
    const std::string where =
        frame == 0 ? "the header of the write-ahead log" : "frame " + std::to_string(frame) + " of the write-ahead log";
    return where + " was damaged: " + std::to_string(commits_behind) + " saved groups stand behind it" +
           (bit ? "; one bit (byte " + std::to_string(bit->byte) + ", bit " + std::to_string(bit->bit) + ") is wrong"
                : " and cannot be read; keep the files, and let the collector send them back");
}

std::optional<LogDamage> find_log_damage(const std::string& path) { return Log{path}.damage(); }

Result<void> mend_log(const std::string& path, const LogDamage::Bit& bit) {
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    file.seekg(static_cast<std::streamoff>(bit.byte));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(bit.byte));
    file.put(static_cast<char>(byte ^ static_cast<int>(1U << bit.bit)));
    if (!file.flush())
        return fail(Failure::io, "the write-ahead log has one wrong bit, which could not be turned back; nothing was changed");
    return {};
}

}  // namespace dosario
