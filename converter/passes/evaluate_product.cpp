#include <algorithm>

#include "converter/graph/windows.h"
#include "converter/passes/evaluate.h"

namespace edgy::converter::passes {
namespace {

using graph::ElementType;
using graph::Node;
using graph::Tensor;

std::size_t size(int64_t extent) {
  return static_cast<std::size_t>(extent);
}

Tensor narrowed(const std::vector<double>& values, ElementType type,
                const std::vector<int64_t>& shape) {
  Tensor wide = graph::make_tensor(ElementType::kFloat64, shape);
  std::copy(values.begin(), values.end(), wide.values<double>().begin());
  return type == ElementType::kFloat64 ? wide : graph::cast(wide, type);
}

/// A matrix in memory: element (row, column) is at[row * row_step + column * column_step].
struct Matrix {
  const double* at;
  std::size_t row_step;
  std::size_t column_step;
};

void multiply(const Matrix& a, const Matrix& b, std::size_t rows, std::size_t depth,
              std::size_t columns, double* result) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < depth; ++k) {
      const double x = a.at[i * a.row_step + k * a.column_step];
      for (std::size_t j = 0; j < columns; ++j)
        result[i * columns + j] += x * b.at[k * b.row_step + j * b.column_step];
    }
  }
}

/// Which matrix of a batch of `shape`, whose last two axes are the matrix, belongs to entry `index`
/// of the batch `batch` that it is broadcast to.
std::size_t matrix_of(const std::vector<int64_t>& shape, const std::vector<int64_t>& batch,
                      std::size_t index) {
  std::size_t position = 0;
  std::size_t step = 1;
  const std::size_t axes = shape.size() - 2;
  for (std::size_t k = batch.size(); k-- > 0;) {
    const std::size_t at = index % size(batch[k]);
    index /= size(batch[k]);
    if (batch.size() - k > axes)
      break;
    const int64_t extent = shape[k + axes - batch.size()];
    position += extent == 1 ? 0 : at * step;
    step *= size(extent);
  }
  return position;
}

Tensor matmul(const Tensor& a, const Tensor& b, const std::vector<int64_t>& shape) {
  std::vector<int64_t> left = a.shape;
  std::vector<int64_t> right = b.shape;
  std::vector<int64_t> batch = shape;
  if (left.size() == 1)
    left.insert(left.begin(), 1);
  else
    batch.pop_back();
  if (right.size() == 1)
    right.push_back(1);
  else
    batch.pop_back();
  const std::size_t rows = size(left[left.size() - 2]);
  const std::size_t depth = size(left.back());
  const std::size_t columns = size(right.back());
  const std::vector<double> x = graph::as_doubles(a);
  const std::vector<double> y = graph::as_doubles(b);
  std::vector<double> result(size(graph::checked_elements(shape)), 0);
  for (std::size_t i = 0; (i + 1) * rows * columns <= result.size() && rows * columns > 0; ++i) {
    multiply({x.data() + matrix_of(left, batch, i) * rows * depth, depth, 1},
             {y.data() + matrix_of(right, batch, i) * depth * columns, columns, 1}, rows, depth,
             columns, result.data() + i * rows * columns);
  }
  return narrowed(result, a.type, shape);
}

/// Adds a constant that is broadcast to a matrix [rows, columns], times `factor`.
void add_broadcast(std::vector<double>& result, const Tensor& term, double factor, std::size_t rows,
                   std::size_t columns) {
  const std::vector<double> values = graph::as_doubles(term);
  const int64_t along = term.shape.empty() ? 1 : term.shape.back();
  const int64_t down = term.shape.size() < 2 ? 1 : term.shape[term.shape.size() - 2];
  if ((along != 1 && size(along) != columns) || (down != 1 && size(down) != rows) ||
      term.elements() != along * down)
    throw Error("its third input does not broadcast to its result");
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const std::size_t at = (down == 1 ? 0 : i * size(along)) + (along == 1 ? 0 : j);
      result[i * columns + j] += factor * values[at];
    }
  }
}

Tensor gemm(const Node& node, const Arguments& arguments, const std::vector<int64_t>& shape) {
  const Tensor& a = *arguments[0];
  const Tensor& b = *arguments[1];
  const bool a_turned = node.get_int("transA", 0) != 0;
  const bool b_turned = node.get_int("transB", 0) != 0;
  const std::size_t rows = size(shape[0]);
  const std::size_t columns = size(shape[1]);
  const std::size_t depth = size(a.shape[a_turned ? 0 : 1]);
  const std::vector<double> x = graph::as_doubles(a);
  const std::vector<double> y = graph::as_doubles(b);
  std::vector<double> result(rows * columns, 0);
  multiply({x.data(), a_turned ? 1 : depth, a_turned ? rows : 1},
           {y.data(), b_turned ? 1 : columns, b_turned ? depth : 1}, rows, depth, columns,
           result.data());
  for (double& value : result)
    value *= node.get_float("alpha", 1);
  const double beta = node.get_float("beta", 1);
  if (arguments.size() > 2)
    add_broadcast(result, *arguments[2], beta, rows, columns);
  return narrowed(result, a.type, shape);
}

