// SPDX-License-Identifier: Apache-2.0
// Drives a UHF driver with any input: the first byte chooses country and power; then each byte is a slice from the reader (its length, a
// pause, the bytes), a command, or the frame that the driver wrote last with its checksum made good, which reaches deeper than noise does.
// Held: each command is answered once, what waits is bounded, and a closed driver wants nothing.
#pragma once

#include "reader/driver.hpp"

#include <cstdlib>
#include <set>

namespace dosario::fuzz {

class UhfDrive {
public:
    UhfDrive(const char* driver, ByteView input) : rest_(input) {
        ReaderSettings settings;
        const unsigned choice = take();
        constexpr const char* kCountries[] = {"", "AR", "CL", "BR", "XX", "PE", "UY", "MX"};
        settings.uhf_country = kCountries[choice % 8];
        settings.power_cdbm = (choice & 8) != 0 ? 2000 : 0;
        UsbInterface one;
        one.vid = 0x10C4;
        one.pid = 0xEA60;
        one.class_code = kVendorClass;
        one.bulk_in = 0x81;
        one.bulk_out = 0x01;
        is_chafon_ = std::string_view{driver} == "chafon_uhf";
        reader_ = find_driver(driver)->make(one, settings);
        reader_->opened(now_);
        drain();
    }

    int run() {
        while (!rest_.empty()) {
            const unsigned what = take();
            if (what < 0x20) {
                command(what);
            } else if (what < 0x60) {
                answer(what);
            } else {
                const std::size_t size = std::min<std::size_t>(what & 0x3F, rest_.size());
                const ByteView slice = rest_.first(size);
                rest_ = rest_.subspan(size);
                pass(take() * 4);
                receive(slice);
            }
        }
        reader_->closed(now_, PortEnd::unplugged);
        drain();
        if (reader_->next_wake() || !open_.empty()) std::abort();
        return 0;
    }

private:
    unsigned take() {
        if (rest_.empty()) return 0;
        const auto value = std::to_integer<unsigned>(rest_[0]);
        rest_ = rest_.subspan(1);
        return value;
    }
    void pass(unsigned ms) {
        const MonoTime until = now_ + std::chrono::milliseconds{ms};
        for (int wakes = 0; reader_->next_wake() && *reader_->next_wake() <= until; ++wakes) {
            if (wakes > 10'000) std::abort();
            now_ = std::max(now_, *reader_->next_wake());
            reader_->wake(now_);
            drain();
        }
        now_ = until;
    }
    void receive(ByteView bytes) {
        reader_->receive(0x81, bytes, now_);
        drain();
    }
    /// An answer to what was asked last, with content out of the input.
    void answer(unsigned what) {
        if (last_.size() < 4) return;
        const std::size_t size = std::min<std::size_t>(what & 0x1F, rest_.size());
        const ByteView content = rest_.first(size);
        rest_ = rest_.subspan(size);
        Bytes frame;
        if (is_chafon_) {
            frame = {static_cast<std::byte>(size + 4), std::byte{0}, last_[2]};
            frame.insert(frame.end(), content.begin(), content.end());
            if (size == 0) frame[0] = std::byte{5}, frame.push_back(std::byte{0});
            unsigned crc = 0xFFFF;
            for (const std::byte one : frame) {
                crc ^= std::to_integer<unsigned>(one);
                for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x8408 : crc >> 1;
            }
            frame.push_back(static_cast<std::byte>(crc & 0xFF));
            frame.push_back(static_cast<std::byte>(crc >> 8));
        } else {
            const bool r200 = last_[0] == std::byte{0xAA};
            frame = {last_[0], std::byte{what < 0x50 ? std::uint8_t{1} : std::uint8_t{2}}, last_[2], std::byte{0},
                     static_cast<std::byte>(size)};
            frame.insert(frame.end(), content.begin(), content.end());
            unsigned sum = 0;
            for (std::size_t i = 1; i < frame.size(); ++i) sum += std::to_integer<unsigned>(frame[i]);
            frame.push_back(static_cast<std::byte>(sum & 0xFF));
            frame.push_back(r200 ? std::byte{0xDD} : std::byte{0x7E});
        }
        pass(3);
        receive(frame);
    }
    void command(unsigned what) {
        Bytes epc(what % 3 == 0 ? 12 : take() % 70);
        for (std::byte& one : epc) one = static_cast<std::byte>(take());
        const auto word = static_cast<std::uint16_t>(take() * (take() % 5));
        ReaderCommand made = StartInventory{};
        if (what % 6 == 1) made = StopInventory{};
        if (what % 6 == 2) made = SetPower{static_cast<int>(take()) * 20 - 100};
        if (what % 6 == 3)
            made = ReadTag{epc, static_cast<TagBank>(take() % 4), word, static_cast<std::uint16_t>(take() % 40), take()};
        if (what % 6 == 4) made = WriteTag{epc, static_cast<TagBank>(take() % 4), word, Bytes(take() % 70), take()};
        if (what % 6 == 5) {
            LockTag lock;
            lock.epc = epc;
            lock.user_bank = static_cast<TagLock>(take() % 5);
            lock.epc_bank = static_cast<TagLock>(take() % 5);
            lock.password = take();
            made = lock;
        }
        if (reader_->command(made, ++number_, now_)) open_.insert(number_);
        drain();
    }
    void drain() {
        for (std::size_t events = 0; const auto event = reader_->next_event(); ++events) {
            if (events > 256) std::abort();
            const auto* const answer = std::get_if<ReaderAnswer>(&*event);
            if (answer != nullptr && answer->number != 0 && open_.erase(answer->number) == 0 && answer->number != number_)
                std::abort();
            if (answer != nullptr && answer->number == number_) early_ = number_;
            const auto* const tag = std::get_if<TagRead>(&*event);
            if (tag != nullptr && tag->epc.size() > 62) std::abort();
        }
        while (auto write = reader_->next_write())
            if (!write->setup) last_ = std::move(write->bytes);
        // Some are answered before command() returns.
        if (early_ != 0) open_.erase(early_);
    }

    ByteView rest_;
    bool is_chafon_ = false;
    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
    Bytes last_;
    std::uint32_t number_ = 0, early_ = 0;
    std::set<std::uint32_t> open_;
};

inline int drive_uhf(const char* driver, ByteView input) { return UhfDrive{driver, input}.run(); }

}  // namespace dosario::fuzz
