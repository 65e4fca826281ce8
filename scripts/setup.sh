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

# HDF5 files are walked with libhdf5 and inflated with libdeflate, archives are opened with libzip, YAML is read with
# libyaml; SwiftPM finds them through pkg-config, but for libhdf5 on Linux, which is opened when the first HDF5 file is.
packages="libhdf5-dev libdeflate-dev libzip-dev libyaml-dev pkg-config"
has_libraries() {
  command -v pkg-config >/dev/null && pkg-config --exists hdf5 libdeflate libzip yaml-0.1
}
if ! has_libraries && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "setup: installing $packages"
  # shellcheck disable=SC2086 # a list of words
  apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null ||
    fail "apt-get failed to install $packages"
fi
has_libraries ||
  fail "libraries are missing: apt-get install $packages, or brew install hdf5 libdeflate libzip libyaml pkgconf"
