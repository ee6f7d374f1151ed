// Resize and Upsample: what an output position reads is known for fixed extents, so that nearest is
// a Gather and linear and cubic are weighted sums, axis after axis, along axes that are kept last
// but one (as images are in the file).
#include <algorithm>
#include <cmath>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/resize/resize_factors.h"
#include "converter/rewrite/rewrite.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {
namespace {

struct Settings {
  std::string mode = "nearest";
  std::string transformation = "half_pixel";
  std::string nearest = "round_prefer_floor";
  float cubic = -0.75F;
  bool exclude_outside = false;
};

/// One axis that changes.
struct Axis {
  std::size_t axis;
  int64_t from;
  int64_t to;
  double scale;
};

/// Where output `i` lies in the input.
double source_of(const Node& node, const Settings& settings, const Axis& axis, int64_t i) {
  const auto at = static_cast<double>(i);
  const std::string& how = settings.transformation;
  if (how == "asymmetric")
    return at / axis.scale;
  if (how == "half_pixel")
    return (at + 0.5) / axis.scale - 0.5;
  if (how == "pytorch_half_pixel")
    return axis.to > 1 ? (at + 0.5) / axis.scale - 0.5 : 0;
  if (how == "align_corners")
    return axis.to > 1 ? at * static_cast<double>(axis.from - 1) / static_cast<double>(axis.to - 1)
                       : 0;
  if (how == "tf_half_pixel_for_nn")
    return (at + 0.5) / axis.scale;
  if (how == "half_pixel_symmetric") {
    const double adjustment =
        static_cast<double>(axis.to) / (axis.scale * static_cast<double>(axis.from));
    const double centre = static_cast<double>(axis.from) / 2;
    return centre * (1 - adjustment) + (at + 0.5) / axis.scale - 0.5;
  }
  graph::fail_at(node,
                 "coordinate_transformation_mode " + in_quotes(how) +
                     " is not supported; half_pixel, half_pixel_symmetric, pytorch_half_pixel, "
                     "align_corners, asymmetric and tf_half_pixel_for_nn are");
}

int64_t nearest_to(const Node& node, const Settings& settings, double at) {
  const std::string& how = settings.nearest;
  const double floor = std::floor(at);
  if (how == "round_prefer_floor")
    return static_cast<int64_t>(at == floor + 0.5 ? floor : std::round(at));
  if (how == "round_prefer_ceil")
    return static_cast<int64_t>(at == floor + 0.5 ? floor + 1 : std::round(at));
  if (how == "floor")
    return static_cast<int64_t>(floor);
  if (how == "ceil")
    return static_cast<int64_t>(std::ceil(at));
  graph::fail_at(node, "nearest_mode " + in_quotes(how) + " is unknown");
}

/// The entries of the input that each output reads, and with which weights: all outputs have as
/// many.
struct Taps {
  std::vector<std::vector<int64_t>> entries;  ///< [tap][output]
  std::vector<std::vector<float>> weights;
};

double cubic_weight(double distance, double a) {
  const double d = std::fabs(distance);
  if (d <= 1)
    return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

Taps taps_of(const Node& node, const Settings& settings, const Axis& axis) {
  const int count = settings.mode == "nearest" ? 1 : settings.mode == "linear" ? 2 : 4;
  Taps taps;
  taps.entries.resize(static_cast<std::size_t>(count));
  taps.weights.resize(static_cast<std::size_t>(count));
  for (int64_t i = 0; i < axis.to; ++i) {
    double at = source_of(node, settings, axis, i);
    if (count == 2)
      at = std::clamp(at, 0.0, static_cast<double>(axis.from - 1));
    const auto floor = static_cast<int64_t>(std::floor(at));
    double sum = 0;
    std::vector<double> weights;
    for (int tap = 0; tap < count; ++tap) {
      const int64_t entry =
          count == 1 ? nearest_to(node, settings, at) : floor + tap - (count == 4 ? 1 : 0);
      const double distance = at - static_cast<double>(entry);
      double weight = count == 1   ? 1
                      : count == 2 ? 1 - std::fabs(distance)
                                   : cubic_weight(distance, double{settings.cubic});
      if (settings.exclude_outside && count > 1 && (entry < 0 || entry >= axis.from))
        weight = 0;
      sum += weight;
      weights.push_back(weight);
      taps.entries[static_cast<std::size_t>(tap)].push_back(
          std::clamp<int64_t>(entry, 0, axis.from - 1));
    }
    for (std::size_t tap = 0; tap < weights.size(); ++tap)
      taps.weights[tap].push_back(
          static_cast<float>(settings.exclude_outside ? weights[tap] / sum : weights[tap]));
  }
  return taps;
}

/// x with `axis` resized: Gathers along it and a weighted sum.
ValueId resized(Builder& b, const Settings& settings, ValueId x, const Axis& axis) {
  const Taps taps = taps_of(b.node(), settings, axis);
  const auto position = static_cast<int64_t>(axis.axis);
  std::vector<int64_t> weight_shape(b.rank(x) - axis.axis, 1);
  weight_shape[0] = axis.to;
  ValueId result = kNone;
  for (std::size_t tap = 0; tap < taps.entries.size(); ++tap) {
    ValueId part = b.add("Gather", {x, b.ints(taps.entries[tap])}, {{"axis", position}});
    if (taps.entries.size() > 1)
      part = b.add("Mul", {part, b.floats(weight_shape, taps.weights[tap])});
    result = result == kNone ? part : b.add("Add", {result, part});
  }
  return result;
}

/// Whole factors of an image or a sequence, each value again: extents need not be known.
bool is_repetition(const Settings& settings, const std::vector<double>& scales) {
  if (settings.mode != "nearest" || (scales.size() != 3 && scales.size() != 4) || scales[0] != 1 ||
      scales[1] != 1)
    return false;
  const bool floors = settings.transformation == "asymmetric" && settings.nearest == "floor";
  const bool rounds =
      settings.transformation == "half_pixel" && settings.nearest.starts_with("round");
  constexpr double kMost = 64;
  return (floors || rounds) && std::all_of(scales.begin(), scales.end(), [](double scale) {
           return scale >= 1 && scale <= kMost && scale == std::floor(scale);
         });
}

/// Whole factors of an image or a sequence by linear interpolation: extents need not be known.
bool is_interpolation(const Settings& settings, const std::vector<double>& scales) {
  constexpr double kMost = 16;
  return settings.mode == "linear" && (scales.size() == 3 || scales.size() == 4) &&
         scales[0] == 1 && scales[1] == 1 && !settings.exclude_outside &&
         (settings.transformation == "asymmetric" ||
          settings.transformation.ends_with("half_pixel")) &&
         std::all_of(scales.begin(), scales.end(), [](double scale) {
           return scale >= 1 && scale <= kMost && scale == std::floor(scale);
         });
}

Settings read_settings(const Node& node, int64_t opset) {
  Settings settings;
  settings.mode = node.get_string("mode", "nearest");
  if (node.op == "Upsample" || opset < 11) {
    settings.transformation = "asymmetric";
    settings.nearest = "floor";
  } else {
    settings.transformation = node.get_string("coordinate_transformation_mode", "half_pixel");
    settings.nearest = node.get_string("nearest_mode", "round_prefer_floor");
    settings.cubic = node.get_float("cubic_coeff_a", -0.75F);
    settings.exclude_outside = node.get_int("exclude_outside", 0) != 0;
  }
  if (settings.mode == "bilinear")
    settings.mode = "linear";
  if (settings.mode != "nearest" && settings.mode != "linear" && settings.mode != "cubic")
    graph::fail_at(node, "mode " + in_quotes(settings.mode) +
                             " is not supported; nearest, linear and cubic are");
  if (node.get_int("antialias", 0) != 0)
    graph::fail_at(node, "antialias is not supported; 0 is");
  if (node.get_string("keep_aspect_ratio_policy", "stretch") != "stretch")
    graph::fail_at(node, "keep_aspect_ratio_policy is not supported; 'stretch' is");
  if (node.get_string("mode", "") == "cubic" && opset < 11)
    graph::fail_at(node, "mode 'cubic' came with operator set 11");
  return settings;
}

}  // namespace

bool rewrite_resize(Builder& b) {
  if (!b.has_shape(0))
    return false;
  const Node& node = b.node();
  const bool old = node.op == "Upsample" || b.graph().opset < 11;
  const DimShape shape = b.shape(b.input(0));
  const std::size_t scales_at = old ? 1 : 2;
  const bool by_sizes = !old && node.input(3) != kNone;
  const ValueId given =
      node.op == "Upsample" && node.has("scales") ? kNone : b.input(by_sizes ? 3 : scales_at);
  const Settings settings = read_settings(node, b.graph().opset);

  std::vector<int64_t> axes(shape.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    axes[i] = static_cast<int64_t>(i);
  axes = node.get_ints("axes", axes);

  // Scales of all axes; extents where they are given.
  std::vector<double> scales(shape.size(), 1);
  std::vector<int64_t> sizes(shape.size(), -1);
  if (by_sizes) {
    const auto contents = graph::known_contents(b.graph(), given);
    if (!contents)
      return false;
    if (contents->size() != axes.size())
      graph::fail_at(node, "its sizes do not fit its input " + to_string(shape));
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::size_t axis = graph::normalize_axis(node, axes[i], shape.size());
      const graph::Affine wanted = (*contents)[i];
      const graph::Affine from = b.graph().expression_of(shape[axis]);
      if (wanted.fixed() && shape[axis].fixed() && shape[axis].value > 0) {
        sizes[axis] = wanted.offset;
        scales[axis] = static_cast<double>(wanted.offset) / static_cast<double>(shape[axis].value);
      } else if (!wanted.fixed() && wanted.symbol == from.symbol && from.factor != 0 &&
                 wanted.factor * from.offset == wanted.offset * from.factor) {
        scales[axis] = static_cast<double>(wanted.factor) / static_cast<double>(from.factor);
      } else {
        return false;  // said when lowering
      }
    }
  } else {
    std::vector<float> list;
    if (given == kNone) {
      list = node.get_floats("scales");
    } else {
      if (!b.graph().is_constant(given))
        return false;
      list = graph::as_floats(b.graph().constant(given));
    }
    if (list.size() != axes.size() || std::any_of(list.begin(), list.end(), [](float scale) {
          return !(scale > 0) || scale > 4096;
        }))
      graph::fail_at(node, "one scale an axis is expected, above 0 and at most 4096");
    for (std::size_t i = 0; i < axes.size(); ++i)
      scales[graph::normalize_axis(node, axes[i], shape.size())] = double{list[i]};
  }
  if (is_repetition(settings, scales) && shape[1].fixed())
    return b.finish(repeated(b, scales));
  const bool dynamic = std::any_of(shape.begin() + std::min<std::ptrdiff_t>(2, std::ssize(shape)),
                                   shape.end(), [](const graph::Dim& dim) { return !dim.fixed(); });
  if (dynamic && is_interpolation(settings, scales) && shape[1].fixed()) {
    b.expect_float(0);
    std::vector<int64_t> factors;
    for (std::size_t i = 2; i < scales.size(); ++i)
      factors.push_back(static_cast<int64_t>(scales[i]));
    return b.finish(interpolated(b, b.input(0), factors, settings.transformation != "asymmetric"));
  }

  ValueId x = b.input(0);
  std::vector<Axis> changed;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (scales[i] == 1 && sizes[i] < 0)
      continue;
    if (!shape[i].fixed())
      graph::fail_at(node,
                     "extent " + std::to_string(i) + " of its input " + to_string(shape) +
                         " is dynamic, and what it resizes to is no whole multiple by the nearest "
                         "or a linear value; fix it by --shape");
    const int64_t to =
        sizes[i] >= 0
            ? sizes[i]
            : static_cast<int64_t>(std::floor(static_cast<double>(shape[i].value) * scales[i]));
    if (to == shape[i].value && scales[i] == 1)
      continue;
    if (settings.transformation == "align_corners" && sizes[i] < 0 &&
        static_cast<double>(to) != static_cast<double>(shape[i].value) * scales[i])
      graph::fail_at(node,
                     "by align_corners to an extent that its scale does not give exactly; ONNX's "
                     "reference and onnxruntime disagree there: give sizes");
    if (to < 1 || to > graph::kMaxElements || shape[i].value < 1)
      graph::fail_at(node, "an axis of " + std::to_string(shape[i].value) +
                               " cannot become one of " + std::to_string(to));
    changed.push_back({i, shape[i].value, to, scales[i]});
  }
  if (settings.mode != "nearest")
    b.expect_float(0);
  // Channels last, as the file keeps images: neighbours in memory move together.
  const bool image = shape.size() == 3 || shape.size() == 4;
  const bool spatial = image && std::all_of(changed.begin(), changed.end(),
                                            [](const Axis& axis) { return axis.axis >= 2; });
  if (spatial) {
    x = b.transpose(
        x, shape.size() == 4 ? std::vector<int64_t>{0, 2, 3, 1} : std::vector<int64_t>{0, 2, 1});
    for (Axis& axis : changed)
      --axis.axis;
  }
  for (const Axis& axis : changed)
    x = resized(b, settings, x, axis);
  if (spatial)
    x = b.transpose(
        x, shape.size() == 4 ? std::vector<int64_t>{0, 3, 1, 2} : std::vector<int64_t>{0, 2, 1});
  return b.finish(x);
}

}  // namespace edgy::converter::rewrite
