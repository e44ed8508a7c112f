# SPDX-License-Identifier: Apache-2.0
# Sourced by run and test: installs what is missing of packages.debian, and says what failed in words.

say() { printf '%s\n' "$*" >&2; }
die() { say "$0: $*"; exit 1; }

# missing_packages WHEN...: names of packages.debian for these occasions that dpkg does not know as installed.
missing_packages() {
  awk -v wanted=" $* " '!/^#/ && NF && index(wanted, " " $2 " ") { print $1 }' packages.debian | while read -r name; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$name"
  done
}

# install_packages WHEN...: by apt, as root or through sudo; nothing to do means no apt at all.
install_packages() {
  local missing as_root=''
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || die "these Debian packages are missing and there is no apt-get here: $missing"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing: $missing; install them as root (apt-get install $missing), or install sudo"
    as_root=sudo
  fi
  say "installing: $missing"
  $as_root apt-get -q update >&2 || die "apt-get update failed: is this machine on the network?"
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $missing >&2 || die "apt-get could not install: $missing"
}
