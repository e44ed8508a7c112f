# SPDX-License-Identifier: Apache-2.0
# Makes a source of the generated udev rules. Run with -DRULES=FILE -DSOURCE=FILE.
file(READ ${RULES} text)
file(WRITE ${SOURCE} "// SPDX-License-Identifier: Apache-2.0\n// Generated: see udev_rules_text.cmake.\n#include \"ctl/udev_rules_text.hpp\"\n
std::string_view dosario::udev_rules_text() {\n    return R\"rules(${text})rules\";\n}\n")
