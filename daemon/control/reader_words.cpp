// SPDX-License-Identifier: Apache-2.0
#include "control/reader_words.hpp"

#include "control/catalogue.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr CatalogueRow kReaderRows[] = {
    {"candidate", "Podría ser un lector: `dosario readers adopt` lo prueba con un código impreso.",
     "It could be a scanner: `dosario readers adopt` tries it with a printed test code.",
     "Pode ser um leitor: `dosario readers adopt` o testa com um código impresso."},
    {"protected", "El aparato es también un mouse: se deja para el escritorio.",
     "The device is a mouse too: it is left to the desktop.", "O aparelho também é um mouse: fica para a área de trabalho."},
    {"last_keyboard", "Es el único teclado de esta computadora: si es un lector, conecte un teclado antes de adoptarlo.",
     "It is the only keyboard of this computer: if it is a scanner, plug in a keyboard before adopting it.",
     "É o único teclado deste computador: se é um leitor, conecte um teclado antes de adotá-lo."},
    {"refused", "Se abrió, y no lee etiquetas. El lector dice: {why}", "It is open, and reads no tags. The reader says: {why}",
     "Foi aberto, e não lê etiquetas. O leitor diz: {why}"},
    {"not_plugged", "{name} no está enchufado: conéctelo.", "{name} is not plugged in: plug it in.",
     "{name} não está conectado: conecte-o."},
    {"blocked",
     "El sistema lo tiene bloqueado (USBGuard o el administrador): permítalo con `usbguard allow-device`, `usbguard list-devices` dice su "
     "número; después desconéctelo y conéctelo.",
     "The system has blocked it (USBGuard or the administrator): allow it with `usbguard allow-device`, `usbguard list-devices` says its "
     "number; then unplug it and plug it in again.",
     "O sistema o mantém bloqueado (USBGuard ou o administrador): permita-o com `usbguard allow-device`, `usbguard list-devices` diz o "
     "número; depois desconecte e conecte de novo."},
    {"asleep",
     "La computadora lo durmió para ahorrar energía: si no lee, desconéctelo y conéctelo; para que no duerma, escriba `on` en su "
     "power/control.",
     "The computer suspended it to save power: if it does not read, unplug it and plug it in again; to keep it awake, write `on` to its "
     "power/control.",
     "O computador o suspendeu para economizar energia: se não lê, desconecte e conecte de novo; para que não durma, escreva `on` em seu "
     "power/control."},
    {"poor",
     "Muchas lecturas llegan dañadas: revise el cable, pruebe otro puerto USB sin concentrador, y pase los códigos de configuración del "
     "manual.",
     "Many reads arrive damaged: look at the cable, try another USB port without a hub, and scan the configuration codes of its manual.",
     "Muitas leituras chegam danificadas: veja o cabo, tente outra porta USB sem hub, e escaneie os códigos de configuração do manual."},
    {"silent", "Todavía no llegó nada de él, o hace rato que no: escanee un código cualquiera para ver si responde.",
     "Nothing has come from it yet, or not for a while: scan any code to see whether it answers.",
     "Ainda não chegou nada dele, ou há tempo que não: escaneie um código qualquer para ver se responde."},
    {"silent_pad", "Todavía no se leyó ninguna etiqueta en él, o hace rato que no: ponga una encima para ver si responde.",
     "No tag has been read on it yet, or not for a while: put one there to see whether it answers.",
     "Ainda não foi lida nenhuma etiqueta nele, ou há tempo que não: ponha uma em cima para ver se responde."},
    {"read_damaged", "La lectura llegó dañada o incompleta y no se registró: escanee otra vez.",
     "The scan arrived damaged or not whole and was not saved: scan again.",
     "A leitura chegou danificada ou incompleta e não foi registrada: escaneie outra vez."},
    {"pad_reads",
     "El lector de la bandeja todavía la está leyendo: no se registró nada. Espere un momento y escanee la cantidad otra vez.",
     "The pad is still reading the tray: nothing was saved. Wait a moment and scan the number again.",
     "O leitor da bandeja ainda a está lendo: nada foi registrado. Espere um momento e escaneie a quantidade outra vez."},
    {"moved",
     "Un lector igual quedó registrado en el puerto {from}; ahora está en {to}: adóptelo o dele su zona aquí, o conéctelo donde estaba.",
     "A reader alike is known at port {from}; it is now at {to}: adopt it or give it its zone here, or plug it back.",
     "Um leitor igual ficou registrado na porta {from}; agora está em {to}: adote-o ou dê-lhe a zona aqui, ou conecte-o onde estava."},
    {"failed/refused", "Dosario no tiene permiso para abrirlo: llame a quien mantiene la computadora.",
     "Dosario may not open it: call whoever maintains the computer.",
     "O Dosario não tem permissão para abri-lo: chame quem mantém o computador."},
    {"failed/unavailable",
     "Otro programa lo tiene, o no se deja abrir: cierre el programa del lector, o desconecte el lector y conéctelo.",
     "Another program has it, or it cannot be opened: close the program of the reader, or unplug the reader and plug it in again.",
     "Outro programa o tem, ou não se deixa abrir: feche o programa do leitor, ou desconecte o leitor e conecte de novo."},
    {"failed/full", "A la computadora le falta memoria: cierre programas y vuelva a conectarlo.",
     "The computer has no memory left: close programs and plug it in again.",
     "Falta memória ao computador: feche programas e conecte-o de novo."},
    {"failed/io", "La línea USB falla: pruebe otro cable u otro puerto.", "The USB line fails: try another cable or port.",
     "A linha USB falha: tente outro cabo ou outra porta."},
    {"record_pad",
     "Es un lector de etiquetas de RFID: una etiqueta puede nombrar a una persona, y no se sabe antes de leerla; por eso se graba todo o "
     "nada. Repita con --raw, y ponga solo etiquetas de mercadería.",
     "It reads RFID tags: a tag may name a person, which is not known before it is read, so all is recorded or nothing. Repeat with --raw, and "
     "put tags of goods there only.",
     "É um leitor de etiquetas RFID: uma etiqueta pode nomear uma pessoa, e não se sabe antes de lê-la; por isso se grava tudo ou nada. "
     "Repita com --raw, e ponha só etiquetas de mercadoria."},
    {"trial_pad",
     "Es un lector de etiquetas de RFID, y no lee los códigos impresos de la hoja: pruébelo con una etiqueta encima, sola, y `dosario tag "
     "read`.",
     "It reads RFID tags, and not the printed codes of the sheet: try it with one tag on it and `dosario tag read`.",
     "É um leitor de etiquetas RFID, e não lê os códigos impressos da folha: teste-o com uma etiqueta em cima, sozinha, e `dosario tag "
     "read`."},
    {"no_zone", "Hay varios lectores: diga dónde está este con `dosario readers zone`.",
     "There are several readers: say where this one stands with `dosario readers zone`.",
     "Há vários leitores: diga onde este está com `dosario readers zone`."},
    {"not_driven/ibm_hand_held",
     "Lector Zebra en modo «IBM hand-held» (OPOS), que no se usa: escanee en su manual el código de configuración «USB HID POS» o «CDC COM "
     "Port Emulation».",
     "A Zebra scanner in the mode \"IBM hand-held\" (OPOS), which is not driven: scan the configuration code \"USB HID POS\" or \"CDC COM "
     "Port Emulation\" of its manual.",
     "Leitor Zebra no modo \"IBM hand-held\" (OPOS), que não é usado: escaneie no manual o código de configuração \"USB HID POS\" ou \"CDC COM "
     "Port Emulation\"."},
    {"not_driven/ibm_table_top",
     "Lector Zebra en modo «IBM table-top», que no se usa: escanee en su manual el código de configuración «USB HID POS» o «CDC COM Port "
     "Emulation».",
     "A Zebra scanner in the mode \"IBM table-top\", which is not driven: scan the configuration code \"USB HID POS\" or \"CDC COM Port "
     "Emulation\" of its manual.",
     "Leitor Zebra no modo \"IBM table-top\", que não é usado: escaneie no manual o código de configuração \"USB HID POS\" ou \"CDC COM Port "
     "Emulation\"."},
    {"not_driven/snapi",
     "Lector Zebra en modo SNAPI, propio del fabricante: escanee en su manual el código de configuración «USB HID POS» o «CDC COM Port "
     "Emulation».",
     "A Zebra scanner in the maker's own mode SNAPI: scan the configuration code \"USB HID POS\" or \"CDC COM Port Emulation\" of its "
     "manual.",
     "Leitor Zebra no modo SNAPI, próprio do fabricante: escaneie no manual o código de configuração \"USB HID POS\" ou \"CDC COM Port "
     "Emulation\"."},
    {"not_driven/oem_mode",
     "Lector Datalogic en modo IBM (OEM), que no se usa: escanee en su manual el código de configuración «USB-COM» o «USB Keyboard».",
     "A Datalogic scanner in an IBM (OEM) mode, which is not driven: scan the configuration code \"USB-COM\" or \"USB Keyboard\" of its "
     "manual.",
     "Leitor Datalogic no modo IBM (OEM), que não é usado: escaneie no manual o código de configuração \"USB-COM\" ou \"USB Keyboard\"."},
    {"not_driven/scanner_mode",
     "Es de un fabricante de lectores, en un modo que Dosario no conoce: escanee en su manual el código de configuración «USB HID POS», "
     "«USB COM» o «USB Keyboard».",
     "It is of a maker of scanners, in a mode that Dosario does not know: scan the configuration code \"USB HID POS\", \"USB COM\" or \"USB "
     "Keyboard\" of its manual.",
     "É de um fabricante de leitores, num modo que o Dosario não conhece: escaneie no manual o código de configuração \"USB HID POS\", \"USB "
     "COM\" ou \"USB Keyboard\"."},
    {"not_driven/second_part", "Es otra parte de un aparato que ya se usa: no hay nada que hacer.",
     "It is another part of a device that is driven: there is nothing to do.",
     "É outra parte de um aparelho que já é usado: não há nada a fazer."},
    {"not_driven/tag_reader",
     "Lector de tarjetas con contactos, o que no dice si lee etiquetas sin contacto (CCID): queda para los otros programas (pcscd). Si las "
     "lee, nómbrelo en la configuración con driver = \"ccid\".",
     "A reader of cards with contacts, or one that does not say whether it reads contactless tags (CCID): it is left to other programs "
     "(pcscd). If it reads them, name it in the configuration with driver = \"ccid\".",
     "Leitor de cartões com contatos, ou que não diz se lê etiquetas sem contato (CCID): fica para os outros programas (pcscd). Se as lê, "
     "nomeie-o na configuração com driver = \"ccid\"."},
    {"not_driven/printer", "Es una impresora: queda para el sistema de impresión.",
     "It is a printer: it is left to the printing system.", "É uma impressora: fica para o sistema de impressão."},
    {"not_driven/vendor_hid",
     "Habla un protocolo propio de su fabricante (así son muchos lectores RFID UHF): si es un lector, póngalo en modo teclado o en puerto "
     "serie con el programa o los códigos de su manual.",
     "It speaks a protocol of its maker's own (many UHF RFID readers do): if it is a reader, set it to keyboard or serial port with the "
     "program or the codes of its manual.",
     "Fala um protocolo próprio do fabricante (assim são muitos leitores RFID UHF): se é um leitor, ponha-o em modo teclado ou porta "
     "serial com o programa ou os códigos do manual."},
    {"not_driven/serial_bridge",
     "Es un puerto serie sin lector conocido: si es un lector, póngalo con los códigos de su manual en «USB HID POS» o «USB Keyboard».",
     "It is a serial port of no known reader: if it is a reader, set it to \"USB HID POS\" or \"USB Keyboard\" with the codes of its "
     "manual.",
     "É uma porta serial sem leitor conhecido: se é um leitor, ponha-o com os códigos do manual em \"USB HID POS\" ou \"USB Keyboard\"."},
    {"not_driven/mouse", "Es un mouse: queda para el escritorio.", "It is a mouse: it is left to the desktop.",
     "É um mouse: fica para a área de trabalho."},
    {"not_driven/storage", "Es una memoria o un disco: no es un lector.", "It is a memory or a disk: it is no reader.",
     "É uma memória ou um disco: não é um leitor."},
    {"not_driven/wireless", "Es un adaptador inalámbrico: un lector por Bluetooth se usa con la base USB que trae.",
     "It is a wireless adapter: a Bluetooth scanner is used with the USB base that comes with it.",
     "É um adaptador sem fio: um leitor Bluetooth se usa com a base USB que o acompanha."},
    {"not_driven/hub", "Es un concentrador de puertos: no es un lector.", "It is a hub: it is no reader.",
     "É um hub de portas: não é um leitor."},
    {"not_driven/other",
     "Ningún controlador conoce este aparato: si es un lector, escanee en su manual el código de configuración «USB HID POS», «USB COM» o "
     "«USB Keyboard».",
     "No driver here knows this device: if it is a scanner, scan the configuration code \"USB HID POS\", \"USB COM\" or \"USB Keyboard\" of "
     "its manual.",
     "Nenhum controlador conhece este aparelho: se é um leitor, escaneie no manual o código de configuração \"USB HID POS\", \"USB COM\" ou "
     "\"USB Keyboard\"."},
};

}  // namespace

std::string reader_words(std::string_view key, Language language, const std::map<std::string, std::string>& values) {
    const auto row = std::ranges::find(kReaderRows, key, &CatalogueRow::key);
    if (row == std::end(kReaderRows)) return {};
    std::string text{in_language(*row, language)};
    for (const auto& [name, value] : values) {
        const std::string place = '{' + name + '}';
        if (const auto at = text.find(place); at != std::string::npos) text.replace(at, place.size(), value);
    }
    return text;
}

}  // namespace dosario
