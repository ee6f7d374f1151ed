// Gathering by positions that a run computes: as places in flat data, in float32, which holds them
// exactly up to 2^24.
#include <algorithm>
#include <functional>
#include <numeric>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/indices.h"

namespace edgy::converter::rewrite {
namespace {

using graph::ElementType;
using Shape = std::vector<int64_t>;

int64_t product(Shape::const_iterator from, Shape::const_iterator to) {
  return std::accumulate(from, to, int64_t{1}, std::multiplies<>());
}

Shape data_shape(Builder& b) {
  const auto shape = graph::fixed_shape(b.shape(b.input(0)));
  constexpr int64_t kMostPlaces = int64_t{1} << 24;
  if (!shape || graph::checked_elements(*shape) > kMostPlaces)
    graph::fail_at(b.node(),
                   "with indices that are computed, data of fixed extents and at most 2^24 "
                   "elements is supported, here " +
                       graph::to_string(b.shape(b.input(0))));
  return *shape;
}

/// Indices as floats of 0 or more: those below 0 count from the end. `extents` broadcasts.
ValueId counted_from_start(Builder& b, ValueId indices, ValueId extents) {
  const ValueId x = b.exact_float(indices);
  return b.add("Add", {x, b.add("Keep", {extents, b.add("IsLess", {x, b.number(0)})})});
}

/// Row-major steps of axes [first, last).
std::vector<float> steps_of(const Shape& shape, std::size_t first, std::size_t last) {
  std::vector<float> steps;
  for (std::size_t i = first; i < last; ++i)
    steps.push_back(static_cast<float>(product(shape.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                               shape.begin() + static_cast<std::ptrdiff_t>(last))));
  return steps;
}

}  // namespace

bool gather_elements_computed(Builder& b) {
  if (!b.has_shape(1))
    return false;
  const Shape data = data_shape(b);
  const auto shape = graph::fixed_shape(b.shape(b.input(1)));
  const std::size_t axis =
      graph::normalize_axis(b.node(), b.node().get_int("axis", 0), data.size());
  if (!shape || shape->size() != data.size())
    graph::fail_at(b.node(),
                   "indices of fixed extents are supported, as many axes as the data has");
  const std::vector<float> steps = steps_of(data, 0, data.size());
  // Where each would be gathered from with index 0.
  std::vector<float> base(static_cast<std::size_t>(graph::checked_elements(*shape)));
  for (std::size_t i = 0; i < base.size(); ++i) {
    auto rest = static_cast<int64_t>(i);
    for (std::size_t k = data.size(); k-- > 0;) {
      const int64_t at = rest % (*shape)[k];
      rest /= (*shape)[k];
      if (k != axis && at >= data[k])
        graph::fail_at(b.node(), "its indices do not fit its data");
      base[i] += k == axis ? 0 : static_cast<float>(at) * steps[k];
    }
  }
  ValueId place = counted_from_start(b, b.input(1), b.number(static_cast<float>(data[axis])));
  place = b.add("Add", {b.add("Mul", {place, b.number(steps[axis])}), b.floats(*shape, base)});
  const ValueId flat = b.reshape(b.input(0), {-1});
  return b.finish(
      b.add("Gather", {flat, b.cast(place, ElementType::kInt32)}, {{"axis", int64_t{0}}}));
}

bool gather_nd_computed(Builder& b) {
  if (!b.has_shape(1))
    return false;
  const Shape data = data_shape(b);
  const DimShape indices = b.shape(b.input(1));
  const auto batch =
      static_cast<std::size_t>(std::max<int64_t>(0, b.node().get_int("batch_dims", 0)));
  if (indices.empty() || !indices.back().fixed() || indices.back().value < 1 ||
      batch >= indices.size() ||
      batch + static_cast<std::size_t>(indices.back().value) > data.size())
    graph::fail_at(b.node(), "its indices do not fit its data");
  const auto depth = static_cast<std::size_t>(indices.back().value);
  const std::size_t end = batch + depth;
  std::vector<float> extents;
  for (std::size_t i = batch; i < end; ++i)
    extents.push_back(static_cast<float>(data[i]));
  const std::vector<float> steps = steps_of(data, 0, end);
  const auto width = static_cast<int64_t>(depth);
  ValueId place = counted_from_start(b, b.input(1), b.floats({width}, extents));
  const std::vector<float> inner(steps.begin() + static_cast<std::ptrdiff_t>(batch), steps.end());
  place = b.reduce("ReduceSum", b.add("Mul", {place, b.floats({width}, inner)}), {-1}, false);
  for (std::size_t i = 0; i < batch; ++i) {
    if (!(indices[i] == graph::fixed_dim(data[i])))
      graph::fail_at(b.node(), "its data and its indices have different batches");
    std::vector<float> starts;
    for (int64_t at = 0; at < data[i]; ++at)
      starts.push_back(static_cast<float>(at) * steps[i]);
    Shape shape(indices.size() - 1 - i, 1);
    shape[0] = data[i];
    place = b.add("Add", {place, b.floats(shape, starts)});
  }
  Shape rows = {product(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(end))};
  rows.insert(rows.end(), data.begin() + static_cast<std::ptrdiff_t>(end), data.end());
  return b.finish(b.add("Gather", {b.reshape(b.input(0), rows), b.cast(place, ElementType::kInt32)},
                        {{"axis", int64_t{0}}}));
}

}  // namespace edgy::converter::rewrite
