// SPDX-License-Identifier: Apache-2.0
#include "control/tag_words.hpp"

#include "control/catalogue.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr CatalogueRow kTagRows[] = {
    {"no_gs1", "Ese código no es GS1: en una etiqueta de RFID no se puede escribir.",
     "This code is none of GS1: it cannot be written on an RFID tag.",
     "Este código não é GS1: não pode ser escrito em uma etiqueta RFID."},
    {"mistyped", "El carácter de control de ese código no coincide: escanee la etiqueta, o busque la letra mal copiada.",
     "The check character of this code is wrong: scan the label, or look for a mistyped character.",
     "O caractere de controle desse código não confere: leia a etiqueta, ou procure a letra mal copiada."},
    {"not_known", "Ese código no figura en el registro: o es de otra farmacia, o lo que se hizo con él se deshizo.",
     "This code is not in the ledger: it is of another pharmacy, or what was done with it was taken back.",
     "Esse código não consta no registro: ou é de outra farmácia, ou o que se fez com ele foi desfeito."},
    {"no_gs1_dose",
     "A esta dosis no se le puede hacer etiqueta de RFID: el número del medicamento es de uso interno, o se cortaron más de 99 a la vez. "
     "Escanee su código impreso.",
     "No RFID tag can be made for this dose: its product's number is for use inside one company, or more than 99 were cut at once. Scan its "
     "printed code.",
     "Não se pode fazer etiqueta RFID para esta dose: o número do medicamento é de uso interno, ou foram cortadas mais de 99 de uma vez. "
     "Leia seu código impresso."},
    {"no_pack_serial",
     "Esa caja se recibió sin número de serie, y sin él cada caja sería la misma: no se le puede hacer etiqueta de RFID.",
     "This pack was received without serial number, and without one all packs would be the same: no RFID tag can be made for it.",
     "Essa caixa foi recebida sem número de série, e sem ele todas as caixas seriam a mesma: não se pode fazer etiqueta RFID."},
    {"no_serial",
     "Ese código no tiene número de serie, y sin él cada caja sería la misma: no se le puede hacer etiqueta de RFID.",
     "This code has no serial number, and without one all boxes would be the same: no RFID tag can be made for it.",
     "Este código não tem número de série, e sem ele todas as caixas seriam a mesma: não se pode fazer etiqueta RFID."},
    {"which_scheme", "Diga en qué forma va en la etiqueta: --scheme dsgtin+, sgtin+, sscc+, itip+, ...",
     "Say in which form it goes onto the tag: --scheme dsgtin+, sgtin+, sscc+, itip+, ...",
     "Diga em que forma vai na etiqueta: --scheme dsgtin+, sgtin+, sscc+, itip+, ..."},
    {"read", "Hay una sola etiqueta.", "There is one tag, and no other.", "Há uma única etiqueta."},
    {"written", "Etiqueta escrita y leída de nuevo.", "Tag written and read back.", "Etiqueta escrita e lida de novo."},
    {"locked", "Etiqueta escrita, leída de nuevo y bloqueada.", "Tag written, read back and locked.",
     "Etiqueta escrita, lida de novo e bloqueada."},
    {"none", "No se lee ninguna etiqueta: ponga una, sola, y espere un momento. No cambió nada.",
     "No tag is read: put one there, alone, and wait a moment. Nothing was changed.",
     "Nenhuma etiqueta é lida: ponha uma, sozinha, e espere um momento. Nada mudou."},
    {"several", "Se leen {tags} etiquetas: deje solo una, y aleje las demás. No cambió nada.",
     "{tags} tags are read: leave only one, and put the others away. Nothing was changed.",
     "São lidas {tags} etiquetas: deixe só uma, e afaste as outras. Nada mudou."},
    {"copies",
     "Hay {tags} etiquetas, o más, con el mismo código, y una sola es la verdadera: deje una, y aleje las demás. No cambió nada.",
     "There are {tags} tags or more with the same code, and only one of them is the true one: leave one, and put the others away. Nothing "
     "was changed.",
     "Há {tags} etiquetas, ou mais, com o mesmo código, e só uma é a verdadeira: deixe uma, e afaste as outras. Nada mudou."},
    {"copies_written",
     "Había {tags} etiquetas, o más, con el mismo código, y se vio recién al escribir: una puede haber quedado con el código nuevo. No use "
     "ninguna: déjelas de a una y mírelas con `dosario tag read`.",
     "There were {tags} tags or more with the same code, which was seen only when one was written: one of them may hold the new code. Use "
     "none: leave one after the other alone and look at it with `dosario tag read`.",
     "Havia {tags} etiquetas, ou mais, com o mesmo código, e isso só se viu ao escrever: uma pode ter ficado com o código novo. Não use "
     "nenhuma: deixe uma de cada vez e olhe com `dosario tag read`."},
    {"no_chip",
     "El chip de la etiqueta no se dejó leer: acérquela, y mire que no haya otra igual. No cambió nada. El lector dice: {why}",
     "The tag's chip could not be read: put it nearer, and see that no other like it lies there. Nothing was changed. The reader says: {why}",
     "O chip da etiqueta não se deixou ler: aproxime-a, e veja que não haja outra igual. Nada mudou. O leitor diz: {why}"},
    {"too_short",
     "La etiqueta tiene poca memoria: para este código hacen falta {bits} bits de EPC. No cambió nada: use otra etiqueta.",
     "The tag has too little memory: this code takes {bits} bits of EPC. Nothing was changed: use another tag.",
     "A etiqueta tem pouca memória: para este código são necessários {bits} bits de EPC. Nada mudou: use outra etiqueta."},
    {"as_before", "No se escribió: la etiqueta dice lo mismo que antes. El lector dice: {why}",
     "It was not written: the tag says what it said before. The reader says: {why}",
     "Não foi escrita: a etiqueta diz o mesmo que antes. O leitor diz: {why}"},
    {"unknown",
     "No se sabe qué quedó en la etiqueta: lo de antes, lo nuevo, o parte de cada uno. No la use: déjela sola y mírela con `dosario tag "
     "read`, o tírela. El lector dice: {why}",
     "Nobody knows what the tag holds now: what it held, what was to be written, or a part of each. Do not use it: leave it alone and look "
     "at it with `dosario tag read`, or throw it away. The reader says: {why}",
     "Não se sabe o que ficou na etiqueta: o de antes, o novo, ou parte de cada um. Não a use: deixe-a sozinha e olhe com `dosario tag "
     "read`, ou jogue-a fora. O leitor diz: {why}"},
    {"not_locked",
     "Se escribió y se leyó de nuevo, y no quedó bloqueada; la clave puede haber quedado puesta. El lector dice: {why}",
     "It was written and read back, and is not locked; the password may have been set. The reader says: {why}",
     "Foi escrita e lida de novo, e não ficou bloqueada; a senha pode ter ficado posta. O leitor diz: {why}"},
};

}  // namespace

std::string tag_words(std::string_view key, Language language, const std::map<std::string, std::string, std::less<>>& values) {
    const auto row = std::ranges::find(kTagRows, key, &CatalogueRow::key);
    if (row == std::end(kTagRows)) return {};
    return put_in(in_language(*row, language), [&](std::string_view name) {
        const auto value = values.find(name);
        return value == values.end() ? std::string{} : value->second;
    });
}

}  // namespace dosario
