#include "wasm/runtime/session/input_shapes.h"

#include <string_view>
#include <vector>

#include "kernels/heap_sort.h"
#include "wasm/format/numbers.h"
#include "wasm/format/text.h"

namespace edgy::runtime {

Result<void> check_input_shapes(const Model& model, std::span<const Shape> shapes) {
  const std::vector<TensorInfo>& declared = model.inputs();
  if (shapes.size() != declared.size()) {
    return fail(ErrorCode::kInvalidInput,
                str("shapes of ", shapes.size(), " inputs; the model has ", declared.size()));
  }
  struct Named {
    std::string_view name;
    std::size_t input;
    int64_t extent;
  };
  std::vector<Named> named;
  for (std::size_t i = 0; i < declared.size(); i++) {
    const TensorInfo& info = declared[i];
    const Shape& shape = shapes[i];
    bool fits = shape.size() == info.shape.size();
    for (std::size_t axis = 0; fits && axis < shape.size(); axis++) {
      fits = shape[axis] >= 0 && (info.shape[axis] == -1 || info.shape[axis] == shape[axis]);
    }
    if (!fits) {
      return fail(
          ErrorCode::kInvalidInput,
          str("input '", info.name, "' has the shape ", std::span<const int64_t>(shape),
              "; the model takes ", std::span<const int64_t>(info.shape), " (-1: any length)"));
    }
    if (!run_element_count(shape)) {
      return fail(ErrorCode::kOutOfMemory,
                  str("input '", info.name, "' has the shape ", std::span<const int64_t>(shape),
                      ": more than 2^30 elements"));
    }
    for (std::size_t axis = 0; axis < shape.size(); axis++) {
      if (info.shape[axis] != -1 || info.dim_names[axis].empty()) {
        continue;
      }
      named.push_back({info.dim_names[axis], i, shape[axis]});
    }
  }
  kernels::heap_sort(named.begin(), named.end(), [](const Named& a, const Named& b) {
    return a.name != b.name ? a.name < b.name : a.input < b.input;
  });
  for (std::size_t i = 1; i < named.size(); i++) {
    const Named& one = named[i];
    if (one.name == named[i - 1].name && one.extent != named[i - 1].extent) {
      return fail(ErrorCode::kInvalidInput,
                  str("input '", declared[one.input].name, "' has ", one.name, " = ", one.extent,
                      "; another input has ", named[i - 1].extent));
    }
  }
  return {};
}

}  // namespace edgy::runtime
