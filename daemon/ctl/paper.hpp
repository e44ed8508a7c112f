// SPDX-License-Identifier: Apache-2.0
// One page of A4 (ISO 216) on which black rectangles and lines of text are put, in millimetres from the upper left corner; as SVG by
// ourselves, as PDF by libharu. Only this knows that.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>

namespace dosario {

inline constexpr double kPaperWidth_mm = 210;
inline constexpr double kPaperHeight_mm = 297;

class Paper {
public:
    virtual ~Paper() = default;
    virtual void rectangle(double x_mm, double y_mm, double width_mm, double height_mm) = 0;
    /// `y` is the line on which the letters stand. UTF-8; what is not in Latin-1 becomes `?` in PDF.
    virtual void text(double x_mm, double y_mm, double size_mm, const std::string& words) = 0;
    /// The file's content.
    virtual Result<std::string> finish() = 0;
};

std::unique_ptr<Paper> svg_paper(const std::string& title);
/// io: libharu has no memory or refuses.
Result<std::unique_ptr<Paper>> pdf_paper(const std::string& title);

}  // namespace dosario
