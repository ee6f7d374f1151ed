// GridSample: positions and weights are computed, pixels are gathered.
#include <algorithm>
#include <array>

#include "converter/rewrite/rewrite.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {
namespace {

enum class Padding { kZeros, kBorder, kReflection };

struct Sampling {
  Padding padding = Padding::kZeros;
  bool align_corners = false;
};

ValueId scaled(Builder& b, ValueId x, float factor, float offset) {
  ValueId y = factor == 1 ? x : b.add("Mul", {x, b.number(factor)});
  return offset == 0 ? y : b.add("Add", {y, b.number(offset)});
}

/// One of the two coordinates, of an image with `extent` pixels along it.
class Coordinate {
 public:
  Coordinate(Builder& b, const Sampling& sampling, int64_t extent)
      : b_(b), sampling_(sampling), extent_(static_cast<float>(extent)) {}

  /// -1 to 1 as pixels, moved inside where padding says so.
  ValueId position(ValueId grid) const {
    const ValueId x = sampling_.align_corners
                          ? scaled(b_, grid, (extent_ - 1) / 2, (extent_ - 1) / 2)
                          : scaled(b_, grid, extent_ / 2, (extent_ - 1) / 2);
    return inside(x);
  }

  /// What there is of pixel `index` (whole numbers) after padding, and whether it is one.
  ValueId clamped(ValueId index) const { return b_.clip(inside(index), 0, extent_ - 1); }
  ValueId exists(ValueId index) const {
    const ValueId low = b_.add("IsLess", {b_.number(-0.5F), index});
    return b_.add("Mul", {low, b_.add("IsLess", {index, b_.number(extent_ - 0.5F)})});
  }

 private:
  ValueId inside(ValueId x) const {
    if (sampling_.padding == Padding::kBorder)
      return b_.clip(x, 0, extent_ - 1);
    return sampling_.padding == Padding::kReflection ? reflected(x) : x;
  }

  /// Mirrored at both ends as often as it takes: at the pixels' outer edges, or their centres.
  ValueId reflected(ValueId x) const {
    const float low = sampling_.align_corners ? 0 : -0.5F;
    const float span = sampling_.align_corners ? extent_ - 1 : extent_;
    if (span <= 0)
      return b_.clip(x, 0, 0);
    const ValueId away = b_.add("Abs", {scaled(b_, x, 1, -low)});
    const ValueId rounds = b_.add("Floor", {scaled(b_, away, 1 / (2 * span), 0)});
    const ValueId rest = b_.add("Sub", {away, scaled(b_, rounds, 2 * span, 0)});
    const ValueId back = b_.add("Abs", {scaled(b_, rest, 1, -span)});
    return scaled(b_, back, -1, span + low);
  }

