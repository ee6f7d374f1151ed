// What JavaScript gets of the runtime, by Embind.
#include <emscripten/bind.h>

#include "wasm/bindings/session_binding.h"

namespace edgy::bindings {
namespace {

constexpr double kWasmPageBytes = 65536;

double memory_bytes() {
  return static_cast<double>(__builtin_wasm_memory_size(0)) * kWasmPageBytes;
}

}  // namespace

EMSCRIPTEN_BINDINGS(edgy) {
  using emscripten::class_;
  using emscripten::register_type;
  using emscripten::value_object;

  register_type<Bytes>("Uint8Array<ArrayBuffer>");
  register_type<MaybeBytes>("Uint8Array<ArrayBuffer> | null");
  register_type<ShapeList>("number[][]");
  register_type<Description>("import('./native.js').NativeDescription");
  register_type<Output>("import('./native.js').NativeOutput");
  register_type<Memory>("import('./native.js').NativeMemory");
  register_type<ProfileList>("import('./native.js').NativeStepProfile[]");

  value_object<Status>("Status").field("code", &Status::code).field("message", &Status::message);
  value_object<LoadOptions>("LoadOptions")
      .field("isa", &LoadOptions::isa)
      .field("memoryLimit", &LoadOptions::memory_limit)
      .field("profile", &LoadOptions::profile)
      .field("threads", &LoadOptions::threads)
      .field("workLimit", &LoadOptions::work_limit);

  class_<SessionBinding>("Session")
      .constructor()
      .function("reserve", &SessionBinding::reserve)
      .function("load", &SessionBinding::load)
      .function("describe", &SessionBinding::describe)
      .function("prepare", &SessionBinding::prepare)
      .function("input", &SessionBinding::input)
      .function("run", &SessionBinding::run)
      .function("runFirst", &SessionBinding::run_first)
      .function("runRest", &SessionBinding::run_rest)
      .function("output", &SessionBinding::output)
      .function("reserveSamples", &SessionBinding::reserve_samples)
      .function("computeFrontEnd", &SessionBinding::compute_front_end)
      .function("memory", &SessionBinding::memory)
      .function("profile", &SessionBinding::profile);

  emscripten::function("memoryBytes", &memory_bytes);
}

}  // namespace edgy::bindings
