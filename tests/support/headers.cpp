// SPDX-License-Identifier: Apache-2.0
// Nothing of its own: the source of targets whose headers others read precompiled.
