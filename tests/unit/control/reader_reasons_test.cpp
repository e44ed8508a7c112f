// SPDX-License-Identifier: Apache-2.0
// What drivers say reaches people in their language.
#include "control/reader_reasons.hpp"

#include "support/catch.hpp"

using namespace dosario;

TEST_CASE("a reason of a driver is said in the languages of the counter", "[reader_reasons]") {
    CHECK(reader_reason("the tag refuses: the memory is locked", Language::es) ==
          "la etiqueta se niega: la memoria está bloqueada");
    CHECK(reader_reason("the tag refuses: the memory is locked", Language::pt) == "a etiqueta recusa: a memória está bloqueada");
    CHECK(reader_reason("the tag refuses: the memory is locked", Language::en) == "the tag refuses: the memory is locked");
    CHECK(reader_reason("this is an M100 or R200 reader: its driver is m100_uhf", Language::es).find("m100_uhf") !=
          std::string::npos);
    CHECK(reader_reason("the reader stays at 30 dBm", Language::es) == "se queda en 30 dBm");
}

TEST_CASE("what stands in a reason is said so, too", "[reader_reasons]") {
    CHECK(reader_reason("inventory: no tag is in the field", Language::es) == "al buscar etiquetas: no hay ninguna etiqueta");
    CHECK(reader_reason("the reader stays in another band than is allowed in AR (the reader refuses): nothing is transmitted",
                        Language::es) == "se queda en otra banda que la permitida en AR (se niega): no se transmite nada");
    CHECK(reader_reason("perhaps written, not read back: the reader did not answer in time", Language::pt) ==
          "talvez escrita, e não foi lida de novo: não respondeu a tempo");
}

TEST_CASE("a reason that nobody knows stays as it is", "[reader_reasons]") {
    CHECK(reader_reason("xyz (", Language::es) == "xyz (");
    CHECK(reader_reason("", Language::es).empty());
}
