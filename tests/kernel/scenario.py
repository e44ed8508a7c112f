# SPDX-License-Identifier: Apache-2.0
"""scenario.py NAME...: runs the tests of tests/kernel/NAME.py. Where this machine cannot boot one of its own it says so loudly and ends with
77, which ctest calls skipped; with CI set that is a failure."""
import os
import sys
import unittest

import image

try:
    image.boot_files()
except image.Missing as what:
    print(f"SKIPPED, NOT TESTED: {' '.join(sys.argv[1:])}: {what}", flush=True)
    sys.exit(1 if os.environ.get("CI") else 77)
unittest.main(module=None, argv=[sys.argv[0], "-v", *sys.argv[1:]])
