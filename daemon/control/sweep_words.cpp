// SPDX-License-Identifier: Apache-2.0
#include "control/sweep_words.hpp"

#include "control/catalogue.hpp"

#include <algorithm>
#include <map>

namespace dosario {
namespace {

constexpr CatalogueRow kSweepRows[] = {
    {"read", "Etiquetas leídas: {n}. De ellas, en el estante según el registro: {found}.",
     "Tags read: {n}. Of them on the shelf by the ledger: {found}.",
     "Etiquetas lidas: {n}. Delas, na prateleira segundo o registro: {found}."},
    {"compared", "Se buscó todo lo que el registro tiene en el estante de cada producto del que se leyó algo, y de ningún otro:",
     "Looked for was all that the ledger has on the shelf of each product of which anything was read, and of no other:",
     "Foi procurado tudo o que o registro tem na prateleira de cada produto do qual se leu algo, e de nenhum outro:"},
    {"one_product", "Se buscó lo que el registro tiene en el estante de este producto solo:",
     "Looked for was what the ledger has on the shelf of this product alone:",
     "Foi procurado o que o registro tem na prateleira deste produto só:"},
    {"product", "  {name} ({gtin}): se esperan con etiqueta {n}", "  {name} ({gtin}): expected with a tag {n}",
     "  {name} ({gtin}): esperam-se com etiqueta {n}"},
    {"untold", "; cajas que ninguna etiqueta puede decir (recibidas sin número de serie): {n}",
     "; packs that no tag can tell (received without serial number): {n}",
     "; caixas que nenhuma etiqueta pode dizer (recebidas sem número de série): {n}"},
    {"missing", "Falta (según el registro está en el estante, y no se leyó): {n}",
     "Missing (by the ledger on the shelf, and not read): {n}",
     "Falta (segundo o registro está na prateleira, e não foi lido): {n}"},
    {"extra", "Sobra (se leyó, y según el registro no está en el estante): {n}",
     "Extra (read, and by the ledger not on the shelf): {n}",
     "Sobra (foi lido, e segundo o registro não está na prateleira): {n}"},
    {"unknown", "No se conoce (se leyó, y nunca se recibió): {n}", "Unknown (read, and never received): {n}",
     "Não se conhece (foi lido, e nunca foi recebido): {n}"},
    {"line", "  {thing}  {name}  lote {lot}  vence {expires}  {state}",
     "  {thing}  {name}  lot {lot}  expires {expires}  {state}", "  {thing}  {name}  lote {lot}  vence {expires}  {state}"},
    {"more", "Falta más de lo que se muestra: pregunte producto por producto, con --product.",
     "More is missing than is listed: ask product by product, with --product.",
     "Falta mais do que se mostra: pergunte produto por produto, com --product."},
    {"twice", "Etiquetas que dicen lo mismo que otra: {n}", "Tags that say what another one says: {n}",
     "Etiquetas que dizem o mesmo que outra: {n}"},
    {"strangers", "Etiquetas que no dicen qué son: {n}", "Tags that do not say what they are: {n}",
     "Etiquetas que não dizem o que são: {n}"},
    {"others", "Etiquetas de otras cosas, que no se miraron: {n}", "Tags of other things, not looked at: {n}",
     "Etiquetas de outras coisas, que não foram olhadas: {n}"},
    {"same", "El estante está como dice el registro.", "The shelf is as the ledger says.",
     "A prateleira está como diz o registro."},
    {"same_but",
     "Lo que las etiquetas pueden decir está como dice el registro. Las cajas sin número de serie no se compararon: {n}. Cuéntelas.",
     "What tags can tell is as the ledger says. Packs without serial number were not compared: {n}. Count them.",
     "O que as etiquetas podem dizer está como diz o registro. As caixas sem número de série não foram comparadas: {n}. Conte-as."},
    {"differs", "El estante NO está como dice el registro.", "The shelf is NOT as the ledger says.",
     "A prateleira NÃO está como diz o registro."},
    {"nothing_read",
     "No se leyó ninguna etiqueta: no se comparó nada. Mire con `dosario readers` que la antena lea, acérquela más y repita.",
     "No tag was read: nothing was compared. See by `dosario readers` that the antenna reads, hold it nearer and repeat.",
     "Nenhuma etiqueta foi lida: nada foi comparado. Veja com `dosario readers` se a antena lê, aproxime-a e repita."},
    {"nothing_known", "Ninguna etiqueta leída es de algo que se pueda comparar: no se comparó nada.",
     "No tag that was read is of anything to compare: nothing was compared.",
     "Nenhuma etiqueta lida é de algo que se possa comparar: nada foi comparado."},
    {"state/closed", "cerrada", "closed", "fechada"},
    {"state/opened", "abierta", "opened", "aberta"},
    {"state/out", "entregada", "dispensed", "entregue"},
    {"state/returned", "devuelta", "returned", "devolvida"},
    {"state/made", "sin verificar", "not verified", "sem verificar"},
    {"state/ready", "verificada", "verified", "verificada"},
};

using SweepValues = std::map<std::string_view, std::string>;

std::string sweep_words(std::string_view key, Language language, const SweepValues& values = {}) {
    const auto row = std::ranges::find(kSweepRows, key, &CatalogueRow::key);
    if (row == std::end(kSweepRows)) return {};
    return put_in(in_language(*row, language), [&](std::string_view name) {
        const auto value = values.find(name);
        return value == values.end() ? std::string{} : value->second;
    });
}

std::string line_words(const v1::SweepLine& line, Language language) {
    std::string words = sweep_words("line", language,
                                    {{"thing", !line.code().empty() ? line.code() : line.gtin() + " " + line.serial()},
                                     {"name", line.name()},
                                     {"lot", line.lot().empty() ? "?" : line.lot()},
                                     {"expires", line.expires_on().empty() ? "?" : line.expires_on()},
                                     {"state", sweep_words("state/" + line.state(), language)}});
    while (words.ends_with(' ')) words.pop_back();
    return words;
}

}  // namespace

std::string sweep_text(const v1::SweepReply& reply, bool one_product, Language language) {
    const auto count = [](std::uint64_t number) { return SweepValues{{"n", std::to_string(number)}}; };
    std::string text =
        sweep_words("read", language, {{"n", std::to_string(reply.tags())}, {"found", std::to_string(reply.found())}});
    const auto add = [&text](const std::string& line) { text += "\n" + line; };
    std::uint64_t untold = 0;
    if (!reply.products().empty()) add(sweep_words(one_product ? "one_product" : "compared", language));
    for (const v1::SweepProduct& product : reply.products()) {
        untold += product.untold();
        std::string line = sweep_words("product", language,
                                       {{"name", product.name().empty() ? "?" : product.name()},
                                        {"gtin", product.gtin()},
                                        {"n", std::to_string(product.expected())}});
        if (product.untold() > 0) line += sweep_words("untold", language, count(product.untold()));
        add(line);
    }
    const auto add_list = [&](const char* key, const auto& lines) {
        if (lines.empty()) return;
        add(sweep_words(key, language, count(static_cast<std::uint64_t>(lines.size()))));
        for (const v1::SweepLine& line : lines) add(line_words(line, language));
    };
    add_list("missing", reply.missing());
    if (reply.more()) add(sweep_words("more", language));
    add_list("extra", reply.extra());
    add_list("unknown", reply.unknown());
    if (reply.twice() > 0) add(sweep_words("twice", language, count(reply.twice())));
    if (reply.strangers() > 0) add(sweep_words("strangers", language, count(reply.strangers())));
    if (reply.others() > 0) add(sweep_words("others", language, count(reply.others())));
    const bool is_partly = reply.verdict() == "same" && untold > 0;
    add(sweep_words(is_partly ? "same_but" : reply.verdict(), language, count(untold)));
    return text;
}

}  // namespace dosario
