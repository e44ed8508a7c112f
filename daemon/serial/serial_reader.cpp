// SPDX-License-Identifier: Apache-2.0
#include "serial/serial_reader.hpp"

namespace dosario {
namespace {

class SerialReader final : public ReaderProtocol {
public:
    SerialReader(BridgeChip chip, const UsbInterface& one, int line_rate, std::unique_ptr<LineProtocol> line)
        : bridge_(make_bridge(chip, one, line->use())), line_(std::move(line)), line_rate_(line_rate), bulk_out_(one.bulk_out) {}

    void opened(MonoTime now) override {
        set(line_rate_);
        line_->opened(now);
    }
    void receive(std::uint8_t endpoint, ByteView transfer, MonoTime now) override {
        const LineBytes line = bridge_->receive(endpoint, transfer);
        if (line.broken_rule != nullptr) {
            line_->damaged(line.broken_rule, line.bytes, now);
        } else if (!line.bytes.empty()) {
            line_->receive(0, line.bytes, now);
        }
    }
    bool command(const ReaderCommand& command, std::uint32_t number, MonoTime now) override {
        return line_->command(command, number, now);
    }
    void wake(MonoTime now) override { line_->wake(now); }
    void written(MonoTime now) override { line_->written(now); }
    void interrupted(MonoTime now) override { line_->interrupted(now); }
    std::optional<MonoTime> deaf_until() const override { return line_->deaf_until(); }
    void closed(MonoTime now, PortEnd end) override { line_->closed(now, end); }
    std::optional<ReaderWrite> next_write() override {
        if (next_request_ < requests_.size()) return std::move(requests_[next_request_++]);
        if (const int wanted = line_->line_rate() != 0 ? line_->line_rate() : line_rate_; is_set_to_ && wanted != *is_set_to_) {
            set(wanted);
            return next_write();
        }
        auto write = line_->next_write();
        if (write && !write->setup) write->endpoint = bulk_out_;
        return write;
    }
    std::optional<ReaderEvent> next_event() override { return line_->next_event(); }
    std::optional<MonoTime> next_wake() const override { return line_->next_wake(); }

private:
    void set(int rate) {
        requests_ = bridge_->opening(rate);
        next_request_ = 0;
        is_set_to_ = rate;
    }

    const std::unique_ptr<SerialBridge> bridge_;
    const std::unique_ptr<LineProtocol> line_;
    const int line_rate_;
    std::optional<int> is_set_to_;  ///< bits per second, since it was opened
    const std::uint8_t bulk_out_;
    std::vector<ReaderWrite> requests_;  ///< of the bridge, before anything of the line
    std::size_t next_request_ = 0;
};

}  // namespace

std::unique_ptr<ReaderProtocol> make_serial_reader(BridgeChip chip, const UsbInterface& one, int line_rate,
                                                   std::unique_ptr<LineProtocol> line) {
    return std::make_unique<SerialReader>(chip, one, line_rate, std::move(line));
}

}  // namespace dosario
