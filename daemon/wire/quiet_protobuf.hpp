// SPDX-License-Identifier: Apache-2.0
// Protobuf tells standard error what it thinks of bytes that it reads. What is wrong with them is an Error of whoever asked, and
// nothing about their contents is printed.
#pragma once

namespace dosario {

/// For the beginning of main(), before there are threads.
void quiet_protobuf();

}  // namespace dosario
