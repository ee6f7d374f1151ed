// Reduce, ArgReduce and Pool2D.
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/float/pool.h"
#include "kernels/float/reduce.h"
#include "wasm/format/text.h"
#include "wasm/runtime/operators/integer_forms.h"
#include "wasm/runtime/operators/registry.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

/// Sums of nothing are 0; there is no greatest, no least, no mean of no values.
Result<void> check_values(const Shape& x, const Shape& y, std::string_view what) {
  return count_of(x) == 0 && count_of(y) != 0
             ? fail(ErrorCode::kInvalidInput, str("x has the shape ", std::span<const int64_t>(x),
                                                  ": there is no ", what, " of no values"))
             : Result<void>{};
}

/// Which axes go, and what is left.
class ReduceShapes {
 public:
  explicit ReduceShapes(const fb::Reduce& options)
      : kind_(options.kind()),
        axes_(options.axes()->begin(), options.axes()->end()),
        keep_dims_(options.keep_dims()) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) {
    const Shape& x = in_shapes[0];
    mask_ = axes_.empty() ? (1U << x.size()) - 1 : 0;  // none named: all of them, as in ONNX
    for (const int32_t axis : axes_) {
      mask_ |= 1U << axis_of(axis, x.size());
    }
    for (std::size_t i = 0; i < x.size(); i++) {
      const bool reduced = (mask_ >> i & 1U) != 0;
      if (!reduced || keep_dims_) {
        out_shapes[0].push_back(reduced ? 1 : x[i]);
      }
    }
    static constexpr std::string_view kNames[] = {"mean", "sum", "maximum", "minimum"};
    return kind_ == fb::ReduceKind::Sum
               ? Result<void>{}
               : check_values(x, out_shapes[0], kNames[static_cast<std::size_t>(kind_)]);
  }
  /// Bit i: axis i goes. Known once shapes were inferred.
  uint32_t mask() const { return mask_; }
  bool is_reduced(std::size_t axis) const { return (mask_ >> axis & 1U) != 0; }

 private:
  fb::ReduceKind kind_;
  std::vector<int32_t> axes_;
  bool keep_dims_;
  uint32_t mask_ = 0;
};

class Reduce final : public Operation {
 public:
  explicit Reduce(const fb::Reduce& options)
      : kind_(static_cast<kernels::ReduceOp>(options.kind())), shapes_(options) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    return shapes_.infer(in_shapes, out_shapes);
  }
  Result<void> run() override {
    kernels::reduce(kind_, in<float>(0), inputs[0].shape, shapes_.mask(), out<float>(0));
    return {};
  }
  const char* kernel() const override { return "float/reduce"; }

 private:
  kernels::ReduceOp kind_;
  ReduceShapes shapes_;
};

class ArgReduce final : public Operation {
 public:
  explicit ArgReduce(const fb::ArgReduce& options)
      : kind_(static_cast<kernels::ArgOp>(options.kind())),
        axis_(options.axis()),
        keep_dims_(options.keep_dims()) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    out_shapes[0] = in_shapes[0];
    const auto axis =
        out_shapes[0].begin() + static_cast<std::ptrdiff_t>(axis_of(axis_, in_shapes[0].size()));
    if (keep_dims_) {
      *axis = 1;
    } else {
      out_shapes[0].erase(axis);
    }
    return check_values(in_shapes[0], out_shapes[0],
                        kind_ == kernels::ArgOp::kMin ? "minimum" : "maximum");
  }
  Result<void> run() override {
    kernels::arg_reduce(kind_, in<float>(0), inputs[0].shape,
                        axis_of(axis_, inputs[0].shape.size()), out<int64_t>(0));
    return {};
  }
  const char* kernel() const override { return "float/arg_reduce"; }

 private:
  kernels::ArgOp kind_;
  int32_t axis_;
  bool keep_dims_;
};

