# Flags of Edgy's own code. Third-party code never links these.
option(BUILD_TESTING "Build the tests" ON)
option(EDGY_FUZZ "Build the fuzzers (Clang with -fsanitize=fuzzer-no-link)" OFF)
set(EDGY_VARIANT simd CACHE STRING "WebAssembly: the variant to build, one of wasm/variants.json")
option(EDGY_CONVERTER "WebAssembly: the converter and what it is made of, instead of the module for browsers" OFF)
# EDGY_RELAXED_SIMD: relaxed SIMD instructions; EDGY_THREADS: shared memory and threads. Natively neither is set.
if(EMSCRIPTEN)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/wasm/variants.json)
  file(READ ${CMAKE_SOURCE_DIR}/wasm/variants.json EDGY_VARIANTS)
  string(JSON EDGY_RELAXED_SIMD GET ${EDGY_VARIANTS} ${EDGY_VARIANT} relaxed)
  string(JSON EDGY_THREADS GET ${EDGY_VARIANTS} ${EDGY_VARIANT} threads)
endif()
if(EMSCRIPTEN AND EDGY_CONVERTER)
  add_compile_options(-fwasm-exceptions)
  add_link_options(-fwasm-exceptions)
endif()
if(EMSCRIPTEN AND EDGY_THREADS)
  add_compile_options(-pthread)  # all objects of the program, those of third parties too
  add_link_options(-pthread)
endif()

add_library(edgy_options INTERFACE)
add_library(edgy::options ALIAS edgy_options)
target_compile_features(edgy_options INTERFACE cxx_std_20)
target_include_directories(edgy_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(edgy_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror
  # Results must not depend on whether a compiler fuses a multiply and an add.
  -ffp-contract=off)

# Sizes have 64 bits (docs/kernels.md, Sizes): where kernels run, none becomes narrower unless the code says so. Natively, as there the same
# sources are compiled.
add_library(edgy_narrowing INTERFACE)
add_library(edgy::narrowing ALIAS edgy_narrowing)
target_compile_options(edgy_narrowing INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wconversion>)

# What becomes WebAssembly is built the same way natively: no exceptions, no RTTI.
add_library(edgy_runtime_options INTERFACE)
add_library(edgy::runtime_options ALIAS edgy_runtime_options)
target_link_libraries(edgy_runtime_options INTERFACE edgy_options)
target_compile_options(edgy_runtime_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti> -ffunction-sections -fdata-sections)
if(EMSCRIPTEN)
  target_compile_options(edgy_runtime_options INTERFACE -msimd128 $<$<BOOL:${EDGY_RELAXED_SIMD}>:-mrelaxed-simd>)
endif()

# Natively `new` throws. Where sizes come from a file or a caller, that failure becomes a typed error (wasm/format/allocation.h), so
# rooms that link this after edgy::runtime_options can be unwound; in WebAssembly they ask for memory before they take it.
add_library(edgy_unwindable INTERFACE)
add_library(edgy::unwindable ALIAS edgy_unwindable)
if(NOT EMSCRIPTEN OR EDGY_CONVERTER)
  target_compile_options(edgy_unwindable INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fexceptions>)
endif()
