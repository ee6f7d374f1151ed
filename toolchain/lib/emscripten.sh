# shellcheck shell=bash
# The WebAssembly compiler: your own emsdk when it is on PATH, or Debian's packages of a newer suite made relocatable.

at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

emcc_version() { sed -n 's/["[:space:]]//g; 1p' "$1/emscripten-version.txt" | cut -d- -f1; }

# The folder of an emcc on PATH that is new enough, or nothing. Its version is read from the file beside it, as running
# emcc takes longer than all of a second setup run.
own_emscripten() {
  local emcc folder
  emcc=$(command -v emcc) || return 0
  folder=$(dirname "$(readlink -f "$emcc")")
  [[ -f $folder/emscripten-version.txt && -d $folder/cmake/Modules/Platform ]] || return 0
  [[ $folder == "$CACHE_DIR"/* ]] && return 0
  at_least "$(emcc_version "$folder")" "$EMSCRIPTEN_MIN_VERSION" && echo "$folder"
  return 0
}

build_emscripten() {
  local tmp=$1 final=$2 suite status
  say emscripten "reading the package index"
  apt_index
  for suite in "${EMSCRIPTEN_SUITES[@]}"; do
    find "$tmp" -mindepth 1 -delete
    set +e
    (
      set -e
      build_emscripten_from "$suite" "$tmp" "$final"
    )
    status=$?
    set -e
    ((status == 0)) && return
    say emscripten "suite $suite did not do; see $LOG"
  done
  die "no suite of ${EMSCRIPTEN_SUITES[*]} has an Emscripten that unpacks and runs" \
    "Install emsdk from the Emscripten project, put its emcc on PATH, and run this again."
}

build_emscripten_from() {
  local suite=$1 tmp=$2 final=$3 packages root llvm
  mapfile -t packages < <(apt_closure "$suite" emscripten "$EMSCRIPTEN_NOT_UNPACKED")
  ((${#packages[@]} > 0)) || return 1
  say emscripten "downloading ${#packages[@]} packages of $suite"
  apt_unpack "$tmp" "${packages[@]}" "$EMSCRIPTEN_SIMDE"
  root=$tmp/usr/share/emscripten
  at_least "$(emcc_version "$root")" "$EMSCRIPTEN_MIN_VERSION" ||
    { echo "emscripten of $suite is $(emcc_version "$root"), older than $EMSCRIPTEN_MIN_VERSION" >>"$LOG"; return 1; }
  keep_copyrights "$tmp"

  say emscripten "making $(size_of "$tmp") relocatable"
  relocate "$tmp" "$final"

  npm install --prefix "$root" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts "${EMSCRIPTEN_NPM[@]}" >>"$LOG" 2>&1 ||
    { say emscripten "npm could not install ${EMSCRIPTEN_NPM[*]}"; return 1; }

  # emcc reads the .emscripten beside itself, so neither a configure nor a build step needs EM_CONFIG in its environment.
  llvm=$(cd "$tmp/usr/lib" && echo llvm-*)
  rm -f "$root/.emscripten"
  cat >"$root/.emscripten" <<EOF
LLVM_ROOT = '$final/usr/lib/$llvm/bin'
BINARYEN_ROOT = '$final/usr'
NODE_JS = 'node'
CACHE = '$final/cache'
EOF
  # arm_neon.h for wasm is SIMDe's; Debian's Emscripten names the place where a host would have it installed.
  find "$root/system/include/compat" -name arm_neon.h \
    -exec sed -i "s|\"/usr/include/simde/|\"$final/usr/include/simde/|" {} +
}

# A program with Embind, C++20 and relaxed SIMD: shows that the compiler works and leaves the system libraries in its cache.
check_emscripten() {
  say emscripten "compiling the system libraries that every build links (once)"
  check_emscripten_with "$1/usr/share/emscripten" "$1/check"
}

check_emscripten_with() {
  local emscripten=$1 out=$2 link
  mkdir -p "$out"
  link=(-lembind -sMODULARIZE -sEXPORT_ES6 -sDYNAMIC_EXECUTION=0 -sALLOW_MEMORY_GROWTH '-sENVIRONMENT=web,worker,node')
  local compile=(-std=c++20 -msimd128 -mrelaxed-simd -fno-exceptions -fno-rtti -DEMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
  env -u EM_CONFIG "$emscripten/em++" -O3 "${compile[@]}" "${link[@]}" "$TOOLCHAIN_DIR/checks/embind.cpp" \
    -o "$out/embind.mjs" >>"$LOG" 2>&1
  local node
  mapfile -t node < <(node_for_wasm)
  "${node[@]}" "$TOOLCHAIN_DIR/checks/embind.mjs" "$out/embind.mjs" >>"$LOG" 2>&1
}

setup_emscripten() {
  local own
  own=$(own_emscripten)
  if [[ -n $own ]]; then
    [[ $(readlink "$LINKS_DIR/emscripten" 2>/dev/null) == "$own" ]] ||
      say emscripten "using your own: $(emcc_version "$own") in $own"
    link_to "$own" emscripten
    return
  fi
  provide emscripten "$EMSCRIPTEN_DIR"
  link_to "$EMSCRIPTEN_DIR/usr/share/emscripten" emscripten
  link_to "$EMSCRIPTEN_DIR/usr/bin/wasm-opt" bin/wasm-opt
}

print_emscripten() {
  local folder
  folder=$(readlink "$LINKS_DIR/emscripten") || { say emscripten "not there yet ($EMSCRIPTEN_DIR)"; return 0; }
  say emscripten "$(emcc_version "$folder") in $folder"
  [[ ! -f $EMSCRIPTEN_DIR/packages.txt ]] || grep -E '^(clang-[0-9]+|binaryen|libc6) ' "$EMSCRIPTEN_DIR/packages.txt" |
    while read -r line; do say emscripten "with $line"; done
}

EMSCRIPTEN_DIR=$CACHE_DIR/emscripten-$(hash_of EMSCRIPTEN_ build_emscripten build_emscripten_from relocate keep_copyrights)