class Pool final : public Operation {
 public:
  /// `integers`: nothing where the tensors are float32.
  Pool(const fb::Pool2D& options, std::optional<PoolInt8> integers)
      : is_max_(options.kind() == fb::PoolKind::Max),
        count_pad_(options.count_include_pad()),
        integers_(integers) {
    shape_.kernel_h = options.kernel_h();
    shape_.kernel_w = options.kernel_w();
    shape_.stride_h = options.stride_h();
    shape_.stride_w = options.stride_w();
    shape_.pad_top = options.pad_top();
    shape_.pad_left = options.pad_left();
    shape_.pad_bottom = options.pad_bottom();
    shape_.pad_right = options.pad_right();
  }

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    const Shape& x = in_shapes[0];
    const Image image = image_of(x);
    const std::optional<int64_t> height = window_positions(
        image.height, {shape_.kernel_h, shape_.stride_h, 1, shape_.pad_top, shape_.pad_bottom});
    const std::optional<int64_t> width = window_positions(
        image.width, {shape_.kernel_w, shape_.stride_w, 1, shape_.pad_left, shape_.pad_right});
    if (!height || !width) {
      return fail(ErrorCode::kInvalidInput,
                  str("x has the shape ", std::span<const int64_t>(x),
                      ": too short for a window of ", shape_.kernel_h, " x ", shape_.kernel_w));
    }
    out_shapes[0] = x;
    out_shapes[0][x.size() - 2] = *width;
    if (x.size() == 4) {
      out_shapes[0][1] = *height;
    }
    return {};
  }
  Result<int64_t> plan() override {
    const Image image = image_of(inputs[0].shape);
    shape_.batch = image.batch;
    shape_.height = image.height;
    shape_.width = image.width;
    shape_.channels = image.channels;
    if (integers_) {
      if (Result<void> checked = integers_->check(shape_); !checked) {
        return tl::unexpected<Error>(std::move(checked.error()));
      }
    }
    return 0;
  }
  Result<void> run() override {
    if (integers_) {
      integers_->run(shape_, inputs[0].source, outputs[0].target);
    } else if (is_max_) {
      kernels::max_pool(shape_, in<float>(0), out<float>(0));
    } else {
      kernels::average_pool(shape_, count_pad_, in<float>(0), out<float>(0));
    }
    return {};
  }
  const char* kernel() const override { return integers_ ? "pool_int8" : "float/pool"; }
  uint64_t work() const override {
    const auto window = static_cast<uint64_t>(shape_.kernel_h * shape_.kernel_w);
    return Operation::work() + static_cast<uint64_t>(output_count(0)) * window;
  }

 private:
  bool is_max_;
  bool count_pad_;
  std::optional<PoolInt8> integers_;
  kernels::PoolShape shape_;
};

/// Means and greatest values of int8 over axes that are next to each other: a pool whose window is
/// all of them.
class ReduceInt8 final : public Operation {
 public:
  ReduceInt8(const fb::Reduce& options, PoolInt8 pool) : shapes_(options), pool_(pool) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    return shapes_.infer(in_shapes, out_shapes);
  }
  Result<int64_t> plan() override {
    const Shape& x = inputs[0].shape;
    std::size_t first = 0;
    while (first < x.size() && !shapes_.is_reduced(first)) {
      first++;
    }
    std::size_t end = first;
    while (end < x.size() && shapes_.is_reduced(end)) {
      end++;
    }
    for (std::size_t i = end; i < x.size(); i++) {
      if (shapes_.is_reduced(i)) {
        return fail(ErrorCode::kInvalidModel, "the axes of int8 must be next to each other");
      }
    }
    pool_shape_ = {};
    pool_shape_.batch = product(x, 0, first);
    pool_shape_.width = pool_shape_.kernel_w = product(x, first, end);
    pool_shape_.channels = product(x, end, x.size());
    if (Result<void> checked = pool_.check(pool_shape_); !checked) {
      return tl::unexpected<Error>(std::move(checked.error()));
    }
    return 0;
  }
  Result<void> run() override {
    pool_.run(pool_shape_, inputs[0].source, outputs[0].target);
    return {};
  }
  const char* kernel() const override { return "pool_int8"; }

 private:
  ReduceShapes shapes_;
  PoolInt8 pool_;
  kernels::PoolShape pool_shape_;
};

}  // namespace

NewOperation make_reduce(const CreateContext& context) {
  if (has_integers(context)) {
    const fb::Reduce& options = *context.op().options_as_Reduce();
    Result<PoolInt8> pool = PoolInt8::make(context, options.kind() == fb::ReduceKind::Max, false);
    if (!pool) {
      return tl::unexpected<Error>(std::move(pool.error()));
    }
    return std::unique_ptr<Operation>(std::make_unique<ReduceInt8>(options, *pool));
  }
  if (Result<void> types = context.expect_types(DataType::F32); !types) {
    return tl::unexpected<Error>(std::move(types.error()));
  }
  return std::unique_ptr<Operation>(std::make_unique<Reduce>(*context.op().options_as_Reduce()));
}

NewOperation make_arg_reduce(const CreateContext& context) {
  if (context.input(0).type() != DataType::F32 || context.output(0).type() != DataType::I64) {
    return context.unsupported("a float32 input and an int64 output are needed");
  }
  return std::unique_ptr<Operation>(
      std::make_unique<ArgReduce>(*context.op().options_as_ArgReduce()));
}

NewOperation make_pool(const CreateContext& context) {
  const fb::Pool2D& options = *context.op().options_as_Pool2D();
  std::optional<PoolInt8> integers;
  if (has_integers(context)) {
    Result<PoolInt8> pool =
        PoolInt8::make(context, options.kind() == fb::PoolKind::Max, options.count_include_pad());
    if (!pool) {
      return tl::unexpected<Error>(std::move(pool.error()));
    }
    integers = *pool;
  } else if (Result<void> types = context.expect_types(DataType::F32); !types) {
    return tl::unexpected<Error>(std::move(types.error()));
  }
  if (declared_shape(context.input(0)).size() == 3 && (options.kernel_h() != 1)) {
    return context.invalid("over [N, T, C] kernel_h must be 1");
  }
  return std::unique_ptr<Operation>(std::make_unique<Pool>(options, integers));
}

}  // namespace edgy::runtime
