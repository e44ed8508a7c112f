// SPDX-License-Identifier: Apache-2.0
#include "control/reader_reasons.hpp"

#include <optional>
#include <vector>

namespace dosario {
namespace {

/// `{}` stands for what differs; that is put into the other language, too.
struct ReasonRow {
    std::string_view english, spanish, portuguese;
};

// What is longer stands before what would match it as well.
constexpr ReasonRow kReasons[] = {
    // the reader as a whole
    {"no reader of this family answers: is it switched on, is line_rate right?",
     "no responde ningún lector de esta familia: ¿está encendido?, ¿está bien line_rate?",
     "nenhum leitor desta família responde: está ligado? line_rate está certo?"},
    {"this is a Chafon reader (UHFReader18, RU5102, 288M): its driver is chafon_uhf",
     "es un lector Chafon (UHFReader18, RU5102, 288M): su driver es chafon_uhf",
     "é um leitor Chafon (UHFReader18, RU5102, 288M): seu driver é chafon_uhf"},
    {"this is an M100 or R200 reader: its driver is m100_uhf", "es un lector M100 o R200: su driver es m100_uhf",
     "é um leitor M100 ou R200: seu driver é m100_uhf"},
    {"this is a ThingMagic (Mercury) reader, which is not driven", "es un lector ThingMagic (Mercury), que no se usa",
     "é um leitor ThingMagic (Mercury), que não é usado"},
    {"this is a reader of the {} family ({}), which is not driven", "es un lector de la familia {} ({}), que no se usa",
     "é um leitor da família {} ({}), que não é usado"},
    {"no country is set, so nothing is transmitted: set country in [rfid]",
     "no se dijo el país, así que no se transmite nada: ponga country en [rfid]",
     "o país não foi dito, então nada é transmitido: ponha country em [rfid]"},
    {"the UHF band of country {} is not known: nothing is transmitted",
     "no se conoce la banda UHF del país {}: no se transmite nada", "não se conhece a banda UHF do país {}: nada é transmitido"},
    {"a Chafon reader of type {}, whose inventories nobody has described: it is not driven",
     "es un lector Chafon de tipo {}, cuyas respuestas nadie describió: no se usa",
     "é um leitor Chafon de tipo {}, cujas respostas ninguém descreveu: não é usado"},
    {"the reader did not answer in time", "no respondió a tiempo", "não respondeu a tempo"},
    {"the reader was unplugged", "se desenchufó", "foi desconectado"},
    {"stopped before it began", "se detuvo antes de empezar", "parou antes de começar"},
    {"the reader takes no more commands", "no acepta más órdenes: espere un momento",
     "não aceita mais ordens: espere um momento"},
    {"the reader does not say what it is: {}", "no dice qué es: {}", "não diz o que é: {}"},
    {"the reader does not say what it is", "no dice qué es", "não diz o que é"},
    {"the reader's answer to what it is is too short", "no dice entero qué es", "não diz por inteiro o que é"},
    {"another reader answers than at the start", "responde otro lector que al principio", "responde outro leitor que no início"},
    {"the reader stays in another band than is allowed in {} ({}): nothing is transmitted",
     "se queda en otra banda que la permitida en {} ({}): no se transmite nada",
     "fica em outra banda que a permitida em {} ({}): nada é transmitido"},
    {"the reader stays in another band than is allowed in {}: nothing is transmitted",
     "se queda en otra banda que la permitida en {}: no se transmite nada",
     "fica em outra banda que a permitida em {}: nada é transmitido"},
    {"{}: another band than is allowed in {}, nothing is transmitted",
     "{}: otra banda que la permitida en {}, no se transmite nada", "{}: outra banda que a permitida em {}, nada é transmitido"},
    {"the reader cannot keep to the channels that are allowed in {} ({}): nothing is transmitted",
     "no puede quedarse en los canales permitidos en {} ({}): no se transmite nada",
     "não consegue ficar nos canais permitidos em {} ({}): nada é transmitido"},
    {"the reader does not hop over its channels: {}", "no salta entre sus canales: {}", "não salta entre seus canais: {}"},
    {"the reader restarted in another band", "arrancó de nuevo en otra banda", "reiniciou em outra banda"},
    {"the reader restarted with another power", "arrancó de nuevo con otra potencia", "reiniciou com outra potência"},
    {"the reader restarted in region {}", "arrancó de nuevo en la región {}", "reiniciou na região {}"},
    {"the reader stays in region {}", "se queda en la región {}", "fica na região {}"},
    {"the reader does not say in which region it is", "no dice en qué región está", "não diz em que região está"},
    {"the reader stays at {} dBm", "se queda en {} dBm", "fica em {} dBm"},
    {"inventory: {}", "al buscar etiquetas: {}", "ao procurar etiquetas: {}"},
    {"power: {}", "potencia: {}", "potência: {}"},
    {"the reader refuses", "se niega", "recusa"},
    {"the reader does not know this command, or not so", "no conoce esta orden, o no así",
     "não conhece esta ordem, ou não assim"},
    {"no channel is free", "ningún canal está libre", "nenhum canal está livre"},
    {"an antenna fails", "falla una antena", "uma antena falha"},
    {"the reader's memory is full", "su memoria está llena", "sua memória está cheia"},
    {"the reader could not save this", "no pudo guardarlo", "não conseguiu guardar"},
    {"the reader cannot be set so", "no se deja configurar así", "não se deixa configurar assim"},
    {"the reader could not carry it out", "no pudo hacerlo", "não conseguiu fazer"},
    {"the reader says that the command has a wrong length", "dice que la orden tiene otro largo",
     "diz que a ordem tem outro comprimento"},
    {"the reader says that the command is illegal or was damaged", "dice que la orden no vale o llegó dañada",
     "diz que a ordem não vale ou chegou danificada"},
    {"the reader says that a parameter is wrong", "dice que un parámetro está mal", "diz que um parâmetro está errado"},
    {"status {}, which no manual names", "estado {}, que ningún manual nombra", "estado {}, que nenhum manual nomeia"},
    {"error {}, which no manual names", "error {}, que ningún manual nombra", "erro {}, que nenhum manual nomeia"},
    // one tag
    {"no tag is in the field", "no hay ninguna etiqueta", "não há nenhuma etiqueta"},
    {"another tag is in the field", "hay otra etiqueta", "há outra etiqueta"},
    {"more than one tag is in the field: leave only the one to be written",
     "hay más de una etiqueta: deje solo la que se escribe", "há mais de uma etiqueta: deixe só a que se escreve"},
    {"several tags with this one EPC are in the field: leave only the one to be written",
     "hay varias etiquetas con este mismo EPC: deje solo la que se escribe",
     "há várias etiquetas com este mesmo EPC: deixe só a que se escreve"},
    {"the tag is there but does not answer well: move it", "la etiqueta está, pero no responde bien: muévala",
     "a etiqueta está, mas não responde bem: mova-a"},
    {"the tag could not be read: it is not there, or has no memory there",
     "la etiqueta no se dejó leer: no está, o no tiene memoria ahí",
     "a etiqueta não se deixou ler: não está, ou não tem memória ali"},
    {"the tag could not be written: it is not there, or has no memory there",
     "la etiqueta no se dejó escribir: no está, o no tiene memoria ahí",
     "a etiqueta não se deixou escrever: não está, ou não tem memória ali"},
    {"the tag could not be locked", "la etiqueta no se dejó bloquear", "a etiqueta não se deixou bloquear"},
    {"the tag refuses: another error", "la etiqueta se niega: otro error", "a etiqueta recusa: outro erro"},
    {"the tag refuses: it has no memory there", "la etiqueta se niega: no tiene memoria ahí",
     "a etiqueta recusa: não tem memória ali"},
    {"the tag refuses: the memory is locked", "la etiqueta se niega: la memoria está bloqueada",
     "a etiqueta recusa: a memória está bloqueada"},
    {"the tag refuses, and does not say why", "la etiqueta se niega y no dice por qué", "a etiqueta recusa e não diz por quê"},
    {"the tag refuses with an error that no standard names", "la etiqueta se niega con un error que ninguna norma nombra",
     "a etiqueta recusa com um erro que nenhuma norma nomeia"},
    {"the tag refuses", "la etiqueta se niega", "a etiqueta recusa"},
    {"the tag has too little power: put it nearer", "a la etiqueta le llega poca potencia: acérquela",
     "chega pouca potência à etiqueta: aproxime-a"},
    {"the tag does not know this command", "la etiqueta no conoce esta orden", "a etiqueta não conhece esta ordem"},
    {"the access password is wrong", "la clave de acceso no es esa", "a senha de acesso não é essa"},
    {"an access password of zero does not go here", "con clave de acceso cero no se puede",
     "com senha de acesso zero não se pode"},
    {"some bytes are locked", "una parte está bloqueada", "uma parte está bloqueada"},
    {"it cannot be locked", "no se deja bloquear", "não se deixa bloquear"},
    {"it is locked already", "ya está bloqueada", "já está bloqueada"},
    {"the tag is protected already", "ya está protegida", "já está protegida"},
    {"the tag is not protected", "no está protegida", "não está protegida"},
    {"not written: the tag holds something else", "no se escribió: la etiqueta dice otra cosa",
     "não foi escrita: a etiqueta diz outra coisa"},
    {"perhaps written, not read back: {}", "quizás se escribió, y no se leyó de nuevo: {}",
     "talvez escrita, e não foi lida de novo: {}"},
    {"only a part is locked: {}", "solo una parte quedó bloqueada: {}", "só uma parte ficou bloqueada: {}"},
    {"the tag says something else each time it is read", "la etiqueta dice otra cosa cada vez que se lee",
     "a etiqueta diz outra coisa cada vez que é lida"},
    {"the reader has selected another tag", "eligió otra etiqueta", "escolheu outra etiqueta"},
    {"the reader does not say which tag is selected: {}", "no dice qué etiqueta eligió: {}", "não diz que etiqueta escolheu: {}"},
    {"the new EPC is longer than this reader can select", "el EPC nuevo es más largo que lo que este lector puede elegir",
     "o EPC novo é mais longo do que este leitor pode escolher"},
    {"the EPC is longer than this reader can select", "el EPC es más largo que lo que este lector puede elegir",
     "o EPC é mais longo do que este leitor pode escolher"},
    {"this is more than the reader takes at once: write fewer words", "es más de lo que toma de una vez: escriba menos palabras",
     "é mais do que aceita de uma vez: escreva menos palavras"},
};

constexpr std::string_view kGap = "{}";

/// What stands in the gaps of the pattern; nothing where it does not fit.
std::optional<std::vector<std::string_view>> gaps_of(std::string_view pattern, std::string_view text) {
    std::vector<std::string_view> gaps;
    for (;;) {
        const std::size_t gap = pattern.find(kGap);
        const std::string_view head = pattern.substr(0, gap);
        if (!text.starts_with(head)) return std::nullopt;
        text.remove_prefix(head.size());
        if (gap == std::string_view::npos) return text.empty() ? std::optional{gaps} : std::nullopt;
        pattern.remove_prefix(gap + kGap.size());
        const std::string_view next = pattern.substr(0, pattern.find(kGap));
        const std::size_t end = next.empty() ? text.size() : text.find(next);
        if (end == std::string_view::npos) return std::nullopt;
        gaps.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

}  // namespace

std::string reader_reason(std::string_view english, Language language) {
    if (language == Language::en) return std::string{english};
    for (const ReasonRow& row : kReasons) {
        const auto gaps = gaps_of(row.english, english);
        if (!gaps) continue;
        std::string_view words = language == Language::es ? row.spanish : row.portuguese;
        std::string text;
        for (const std::string_view gap : *gaps) {
            const std::size_t at = words.find(kGap);
            text += words.substr(0, at);
            text += reader_reason(gap, language);
            words.remove_prefix(at + kGap.size());
        }
        return text += words;
    }
    return std::string{english};
}

}  // namespace dosario
