// Runs a model in memory on the native build of the runtime.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "converter/data/dataset.h"
#include "wasm/runtime/session/session.h"

namespace edgy::converter {

/// For models that were made here, on the caller's own data: as much memory as a conversion may
/// take, and codes where a file would hand out events.
runtime::SessionOptions conversion_options();
/// For files that anybody may have made: a base that any model may have, and a multiple of what was
/// given (files and inputs, in bytes), or `mebibytes` if it is not 0. What a file claims beyond it
/// is refused in words.
runtime::SessionOptions reading_options(uint64_t given_bytes, uint64_t mebibytes = 0);

/// A session over a model that is not in a file. Throws Error where the runtime reports one, naming
/// the sample.
class Runner {
 public:
  /// Called with each value as it is computed; `tensor` indexes ModelT.tensors.
  using Observer = std::function<void(int32_t tensor, const runtime::TensorView& value)>;

  explicit Runner(const format::fb::ModelT& model, Observer observer = nullptr,
                  runtime::SessionOptions options = conversion_options());

  /// All outputs, in the model's order.
  std::vector<Tensor> run(const Sample& sample);
  runtime::Session& session() { return *session_; }

 private:
  std::unique_ptr<runtime::Session> session_;
};

/// Serializes `model` as the file that a runtime loads.
std::vector<uint8_t> model_bytes(const format::fb::ModelT& model);

}  // namespace edgy::converter
