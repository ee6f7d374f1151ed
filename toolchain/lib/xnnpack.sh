# shellcheck shell=bash
# XNNPACK: the dense kernels to fall back on and to compare with, in one native and two wasm flavours.

build_xnnpack_source() {
  local tmp=$1 entry name suite
  apt_index
  for entry in "${XNNPACK_SOURCES[@]}"; do
    read -r name suite <<<"$entry"
    say xnnpack "downloading the source of $name"
    apt_source "$tmp/$name" "$name" "$suite"
  done
}
check_xnnpack_source() { [[ -f $1/xnnpack/include/xnnpack.h && -f $1/pthreadpool/include/pthreadpool.h ]]; }

# Objects of one Emscripten are not promised to link with another's, so its folder is part of what a wasm flavour is.
xnnpack_dir() {
  local flavour=$1 compiler=native
  [[ $flavour == native ]] || compiler=$(readlink "$LINKS_DIR/emscripten" || true)
  echo "$CACHE_DIR/xnnpack-$flavour-$(XNNPACK_WITH=$compiler hash_of XNNPACK_ build_xnnpack \
    "$TOOLCHAIN_DIR"/xnnpack/{CMakeLists.txt,XNNPACK.cmake,absent.h,cpuinfo/cpuinfo.h})"
}

build_xnnpack_native() { build_xnnpack native "$1"; }
build_xnnpack_wasm_simd() { build_xnnpack wasm-simd "$1"; }
build_xnnpack_wasm_relaxed() { build_xnnpack wasm-relaxed "$1"; }

build_xnnpack() {
  local flavour=$1 tmp=$2 options=()
  if [[ $flavour == native ]]; then
    command -v ccache >/dev/null && options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  else
    options+=("-DCMAKE_TOOLCHAIN_FILE=$TOOLCHAIN_DIR/cmake/emscripten.cmake" "-DEDGY_TOOLCHAIN_LINKS=$LINKS_DIR")
    command -v ccache >/dev/null && export EM_COMPILER_WRAPPER=ccache
  fi
  say "xnnpack" "$flavour: compiling on $(nproc) cores"
  # Paths below the base folder count as relative, so that a rebuild in another temporary folder hits the cache.
  CCACHE_BASEDIR=$CACHE_DIR CCACHE_NOHASHDIR=1 cmake_quietly -G Ninja -S "$TOOLCHAIN_DIR/xnnpack" -B "$tmp/build" \
    -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=-O3 -DNDEBUG" "-DCMAKE_CXX_FLAGS_RELEASE=-O3 -DNDEBUG" \
    "-DSOURCES=$XNNPACK_SOURCE_DIR" "-DFLAVOUR=$flavour" "${options[@]}"
  CCACHE_BASEDIR=$CACHE_DIR CCACHE_NOHASHDIR=1 cmake_quietly --build "$tmp/build"
  cmake_quietly --install "$tmp/build" --prefix "$tmp"
  unset EM_COMPILER_WRAPPER
  rm -rf "$tmp/build"
}

cmake_quietly() { cmake "$@" >>"$LOG" 2>&1; }

check_xnnpack_native() {
  gcc -O1 "$TOOLCHAIN_DIR/xnnpack/check.c" -I "$1/include" -L "$1/lib" -lXNNPACK -lpthreadpool -lm -lpthread -o "$1/check" >>"$LOG" 2>&1
  "$1/check" >>"$LOG" 2>&1
  rm "$1/check"
}
check_xnnpack_wasm_simd() { check_xnnpack_wasm "$1" -msimd128; }
check_xnnpack_wasm_relaxed() { check_xnnpack_wasm "$1" -msimd128 -mrelaxed-simd; }

check_xnnpack_wasm() {
  local folder=$1 node
  shift
  mkdir "$folder/check"
  "$LINKS_DIR/emscripten/emcc" -O2 "$@" "$TOOLCHAIN_DIR/xnnpack/check.c" -I "$folder/include" -L "$folder/lib" \
    -lXNNPACK -lpthreadpool -o "$folder/check/check.cjs" >>"$LOG" 2>&1
  mapfile -t node < <(node_for_wasm)
  "${node[@]}" "$folder/check/check.cjs" >>"$LOG" 2>&1
  rm -r "$folder/check"
}

setup_xnnpack-native() { setup_xnnpack native; }
setup_xnnpack-wasm() {
  setup_emscripten
  setup_xnnpack wasm-relaxed wasm-simd
}

setup_xnnpack() {
  local flavour folder
  for flavour in "$@"; do
    folder=$(xnnpack_dir "$flavour")
    if ! is_ready "$folder"; then
      provide xnnpack-source "$XNNPACK_SOURCE_DIR"
      provide "xnnpack-$flavour" "$folder"
    fi
    link_to "$folder" "xnnpack/$flavour"
  done
}

print_xnnpack-native() { print_xnnpack native; }
print_xnnpack-wasm() { print_xnnpack wasm-relaxed wasm-simd; }

print_xnnpack() {
  local flavour folder
  for flavour in "$@"; do
    folder=$(xnnpack_dir "$flavour")
    if is_ready "$folder"; then say xnnpack "$flavour: $XNNPACK_VERSION in $folder"; else say xnnpack "$flavour: not there yet"; fi
  done
}

XNNPACK_SOURCE_DIR=$CACHE_DIR/xnnpack-source-$(hash_of XNNPACK_SOURCE)
