// Gathering and scattering by positions that are constants: one Gather of rows, since what goes
// where is known.
#include <algorithm>
#include <numeric>

#include "converter/graph/shape_inference.h"
#include "converter/rewrite/indices.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {
namespace {

using Shape = std::vector<int64_t>;

int64_t product(const Shape& shape, std::size_t from, std::size_t to) {
  return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(from),
                         shape.begin() + static_cast<std::ptrdiff_t>(to), int64_t{1},
                         std::multiplies<>());
}

/// The shape of input `i`, which has to be fixed.
Shape fixed_input(Builder& b, std::size_t i) {
  const auto shape = graph::fixed_shape(b.shape(b.input(i)));
  if (!shape)
    graph::fail_at(b.node(), "its input " + std::to_string(i) + " has the shape " +
                                 to_string(b.shape(b.input(i))) + "; fixed extents are supported");
  return *shape;
}

/// The rows of data [rows, inner...] that tuples of indices name: one for each.
std::vector<int64_t> rows_of(Builder& b, const graph::Tensor& indices, const Shape& data,
                             std::size_t first) {
  const std::vector<int64_t> entries = graph::as_ints(indices);
  const auto depth = static_cast<std::size_t>(indices.shape.back());
  std::vector<int64_t> rows;
  for (std::size_t at = 0; at + depth <= entries.size() && depth > 0; at += depth) {
    int64_t row = 0;
    for (std::size_t k = 0; k < depth; ++k) {
      const int64_t extent = data[first + k];
      row = row * extent +
            static_cast<int64_t>(graph::normalize_index(b.node(), entries[at + k], extent));
    }
    rows.push_back(row);
  }
  return rows;
}

ValueId gather_rows(Builder& b, ValueId rows, const std::vector<int64_t>& which) {
  return b.add("Gather", {rows, b.ints(which)}, {{"axis", int64_t{0}}});
}

/// data [rows, inner] with `which[i]` replaced by updates [i, inner]. Of several for a row the last
/// counts.
ValueId replace_rows(Builder& b, ValueId data, int64_t rows, ValueId updates,
                     const std::vector<int64_t>& which) {
  std::vector<int64_t> from(static_cast<std::size_t>(rows));
  std::iota(from.begin(), from.end(), 0);
  for (std::size_t i = 0; i < which.size(); ++i)
    from[static_cast<std::size_t>(which[i])] = rows + static_cast<int64_t>(i);
  return gather_rows(b, b.add("Concat", {data, updates}, {{"axis", int64_t{0}}}), from);
}

void refuse_reduction(const Builder& b) {
  const std::string reduction = b.node().get_string("reduction", "none");
  if (reduction != "none")
    graph::fail_at(b.node(), "reduction " + in_quotes(reduction) + " is not supported; 'none' is");
}

/// Flat positions of an element-wise operator: index along `axis`, the rest as it is.
std::vector<int64_t> elements_of(Builder& b, const graph::Tensor& indices, const Shape& data,
                                 std::size_t axis) {
  const std::vector<int64_t> entries = graph::as_ints(indices);
  std::vector<int64_t> flat;
  Shape at(data.size(), 0);
  for (const int64_t entry : entries) {
    int64_t position = 0;
    for (std::size_t k = 0; k < data.size(); ++k) {
      const int64_t index =
          k == axis ? static_cast<int64_t>(graph::normalize_index(b.node(), entry, data[k]))
                    : at[k];
      position = position * data[k] + index;
    }
    flat.push_back(position);
    for (std::size_t k = data.size(); k-- > 0;) {
      if (++at[k] < indices.shape[k])
        break;
      at[k] = 0;
    }
  }
  return flat;
}

/// Throws Error unless indices fit data beside the axis.
void check_elements(const Builder& b, const graph::Tensor& indices, const Shape& data,
                    std::size_t axis) {
  bool fits = indices.shape.size() == data.size();
  for (std::size_t k = 0; fits && k < data.size(); ++k)
    fits = k == axis || indices.shape[k] <= data[k];
  if (!fits)
    graph::fail_at(b.node(), "its indices do not fit its data");
}

}  // namespace

bool rewrite_gather_elements(Builder& b) {
  const graph::TensorPtr indices = b.constant(1);
  if (!b.has_shape(0))
    return false;
  if (!indices)
    return gather_elements_computed(b);
  const Shape data = fixed_input(b, 0);
  const std::size_t axis =
      graph::normalize_axis(b.node(), b.node().get_int("axis", 0), data.size());
  check_elements(b, *indices, data, axis);
  const ValueId flat = b.reshape(b.input(0), {-1});
  return b.finish(
      b.reshape(gather_rows(b, flat, elements_of(b, *indices, data, axis)), indices->shape));
}

