#include "converter/report/planned.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "converter/error.h"

namespace edgy::converter {

Runner planned_runner(const format::fb::ModelT& model, const PlanRequest& request) {
  std::vector<runtime::Shape> shapes;
  uint64_t given = request.file_bytes;
  for (const int32_t input : model.inputs) {
    const auto& tensor = *model.tensors[static_cast<std::size_t>(input)];
    runtime::Shape shape;
    // Products of extents that a file claims may leave 64 bits; what is as large as this is refused
    // anyway.
    constexpr double kMost = 1e12;
    double bytes = static_cast<double>(runtime::element_bytes(tensor.type));
    for (const int32_t e : tensor.shape) {
      shape.push_back(e < 0 ? request.extent : e);
      bytes = std::min(bytes * static_cast<double>(shape.back()), kMost);
    }
    given += static_cast<uint64_t>(bytes);
    shapes.push_back(std::move(shape));
  }
  runtime::SessionOptions options = reading_options(given, request.mebibytes);
  options.isa = request.isa;
  Runner runner(model, nullptr, std::move(options));
  if (const auto ready = runner.session().prepare(shapes); !ready)
    throw Error(ready.error().message);
  return runner;
}

}  // namespace edgy::converter
