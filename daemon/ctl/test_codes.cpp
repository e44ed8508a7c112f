// SPDX-License-Identifier: Apache-2.0
// `test-codes`: the sheet of test codes, to be printed.
#include "ctl/doctor_daemon.hpp"
#include "ctl/language.hpp"
#include "ctl/paper.hpp"
#include "ctl/symbol_grid.hpp"
#include "ctl/verbs.hpp"
#include "doctor/words.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dosario {
namespace {

constexpr double kLeft_mm = 20;
constexpr double kTitle_mm = 6;
constexpr double kLabel_mm = 4.2;
constexpr double kSmall_mm = 3.4;
constexpr std::size_t kLongestLine = 95;  // letters of kSmall_mm between the margins

/// Where a code stands, and how large its modules are.
struct Place {
    TestCode code;
    double y_mm;
    double module_mm;
    double bar_height_mm;  ///< of a linear symbol; 0: modules are square
    std::string_view label;
};

// GS1 General Specifications, 5.12: modules of 0.33 mm for bars are those of goods at a counter; the squares are larger than they must be.
constexpr Place kPlaces[] = {
    {TestCode::gs, 70, 0.9, 0, "sheet/gs"},
    {TestCode::text, 125, 0.34, 18, "sheet/text"},
    {TestCode::ean, 180, 0.34, 22, "sheet/ean"},
    {TestCode::adoption, 240, 0.9, 0, "sheet/adoption"},
};

/// Runs of dark modules of a row as one rectangle each.
void draw(Paper& paper, const SymbolGrid& grid, const Place& place) {
    const double height = place.bar_height_mm > 0 ? place.bar_height_mm : place.module_mm;
    for (std::size_t row = 0; row < grid.rows; ++row) {
        for (std::size_t column = 0; column < grid.columns; ++column) {
            if (!grid.at(row, column)) continue;
            const std::size_t begin = column;
            while (column + 1 < grid.columns && grid.at(row, column + 1)) ++column;
            paper.rectangle(kLeft_mm + static_cast<double>(begin) * place.module_mm,
                            place.y_mm + static_cast<double>(row) * height,
                            static_cast<double>(column + 1 - begin) * place.module_mm, height);
        }
    }
}

/// In lines at blanks.
double write_lines(Paper& paper, double y_mm, std::string words) {
    while (!words.empty()) {
        std::size_t cut = words.size();
        if (cut > kLongestLine) cut = std::min(words.rfind(' ', kLongestLine), words.size());
        paper.text(kLeft_mm, y_mm, kSmall_mm, words.substr(0, cut));
        words.erase(0, cut + (cut < words.size() ? 1 : 0));
        y_mm += 1.5 * kSmall_mm;
    }
    return y_mm;
}

Result<std::string> make_sheet(bool pdf, Language language) {
    const std::string title = doctor_text("sheet/title", language);
    std::unique_ptr<Paper> paper;
    if (pdf) {
        auto made = pdf_paper(title);
        if (!made) return made.error();
        paper = std::move(*made);
    } else {
        paper = svg_paper(title);
    }
    paper->text(kLeft_mm, 25, kTitle_mm, title);
    const double y_mm = write_lines(*paper, 35, doctor_text("sheet/how", language));
    write_lines(*paper, y_mm, doctor_text("sheet/print", language));
    for (const Place& place : kPlaces) {
        const auto grid = draw_symbol(place.code);
        if (!grid) return grid.error();
        paper->text(kLeft_mm, place.y_mm - 6, kLabel_mm, doctor_text(place.label, language));
        draw(*paper, *grid, place);
    }
    paper->text(kLeft_mm, 285, kSmall_mm, "Dosario " DOSARIO_VERSION);
    return paper->finish();
}

/// A new file.
Result<void> write_new(const std::string& path, const std::string& content) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0)
        return fail(errno == EEXIST ? Failure::invalid : Failure::io,
                    path + (errno == EEXIST ? " is there already: say a new name" : std::string{": "} + std::strerror(errno)));
    const bool written = ::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
    const int why = written ? 0 : errno;
    if (::close(file) != 0 || !written) {
        ::unlink(path.c_str());
        return fail(Failure::io, path + " could not be written: " + std::strerror(why != 0 ? why : ENOSPC));
    }
    return {};
}

int print_codes(Session& session, const std::string& path, const std::string& wished) {
    const bool pdf = path.ends_with(".pdf");
    if (!path.empty() && !pdf && !path.ends_with(".svg"))
        return complain(fail(Failure::invalid, "the file's name ends with .svg or .pdf"), session.json);
    const Language language = language_of(wished.empty() ? station_language(session) : wished);
    const auto sheet = make_sheet(pdf, language);
    if (!sheet) return complain(sheet.error(), session.json);
    if (path.empty()) return std::fwrite(sheet->data(), 1, sheet->size(), stdout) == sheet->size() ? kDone : kRefused;
    if (auto written = write_new(path, *sheet); !written) return complain(written.error(), session.json);
    if (session.json) {
        print_json(boost::json::object{{"ok", true}, {"path", path}, {"bytes", sheet->size()}});
    } else {
        std::printf("%s\n", path.c_str());
    }
    return kDone;
}

}  // namespace

void add_test_codes_verb(CLI::App& app, Session& session, Action& action) {
    struct Wish {
        std::string path, language;
    };
    auto wish = std::make_shared<Wish>();
    CLI::App* verb =
        app.add_subcommand("test-codes", "a sheet to print: the codes that `doctor scanner` and `readers adopt` ask for");
    verb->add_option("--out", wish->path, "a new file, .svg or .pdf; without it SVG goes to standard output");
    verb->add_option("--language", wish->language, "es, en or pt; else the station's")->check(CLI::IsMember({"es", "en", "pt"}));
    verb->callback(
        [&session, &action, wish] { action = [&session, wish] { return print_codes(session, wish->path, wish->language); }; });
}

}  // namespace dosario