/// x [..., K] times rows w [O, K], plus b [O].
Tensor linear(const Arguments& arguments, const std::vector<int64_t>& shape) {
  const Tensor& weights = *arguments[1];
  const std::size_t columns = size(weights.shape[0]);
  const std::size_t depth = size(weights.shape[1]);
  const std::vector<double> x = graph::as_doubles(*arguments[0]);
  const std::vector<double> y = graph::as_doubles(weights);
  std::vector<double> result(size(graph::checked_elements(shape)), 0);
  const std::size_t rows = columns == 0 ? 0 : result.size() / columns;
  multiply({x.data(), depth, 1}, {y.data(), 1, depth}, rows, depth, columns, result.data());
  if (arguments.size() > 2)
    add_broadcast(result, *arguments[2], 1, rows, columns);
  return narrowed(result, arguments[0]->type, shape);
}

/// Counts through all indices of `extents`, the last axis fastest. False after the last one.
bool advance(std::vector<int64_t>& at, const std::vector<int64_t>& extents) {
  for (std::size_t k = at.size(); k-- > 0;) {
    if (++at[k] < extents[k])
      return true;
    at[k] = 0;
  }
  return false;
}

/// The sum over all taps of one output position.
double window_sum(const graph::Windows& windows, const std::vector<int64_t>& extents,
                  const std::vector<int64_t>& position, const double* x, const double* w) {
  std::vector<int64_t> tap(windows.kernel.size(), 0);
  double sum = 0;
  std::size_t t = 0;
  do {
    int64_t source = 0;
    bool inside = true;
    for (std::size_t k = 0; k < tap.size(); ++k) {
      const int64_t at =
          position[k] * windows.stride[k] - windows.pad_begin[k] + tap[k] * windows.dilation[k];
      inside = inside && at >= 0 && at < extents[k];
      source = source * extents[k] + at;
    }
    if (inside)
      sum += x[source] * w[t];
    ++t;
  } while (advance(tap, windows.kernel));
  return sum;
}

Tensor conv(const Node& node, const Arguments& arguments, const std::vector<int64_t>& shape) {
  const Tensor& x = *arguments[0];
  const Tensor& w = *arguments[1];
  graph::DimShape dims;
  for (const int64_t extent : x.shape)
    dims.push_back(graph::fixed_dim(extent));
  const graph::Windows windows =
      graph::read_windows(node, dims, std::vector<int64_t>(w.shape.begin() + 2, w.shape.end()));
  const std::vector<int64_t> extents(x.shape.begin() + 2, x.shape.end());
  const std::vector<int64_t> positions(shape.begin() + 2, shape.end());
  const auto plane = [](const std::vector<int64_t>& e) { return size(graph::checked_elements(e)); };
  const std::size_t channels = size(w.shape[1]);  // of a group
  const std::size_t filters = size(w.shape[0]);
  const std::size_t per_group = filters / size(node.get_int("group", 1));
  const std::vector<double> values = graph::as_doubles(x);
  const std::vector<double> weights = graph::as_doubles(w);
  std::vector<double> bias(filters, 0);
  if (arguments.size() > 2)
    bias = graph::as_doubles(*arguments[2]);
  if (bias.size() != filters)
    throw Error("its bias must have one value an output channel");
  std::vector<double> result;
  result.reserve(plane(shape));
  for (std::size_t n = 0; n < size(shape[0]) && plane(positions) > 0; ++n) {
    for (std::size_t o = 0; o < filters; ++o) {
      std::vector<int64_t> position(positions.size(), 0);
      do {
        double sum = bias[o];
        for (std::size_t c = 0; c < channels; ++c) {
          const std::size_t source = n * size(x.shape[1]) + o / per_group * channels + c;
          sum += window_sum(windows, extents, position, values.data() + source * plane(extents),
                            weights.data() + (o * channels + c) * plane(windows.kernel));
        }
        result.push_back(sum);
      } while (advance(position, positions));
    }
  }
  return narrowed(result, x.type, shape);
}

/// Layers whose bounds were fused are not computed here.
bool is_product(const Node& node, const Arguments& arguments) {
  return arguments.size() >= 2 && !node.attributes.contains(":activation_min") &&
         (node.op == "Conv" || node.op == "Gemm" || node.op == "Linear" || node.op == "MatMul");
}

}  // namespace

int64_t product_steps(const Node& node, const Arguments& arguments,
                      const std::vector<int64_t>& shape) {
  if (!is_product(node, arguments))
    return 0;
  const Tensor& weights = *arguments[1];
  // Each value of the result is a sum over ...
  int64_t depth = weights.shape.back();
  if (node.op == "Conv")
    depth = weights.shape[0] == 0 ? 0 : weights.elements() / weights.shape[0];
  else if (node.op == "MatMul")
    depth = arguments[0]->shape.back();
  else if (node.op == "Gemm" && node.get_int("transB", 0) == 0)
    depth = weights.shape[0];
  return graph::checked_elements(shape) * depth;
}

std::optional<Tensor> fold_product(const Node& node, const Arguments& arguments,
                                   const std::vector<int64_t>& shape) {
  if (!is_product(node, arguments))
    return std::nullopt;
  if (node.op == "Conv")
    return conv(node, arguments, shape);
  if (node.op == "Gemm")
    return gemm(node, arguments, shape);
  if (node.op == "Linear")
    return linear(arguments, shape);
  return matmul(*arguments[0], *arguments[1], shape);
}

}  // namespace edgy::converter::passes
