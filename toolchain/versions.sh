# shellcheck shell=bash disable=SC2034
# What toolchain/setup installs. Suites of Debian are named by codename, so that a new release of Debian changes nothing
# here. Trixie is stable: its versions are pinned. Forky moves: only the least version is given, checked after unpacking.
# A component is rebuilt when one of its variables (same prefix) or one of its recipe files changes.

# --- host: packages that apt installs on the machine itself, from the machine's own suite -----------------------------
HOST_PACKAGES=(
  python3 xz-utils                                # run Emscripten; unpack sources
  ninja-build ccache patchelf                     # build; cache; make unpacked programs relocatable
  clang-format clang-tidy shellcheck             # format and lint
  clang libclang-rt-dev                           # sanitizers and fuzzers
  libprotobuf-dev protobuf-compiler libonnx-dev   # ONNX import: the official onnx.proto and the library to read it
  libsndfile1-dev                                 # WAV and FLAC reading
  libzip-dev                                      # .npz reading
  libpcre2-dev                                    # scopes of NNCF's configurations: Python's regular expressions
  liblbfgs-dev                                    # trains the attackers of the leakage audit
  libssl-dev pkg-config                           # SHA-256 of source models; finds libsndfile and libzip
  brotli                                          # sizes as they go over the wire
  libonnx-testdata                                # ONNX's own tests of single nodes
  chromium fonts-liberation                       # browser tests, benchmarks, screenshots
  firefox-esr                                     # the seal's tests in a second engine
)
HOST_COMPILER_PACKAGES=(libc6 libc6-dev gcc g++ gcc-12 g++-12 libstdc++6 libstdc++-12-dev) # setup refuses to change these

# --- torch: libtorch of the machine's own suite, for `edgy finetune` (130 MB to fetch, 540 MB installed) -----------------
# Debian's build is linked with OpenCV and its video libraries, which is most of that. Nothing else of Edgy needs it.
TORCH_PACKAGES=(
  libtorch-dev                                    # 1.13 in bookworm
  libopenblas0-pthread                            # without it matrix products run ten times slower
)

# --- coverage: what `make coverage` reports with ----------------------------------------------------------------------------
COVERAGE_PACKAGES=(gcovr)

# --- docs: what `make docs` makes the pages of the C++ API with (TypeDoc: toolchain/docs/package-lock.json) --------------------
DOCS_PACKAGES=(doxygen)

# --- webkit: WebKitGTK with its driver, and a display without a screen, for tests in a third engine ---------------------------
WEBKIT_PACKAGES=(webkit2gtk-driver xvfb)
# --- speech: what the recipes make and listen to speech with ----------------------------------------------------------------
SPEECH_PACKAGES=(flite pocketsphinx pocketsphinx-en-us flac)

# --- sentence: what recipes/sentence-encoder trains a tokenizer and an encoder with ---------------------------------------------
SENTENCE_PACKAGES=(python3-torch python3-sentencepiece)

# --- apt root of our own: the suites it reads -------------------------------------------------------------------------
APT_SUITES=(trixie forky sid bookworm-backports)
APT_SOURCE_SUITES=(trixie)
APT_INDEX_MAX_AGE_MIN=360

# --- sysroot: headers that native and wasm builds share, Catch2, flatc, source to compile in ---------------------------
SYSROOT_PACKAGES=(
  "libflatbuffers-dev trixie 23.5.26+dfsg-4"
  "libsimde-dev trixie 0.8.2-3"
  "libexpected-dev trixie 1.1.0-2"
  "libcli11-dev trixie 2.4.1+ds-2"
  "nlohmann-json3-dev trixie 3.11.3-2.1"
  "libeigen3-dev trixie 3.4.0-5"
  "libcatch2-dev bookworm-backports 3.7.1"        # built with this host's g++ 12, so its static library links
)
SYSROOT_FLATC="flatbuffers-compiler trixie 23.5.26+dfsg-4"
SYSROOT_FFT_SOURCE="kissfft trixie"

# --- soxr: the resampler, as source to compile in -------------------------------------------------------------------------
SOXR_SOURCE="libsoxr trixie"                      # 0.1.3

# --- emscripten --------------------------------------------------------------------------------------------------------
EMSCRIPTEN_MIN_VERSION=3.1.69                     # an emcc on PATH of at least this version is used as it is
read -ra EMSCRIPTEN_SUITES <<<"${EDGY_EMSCRIPTEN_SUITES:-forky sid trixie}"   # tried in this order
# Of the packages that emscripten depends on, what the host has (Python, Node) or only native builds need.
EMSCRIPTEN_NOT_UNPACKED='^(python3.*|nodejs|node-.*|ccache|binutils.*|debconf|libcurl.*|libpfm4|libstdc\+\+-.*-dev|libgcc-[0-9]+-dev|libobjc-.*|libc6-dev|llvm-[0-9]+-(linker-tools|runtime)|.*-base|.*-modules-extra|libgc1)$'
EMSCRIPTEN_SIMDE=libsimde-dev/trixie               # its arm_neon.h is SIMDe's
EMSCRIPTEN_NPM=(acorn@8.19.0 acorn-import-phases@1.0.4 terser@5.51.2)   # Debian splits them off; emcc's optimizer needs them

# --- xnnpack -----------------------------------------------------------------------------------------------------------
XNNPACK_SOURCES=("xnnpack trixie" "pthreadpool trixie" "fxdiv trixie" "fp16 trixie")
XNNPACK_VERSION=20241108
