# Imported targets of what the converter alone is linked with. Natively from the machine's own packages; for WebAssembly from what
# `toolchain/setup converter-wasm` built.
set(EDGY_CONVERTER_LIBRARIES ${EDGY_TOOLCHAIN}/converter-wasm)

# edgy_import(NAME LIBRARY...): edgy::NAME, of static libraries there.
function(edgy_import name)
  add_library(edgy_import_${name} INTERFACE)
  add_library(edgy::${name} ALIAS edgy_import_${name})
  target_include_directories(edgy_import_${name} SYSTEM INTERFACE ${EDGY_CONVERTER_LIBRARIES}/include)
  list(TRANSFORM ARGN PREPEND ${EDGY_CONVERTER_LIBRARIES}/lib/lib)
  list(TRANSFORM ARGN APPEND .a)
  target_link_libraries(edgy_import_${name} INTERFACE ${ARGN})
endfunction()

# edgy_use(NAME TARGET...): edgy::NAME, of imported targets.
function(edgy_use name)
  add_library(edgy_import_${name} INTERFACE)
  add_library(edgy::${name} ALIAS edgy_import_${name})
  target_link_libraries(edgy_import_${name} INTERFACE ${ARGN})
endfunction()

find_program(EDGY_PROTOC protoc NO_CMAKE_FIND_ROOT_PATH REQUIRED)
find_path(EDGY_ONNX_PROTO_DIR onnx/onnx.proto PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)

if(EMSCRIPTEN)
  set(EDGY_PROTO_OPTIONS lite:)  # messages are read and written, never described: the lite half is an eighth of the code
  if(NOT EXISTS ${EDGY_CONVERTER_LIBRARIES}/lib)
    message(FATAL_ERROR "The converter's libraries for WebAssembly are missing. Run: toolchain/setup converter-wasm")
  endif()
  edgy_import(protobuf protobuf-lite)
  edgy_import(sha256 md)
  edgy_import(lbfgs lbfgs)
  edgy_import(pcre2 pcre2-8)
  edgy_import(zip zip z)
  edgy_import(sndfile sndfile FLAC)
  return()
endif()

find_package(Protobuf REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_library(LBFGS_LIBRARY lbfgs REQUIRED)
find_path(LBFGS_INCLUDE lbfgs.h REQUIRED)
# libzip's own CMake file asks for tools of another package; pkg-config does not.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SNDFILE REQUIRED IMPORTED_TARGET GLOBAL sndfile)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET GLOBAL libzip)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET GLOBAL libpcre2-8)
edgy_use(protobuf protobuf::libprotobuf)
edgy_use(sha256 OpenSSL::Crypto)
edgy_use(lbfgs ${LBFGS_LIBRARY})
target_include_directories(edgy_import_lbfgs SYSTEM INTERFACE ${LBFGS_INCLUDE})
edgy_use(pcre2 PkgConfig::PCRE2)
edgy_use(zip PkgConfig::ZIP)
edgy_use(sndfile PkgConfig::SNDFILE)
