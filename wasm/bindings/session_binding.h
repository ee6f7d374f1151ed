// The class that JavaScript sees: a thin shell around runtime::Session whose every failure is a
// value.
#pragma once

#include <emscripten/val.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wasm/bindings/js_values.h"
#include "wasm/runtime/audio_front_end.h"
#include "wasm/runtime/session/session.h"

namespace edgy::bindings {

struct LoadOptions {
  std::string isa;          ///< "auto" or the name of a form
  double memory_limit = 0;  ///< bytes
  bool profile = false;
  int32_t threads = 1;    ///< as runtime::SessionOptions::threads
  double work_limit = 0;  ///< as runtime::SessionOptions::work_limit
};

/// One model and its session. Views that it hands out point into WebAssembly memory and are stale
/// after the next call. load comes first, then prepare or compute_front_end, then run; in another
/// order a call fails with "invalid-argument" or gives an empty view.
class SessionBinding {
 public:
  /// Room for `bytes` bytes of a model, which the caller fills; null when there is no memory for
  /// them.
  MaybeBytes reserve(uint32_t bytes);
  /// Verifies the reserved bytes and makes a session of them.
  Status load(const LoadOptions& options);
  Description describe() const;

  Status prepare(const ShapeList& shapes);
  Bytes input(uint32_t index);
  Status run();
  Status run_first();
  Status run_rest();
  Output output(uint32_t index) const;

  /// Room for `count` samples (float32), which the caller fills; null when there is no memory for
  /// them.
  MaybeBytes reserve_samples(uint32_t count);
  /// Prepares for the reserved samples and writes their log-mel into the first input.
  Status compute_front_end();

  Memory memory() const;
  ProfileList profile() const;

 private:
  Result<void> make_front_end();
  Status ran(Result<void> (runtime::Session::*part)());

  std::vector<uint8_t> model_bytes_;
  std::vector<float> samples_;
  std::shared_ptr<const runtime::Model> model_;
  std::unique_ptr<runtime::Session> session_;
  std::optional<runtime::AudioFrontEnd> front_end_;  ///< made by the first recording
  std::string isa_;
};

}  // namespace edgy::bindings
