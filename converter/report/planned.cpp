#include "converter/report/planned.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "converter/error.h"

namespace edgy::converter {

namespace {

struct Inputs {
  std::vector<runtime::Shape> shapes;
  uint64_t bytes = 0;
  bool dynamic = false;
};

const format::fb::TextT* text_of(const format::fb::ModelT& model) {
  return model.metadata ? model.metadata->text.get() : nullptr;
}

/// 100 frames or tokens, or what the model takes: images in multiples of 32, texts up to an end.
std::vector<int64_t> usual_extents(const format::fb::ModelT& model) {
  if (const auto* text = text_of(model))
    return {std::clamp<int64_t>(text->max_tokens, 1, 100)};
  return {100, 128};
}

Inputs inputs_at(const format::fb::ModelT& model, int64_t extent) {
  Inputs inputs;
  const bool reads_texts = text_of(model) != nullptr;
  for (const int32_t input : model.inputs) {
    const auto& tensor = *model.tensors[static_cast<std::size_t>(input)];
    runtime::Shape shape;
    // Products of extents that a file claims may leave 64 bits; what is as large as this is refused
    // anyway.
    constexpr double kMost = 1e12;
    double bytes = static_cast<double>(runtime::element_bytes(tensor.type));
    for (const int32_t e : tensor.shape) {
      const int64_t taken = reads_texts && shape.empty() ? 1 : extent;
      shape.push_back(e < 0 ? taken : e);
      inputs.dynamic |= e < 0;
      bytes = std::min(bytes * static_cast<double>(shape.back()), kMost);
    }
    inputs.bytes += static_cast<uint64_t>(bytes);
    inputs.shapes.push_back(std::move(shape));
  }
  return inputs;
}

}  // namespace

PlannedRunner planned_runner(const format::fb::ModelT& model, const PlanRequest& request) {
  const std::vector<int64_t> extents =
      request.extent > 0 ? std::vector{request.extent} : usual_extents(model);
  const Inputs largest = inputs_at(model, extents.back());
  runtime::SessionOptions options =
      reading_options(request.file_bytes + largest.bytes, request.mebibytes);
  options.isa = request.isa;
  Runner runner(model, nullptr, std::move(options));
  std::string problem;
  for (const int64_t extent : extents) {
    const auto ready = runner.session().prepare(inputs_at(model, extent).shapes);
    if (ready)
      return {std::move(runner), extent};
    if (problem.empty())
      problem = ready.error().message;
    if (!largest.dynamic || ready.error().code != ErrorCode::kInvalidInput)
      break;
  }
  if (largest.dynamic)
    problem += "; dynamic extents are " + std::to_string(extents.front()) +
               " here: --dynamic takes others, " +
               "a multiple of 32 for models that halve an image five times";
  throw Error(problem);
}

}  // namespace edgy::converter
