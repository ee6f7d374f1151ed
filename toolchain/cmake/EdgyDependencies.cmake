# Imported targets for what `toolchain/setup` provides. build/toolchain is made by it.
set(EDGY_TOOLCHAIN ${CMAKE_SOURCE_DIR}/build/toolchain)
if(NOT EXISTS ${EDGY_TOOLCHAIN}/sysroot)
  message(FATAL_ERROR "build/toolchain is missing: run toolchain/setup first (or simply `make`)")
endif()
set(EDGY_SYSROOT_INCLUDE ${EDGY_TOOLCHAIN}/sysroot/usr/include)

# Header-only libraries live in a folder of their own, so that their include path brings in nothing else.
add_library(edgy_headers INTERFACE)
add_library(edgy::headers ALIAS edgy_headers)
target_include_directories(edgy_headers SYSTEM INTERFACE ${EDGY_SYSROOT_INCLUDE})

if(EMSCRIPTEN)
  if(EDGY_RELAXED_SIMD)
    include(${EDGY_TOOLCHAIN}/xnnpack/wasm-relaxed/XNNPACK.cmake)
  else()
    include(${EDGY_TOOLCHAIN}/xnnpack/wasm-simd/XNNPACK.cmake)
  endif()
else()
  include(${EDGY_TOOLCHAIN}/xnnpack/native/XNNPACK.cmake)
endif()

find_program(FLATC flatc PATHS ${EDGY_TOOLCHAIN}/bin NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
