// SPDX-License-Identifier: Apache-2.0
// An M100 or R200 module as its driver speaks with it. Internal to this folder: set-up and inventory are in m100_reader.cpp, what
// concerns one tag is in m100_tags.cpp.
#pragma once

#include "m100_uhf/m100_frame.hpp"
#include "m100_uhf/m100_reader.hpp"
#include "rfid/uhf_reader.hpp"

#include <set>

namespace dosario::m100 {

using std::chrono::milliseconds;

inline constexpr milliseconds kPatience{500};
inline constexpr int kMostRefusals = 3;
inline constexpr int kTries = 3;
inline Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes bytes;
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}
inline std::uint8_t first_of(const UhfFrame& frame) {
    return frame.body.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(frame.body[0]);
}

class M100Reader final : public UhfReader {
public:
    explicit M100Reader(const ReaderSettings& settings) : UhfReader("m100_uhf", kUsualRate, settings) {}

private:
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

    Request request(std::uint8_t command, ByteView content, Micros patience = kPatience, int tries = kTries) const;
    Task<Outcome> say(std::uint8_t command, Bytes content, int tries = kTries);
    Task<Outcome> set_region();
    Task<Outcome> set_channels(int tries);
    Task<Outcome> confirm_once();
    Task<Outcome> stop();
    Task<Outcome> select(const Bytes& epc);
    Task<Outcome> select_surely(const Bytes& epc);
    Task<Outcome> answers_as(const Bytes& epc);
    Task<Outcome> ask_tag(std::uint8_t command, const Bytes& epc, Bytes content, std::size_t answer_size);
    bool tell_notice(const UhfFrame& frame);
    void begun();
    void hear(const UhfFrame& notice);
    void end_round();

    std::optional<Variant> variant_;
    bool tells_region_ = true;     ///< it knows command 08
    bool tells_selection_ = true;  ///< it knows command 0B
    int untold_selections_ = 0;
    bool runs_ = false;      ///< notices come that nobody asked for now
    std::set<Bytes> round_;  ///< of the round that goes on
    int refusals_ = 0;       ///< of the inventory, one behind the other
};

}  // namespace dosario::m100
