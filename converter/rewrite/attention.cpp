// Attention as exporters and optimizers fuse it, in the products and the softmax that it consists
// of.
#include <cmath>
#include <limits>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/rewrite.h"

namespace edgy::converter::rewrite {
namespace {

using graph::ElementType;

/// [N, T, heads D] -> [N, heads, T, D]
ValueId split_heads(Builder& b, ValueId x, int64_t heads) {
  return b.transpose(b.reshape(x, {0, 0, heads, -1}), {0, 2, 1, 3});
}

/// [N, heads, T, D] -> [N, T, heads D]
ValueId merge_heads(Builder& b, ValueId x) {
  return b.reshape(b.transpose(x, {0, 2, 1, 3}), {0, 0, -1});
}

/// Each head of [N, heads, T, D] `times` times, one behind the other.
ValueId repeat_heads(Builder& b, ValueId x, int64_t times) {
  if (times == 1)
    return x;
  const int64_t heads = b.shape(x)[1].value;
  const ValueId apart = b.add("Unsqueeze", {x}, {{"axes", std::vector<int64_t>{2}}});
  const ValueId all = b.add("Concat", std::vector<ValueId>(static_cast<std::size_t>(times), apart),
                            {{"axis", int64_t{2}}});
  const graph::Dim width = b.shape(x)[3];
  if (!width.fixed())
    graph::fail_at(b.node(), "heads of a fixed width are expected");
  // [N, heads, times, T, D] -> [N, heads times, T, D]: of N and T one may be dynamic.
  const DimShape shape = b.shape(x);
  return b.reshape(all,
                   {shape[0].fixed() ? shape[0].value : -1, heads * times,
                    shape[2].fixed() ? shape[2].value : (shape[0].fixed() ? -1 : 0), width.value});
}

/// 0 where a query may see a key, -infinity where that comes later than it.
ValueId causal_mask(Builder& b, ValueId queries, ValueId keys) {
  const graph::Dim rows = b.shape(queries)[2];
  const graph::Dim columns = b.shape(keys)[2];
  if (!rows.fixed() || !columns.fixed())
    graph::fail_at(b.node(), "a causal mask needs fixed lengths: fix them by --shape");
  std::vector<float> values;
  for (int64_t i = 0; i < rows.value; ++i) {
    for (int64_t j = 0; j < columns.value; ++j)
      values.push_back(j <= i ? 0 : -std::numeric_limits<float>::infinity());
  }
  return b.floats({rows.value, columns.value}, values);
}

struct Scores {
  float scale = 1;
  float softcap = 0;
  bool causal = false;
  ValueId bias = kNone;  ///< added, or of type bool: where it is false nothing is seen
};

ValueId attend(Builder& b, ValueId q, ValueId k, ValueId v, const Scores& how) {
  ValueId scores = b.add("MatMul", {q, b.transpose(k, {0, 1, 3, 2})});
  scores = b.add("Mul", {scores, b.number(how.scale)});
  if (how.softcap > 0) {
    const ValueId bent = b.add("Tanh", {b.add("Div", {scores, b.number(how.softcap)})});
    scores = b.add("Mul", {bent, b.number(how.softcap)});
  }
  if (how.bias != kNone && b.type(how.bias) == ElementType::kBool)
    scores = b.add("Where", {how.bias, scores, b.number(-std::numeric_limits<float>::infinity())});
  else if (how.bias != kNone)
    scores = b.add("Add", {scores, how.bias});
  if (how.causal)
    scores = b.add("Add", {scores, causal_mask(b, q, k)});
  return b.add("MatMul",
               {b.add("Softmax", {scores}, {{"axis", int64_t{-1}}, {":one_axis", int64_t{1}}}), v});
}

bool are_ready(Builder& b) {
  for (std::size_t i = 0; i < b.node().inputs.size(); ++i) {
    if (b.input(i) != kNone && !b.has_shape(i))
      return false;
  }
  b.expect_float(0);
  return true;
}

void refuse(Builder& b, std::size_t input, const char* what) {
  if (b.input(input) != kNone)
    graph::fail_at(b.node(), std::string(what) + " is not supported");
}

void refuse_outputs(Builder& b) {
  for (std::size_t i = 1; i < b.node().outputs.size(); ++i) {
    if (b.is_read(i))
      graph::fail_at(b.node(), "its output " + std::to_string(i) + " is not supported");
  }
}

/// The width of a head, which has to be fixed.
int64_t head_width(Builder& b, ValueId heads) {
  const graph::Dim width = b.shape(heads)[3];
  if (!width.fixed())
    graph::fail_at(b.node(), "heads of a fixed width are expected");
  return width.value;
}

float default_scale(Builder& b, ValueId heads) {
  return static_cast<float>(1 / std::sqrt(static_cast<double>(head_width(b, heads))));
}

/// com.microsoft's masks: 1 where a key counts, [N, T] -> what is added, [N, 1, 1, T].
ValueId added_mask(Builder& b, ValueId mask) {
  if (b.rank(mask) != 2)
    graph::fail_at(b.node(), "masks [N, T] are supported, here " + graph::to_string(b.shape(mask)));
  const ValueId wide =
      b.add("Unsqueeze", {b.exact_float(mask)}, {{"axes", std::vector<int64_t>{1, 2}}});
  const ValueId hidden = b.add("Sub", {b.number(1), wide});
  return b.add("Mul", {hidden, b.number(b.node().get_float("mask_filter_value", -10000))});
}

void add_bias(Builder& b, Scores& scores, ValueId bias) {
  if (bias != kNone)
    scores.bias = scores.bias == kNone ? bias : b.add("Add", {scores.bias, bias});
}

Scores microsoft_scores(Builder& b, ValueId queries) {
  Scores scores;
  const float given = b.node().get_float("scale", 0);
  scores.scale = given != 0 ? given : default_scale(b, queries);
  scores.causal = b.node().get_int("unidirectional", 0) != 0;
  (void)b.node().get_float("mask_filter_value", 0);  // of a mask, which may be absent
  return scores;
}

/// com.microsoft: x [N, T, I], weights [I, 3 D], bias [3 D], mask [N, T]
bool fused_attention(Builder& b) {
  refuse(b, 4, "a past");
  refuse_outputs(b);
  if (!b.node().get_ints("qkv_hidden_sizes").empty() || b.node().get_int("do_rotary", 0) != 0)
    graph::fail_at(b.node(), "qkv_hidden_sizes and do_rotary are not supported");
  const graph::Dim width = b.shape(b.input(1)).back();
  const int64_t heads = b.node().get_int("num_heads", 0);
  if (!width.fixed() || heads < 1 || width.value % (3 * heads) != 0)
    graph::fail_at(b.node(), "weights [I, 3 D] are expected, D a multiple of num_heads");
  ValueId all = b.add("MatMul", {b.input(0), b.input(1)});
  if (b.input(2) != kNone)
    all = b.add("Add", {all, b.input(2)});
  const int64_t d = width.value / 3;
  const auto part = [&](int64_t i) {
    return split_heads(b, b.slice(all, 2, i * d, (i + 1) * d), heads);
  };
  const ValueId q = part(0);
  Scores scores = microsoft_scores(b, q);
  if (b.input(3) != kNone)
    scores.bias = added_mask(b, b.input(3));
  add_bias(b, scores, b.input(5));
  return b.finish(merge_heads(b, attend(b, q, part(1), part(2), scores)));
}

}  // namespace

/// com.microsoft: queries, keys, values [N, T, D], bias of all three [3 D], mask of keys [N, T]
bool rewrite_multi_head_attention(Builder& b) {
  if (!are_ready(b))
    return false;
  if (b.input(1) == kNone || b.input(2) == kNone || b.rank(b.input(0)) != 3 ||
      b.rank(b.input(1)) != 3 || b.rank(b.input(2)) != 3)
    graph::fail_at(b.node(), "queries, keys and values [N, T, D] are supported, each by itself");
  refuse(b, 6, "a past");
  refuse(b, 7, "a past");
  refuse_outputs(b);
  const int64_t heads = b.node().get_int("num_heads", 0);
  if (heads < 1)
    graph::fail_at(b.node(), "attribute 'num_heads' is missing");
  int64_t at = 0;
  const auto part = [&](std::size_t i) {
    ValueId x = b.input(i);
    if (b.input(3) != kNone) {
      const graph::Dim width = b.shape(x)[2];
      if (!width.fixed())
        graph::fail_at(b.node(), "queries, keys and values of a fixed width are expected");
      x = b.add("Add", {x, b.slice(b.input(3), 0, at, at + width.value)});
      at += width.value;
    }
    return split_heads(b, x, heads);
  };
  const ValueId q = part(0);
  const ValueId k = part(1);
  const ValueId v = part(2);
  Scores scores = microsoft_scores(b, q);
  if (b.input(4) != kNone)
    scores.bias = added_mask(b, b.input(4));
  add_bias(b, scores, b.input(5));
  return b.finish(merge_heads(b, attend(b, q, k, v, scores)));
}

/// ONNX's, operator set 23: queries, keys, values [N, T, heads D] or [N, heads, T, D], mask
bool rewrite_attention(Builder& b) {
  if (!are_ready(b))
    return false;
  const Node& node = b.node();
  if (node.has("num_heads"))
    return fused_attention(b);
  if (node.inputs.size() < 3)
    graph::fail_at(node, "queries, keys and values are expected");
  refuse(b, 4, "a past");
  refuse(b, 5, "a past");
  refuse_outputs(b);
  const bool flat = b.rank(b.input(0)) == 3;
  const auto part = [&](std::size_t i, const char* count) {
    if (!flat)
      return b.input(i);
    const int64_t heads = node.get_int(count, 0);
    if (heads < 1)
      graph::fail_at(node, std::string("attribute '") + count + "' is missing");
    return split_heads(b, b.input(i), heads);
  };
  const ValueId q = part(0, "q_num_heads");
  ValueId k = part(1, "kv_num_heads");
  ValueId v = part(2, "kv_num_heads");
  if (b.rank(q) != 4 || b.rank(k) != 4 || b.rank(v) != 4 || !b.shape(q)[1].fixed() ||
      !b.shape(k)[1].fixed() || b.shape(k)[1].value < 1 ||
      b.shape(q)[1].value % b.shape(k)[1].value != 0)
    graph::fail_at(node, "heads of queries must be a fixed multiple of those of keys and values");
  const int64_t times = b.shape(q)[1].value / b.shape(k)[1].value;
  k = repeat_heads(b, k, times);
  v = repeat_heads(b, v, times);
  Scores scores;
  scores.scale = node.has("scale") ? node.get_float("scale", 1) : default_scale(b, q);
  scores.softcap = node.get_float("softcap", 0);
  scores.causal = node.get_int("is_causal", 0) != 0;
  scores.bias = b.input(3);
  (void)node.get_int("qk_matmul_output_mode", 0);  // of an output that is refused
  const ValueId y = attend(b, q, k, v, scores);
  return b.finish(flat ? merge_heads(b, y) : y);
}

/// com.microsoft: x [N, T, heads D] or [N, heads, T, D] turned by angles of its positions, of which
/// cos and sin [positions, D / 2] are given: the halves of each head, or neighbours
bool rewrite_rotary(Builder& b) {
  if (!are_ready(b))
    return false;
  const Node& node = b.node();
  const DimShape cache = b.shape(b.input(2));
  if (cache.size() != 2 || !cache[1].fixed() || b.rank(b.input(1)) != 2)
    graph::fail_at(node, "positions [N, T] and cos and sin [positions, D / 2] are expected");
  const int64_t half = cache[1].value;
  const bool flat = b.rank(b.input(0)) == 3;
  const graph::Dim last = b.shape(b.input(0)).back();
  const int64_t heads = node.get_int("num_heads", 0);
  const int64_t turned = node.get_int("rotary_embedding_dim", 0);
  if (!last.fixed() || (turned != 0 && turned != 2 * half) ||
      (flat && (turned != 0 ? heads < 1 || last.value % heads != 0 : last.value % (2 * half) != 0)))
    graph::fail_at(node,
                   "heads of twice the width of cos and sin are expected, or num_heads and "
                   "rotary_embedding_dim");
  const int64_t count = turned != 0 ? heads : last.value / (2 * half);
  const ValueId x = flat ? split_heads(b, b.input(0), count) : b.input(0);
  const int64_t width = head_width(b, x);
  const auto angles = [&](std::size_t i) {
    const ValueId rows = b.add("Gather", {b.input(i), b.input(1)}, {{"axis", int64_t{0}}});
    return b.add("Unsqueeze", {rows}, {{"axes", std::vector<int64_t>{1}}});
  };
  const ValueId cosine = angles(2);
  const ValueId sine = angles(3);
  const bool neighbours = node.get_int("interleaved", 0) != 0;
  const ValueId first = neighbours ? b.slice(x, 3, 0, 2 * half, 2) : b.slice(x, 3, 0, half);
  const ValueId second = neighbours ? b.slice(x, 3, 1, 2 * half, 2) : b.slice(x, 3, half, 2 * half);
  const ValueId u = b.add("Sub", {b.add("Mul", {first, cosine}), b.add("Mul", {second, sine})});
  const ValueId w = b.add("Add", {b.add("Mul", {first, sine}), b.add("Mul", {second, cosine})});
  std::vector<ValueId> parts = {u, w};
  if (neighbours) {
    std::vector<int64_t> order;
    for (int64_t i = 0; i < half; ++i) {
      order.push_back(i);
      order.push_back(half + i);
    }
    const ValueId halves = b.add("Concat", {u, w}, {{"axis", int64_t{3}}});
    parts = {b.add("Gather", {halves, b.ints(order)}, {{"axis", int64_t{3}}})};
  }
  if (width > 2 * half)
    parts.push_back(b.slice(x, 3, 2 * half, width));
  const ValueId y = parts.size() == 1 ? parts[0] : b.add("Concat", parts, {{"axis", int64_t{3}}});
  return b.finish(flat ? merge_heads(b, y) : y);
}

/// com.microsoft: a product with weights of four or eight bits in blocks, which become floats
bool rewrite_matmul_nbits(Builder& b) {
  const Node& node = b.node();
  const graph::TensorPtr packed = b.constant(1);
  const graph::TensorPtr scales = b.constant(2);
  const graph::TensorPtr zeros = b.constant(3);
  if (!b.has_shape(0) || !packed || !scales || (b.input(3) != kNone && !zeros))
    return false;
  b.expect_float(0);
  refuse(b, 4, "a reordered input");
  const int64_t n = node.get_int("N", 0);
  const int64_t k = node.get_int("K", 0);
  const int64_t bits = node.get_int("bits", 4);
  const int64_t block = node.get_int("block_size", 0);
  (void)node.get_int("accuracy_level", 0);  // what is computed here is float32
  const int64_t blocks = block > 0 ? (k + block - 1) / block : 0;
  const int64_t row = blocks * block * bits / 8;
  const int64_t zero_row = (blocks * bits + 7) / 8;
  const bool real_zeros = zeros && graph::is_float(zeros->type);
  if (n < 1 || k < 1 || block < 1 || (bits != 4 && bits != 8) ||
      packed->type != ElementType::kUint8 || packed->elements() != n * row ||
      scales->elements() != n * blocks ||
      (zeros && zeros->elements() != n * (real_zeros ? blocks : zero_row)))
    graph::fail_at(node,
                   "weights of 4 or 8 bits are supported; here the sizes do not fit N, K, bits "
                   "and block_size");
  const std::vector<double> scale = graph::as_doubles(*scales);
  const std::vector<double> real = real_zeros ? graph::as_doubles(*zeros) : std::vector<double>();
  const auto value = [&](const graph::Tensor& from, int64_t start, int64_t i) {
    const uint8_t byte = from.data[static_cast<std::size_t>(start + i * bits / 8)];
    return bits == 8 ? byte : i % 2 == 0 ? byte & 0xF : byte >> 4;
  };
  std::vector<float> weights(static_cast<std::size_t>(n * k));
  for (int64_t o = 0; o < n; ++o) {
    for (int64_t i = 0; i < k; ++i) {
      const int64_t at = i / block;
      const auto which = static_cast<std::size_t>(o * blocks + at);
      const double zero = real_zeros ? real[which]
                          : zeros    ? value(*zeros, o * zero_row, at)
                                     : static_cast<double>(1 << (bits - 1));
      weights[static_cast<std::size_t>(i * n + o)] =
          static_cast<float>((value(*packed, o * row, i) - zero) * scale[which]);
    }
  }
  ValueId y = b.add("MatMul", {b.input(0), b.floats({k, n}, weights)});
  if (b.input(5) != kNone)
    y = b.add("Add", {y, b.input(5)});
  return b.finish(y);
}

}  // namespace edgy::converter::rewrite
