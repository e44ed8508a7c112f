// SPDX-License-Identifier: Apache-2.0
// Report descriptors for tests: the boot devices of the HID standard, and bar code scanners (report id 2, 64 bytes) made from the
// published layouts, no device's own.
#pragma once

#include <string_view>

namespace dosario::test {

// HID 1.11, appendix B.1: the keyboard boot interface.
inline constexpr std::string_view kBootKeyboard =
    "05010906a101050719e029e71500250175019508810295017508810195057501050819012905910295017503910195067508150025650507190029658100"
    "c0";
// HID 1.11, appendix B.2: the mouse boot interface.
inline constexpr std::string_view kBootMouse =
    "05010902a1010901a100050919012903150025019503750181029501750581010501093009311581257f750895028106c0c0";

// 05 8C 09 02 A1 01: bar code scanner. 85 02, count (01/3B), then in order of the layout; FB FC FD symbology, FE content,
// 06 66 FF: vendor's symbology, FF: continued. Honeywell's also declares input report 3 and the reports it is written to.
inline constexpr std::string_view kHoneywellDescriptor =
    "058c0902a101"
    "8502"
    "150026ff00"
    "75089501"
    "0501093b8102"
    "058c09fb09fc09fd95038102"
    "09fe95388102"
    "0666ff090495018102"
    "95018101"
    "058c09ff7501250195018102"
    "75079501"
    "8101"
    "8503"
    "75089501"
    "0666ff09108102"
    "85fd"
    "953f09209102"
    "85fe"
    "95010921b102"
    "c0";

inline constexpr std::string_view kZebraDescriptor =
    "058c0902a101"
    "8502"
    "150026ff00"
    "75089501"
    "0501093b8102"
    "8101"
    "058c09fb09fc09fd95038102"
    "09fe95388102"
    "0666ff090495018102"
    "058c09ff750125018102"
    "75078101"
    "c0";

inline constexpr std::string_view kNewlandDescriptor =
    "058c0902a101"
    "8502"
    "150026ff00"
    "75089501"
    "0501093b8102"
    "058c09fe95388102"
    "95058101"
    "058c09ff7501950125018102"
    "75078101"
    "c0";

}  // namespace dosario::test
