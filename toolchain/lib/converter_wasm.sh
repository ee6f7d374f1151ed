# shellcheck shell=bash disable=SC2034,SC2030,SC2031,SC2115
# What the converter is linked with, for WebAssembly: the libraries that the native one takes from the machine's own release, built from
# that release's sources, so that both read files by the same versions.

CONVERTER_WASM_SOURCES=(protobuf pcre2 libzip flac libsndfile liblbfgs libmd)
CONVERTER_WASM_ZLIB="zlib trixie"                # no bzip2 is needed to unpack that one

# converter_wasm_source FOLDER NAME...: sources of the machine's own release. An index of their own: apt_index reads newer suites.
converter_wasm_source() (
  local folder=$1 name codename
  shift
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  CACHE_DIR=$CACHE_DIR/$codename
  APT_SUITES=("$codename")
  APT_SOURCE_SUITES=("$codename")
  mkdir -p "$CACHE_DIR"
  # shellcheck source=/dev/null
  source "$TOOLCHAIN_DIR/lib/apt.sh"
  apt_index
  for name in "$@"; do
    say converter "downloading the source of $name"
    apt_source "$folder/$name" "$name" "$codename"
  done
)

# converter_wasm_build SOURCE PREFIX OPTION...: configures, builds and installs one library by its own CMakeLists.
converter_wasm_build() {
  local source=$1 prefix=$2 build
  shift 2
  build=$prefix/build/${source##*/}
  say converter "compiling ${source##*/} for WebAssembly"
  CCACHE_BASEDIR=$CACHE_DIR CCACHE_NOHASHDIR=1 cmake_quietly -G Ninja -S "$source" -B "$build" \
    "-DCMAKE_TOOLCHAIN_FILE=$TOOLCHAIN_DIR/cmake/emscripten.cmake" "-DEDGY_TOOLCHAIN_LINKS=$LINKS_DIR" \
    -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=$CONVERTER_WASM_FLAGS" "-DCMAKE_CXX_FLAGS_RELEASE=$CONVERTER_WASM_FLAGS" \
    "-DCMAKE_INSTALL_PREFIX=$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "$@"
  CCACHE_BASEDIR=$CACHE_DIR CCACHE_NOHASHDIR=1 cmake_quietly --build "$build"
  cmake_quietly --install "$build"
}

# Exceptions are WebAssembly's own, in every object alike; no contraction, as in our own code.
CONVERTER_WASM_FLAGS='-O2 -DNDEBUG -fwasm-exceptions -ffp-contract=off -ffunction-sections -fdata-sections'

build_converter_wasm_source() {
  local tmp=$1 name suite
  converter_wasm_source "$tmp" "${CONVERTER_WASM_SOURCES[@]}"
  read -r name suite <<<"$CONVERTER_WASM_ZLIB"
  apt_index
  apt_source "$tmp/zlib" "$name" "$suite"
  # FLAC is all that libsndfile is asked for beside WAV; its own switch wants Ogg, Vorbis and Opus as well.
  sed -i 's/^#if HAVE_EXTERNAL_XIPH_LIBS/#if 1/' "$tmp/libsndfile/src/flac.c"
}
check_converter_wasm_source() {
  local name
  for name in zlib "${CONVERTER_WASM_SOURCES[@]}"; do [[ -d $1/$name ]] || die "the source of $name was not found"; done
}

build_converter_wasm() {
  local tmp=$1 sources=$CONVERTER_WASM_SOURCE_DIR name file
  command -v ccache >/dev/null && export EM_COMPILER_WRAPPER=ccache
  converter_wasm_build "$TOOLCHAIN_DIR/converter_wasm" "$tmp" "-DSOURCES=$sources"
  # onnx.proto needs the lite half alone: no reflection, no text.
  converter_wasm_build "$sources/protobuf" "$tmp" -Dprotobuf_BUILD_TESTS=OFF -Dprotobuf_BUILD_PROTOC_BINARIES=OFF \
    -Dprotobuf_BUILD_LIBPROTOC=OFF -Dprotobuf_WITH_ZLIB=OFF
  converter_wasm_build "$sources/pcre2" "$tmp" -DPCRE2_BUILD_PCRE2GREP=OFF -DPCRE2_BUILD_TESTS=OFF -DPCRE2_SUPPORT_LIBREADLINE=OFF \
    -DPCRE2_SUPPORT_LIBBZ2=OFF -DPCRE2_SUPPORT_LIBZ=OFF -DPCRE2_SUPPORT_UNICODE=ON
  converter_wasm_build "$sources/libzip" "$tmp" -DENABLE_{COMMONCRYPTO,GNUTLS,MBEDTLS,OPENSSL,WINDOWS_CRYPTO,BZIP2,LZMA}=OFF \
    -DBUILD_{TOOLS,REGRESS,EXAMPLES,DOC}=OFF "-DZLIB_LIBRARY=$tmp/lib/libz.a" "-DZLIB_INCLUDE_DIR=$tmp/include"
  converter_wasm_build "$sources/flac" "$tmp" -DBUILD_{CXXLIBS,PROGRAMS,EXAMPLES,DOCS}=OFF -DWITH_{OGG,STACK_PROTECTOR,FORTIFY_SOURCE}=OFF \
    -DINSTALL_{MANPAGES,CMAKE_CONFIG_MODULE}=OFF
  converter_wasm_build "$sources/libsndfile" "$tmp" -DBUILD_{PROGRAMS,EXAMPLES}=OFF -DENABLE_{EXTERNAL_LIBS,MPEG,CPACK}=OFF \
    -DINSTALL_{MANPAGES,PKGCONFIG_MODULE}=OFF "-DCMAKE_C_FLAGS=-I$tmp/include"
  unset EM_COMPILER_WRAPPER
  mkdir "$tmp/licences"
  for name in zlib "${CONVERTER_WASM_SOURCES[@]}"; do
    for file in COPYING.Xiph COPYING LICENCE LICENSE; do
      [[ -f $sources/$name/$file ]] && { cp "$sources/$name/$file" "$tmp/licences/$name"; break; }
    done
  done
  rm -rf "$tmp/build" "$tmp/share" "$tmp/bin"
}
check_converter_wasm() {
  local name
  for name in protobuf-lite pcre2-8 z zip FLAC sndfile lbfgs md; do [[ -f $1/lib/lib$name.a ]] || die "lib$name.a was not built"; done
  for name in zlib "${CONVERTER_WASM_SOURCES[@]}"; do [[ -f $1/licences/$name ]] || die "the licence of $name was not found"; done
}

converter_wasm_dir() {
  echo "$CACHE_DIR/converter-wasm-$(CONVERTER_WASM_WITH=$(readlink "$LINKS_DIR/emscripten" || true) \
    hash_of CONVERTER_WASM_ build_converter_wasm converter_wasm_build build_converter_wasm_source converter_wasm_source "$TOOLCHAIN_DIR/converter_wasm/CMakeLists.txt")"
}

# Only `make converter-wasm` asks for it.
setup_converter-wasm() {
  local folder
  setup_emscripten
  folder=$(converter_wasm_dir)
  if ! is_ready "$folder"; then
    provide converter-wasm-source "$CONVERTER_WASM_SOURCE_DIR"
    provide converter-wasm "$folder"
  fi
  link_to "$folder" converter-wasm
}

print_converter-wasm() {
  local folder
  folder=$(converter_wasm_dir)
  if is_ready "$folder"; then say converter "libraries for WebAssembly in $folder"; else say converter "libraries for WebAssembly: not there yet"; fi
}

CONVERTER_WASM_SOURCE_DIR=$CACHE_DIR/converter-wasm-source-$(hash_of CONVERTER_WASM_ build_converter_wasm_source converter_wasm_source)
