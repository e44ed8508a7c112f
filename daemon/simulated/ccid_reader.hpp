// SPDX-License-Identifier: Apache-2.0
// A simulated contactless reader of the CCID class, with cards in its field. Written from CCID rev. 1.1 and from what the readers were
// seen to say, not from the driver. The models differ in what they make of an order (ccid_pcsc.cpp, ccid_acr122.cpp); what all share
// stands in ccid_reader.cpp: descriptors, messages, notices, and the faults that a test asks for.
#pragma once

#include "simulated/device.hpp"
#include "simulated/hf_card.hpp"
#include "simulated/make.hpp"

#include <vector>

namespace dosario::simulated {

/// What goes wrong with an answer. All but `late` and `extended` are over with it.
enum class CcidFault : std::uint8_t {
    lost,  ///< it never comes
    late,  ///< it comes when the host sends its next order, before the answer to that
    twice,
    split,     ///< in pieces of 1 to 7 bytes, each a transfer
    extended,  ///< the reader wants twice the time first, and answers at the next idle()
    busy,      ///< failed, "the slot is busy"; the order is not done
    hardware,  ///< failed, "hardware error"
    stranger,  ///< an answer to an order that was never given comes before it
    garbage,   ///< bytes that are no message come before it
    cut,       ///< its second half never comes
};

class CcidReaderModel : public SimulatedDevice {
public:
    struct Interface {
        std::string name;  ///< iInterface, empty = it has none
        bool interrupt = true;
        std::uint8_t voltages = 7;
        std::uint32_t features = 0x00020040;
        std::uint32_t max_message = 271;
    };

    /// A card is laid into the field. Errors: full, there are ten in it.
    Result<void> lay(HfCard card);
    /// One with that UID is taken away, or all. Errors: not_found.
    Result<void> take(std::optional<Bytes> uid);
    const std::vector<HfCard>& cards() const { return cards_; }

    /// The next answers, `times` of them, after `after` others.
    void fail_answers(CcidFault fault, int times = 1, int after = 0);
    void forget_faults() { faults_.clear(); }
    /// The card leaves the field when the reader has answered so many orders more.
    void take_after(int answers) { take_after_ = answers; }
    /// As after a loss of power: what was set is forgotten, cards are still there.
    void reboot();
    /// Orders that came.
    int orders() const { return orders_; }

    /// `lay UID ...`, `take [UID]`, `fault NAME [times [after]]`: what a person types.
    Result<void> card_command(std::string_view words) override;
    std::optional<std::chrono::milliseconds> idle_period() const override { return std::chrono::milliseconds{20}; }
    void idle() override;

protected:
    CcidReaderModel(UsbDescription description, const std::vector<Interface>& interfaces);

    struct Order {
        std::uint8_t type = 0, slot = 0, sequence = 0;
        Bytes content;
    };
    struct Reply {
        std::uint8_t type = 0x80;
        std::uint8_t status = 0, error = 0, last = 0;
        Bytes content;
    };
    /// What the reader says to an order; nothing = it says nothing.
    virtual std::optional<Reply> obey(const Order& order) = 0;
    /// Cards came or went.
    virtual void field_changed() {}
    virtual void forget() {}
    /// Cards of this kind are seen.
    virtual bool sees(const HfCard& card) const = 0;

    /// The one card that is seen; null if there is none, or more.
    HfCard* only_card();
    std::size_t seen() const;
    std::vector<HfCard>& all_cards() { return cards_; }

private:
    std::optional<Bytes> requested(const UsbSetup& setup, ByteView out) final;
    void written(std::uint8_t endpoint, ByteView bytes) final;
    std::string_view missing() const final { return orders_ == 0 ? "asked the reader anything" : std::string_view{}; }
    Result<void> scanned(std::string_view, std::string_view) final;
    void notify();
    void take_message(ByteView bytes);
    void say(const Bytes& bytes, std::optional<CcidFault> fault);
    std::optional<CcidFault> next_fault();

    struct Planned {
        CcidFault fault;
        int after;
        int times;
    };
    std::vector<Planned> faults_;
    std::vector<HfCard> cards_;
    Bytes unread_;  ///< of an order that is not whole
    std::vector<Bytes> late_, extended_;
    int orders_ = 0;
    int take_after_ = -1;
    unsigned pieces_ = 0;
};

}  // namespace dosario::simulated
