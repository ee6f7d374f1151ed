// Windows that the file does not have: over three spatial axes, dilated, of other types, with other
// means.
#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "converter/graph/windows.h"
#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

using graph::ElementType;
using graph::Windows;
using Shape = std::vector<int64_t>;

int64_t product(const Shape& entries) {
  return std::accumulate(entries.begin(), entries.end(), int64_t{1}, std::multiplies<>());
}

bool all_ones(const Shape& entries) {
  return std::all_of(entries.begin(), entries.end(), [](int64_t entry) { return entry == 1; });
}

/// Pads of the spatial axes of [N, C, ...].
ValueId padded(Builder& b, ValueId x, const Windows& windows, float value) {
  Shape pads(2 * b.rank(x), 0);
  for (std::size_t i = 0; i < windows.kernel.size(); ++i) {
    pads[2 + i] = windows.pad_begin[i];
    pads[b.rank(x) + 2 + i] = windows.pad_end[i];
  }
  if (std::all_of(pads.begin(), pads.end(), [](int64_t pad) { return pad == 0; }))
    return x;
  return b.add("Pad", {x}, {{"pads", pads}, {"value", value}});
}

/// What tap `tap` of every window along spatial axis `i` sees.
ValueId seen(Builder& b, ValueId x, const Windows& windows, std::size_t i, int64_t tap) {
  const int64_t behind = (windows.kernel[i] - 1 - tap) * windows.dilation[i];
  return b.slice(x, static_cast<int64_t>(i) + 2, tap * windows.dilation[i],
                 behind == 0 ? graph::kMaxElements : -behind, windows.stride[i]);
}

/// Combines what all taps see, axis by axis.
ValueId over_taps(Builder& b, ValueId x, const Windows& windows, const char* op) {
  for (std::size_t i = 0; i < windows.kernel.size(); ++i) {
    ValueId sum = kNone;
    for (int64_t tap = 0; tap < windows.kernel[i]; ++tap) {
      const ValueId part = seen(b, x, windows, i, tap);
      sum = sum == kNone ? part : b.add(op, {sum, part});
    }
    x = sum;
  }
  return x;
}

/// How many elements of the input each window sees, [1, 1, ...]: a product of those along the axes.
ValueId counts(Builder& b, const Shape& input, const Windows& windows) {
  std::vector<double> values = {1};
  Shape shape = {1, 1};
  for (std::size_t i = 0; i < windows.kernel.size(); ++i) {
    const int64_t reach = (windows.kernel[i] - 1) * windows.dilation[i] + 1;
    const int64_t room = input[2 + i] + windows.pad_begin[i] + windows.pad_end[i] - reach;
    shape.push_back(room / windows.stride[i] + 1);
    std::vector<double> longer;
    for (const double value : values) {
      for (int64_t at = 0; at < shape.back(); ++at) {
        int64_t count = 0;
        for (int64_t tap = 0; tap < windows.kernel[i]; ++tap) {
          const int64_t position =
              at * windows.stride[i] + tap * windows.dilation[i] - windows.pad_begin[i];
          count += position >= 0 && position < input[2 + i] ? 1 : 0;
        }
        longer.push_back(value * static_cast<double>(count));
      }
    }
    values = std::move(longer);
  }
  return b.floats(shape, std::vector<float>(values.begin(), values.end()));
}

void check_taps(const Builder& b, const Windows& windows) {
  constexpr int64_t kMost = 256;
  if (std::accumulate(windows.kernel.begin(), windows.kernel.end(), int64_t{0}) > kMost)
    graph::fail_at(b.node(), "windows of three axes or with dilations are supported up to " +
                                 std::to_string(kMost) + " elements along all axes together");
}

ValueId average(Builder& b, ValueId x, const Windows& windows) {
  const ValueId sum = over_taps(b, padded(b, x, windows, 0), windows, "Add");
  const auto none = [](int64_t pad) { return pad == 0; };
  const bool whole = std::all_of(windows.pad_begin.begin(), windows.pad_begin.end(), none) &&
                     std::all_of(windows.pad_end.begin(), windows.pad_end.end(), none);
  if (whole || b.node().get_int("count_include_pad", 0) != 0)
    return b.add("Div", {sum, b.number(static_cast<float>(product(windows.kernel)))});
  const auto shape = graph::fixed_shape(b.shape(x));
  if (!shape)
    graph::fail_at(b.node(), "padding that does not count needs fixed extents here");
  return b.add("Div", {sum, counts(b, *shape, windows)});
}

}  // namespace

