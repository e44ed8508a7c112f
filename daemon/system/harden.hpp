// SPDX-License-Identifier: Apache-2.0
// What a process of ours gives up before it reads anything. The unit files say the same from outside; this holds without them too.
#pragma once

namespace dosario {

/// From here on no process of the same user may look into this one's memory or trace it, it leaves no core file, and neither it nor a
/// child gains rights by a set-user-id program. First thing in main().
void harden_process();

}  // namespace dosario
