#include "converter/export/plannable.h"

#include "converter/error.h"
#include "wasm/runtime/session/session.h"

namespace edgy::converter {
namespace {

std::vector<runtime::Shape> shapes_at(const runtime::Model& model, int64_t extent) {
  std::vector<runtime::Shape> shapes;
  for (const runtime::TensorInfo& input : model.inputs()) {
    runtime::Shape shape = input.shape;
    for (int64_t& e : shape)
      e = e < 0 ? extent : e;
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

}  // namespace

void expect_plannable(const std::vector<uint8_t>& bytes) {
  const auto model = runtime::Model::load(bytes);
  if (!model)
    throw Error("the converted model cannot be loaded: " + model.error().message);
  auto session = runtime::Session::create(*model);
  if (!session) {
    if (session.error().code == ErrorCode::kOutOfMemory)
      return;  // the limit is the caller's to choose
    throw Error("the converted model cannot be run: " + session.error().message);
  }
  // What windows need is not known here: extents grow until two of them fit.
  constexpr int64_t kLongest = 1024;
  int planned = 0;
  std::string disagreement;
  for (int64_t extent = 1; extent <= kLongest && planned < 2; extent *= 2) {
    const std::vector<runtime::Shape> shapes = shapes_at(**model, extent);
    const auto ready = (*session)->prepare(shapes);
    const bool fixed = extent == 1 && shapes == shapes_at(**model, 2);
    planned += ready ? 1 : 0;
    if (!ready && ready.error().code == ErrorCode::kOutOfMemory)
      return;
    // Fixed shapes are the model's own: nobody could feed others.
    if (!ready && (fixed || ready.error().code != ErrorCode::kInvalidInput))
      disagreement = ready.error().message;
    if (fixed)
      break;
  }
  if (planned == 0 && !disagreement.empty())
    throw Error("the converted model cannot be run: " + disagreement);
}

}  // namespace edgy::converter