bool rewrite_scatter_elements(Builder& b) {
  const graph::TensorPtr indices = b.constant(1);
  if (!b.has_shape(0) || !b.has_shape(2) || !indices)
    return false;
  refuse_reduction(b);
  const Shape data = fixed_input(b, 0);
  const std::size_t axis =
      graph::normalize_axis(b.node(), b.node().get_int("axis", 0), data.size());
  check_elements(b, *indices, data, axis);
  if (fixed_input(b, 2) != indices->shape)
    graph::fail_at(b.node(), "its indices and updates have different shapes");
  const ValueId y = replace_rows(b, b.reshape(b.input(0), {-1}), product(data, 0, data.size()),
                                 b.reshape(b.input(2), {-1}), elements_of(b, *indices, data, axis));
  return b.finish(b.reshape(y, data));
}

bool rewrite_gather_nd(Builder& b) {
  const graph::TensorPtr indices = b.constant(1);
  if (!b.has_shape(0))
    return false;
  if (!indices || b.node().get_int("batch_dims", 0) != 0)
    return gather_nd_computed(b);
  const Shape data = fixed_input(b, 0);
  if (indices->shape.empty() || indices->shape.back() < 1 ||
      indices->shape.back() > static_cast<int64_t>(data.size()))
    graph::fail_at(b.node(), "its indices do not fit its data");
  const auto depth = static_cast<std::size_t>(indices->shape.back());
  Shape rows = {product(data, 0, depth)};
  rows.insert(rows.end(), data.begin() + static_cast<std::ptrdiff_t>(depth), data.end());
  Shape result(indices->shape.begin(), indices->shape.end() - 1);
  result.insert(result.end(), data.begin() + static_cast<std::ptrdiff_t>(depth), data.end());
  const ValueId y = gather_rows(b, b.reshape(b.input(0), rows), rows_of(b, *indices, data, 0));
  return b.finish(b.reshape(y, result));
}

bool rewrite_scatter_nd(Builder& b) {
  const graph::TensorPtr indices = b.constant(1);
  if (!b.has_shape(0) || !b.has_shape(2) || !indices)
    return false;
  refuse_reduction(b);
  const Shape data = fixed_input(b, 0);
  const Shape updates = fixed_input(b, 2);
  if (indices->shape.empty() || indices->shape.back() < 1 ||
      indices->shape.back() > static_cast<int64_t>(data.size()))
    graph::fail_at(b.node(), "its indices do not fit its data");
  const auto depth = static_cast<std::size_t>(indices->shape.back());
  const int64_t rows = product(data, 0, depth);
  const int64_t inner = product(data, depth, data.size());
  const int64_t count = product(indices->shape, 0, indices->shape.size() - 1);
  if (product(updates, 0, updates.size()) != count * inner)
    graph::fail_at(b.node(), "its indices and updates do not fit each other");
  const ValueId y =
      replace_rows(b, b.reshape(b.input(0), {rows, inner}), rows,
                   b.reshape(b.input(2), {count, inner}), rows_of(b, *indices, data, 0));
  return b.finish(b.reshape(y, data));
}

/// The entries where a constant condition holds.
bool rewrite_compress(Builder& b) {
  const graph::TensorPtr condition = b.constant(1);
  if (!b.has_shape(0) || !condition)
    return false;
  const std::vector<int64_t> flags = graph::as_ints(*condition);
  std::vector<int64_t> which;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0)
      which.push_back(static_cast<int64_t>(i));
  }
  const bool flat = !b.node().has("axis");
  const ValueId x = flat ? b.reshape(b.input(0), {-1}) : b.input(0);
  const auto axis =
      static_cast<int64_t>(graph::normalize_axis(b.node(), b.node().get_int("axis", 0), b.rank(x)));
  return b.finish(b.add("Gather", {x, b.ints(which)}, {{"axis", axis}}));
}

