# CMake toolchain file for WebAssembly: cmake -DCMAKE_TOOLCHAIN_FILE=toolchain/cmake/emscripten.cmake
# Takes the Emscripten that toolchain/setup linked into build/toolchain. Its emcc has its configuration beside it, so no
# variable of the environment is needed when configuring or building.

# CMake reads this file again for each of its compiler tests, in a project that knows no cache of ours.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EDGY_TOOLCHAIN_LINKS)
if(NOT EDGY_TOOLCHAIN_LINKS)
  get_filename_component(EDGY_TOOLCHAIN_LINKS ${CMAKE_CURRENT_LIST_DIR}/../../build/toolchain ABSOLUTE)
endif()
file(REAL_PATH ${EDGY_TOOLCHAIN_LINKS}/emscripten EMSCRIPTEN_ROOT_PATH)
if(NOT EXISTS ${EMSCRIPTEN_ROOT_PATH}/cmake/Modules/Platform/Emscripten.cmake)
  message(FATAL_ERROR "There is no Emscripten in ${EDGY_TOOLCHAIN_LINKS}. Run: toolchain/setup emscripten")
endif()
include(${EMSCRIPTEN_ROOT_PATH}/cmake/Modules/Platform/Emscripten.cmake)
