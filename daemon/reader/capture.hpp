// SPDX-License-Identifier: Apache-2.0
// Captures: what went over the wire between a host and one reader, as text that people can read, write and mail.
// The format is drawn at the head of capture.cpp. What the bytes mean is left to the drivers (replay.hpp).
#pragma once

#include "base/result.hpp"
#include "reader/driver.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dosario {

inline constexpr std::size_t kLongestCaptureLine = std::size_t{1} << 20;
inline constexpr std::size_t kLargestCapture = std::size_t{64} << 20;
/// A week: times beyond it are a mistake, not a capture.
inline constexpr std::int64_t kLongestCaptureMs = std::int64_t{7} * 24 * 3600 * 1000;

/// One line that happened.
struct CaptureStep {
    enum class Kind { from_device, to_device, plug, unplug };
    Kind kind = Kind::from_device;
    std::optional<std::int64_t> at_ms;  ///< since the start of the capture, never going back
    std::uint8_t endpoint = 0;          ///< 0 where the capture names none
    Bytes bytes;                        ///< one report, or a slice of a stream
    friend bool operator==(const CaptureStep&, const CaptureStep&) = default;
};

/// One `= key value` line. Keys the format does not know are kept.
struct CaptureHeader {
    std::string key;
    std::string value;  ///< as written, escapes included
    friend bool operator==(const CaptureHeader&, const CaptureHeader&) = default;
};

struct Capture {
    std::vector<CaptureHeader> headers;
    std::vector<CaptureStep> steps;
    friend bool operator==(const Capture&, const Capture&) = default;
};

/// Comments and blank lines are dropped. Errors (invalid) name the line and say what to write instead; all values of known
/// keys have been checked when it succeeds.
Result<Capture> parse_capture(std::string_view text);

/// The way back: parse_capture(write_capture(x)) is x, for every x that parse_capture gave.
std::string write_capture(const Capture& capture);

/// The last value of a key, as written; empty when the capture has none.
std::string_view capture_value(const Capture& capture, std::string_view key);

/// What the header says of the interface. HID is assumed as soon as it says anything; class_code is 0 when it says nothing.
UsbInterface capture_interface(const Capture& capture);

/// The way back: the lines of a header from which capture_interface() and capture_settings() make the same again. With `anonymous` the
/// serial number is not among them.
std::vector<CaptureHeader> capture_headers(const UsbInterface& interface, const ReaderSettings& settings, bool anonymous);

/// What the header says of the reader's settings, with is_replayed: a capture holds nothing from before it.
ReaderSettings capture_settings(const Capture& capture);

}  // namespace dosario
