// SPDX-License-Identifier: Apache-2.0
#include "backup/archive.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>

namespace dosario {
namespace {

constexpr int kArchiveBlock = 64 * 1024;

Error not_ours(const std::string& why) { return fail(Failure::damaged, "what is in this file is no backup: " + why); }

struct EntryDelete {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

class RealWriter final : public ArchiveWriter {
public:
    explicit RealWriter(ByteSink sink) : sink_(std::move(sink)), archive_(archive_write_new()) {}
    ~RealWriter() override {
        // libarchive 3.6 leaks its buffer when it is not closed in peace: what it still has to say goes nowhere.
        if (!failure_) failure_ = fail(Failure::io, "the archive was not finished");
        archive_write_free(archive_);
    }

    Result<void> open() {
        archive_write_set_format_pax_restricted(archive_);
        archive_write_set_bytes_per_block(archive_, kArchiveBlock);
        archive_write_set_bytes_in_last_block(archive_, 1);
        if (archive_write_add_filter_zstd(archive_) != ARCHIVE_OK ||
            archive_write_set_filter_option(archive_, "zstd", "compression-level", "1") != ARCHIVE_OK)
            return said();
        return done(archive_write_open(archive_, this, nullptr, &RealWriter::take, nullptr));
    }

    Result<void> begin(const std::string& name, std::uint64_t bytes, UtcTime made_at) override {
        const std::unique_ptr<archive_entry, EntryDelete> entry{archive_entry_new()};
        archive_entry_set_pathname(entry.get(), name.c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0600);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
        archive_entry_set_mtime(entry.get(), std::chrono::floor<std::chrono::seconds>(made_at).time_since_epoch().count(), 0);
        return done(archive_write_header(archive_, entry.get()));
    }

    Result<void> write(ByteView bytes) override {
        while (!bytes.empty()) {
            const la_ssize_t wrote = archive_write_data(archive_, bytes.data(), bytes.size());
            if (wrote <= 0 || failure_) return said();
            bytes = bytes.subspan(static_cast<std::size_t>(wrote));
        }
        return {};
    }

    Result<void> finish() override { return done(archive_write_close(archive_)); }

private:
    static la_ssize_t take(archive*, void* self, const void* bytes, std::size_t size) {
        auto* writer = static_cast<RealWriter*>(self);
        if (!writer->failure_) {
            auto taken = writer->sink_({static_cast<const std::byte*>(bytes), size});
            if (!taken) writer->failure_ = taken.error();
        }
        return static_cast<la_ssize_t>(size);
    }

    Result<void> done(int code) {
        if (code == ARCHIVE_OK && !failure_) return {};
        return said();
    }
    Error said() const {
        if (failure_) return *failure_;
        const char* why = archive_error_string(archive_);
        return fail(Failure::io, std::string{"the archive could not be made: "} + (why == nullptr ? "unknown" : why));
    }

    ByteSink sink_;
    archive* archive_;
    std::optional<Error> failure_;  ///< of the sink
};

class RealReader final : public ArchiveReader {
public:
    explicit RealReader(ByteSource source) : source_(std::move(source)), archive_(archive_read_new()), block_(kArchiveBlock) {}
    ~RealReader() override { archive_read_free(archive_); }

    Result<void> open() {
        if (archive_read_support_filter_zstd(archive_) != ARCHIVE_OK || archive_read_support_format_tar(archive_) != ARCHIVE_OK)
            return said();
        if (archive_read_open(archive_, this, nullptr, &RealReader::give, nullptr) != ARCHIVE_OK) return said();
        return {};
    }

    Result<std::optional<ArchiveMember>> next() override {
        archive_entry* entry = nullptr;
        const int code = archive_read_next_header(archive_, &entry);
        if (failure_) return *failure_;
        if (code == ARCHIVE_EOF) return std::optional<ArchiveMember>{};
        if (code != ARCHIVE_OK) return said();
        const char* name = archive_entry_pathname(entry);
        if (name == nullptr || !is_member_name(name) || archive_entry_filetype(entry) != AE_IFREG ||
            archive_entry_hardlink(entry) != nullptr || archive_entry_sparse_count(entry) > 0 || archive_entry_size(entry) < 0)
            return not_ours("it holds something that no backup holds");
        return std::optional{ArchiveMember{name, static_cast<std::uint64_t>(archive_entry_size(entry))}};
    }

    Result<std::size_t> read(std::span<std::byte> out) override {
        const la_ssize_t got = archive_read_data(archive_, out.data(), out.size());
        if (got < 0 || failure_) return said();
        return static_cast<std::size_t>(got);
    }

private:
    static la_ssize_t give(archive*, void* self, const void** bytes) {
        auto* reader = static_cast<RealReader*>(self);
        if (reader->failure_) return -1;
        auto got = reader->source_(reader->block_);
        if (!got) reader->failure_ = got.error();
        *bytes = reader->block_.data();
        return got ? static_cast<la_ssize_t>(*got) : -1;
    }

    Error said() const {
        if (failure_) return *failure_;
        return not_ours("it is no archive, or a damaged one");  // libarchive's words may repeat what is in it
    }

    ByteSource source_;
    archive* archive_;
    Bytes block_;
    std::optional<Error> failure_;  ///< of the source
};

}  // namespace

bool is_member_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto good = [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; };
    return !name.empty() && name.size() <= 64 && letter(name.front()) && std::all_of(name.begin(), name.end(), good);
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::start(ByteSink sink) {
    auto writer = std::make_unique<RealWriter>(std::move(sink));
    if (auto opened = writer->open(); !opened) return opened.error();
    return std::unique_ptr<ArchiveWriter>{std::move(writer)};
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(ByteSource source) {
    auto reader = std::make_unique<RealReader>(std::move(source));
    if (auto opened = reader->open(); !opened) return opened.error();
    return std::unique_ptr<ArchiveReader>{std::move(reader)};
}

}  // namespace dosario
