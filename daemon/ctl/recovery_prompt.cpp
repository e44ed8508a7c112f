// SPDX-License-Identifier: Apache-2.0
#include "ctl/recovery_prompt.hpp"

#include "crypto/secret_file.hpp"
#include "ctl/hidden_line.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>

namespace dosario {
namespace {

constexpr int kAttempts = 3;
constexpr std::size_t kGroup = 6;
constexpr std::size_t kGroupsInLine = 5;
constexpr std::string_view kBeginning = "AGE-SECRET-KEY-1";

std::size_t characters(std::string_view typed) {
    std::size_t count = 0;
    for (const char c : typed) count += c != ' ' && c != '-' && c != '\n' && c != '\r' && c != '\t' ? 1 : 0;
    return count;
}

/// Until there is as much as a key has, an empty line, or the end.
void read_typed(std::string& typed, bool terminal) {
    constexpr std::size_t kWhole = 58;
    typed.reserve(kLongestHidden + 1);
    for (;;) {
        const std::size_t before = typed.size();
        if (!append_hidden_line(typed)) return;
        if (terminal && (typed.size() == before + 1 || characters(typed) >= kWhole)) return;
    }
}

}  // namespace

Result<AgeSecretKey> ask_recovery_key() {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no core file with a key in it
    const bool terminal = isatty(STDIN_FILENO) == 1;
    for (int attempt = 1;; ++attempt) {
        std::string typed;
        if (terminal) {
            std::fprintf(stderr, "Recovery key, from the sheet (it is not shown; blanks and line breaks do not matter): ");
            const WithoutEcho quiet;
            read_typed(typed, true);
        } else {
            read_typed(typed, false);
        }
        const bool nothing = characters(typed) == 0;
        auto key = parse_age_secret(typed);
        wipe(typed);
        if (key || !terminal || nothing || attempt == kAttempts) return key;
        std::fprintf(stderr, "%s\n", key.error().message.c_str());
    }
}

std::string recovery_sheet(const AgeSecretKey& key, const std::string& data_directory) {
    std::string secret = key.text();
    std::string groups = "    " + std::string{kBeginning} + "\n    ";
    groups.reserve(200);
    std::size_t n = 0;
    for (const char c : std::string_view{secret}.substr(kBeginning.size())) {
        if (n > 0 && n % (kGroup * kGroupsInLine) == 0)
            groups += "\n    ";
        else if (n > 0 && n % kGroup == 0)
            groups += ' ';
        groups += c;
        ++n;
    }
    wipe(secret);
    std::string sheet = "DOSARIO - HOJA DE RECUPERACIÓN / RECOVERY SHEET\n\n";
    sheet.reserve(4096);  // it does not move with the key in it
    sheet += groups;
    sheet += "\n\nClave pública / public key:\n    " + key.recipient().text() + "\n\n";
    wipe(groups);
    sheet +=
        "ESPAÑOL\n"
        "Esta clave abre las copias de seguridad de esta farmacia. No está guardada en ninguna computadora: si se pierde esta hoja, nadie\n"
        "puede abrir las copias. Imprímala dos veces y guárdelas bajo llave en dos lugares, lejos de la computadora y de las copias. Quien\n"
        "tenga una copia y esta hoja puede leer todo. Después borre lo que quedó en la pantalla.\n"
        "Para recuperar en una computadora nueva: 1. Instale Dosario (install.md). 2. Conecte el disco o el pendrive con las copias.\n"
        "3. Escriba, y después la clave de arriba (espacios, mayúsculas y saltos de línea no importan):\n"
        "    dosario restore ARCHIVO --data " +
        data_directory +
        "\n"
        "4. Lea lo que dice que falta. No vuelva a encender Dosario en la computadora vieja.\n"
        "Sin Dosario: age -d -i CLAVE ARCHIVO | tar --zstd -x\n\n"
        "ENGLISH\n"
        "This key opens the backups of this pharmacy. No computer keeps it: if this sheet is lost, nobody can open them. Print it twice,\n"
        "and lock the two away in two places, far from the computer and from the backups. Who has a backup and this sheet can read\n"
        "everything. Then clear the screen.\n"
        "To restore on a new computer: 1. Install Dosario (install.md). 2. Plug in the disk or stick with the backups. 3. Type this, and then\n"
        "the key above (blanks, case and line breaks do not matter):\n"
        "    dosario restore FILE --data " +
        data_directory +
        "\n"
        "4. Read what it says is missing. Never start Dosario on the old computer again.\n"
        "Without Dosario: age -d -i KEY FILE | tar --zstd -x\n";
    return sheet;
}

}  // namespace dosario
