// SPDX-License-Identifier: Apache-2.0
// Weeks of a pharmacy from a seed: people with badges, at scanners and at the API, through the real workflows and the real ledger; the model
// beside it; and what must be true after every step.
#pragma once

#include "pads.hpp"
#include "scanners.hpp"
#include "station.hpp"

#include <deque>

namespace dosario::sim {

/// What a person means to do, and what the model learns when it was done.
struct Gesture {
    v1::ScanRequest request;
    std::function<void(const v1::ScanReply&)> learn = [](const v1::ScanReply&) {};
};

class Pharmacy {
public:
    Pharmacy(std::uint64_t seed, test::ShimVfs& disk, Plant plant, Tally& tally);

    /// Throws Broken.
    void run(int steps);
    int step() const { return step_; }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

    // gestures.cpp
    test::Box some_box(bool serial);
    const char* someone();
    Gesture some_gesture();
    Gesture receive();
    Gesture fraction();
    Gesture verify_dose();
    Gesture dispense_dose();
    Gesture dispense_packs();
    Gesture come_back();
    Gesture release();
    Gesture undo();
    Gesture noise();
    void learn_paper(const v1::ScanRequest& request, const v1::ScanReply& reply);

    // trays.cpp
    struct Thing {
        std::string label;
        test::Box box;     ///< of a box
        std::string dose;  ///< of a dose its code, else empty
    };
    std::vector<Thing> some_tray(bool boxes);
    void at_pad();
    void count_tray(const std::vector<Thing>& things, const char* who, std::uint64_t tags, std::uint64_t said);
    void count_again(const char* who, std::uint64_t tags);
    void learn_tray(const std::vector<Thing>& things, const std::string& who, const v1::ScanReply& reply);
    std::optional<v1::ScanReply> ask_alone(const v1::ScanRequest& request, const std::function<void(const v1::ScanReply&)>& told);

    // pharmacy.cpp
    void one_step();
    void let_time_pass();
    void gesture();
    void recall();
    void ask_again();
    bool booked_nothing();
    /// One group of them; what became of it.
    Fate send(std::vector<Gesture>& gestures);
    void at_scanner(const Gesture& gesture);
    void learn(const Gesture& gesture, const v1::ScanReply& reply);
    std::string who(const v1::ScanRequest& request) const;
    void look_at_day();
    UtcTime honest_now() { return station_.counter().clock.wall() - wrong_by_; }
    void set_wrong(std::chrono::hours by);
    void check_stock();

    struct Asked {
        v1::ScanRequest request;
        std::string reply;
        UtcTime at{};
    };

    std::mt19937_64 random_;
    Tally& tally_;
    Station station_;
    Plant plant_;
    Model model_;
    std::vector<Scanner> scanners_;
    TrayPad pad_;
    std::map<std::string, std::string> labels_;  ///< of doses, by code: what was printed
    std::deque<Asked> asked_;                    ///< requests with an id that recorded, and what they were answered
    std::string desk_;                           ///< who works there, by the last badge
    Date today_{};
    Date written_on_{};
    std::chrono::hours wrong_by_{0};  ///< the wall clock against the truth
    long offset_ = 0;
    std::uint64_t starts_ = 0;  ///< of the station when its scanners were plugged in
    std::uint64_t ids_ = 0;
    std::uint64_t notes_ = 0;
    int step_ = 0;
};

}  // namespace dosario::sim
