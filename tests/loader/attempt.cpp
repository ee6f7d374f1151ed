#include "tests/loader/attempt.h"

#include <utility>

namespace edgy::tests {
namespace {

Attempt failed(const Error& error) {
  return {to_string(error.code), error.message, {}};
}

template <typename T>
void fill(std::span<uint8_t> bytes, T (*value)(std::size_t)) {
  auto* values = reinterpret_cast<T*>(bytes.data());
  for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i)
    values[i] = value(i);
}

}  // namespace

runtime::SessionOptions tight_options() {
  runtime::SessionOptions options;
  options.memory_limit = std::size_t{1} << 23;
  options.work_limit = 100'000'000;
  return options;
}

std::vector<runtime::Shape> usual_shapes(const runtime::Model& model, int64_t extent) {
  std::vector<runtime::Shape> shapes;
  for (const runtime::TensorInfo& input : model.inputs()) {
    shapes.push_back(input.shape);
    for (int64_t& declared : shapes.back())
      declared = declared < 0 ? extent : declared;
  }
  return shapes;
}

void fill_inputs(runtime::Session& session) {
  for (std::size_t i = 0; i < session.model().inputs().size(); ++i) {
    const std::span<uint8_t> bytes = session.input(i);
    switch (session.model().inputs()[i].type) {
      case runtime::DataType::F32:
        fill<float>(bytes,
                    [](std::size_t k) { return static_cast<float>(k * 7 % 11) * 0.3F - 1.5F; });
        break;
      case runtime::DataType::I64:
        fill<int64_t>(bytes, [](std::size_t k) { return static_cast<int64_t>(k % 3); });
        break;
      case runtime::DataType::I32:
        fill<int32_t>(bytes, [](std::size_t k) { return static_cast<int32_t>(k % 3); });
        break;
      default:
        fill<uint8_t>(bytes, [](std::size_t k) { return static_cast<uint8_t>(k % 7); });
    }
  }
}

Attempt attempt(std::vector<uint8_t> bytes, runtime::SessionOptions options, int64_t extent) {
  const auto model = runtime::Model::load(std::move(bytes));
  if (!model)
    return failed(model.error());
  const auto session = runtime::Session::create(*model, std::move(options));
  if (!session)
    return failed(session.error());
  if (const auto ready = (*session)->prepare(usual_shapes(**model, extent)); !ready)
    return failed(ready.error());
  fill_inputs(**session);
  if (const auto ran = (*session)->run(); !ran)
    return failed(ran.error());
  Attempt result{"runs", "", {}};
  for (std::size_t i = 0; i < (*model)->outputs().size(); ++i) {
    const runtime::TensorView view = (*session)->output(i);
    result.outputs.insert(result.outputs.end(), view.data.begin(), view.data.end());
  }
  return result;
}

}  // namespace edgy::tests
