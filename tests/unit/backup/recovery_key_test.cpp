// SPDX-License-Identifier: Apache-2.0
#include "backup/recovery_key.hpp"

#include "unit/backup/backup_rig.hpp"

using namespace dosario;
using namespace dosario::test;

TEST_CASE("the recovery key is made once, and another one only when it is wanted", "[backup]") {
    const TemporaryDirectory data;
    SeededEntropy entropy{3};
    const Error none = error_of(read_recovery_key(data.path()));
    CHECK(none.failure == Failure::not_found);
    CHECK(says(none, "dosario backup setup"));
    const AgeSecretKey first = must(make_recovery_key(data.path(), false, entropy));
    CHECK(must(read_recovery_key(data.path())) == first.recipient());
    CHECK(read_file(data.file("recovery.pub")) == first.recipient().text() + "\n");
    CHECK(error_of(make_recovery_key(data.path(), false, entropy)).failure == Failure::refused);
    CHECK(must(read_recovery_key(data.path())) == first.recipient());
    const AgeSecretKey second = must(make_recovery_key(data.path(), true, entropy));
    CHECK(second.recipient() != first.recipient());
    CHECK(must(read_recovery_key(data.path())) == second.recipient());
    write_file(data.file("recovery.pub"), "age1nonsense\n");
    CHECK(error_of(read_recovery_key(data.path())).failure == Failure::invalid);
    CHECK(error_of(make_recovery_key(data.file("absent"), false, entropy)).failure == Failure::not_found);
}
