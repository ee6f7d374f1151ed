// Fourier transforms as products with constant matrices, and what belongs to them: windows, mel
// filters. Lengths are constants.
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

/// One integer, of input `i`; nullopt where it is no constant.
std::optional<int64_t> integer(Builder& b, std::size_t i) {
  const graph::TensorPtr constant = b.constant(i);
  if (!constant)
    return std::nullopt;
  if (constant->elements() != 1 || graph::is_float(constant->type))
    graph::fail_at(b.node(), "its input " + std::to_string(i) + " must be one integer");
  return graph::as_ints(*constant)[0];
}

/// cos and sin of a turn's k n / length, by integers, so that long transforms stay exact.
double angle(int64_t k, int64_t n, int64_t length) {
  return kTurn * static_cast<double>(k * n % length) / static_cast<double>(length);
}

constexpr int64_t kMostEntries = int64_t{1} << 23;

void check_size(const Builder& b, int64_t entries) {
  if (entries > kMostEntries)
    graph::fail_at(b.node(), "its matrix would have " + std::to_string(entries) +
                                 " entries; at most " + std::to_string(kMostEntries) +
                                 " are supported");
}

/// Bins of a transform of `length`.
int64_t bins_of(int64_t length, bool one_sided) {
  return one_sided ? length / 2 + 1 : length;
}

}  // namespace

/// Hann, Hamming and Blackman: alpha - beta cos + gamma cos of twice the angle
bool rewrite_window(Builder& b) {
  const auto size = integer(b, 0);
  if (!size)
    return false;
  if (*size < 1 || *size > kMostEntries)
    graph::fail_at(b.node(), "a window has 1 element or more");
  const std::string& op = b.node().op;
  const double alpha = op == "HannWindow" ? 0.5 : op == "HammingWindow" ? 25.0 / 46 : 0.42;
  const double beta = op == "HammingWindow" ? 21.0 / 46 : 0.5;
  const double gamma = op == "BlackmanWindow" ? 0.08 : 0;
  const int64_t period = b.node().get_int("periodic", 1) != 0 ? *size : *size - 1;
  std::vector<float> values;
  for (int64_t i = 0; i < *size; ++i) {
    const double at =
        period == 0 ? 0 : kTurn * static_cast<double>(i) / static_cast<double>(period);
    values.push_back(static_cast<float>(alpha - beta * std::cos(at) + gamma * std::cos(2 * at)));
  }
  (void)b.node().get_int("output_datatype", 1);  // floats of any size are float32 here
  return b.finish(b.floats({*size}, values));
}

/// Triangles between neighbouring mels, as ONNX defines them.
bool rewrite_mel_weights(Builder& b) {
  const auto mels = integer(b, 0);
  const auto length = integer(b, 1);
  const auto rate = integer(b, 2);
  const graph::TensorPtr low = b.constant(3);
  const graph::TensorPtr high = b.constant(4);
  if (!mels || !length || !rate || !low || !high)
    return false;
  if (*mels < 1 || *length < 1 || *rate < 1 || low->elements() != 1 || high->elements() != 1)
    graph::fail_at(b.node(), "positive numbers and two frequencies are expected");
  const int64_t bins = *length / 2 + 1;
  check_size(b, bins * *mels);
  const auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  const double first = mel(graph::as_doubles(*low)[0]);
  const double step = (mel(graph::as_doubles(*high)[0]) - first) / static_cast<double>(*mels + 2);
  std::vector<int64_t> edges;
  for (int64_t i = 0; i < *mels + 2; ++i) {
    const double hertz = 700 * (std::pow(10, (static_cast<double>(i) * step + first) / 2595) - 1);
    const double bin =
        std::floor(static_cast<double>(*length + 1) * hertz / static_cast<double>(*rate));
    if (!(bin >= 0 && bin < static_cast<double>(bins)))
      graph::fail_at(b.node(), "its frequencies leave 0 to half the sample rate");
    edges.push_back(static_cast<int64_t>(bin));
  }
  std::vector<float> weights(static_cast<std::size_t>(bins * *mels));
  for (int64_t i = 0; i < *mels; ++i) {
    const auto at = [&](int64_t bin) -> float& {
      return weights[static_cast<std::size_t>(bin * *mels + i)];
    };
    const auto [left, centre, right] =
        std::array{edges[static_cast<std::size_t>(i)], edges[static_cast<std::size_t>(i + 1)],
                   edges[static_cast<std::size_t>(i + 2)]};
    for (int64_t bin = left; bin <= centre; ++bin)
      at(bin) = left == centre ? 1
                               : static_cast<float>(static_cast<double>(bin - left) /
                                                    static_cast<double>(centre - left));
    for (int64_t bin = centre; bin < right; ++bin)
      at(bin) = static_cast<float>(static_cast<double>(right - bin) /
                                   static_cast<double>(right - centre));
  }
  (void)b.node().get_int("output_datatype", 1);
  return b.finish(b.floats({bins, *mels}, weights));
}

