// SPDX-License-Identifier: Apache-2.0
#include "ctl/paper.hpp"

#include <fmt/format.h>
#include <hpdf.h>

namespace dosario {
namespace {

constexpr double kPointsOfMm = 72 / 25.4;

std::string escaped(const std::string& words) {
    std::string text;
    for (const char c : words) {
        switch (c) {
            case '&': text += "&amp;"; break;
            case '<': text += "&lt;"; break;
            case '>': text += "&gt;"; break;
            default: text += c;
        }
    }
    return text;
}

class SvgPaper final : public Paper {
public:
    explicit SvgPaper(const std::string& title) {
        text_ = fmt::format(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}mm\" height=\"{1}mm\" viewBox=\"0 0 {0} {1}\">\n"
            "<title>{2}</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n<g shape-rendering=\"crispEdges\">\n",
            kPaperWidth_mm, kPaperHeight_mm, escaped(title));
    }
    void rectangle(double x, double y, double width, double height) override {
        text_ += fmt::format("<rect x=\"{:.3f}\" y=\"{:.3f}\" width=\"{:.3f}\" height=\"{:.3f}\"/>\n", x, y, width, height);
    }
    void text(double x, double y, double size, const std::string& words) override {
        text_ += fmt::format(
            "<text x=\"{:.3f}\" y=\"{:.3f}\" font-family=\"sans-serif\" font-size=\"{:.3f}\" xml:space=\"preserve\">{}</text>\n",
            x, y, size, escaped(words));
    }
    Result<std::string> finish() override { return text_ + "</g>\n</svg>\n"; }

private:
    std::string text_;
};

/// Latin-1, which the fonts that every reader of PDF has can show (PDF 1.3, WinAnsiEncoding).
std::string latin1_of(const std::string& utf8) {
    std::string text;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto c = static_cast<unsigned char>(utf8[i]);
        if (c < 0x80) {
            text += utf8[i];
        } else if ((c == 0xC2 || c == 0xC3) && i + 1 < utf8.size()) {
            text += static_cast<char>((c & 0x03) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3F));
        } else if (c >= 0xC0) {
            text += '?';
        }
    }
    return text;
}

struct PdfDelete {
    void operator()(_HPDF_Doc_Rec* document) const { HPDF_Free(document); }
};

class PdfPaper final : public Paper {
public:
    PdfPaper() : document_(HPDF_New(nullptr, nullptr)) {}  // without a handler every call only notes its error

    bool begin(const std::string& title) {
        if (document_ == nullptr) return false;
        HPDF_SetCompressionMode(document_.get(), HPDF_COMP_ALL);
        HPDF_SetInfoAttr(document_.get(), HPDF_INFO_TITLE, latin1_of(title).c_str());
        page_ = HPDF_AddPage(document_.get());
        font_ = HPDF_GetFont(document_.get(), "Helvetica", "WinAnsiEncoding");
        if (page_ == nullptr || font_ == nullptr) return false;
        return HPDF_Page_SetSize(page_, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT) == HPDF_OK;
    }
    void rectangle(double x, double y, double width, double height) override {
        HPDF_Page_Rectangle(page_, points(x), height_of_page() - points(y + height), points(width), points(height));
        HPDF_Page_Fill(page_);
    }
    void text(double x, double y, double size, const std::string& words) override {
        HPDF_Page_BeginText(page_);
        HPDF_Page_SetFontAndSize(page_, font_, points(size));
        HPDF_Page_TextOut(page_, points(x), height_of_page() - points(y), latin1_of(words).c_str());
        HPDF_Page_EndText(page_);
    }
    Result<std::string> finish() override {
        if (HPDF_SaveToStream(document_.get()) != HPDF_OK || HPDF_GetError(document_.get()) != HPDF_OK)
            return fail(Failure::io,
                        fmt::format("the PDF cannot be made (libharu, error {:#x})", HPDF_GetError(document_.get())));
        std::string content(HPDF_GetStreamSize(document_.get()), '\0');
        HPDF_ResetStream(document_.get());
        auto size = static_cast<HPDF_UINT32>(content.size());
        const auto read = HPDF_ReadFromStream(document_.get(), reinterpret_cast<HPDF_BYTE*>(content.data()), &size);
        if ((read != HPDF_OK && read != HPDF_STREAM_EOF) || size != content.size())
            return fail(Failure::io, "the PDF cannot be made: libharu gave only a part of it");
        return content;
    }

private:
    static HPDF_REAL points(double mm) { return static_cast<HPDF_REAL>(mm * kPointsOfMm); }
    static HPDF_REAL height_of_page() { return points(kPaperHeight_mm); }

    std::unique_ptr<_HPDF_Doc_Rec, PdfDelete> document_;
    HPDF_Page page_ = nullptr;
    HPDF_Font font_ = nullptr;
};

}  // namespace

std::unique_ptr<Paper> svg_paper(const std::string& title) { return std::make_unique<SvgPaper>(title); }

Result<std::unique_ptr<Paper>> pdf_paper(const std::string& title) {
    auto paper = std::make_unique<PdfPaper>();
    if (!paper->begin(title)) return fail(Failure::io, "the PDF cannot be begun: libharu has no memory");
    return std::unique_ptr<Paper>{std::move(paper)};
}

}  // namespace dosario