bool rewrite_pool(Builder& b) {
  if (!b.has_shape(0))
    return false;
  const Node& node = b.node();
  const ElementType type = b.type(b.input(0));
  if (node.op == "MaxPool" && !graph::is_float(type)) {
    const ValueId x = b.exact_float(b.input(0));
    return !b.is_read(1) && b.finish(b.exactly(b.add("MaxPool", {x}, node.attributes), type));
  }
  const Windows windows = graph::read_windows(node, b.shape(b.input(0)), {});
  if (windows.kernel.size() <= 2 && all_ones(windows.dilation))
    return false;
  b.expect_float(0);
  check_taps(b, windows);
  if (b.is_read(1))
    graph::fail_at(node, "the indices that MaxPool can return are not supported");
  if (node.op == "AveragePool")
    return b.finish(average(b, b.input(0), windows));
  const ValueId x = padded(b, b.input(0), windows, -std::numeric_limits<float>::infinity());
  return b.finish(over_taps(b, x, windows, "Max"));
}

/// (sum of |x|^p)^(1/p) of what a window sees
bool rewrite_lp_pool(Builder& b) {
  if (!b.has_shape(0))
    return false;
  b.expect_float(0);
  const Node& node = b.node();
  const int64_t p = node.get_int("p", 2);
  if (p != 1 && p != 2)
    graph::fail_at(node, "p = " + std::to_string(p) + " is not supported; 1 and 2 are");
  const Windows windows = graph::read_windows(node, b.shape(b.input(0)), {});
  Attributes attributes = node.attributes;
  attributes.erase("p");
  attributes["count_include_pad"] = int64_t{1};
  const ValueId x = b.input(0);
  const ValueId terms = p == 1 ? b.add("Abs", {x}) : b.add("Mul", {x, x});
  const ValueId mean = b.add("AveragePool", {terms}, attributes);
  const ValueId sum = b.add("Mul", {mean, b.number(static_cast<float>(product(windows.kernel)))});
  return b.finish(p == 1 ? sum : b.add("Sqrt", {sum}));
}

/// Over three spatial axes: the taps along the first are channels of a convolution over the others.
bool rewrite_conv(Builder& b) {
  if (!b.has_shape(0) || !b.has_shape(1) || b.rank(b.input(0)) != 5)
    return false;
  b.expect_float(0);
  const Node& node = b.node();
  const auto x = graph::fixed_shape(b.shape(b.input(0)));
  const auto w = graph::fixed_shape(b.shape(b.input(1)));
  const int64_t groups = node.get_int("group", 1);
  if (!x || !w || w->size() != 5 || groups < 1 || (*x)[1] != (*w)[1] * groups)
    graph::fail_at(node, "a volume of fixed extents and weights that fit it are expected, here " +
                             graph::to_string(b.shape(b.input(0))) + " and " +
                             graph::to_string(b.shape(b.input(1))));
  Windows windows = graph::read_windows(node, b.shape(b.input(0)), Shape(w->begin() + 2, w->end()));
  check_taps(b, windows);
  Windows depth = windows;
  for (const auto list : {&depth.pad_begin, &depth.pad_end})
    std::fill(list->begin() + 1, list->end(), 0);
  const ValueId whole = padded(b, b.input(0), depth, 0);
  const int64_t taps = windows.kernel[0];
  std::vector<ValueId> parts;
  int64_t slices = 0;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const ValueId part = seen(b, whole, windows, 0, tap);
    slices = b.shape(part)[2].value;
    parts.push_back(b.reshape(b.transpose(part, {0, 2, 1, 3, 4}),
                              {(*x)[0] * slices, 1, groups, (*w)[1], (*x)[3] * (*x)[4]}));
  }
  ValueId image = parts.size() == 1 ? parts[0] : b.add("Concat", parts, {{"axis", int64_t{1}}});
  image = b.reshape(b.transpose(image, {0, 2, 1, 3, 4}),
                    {(*x)[0] * slices, taps * (*x)[1], (*x)[3], (*x)[4]});
  const ValueId filters = b.reshape(b.transpose(b.input(1), {0, 2, 1, 3, 4}),
                                    {(*w)[0], taps * (*w)[1], (*w)[3], (*w)[4]});
  const auto tail = [](const Shape& list) { return Shape(list.begin() + 1, list.end()); };
  Shape pads = tail(windows.pad_begin);
  const Shape ends = tail(windows.pad_end);
  pads.insert(pads.end(), ends.begin(), ends.end());
  std::vector<ValueId> inputs = {image, filters};
  if (b.input(2) != kNone)
    inputs.push_back(b.input(2));
  const ValueId y = b.add("Conv", inputs,
                          {{"strides", tail(windows.stride)},
                           {"dilations", tail(windows.dilation)},
                           {"pads", pads},
                           {"group", groups}});
  const DimShape made = b.shape(y);
  return b.finish(b.transpose(
      b.reshape(y, {(*x)[0], slices, (*w)[0], made[2].value, made[3].value}), {0, 2, 1, 3, 4}));
}

}  // namespace edgy::converter::rewrite