  Builder& b_;
  Sampling sampling_;
  float extent_;
};

/// A pixel along one axis, and its weight.
struct Tap {
  ValueId index = kNone;
  ValueId weight = kNone;  ///< kNone: 1
};

/// Weights of cubic convolution (a = -0.75) for a distance of 1 + t, t, 1 - t and 2 - t.
std::array<ValueId, 4> cubic_weights(Builder& b, ValueId t) {
  constexpr float a = -0.75F;
  const auto polynomial = [&](ValueId x, std::array<float, 4> c) {
    ValueId y = scaled(b, x, c[3], c[2]);
    y = scaled(b, b.add("Mul", {y, x}), 1, c[1]);
    return scaled(b, b.add("Mul", {y, x}), 1, c[0]);
  };
  const auto far = [&](ValueId x) { return polynomial(x, {-4 * a, 8 * a, -5 * a, a}); };
  const auto near = [&](ValueId x) { return polynomial(x, {1, 0, -(a + 3), a + 2}); };
  return {far(scaled(b, t, 1, 1)), near(t), near(scaled(b, t, -1, 1)), far(scaled(b, t, -1, 2))};
}

std::vector<Tap> taps(Builder& b, const std::string& mode, ValueId x) {
  if (mode == "nearest")
    return {{b.add("Round", {x}), kNone}};
  const ValueId first = b.add("Floor", {x});
  const ValueId t = b.add("Sub", {x, first});
  if (mode == "linear")
    return {{first, scaled(b, t, -1, 1)}, {scaled(b, first, 1, 1), t}};
  std::vector<Tap> all;
  const std::array<ValueId, 4> weights = cubic_weights(b, t);
  for (int i = 0; i < 4; ++i)
    all.push_back(
        {scaled(b, first, 1, static_cast<float>(i - 1)), weights[static_cast<std::size_t>(i)]});
  return all;
}

/// One image [C, H W] at grid [Ho, Wo, 2]: [C, Ho, Wo]
ValueId sample(Builder& b, const Sampling& sampling, const std::string& mode, ValueId image,
               ValueId grid, int64_t height, int64_t width) {
  const auto component = [&](int64_t i) {
    return b.add("Squeeze", {b.slice(grid, 2, i, i + 1)}, {{"axes", std::vector<int64_t>{2}}});
  };
  const Coordinate along_x(b, sampling, width);
  const Coordinate along_y(b, sampling, height);
  const std::vector<Tap> columns = taps(b, mode, along_x.position(component(0)));
  const std::vector<Tap> rows = taps(b, mode, along_y.position(component(1)));
  ValueId sum = kNone;
  for (const Tap& row : rows) {
    const ValueId start = scaled(b, along_y.clamped(row.index), static_cast<float>(width), 0);
    for (const Tap& column : columns) {
      const ValueId index = b.add("Add", {start, along_x.clamped(column.index)});
      ValueId pixel = b.add("Gather", {image, b.cast(index, graph::ElementType::kInt32)},
                            {{"axis", int64_t{1}}});
      if (sampling.padding == Padding::kZeros)
        pixel =
            b.add("Keep",
                  {pixel, b.add("Mul", {along_y.exists(row.index), along_x.exists(column.index)})});
      if (row.weight != kNone)
        pixel = b.add("Mul", {pixel, b.add("Mul", {row.weight, column.weight})});
      sum = sum == kNone ? pixel : b.add("Add", {sum, pixel});
    }
  }
  return sum;
}

}  // namespace

bool rewrite_grid_sample(Builder& b) {
  if (!b.has_shape(0) || !b.has_shape(1))
    return false;
  b.expect_float(0);
  b.expect_float(1);
  const Node& node = b.node();
  const auto shape = graph::fixed_shape(b.shape(b.input(0)));
  const DimShape grid = b.shape(b.input(1));
  constexpr int64_t kMostImages = 64;
  if (!shape || shape->size() != 4 || grid.size() != 4 || !(grid[3] == graph::fixed_dim(2)) ||
      !(grid[0] == graph::fixed_dim((*shape)[0])) || (*shape)[0] < 1 || (*shape)[0] > kMostImages ||
      (*shape)[2] < 1 || (*shape)[3] < 1) {
    graph::fail_at(node,
                   "up to 64 images [N, C, H, W] of fixed extents and a grid [N, Ho, Wo, 2] "
                   "are supported, here " +
                       graph::to_string(b.shape(b.input(0))) + " and " + graph::to_string(grid));
  }
  std::string mode = node.get_string("mode", "linear");
  if (mode.starts_with("bi"))
    mode = mode.substr(2);
  const std::string padding = node.get_string("padding_mode", "zeros");
  if ((mode != "linear" && mode != "nearest" && mode != "cubic") ||
      (padding != "zeros" && padding != "border" && padding != "reflection")) {
    graph::fail_at(
        node, "mode " + in_quotes(mode) + " or padding_mode " + in_quotes(padding) + " is unknown");
  }
  Sampling sampling;
  sampling.padding = padding == "zeros"    ? Padding::kZeros
                     : padding == "border" ? Padding::kBorder
                                           : Padding::kReflection;
  sampling.align_corners = node.get_int("align_corners", 0) != 0;
  const auto [images, channels, height, width] =
      std::array{(*shape)[0], (*shape)[1], (*shape)[2], (*shape)[3]};
  std::vector<ValueId> results;
  for (int64_t n = 0; n < images; ++n) {
    const std::vector<int64_t> first = {0};
    const ValueId image = b.reshape(b.slice(b.input(0), 0, n, n + 1), {channels, height * width});
    const ValueId where = b.add("Squeeze", {b.slice(b.input(1), 0, n, n + 1)}, {{"axes", first}});
    results.push_back(b.add("Unsqueeze", {sample(b, sampling, mode, image, where, height, width)},
                            {{"axes", first}}));
  }
  return b.finish(results.size() == 1 ? results[0]
                                      : b.add("Concat", results, {{"axis", int64_t{0}}}));
}

}  // namespace edgy::converter::rewrite
