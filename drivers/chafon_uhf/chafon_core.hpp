// SPDX-License-Identifier: Apache-2.0
// A Chafon reader as its driver speaks with it. Internal to this folder: set-up and inventory are in chafon_reader.cpp, what concerns one tag
// is in chafon_tags.cpp.
#pragma once

#include "chafon_uhf/chafon_frame.hpp"
#include "chafon_uhf/chafon_reader.hpp"
#include "rfid/uhf_reader.hpp"

namespace dosario::chafon {

using std::chrono::milliseconds;

inline Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes bytes;
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

class ChafonReader final : public UhfReader {
public:
    explicit ChafonReader(const ReaderSettings& settings) : UhfReader("chafon_uhf", kUsualRate, settings) {}

private:
    /// Whether the tag's EPC alone says which tag, or a mask over all of it besides.
    enum class Mask : std::uint8_t { none, whole };

    Parsed parse(ByteView bytes) const override;
    bool answers(const UhfFrame& frame, const Request& request) const override;
    void unasked(const UhfFrame& frame) override;
    Task<Outcome> set_up() override;
    Task<Outcome> confirm() override;
    Task<Outcome> inventory() override;
    Task<Outcome> look(std::vector<Bytes>& field) override;
    Task<Outcome> set_power(int cdbm) override;
    Task<Outcome> read_words(const ReadTag& what) override;
    Task<Outcome> write_words(const WriteTag& what) override;
    Task<Outcome> lock_tag(const LockTag& what) override;

    Request request(std::uint8_t command, ByteView content, Micros patience, int tries) const;
    Request tag_request(std::uint8_t command, const Bytes& epc, Bytes content, Mask mask) const;
    Task<Outcome> ask_tag(std::uint8_t command, const Bytes& epc, const Bytes& content, std::optional<std::size_t> answer_size);
    Task<Outcome> ask_about();
    Task<Outcome> set_band();
    Task<Outcome> round();
    Task<Outcome> leave_active_mode();
    bool tell_tags(const UhfFrame& frame);

    std::uint8_t address_ = 0;
    Layout layout_ = Layout::unknown;
    AboutReader about_;
    bool met_ = false;        ///< it has said who it is: address_, layout_ and about_ are its
    Mask mask_ = Mask::none;  ///< what it took last
    int set_dbm_ = 0;         ///< its power after it was set up
    bool streams_ = false;    ///< it says things by itself: active mode
};

}  // namespace dosario::chafon