/// The first entries of each sequence in reverse order, as many as constant lengths say.
bool rewrite_reverse_sequence(Builder& b) {
  const graph::TensorPtr lengths = b.constant(1);
  if (!b.has_shape(0) || !lengths)
    return false;
  const Shape data = fixed_input(b, 0);
  const std::size_t time =
      graph::normalize_axis(b.node(), b.node().get_int("time_axis", 0), data.size());
  const std::size_t batch =
      graph::normalize_axis(b.node(), b.node().get_int("batch_axis", 1), data.size());
  const std::vector<int64_t> counts = graph::as_ints(*lengths);
  if (time == batch || static_cast<int64_t>(counts.size()) != data[batch])
    graph::fail_at(b.node(), "a length for each sequence of another axis than time is expected");
  std::vector<int64_t> perm = {static_cast<int64_t>(batch), static_cast<int64_t>(time)};
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (i != batch && i != time)
      perm.push_back(static_cast<int64_t>(i));
  }
  Shape moved;
  std::vector<int64_t> back(perm.size());
  for (std::size_t i = 0; i < perm.size(); ++i) {
    moved.push_back(data[static_cast<std::size_t>(perm[i])]);
    back[static_cast<std::size_t>(perm[i])] = static_cast<int64_t>(i);
  }
  std::vector<int64_t> which;
  for (std::size_t n = 0; n < counts.size(); ++n) {
    if (counts[n] < 0 || counts[n] > data[time])
      graph::fail_at(b.node(), "a sequence is longer than there is time");
    for (int64_t t = 0; t < data[time]; ++t)
      which.push_back(static_cast<int64_t>(n) * data[time] +
                      (t < counts[n] ? counts[n] - 1 - t : t));
  }
  const ValueId rows = b.reshape(b.transpose(b.input(0), perm),
                                 {moved[0] * moved[1], product(moved, 2, moved.size())});
  return b.finish(b.transpose(b.reshape(gather_rows(b, rows, which), moved), back));
}

/// Rows of a matrix that has the values on its diagonal. An index that is none is an error in a
/// run.
bool rewrite_one_hot(Builder& b) {
  const graph::TensorPtr depth = b.constant(1);
  if (!b.has_shape(0) || !depth || !b.has_shape(2))
    return false;
  // Values that a run computes take the place of 0 and 1 in the end.
  const bool computed = !b.constant(2);
  const float flags[] = {0, 1};
  const graph::TensorPtr values =
      computed ? std::make_shared<const graph::Tensor>(graph::make_floats({2}, flags))
               : b.constant(2);
  const std::vector<double> count = graph::as_doubles(*depth);
  constexpr double kMost = 4096;
  if (count.size() != 1 || !(count[0] >= 1 && count[0] <= kMost) || values->elements() != 2 ||
      b.shape(b.input(2)) != DimShape{graph::fixed_dim(2)} ||
      (b.type(b.input(0)) != graph::ElementType::kInt64 &&
       b.type(b.input(0)) != graph::ElementType::kInt32))
    graph::fail_at(b.node(), "integer indices, a depth of 1 to 4096 and two values are supported");
  const auto n = static_cast<int64_t>(count[0]);
  const std::size_t bytes = graph::element_bytes(values->type);
  graph::Tensor matrix = graph::make_tensor(values->type, {n, n});
  for (int64_t i = 0; i < n * n; ++i) {
    const std::size_t which = i / n == i % n ? bytes : 0;
    std::copy_n(
        values->data.begin() + static_cast<std::ptrdiff_t>(which), bytes,
        matrix.data.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * bytes));
  }
  const ValueId rows =
      b.add("Gather", {b.graph().add_constant("one-hot", std::move(matrix)), b.input(0)},
            {{"axis", int64_t{0}}});
  const std::size_t rank = b.rank(rows);
  const std::size_t axis = graph::normalize_axis(b.node(), b.node().get_int("axis", -1), rank);
  std::vector<int64_t> perm(rank - 1);
  std::iota(perm.begin(), perm.end(), 0);
  perm.insert(perm.begin() + static_cast<std::ptrdiff_t>(axis), static_cast<int64_t>(rank) - 1);
  const ValueId hot = b.transpose(rows, perm);
  if (!computed)
    return b.finish(hot);
  const ValueId given = b.exact_float(b.input(2));
  const ValueId cold = b.add("Sub", {b.number(1), hot});
  const ValueId sum = b.add("Add", {b.add("Keep", {b.slice(given, 0, 1, 2), hot}),
                                    b.add("Keep", {b.slice(given, 0, 0, 1), cold})});
  return b.finish(b.exactly(sum, b.type(b.input(2))));
}

}  // namespace edgy::converter::rewrite
