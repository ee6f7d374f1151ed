# shellcheck shell=bash
# Headers for native and wasm builds, Catch2, flatc, and the source of a small FFT.

build_sysroot() {
  local tmp=$1 final=$2 entry name suite version wanted=()
  say sysroot "reading the package index"
  apt_index
  for entry in "${SYSROOT_PACKAGES[@]}"; do
    read -r name suite _ <<<"$entry"
    wanted+=("$name/$suite")
  done
  say sysroot "downloading ${#wanted[@]} header packages, flatc and source"
  apt_unpack "$tmp" "${wanted[@]}"

  # flatc lives apart with a libc of its own, so that no build ever finds that libc.
  local closure
  read -r name suite _ <<<"$SYSROOT_FLATC"
  mapfile -t closure < <(apt_closure "$suite" "$name" '.*-base$')
  mkdir "$tmp/tools"
  apt_unpack "$tmp/tools" "${closure[@]}"
  relocate "$tmp/tools" "$final/tools"

  for entry in "${SYSROOT_PACKAGES[@]}" "$SYSROOT_FLATC"; do
    read -r name suite version <<<"$entry"
    grep -qF "$name $version" "$tmp/packages.txt" "$tmp/tools/packages.txt" ||
      die "$name of $suite is not version $version any more" "Update SYSROOT_* in toolchain/versions.sh."
  done

  # Flatbuffers is used header-only: its library was built with a newer compiler than the host's, so nothing may find it.
  rm -rf "$tmp"/usr/lib/*/libflatbuffers* "$tmp"/usr/lib/*/cmake/flatbuffers "$tmp"/usr/lib/cmake/flatbuffers
  keep_copyrights "$tmp"
  keep_copyrights "$tmp/tools"

  read -r name suite <<<"$SYSROOT_FFT_SOURCE"
  apt_source "$tmp/src/$name" "$name" "$suite"
}

check_sysroot() {
  local version
  version=$("$1/tools/usr/bin/flatc" --version)
  version=${version##* }
  # generated code asserts on the headers' version: the two must be one
  echo '#include <flatbuffers/flatbuffers.h>
FLATBUFFERS_VERSION_MAJOR.FLATBUFFERS_VERSION_MINOR.FLATBUFFERS_VERSION_REVISION' |
    g++ -x c++ -E -P -I "$1/usr/include" - | tr -d ' ' | grep -qx "$version" ||
    die "flatc ($version) and the flatbuffers headers differ" "Remove $1 and run this again."
}

build_soxr() {
  local tmp=$1 name suite
  apt_index
  read -r name suite <<<"$SOXR_SOURCE"
  say sysroot "downloading the source of $name"
  apt_source "$tmp/$name" "$name" "$suite"
}
check_soxr() { [[ -f $1/libsoxr/src/soxr.c && -f $1/libsoxr/LICENCE ]]; }

setup_sysroot() {
  provide sysroot "$SYSROOT_DIR"
  provide soxr "$SOXR_DIR"
  link_to "$SYSROOT_DIR" sysroot
  link_to "$SYSROOT_DIR/tools/usr/bin/flatc" bin/flatc
  link_to "$SYSROOT_DIR/src/${SYSROOT_FFT_SOURCE%% *}" "src/${SYSROOT_FFT_SOURCE%% *}"
  link_to "$SOXR_DIR/libsoxr" src/soxr
}

print_sysroot() {
  is_ready "$SYSROOT_DIR" || { say sysroot "not there yet ($SYSROOT_DIR)"; return 0; }
  local line
  while read -r line; do say sysroot "$line"; done <"$SYSROOT_DIR/packages.txt"
  say sysroot "in $SYSROOT_DIR"
}

SOXR_DIR=$CACHE_DIR/soxr-$(hash_of SOXR_ build_soxr)
SYSROOT_DIR=$CACHE_DIR/sysroot-$(hash_of SYSROOT_ build_sysroot relocate keep_copyrights)
