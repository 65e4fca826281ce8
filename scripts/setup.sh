#!/usr/bin/env bash
# Checks that the machine can build qconvert; says in one line what is missing.
set -euo pipefail

fail() {
  echo "setup: $1" >&2
  exit 1
}

command -v swift >/dev/null ||
  fail "no Swift toolchain: install Swift 6.3 or newer from https://swift.org/install"
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
[ "$(printf '6.3\n%s\n' "$version" | sort -V | head -n 1)" = 6.3 ] ||
  fail "Swift ${version:-of unknown version} is too old: 6.3 or newer is needed"
command -v git >/dev/null || fail "git is missing: apt-get install git, or xcode-select --install"