/// x [..., n, ..., 1 or 2] -> [..., bins, ..., 2]
bool rewrite_dft(Builder& b) {
  const Node& node = b.node();
  if (!b.has_shape(0) || (b.input(1) != kNone && !b.constant(1)) ||
      (b.input(2) != kNone && !b.constant(2)))
    return false;
  b.expect_float(0);
  ValueId x = b.input(0);
  const DimShape shape = b.shape(x);
  const std::size_t rank = shape.size();
  // Operator set 17 had the axis as an attribute, 20 has it as an input.
  const int64_t given =
      b.input(2) != kNone ? *integer(b, 2) : node.get_int("axis", b.graph().opset < 20 ? 1 : -2);
  const std::size_t axis = graph::normalize_axis(node, given, rank);
  if (rank < 2 || axis + 1 >= rank || !shape[axis].fixed() || !shape[rank - 1].fixed() ||
      shape[rank - 1].value < 1 || shape[rank - 1].value > 2)
    graph::fail_at(node,
                   "real or complex numbers along the last axis, and a fixed extent to "
                   "transform are expected, here " +
                       graph::to_string(shape));
  const bool inverse = node.get_int("inverse", 0) != 0;
  const bool one_sided = node.get_int("onesided", 0) != 0;
  const int64_t parts = shape[rank - 1].value;
  const int64_t length = integer(b, 1).value_or(shape[axis].value);
  if (length < 1 || (one_sided && (inverse || parts == 2)))
    graph::fail_at(node,
                   "a length of 1 or more is expected, and 'onesided' for real numbers that "
                   "are transformed forward");
  const int64_t bins = bins_of(length, one_sided);
  check_size(b, length * parts * bins * 2);
  std::vector<int64_t> perm;
  for (std::size_t i = 0; i < rank; ++i) {
    if (i != axis && i + 1 != rank)
      perm.push_back(static_cast<int64_t>(i));
  }
  perm.push_back(static_cast<int64_t>(axis));
  perm.push_back(static_cast<int64_t>(rank) - 1);
  x = b.transpose(x, perm);
  const auto along = static_cast<int64_t>(rank) - 2;
  if (length < shape[axis].value)
    x = b.slice(x, along, 0, length);
  if (length > shape[axis].value) {
    std::vector<int64_t> pads(2 * rank, 0);
    pads[rank + static_cast<std::size_t>(along)] = length - shape[axis].value;
    x = b.add("Pad", {x}, {{"pads", pads}, {"value", 0.0F}});
  }
  std::vector<float> matrix(static_cast<std::size_t>(length * parts * bins * 2));
  for (int64_t n = 0; n < length; ++n) {
    for (int64_t k = 0; k < bins; ++k) {
      const double turn = angle(k, n, length);
      const double scale = inverse ? 1 / static_cast<double>(length) : 1;
      const double re = scale * std::cos(turn);
      const double im = scale * (inverse ? std::sin(turn) : -std::sin(turn));
      const auto at = [&](int64_t part, int64_t result) -> float& {
        return matrix[static_cast<std::size_t>(((n * parts + part) * bins + k) * 2 + result)];
      };
      at(0, 0) = static_cast<float>(re);
      at(0, 1) = static_cast<float>(im);
      if (parts == 2) {
        at(1, 0) = static_cast<float>(-im);
        at(1, 1) = static_cast<float>(re);
      }
    }
  }
  std::vector<int64_t> flat(rank - 1, 0);
  flat[rank - 2] = length * parts;
  ValueId y = b.add("MatMul", {b.reshape(x, flat), b.floats({length * parts, bins * 2}, matrix)});
  std::vector<int64_t> pairs(rank, 0);
  pairs[rank - 2] = bins;
  pairs[rank - 1] = 2;
  y = b.reshape(y, pairs);
  std::vector<int64_t> back(rank);
  for (std::size_t i = 0; i < rank; ++i)
    back[static_cast<std::size_t>(perm[i])] = static_cast<int64_t>(i);
  return b.finish(b.transpose(y, back));
}

/// x [N, samples, 1] -> [N, frames, bins, 2]: a convolution with a channel for each part of a bin
bool rewrite_stft(Builder& b) {
  const Node& node = b.node();
  const auto hop = integer(b, 1);
  const graph::TensorPtr window = b.constant(2);
  if (!b.has_shape(0) || !hop || (b.input(2) != kNone && !window) ||
      (b.input(3) != kNone && !b.constant(3)))
    return false;
  b.expect_float(0);
  const DimShape shape = b.shape(b.input(0));
  const int64_t length = integer(b, 3).value_or(window ? window->elements() : 0);
  if (shape.size() != 3 || !(shape[2] == graph::fixed_dim(1)) || *hop < 1 || length < 1 ||
      (window && window->elements() != length))
    graph::fail_at(node,
                   "a real signal [N, samples, 1], a step, and a window or a length are "
                   "expected, here " +
                       graph::to_string(shape));
  const int64_t bins = bins_of(length, node.get_int("onesided", 1) != 0);
  check_size(b, length * bins * 2);
  const std::vector<double> weights =
      window ? graph::as_doubles(*window)
             : std::vector<double>(static_cast<std::size_t>(length), 1);
  std::vector<float> kernel;
  for (int64_t k = 0; k < bins; ++k) {
    for (const bool imaginary : {false, true}) {
      for (int64_t n = 0; n < length; ++n) {
        const double turn = angle(k, n, length);
        kernel.push_back(static_cast<float>(weights[static_cast<std::size_t>(n)] *
                                            (imaginary ? -std::sin(turn) : std::cos(turn))));
      }
    }
  }
  const ValueId y =
      b.add("Conv", {b.transpose(b.input(0), {0, 2, 1}), b.floats({2 * bins, 1, length}, kernel)},
            {{"strides", std::vector<int64_t>{*hop}}});
  return b.finish(b.reshape(b.transpose(y, {0, 2, 1}), {0, 0, bins, 2}));
}

}  // namespace edgy::converter::rewrite
