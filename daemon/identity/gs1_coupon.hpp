// SPDX-License-Identifier: Apache-2.0
// North American coupon codes (AI 8110 and 8112; North American Coupon Application Guideline). Internal to the layer.
#pragma once

#include "identity/gs1_value.hpp"

namespace dosario {

Gs1ValueFault gs1_check_coupon(std::string_view code, Date reference);
Gs1ValueFault gs1_check_coupon_offer(std::string_view code);

}  // namespace dosario
