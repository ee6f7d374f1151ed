// Operators that only move elements: Transpose, Reshape, Concat, Slice, Pad, Gather.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/float/copy.h"
#include "kernels/lookup/lookup.h"
#include "kernels/requantize.h"
#include "wasm/format/numbers.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"
#include "wasm/runtime/operators/integer_forms.h"
#include "wasm/runtime/operators/registry.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace fb = format::fb;
namespace {

class Movement : public Operation {
 public:
  explicit Movement(std::size_t width) : width_(width) {}

 protected:
  std::size_t width_;  ///< bytes of an element
};

class Transpose final : public Movement {
 public:
  Transpose(std::size_t width, std::vector<int32_t> perm)
      : Movement(width), perm_(std::move(perm)) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    for (const int32_t axis : perm_) {
      out_shapes[0].push_back(in_shapes[0][static_cast<std::size_t>(axis)]);
    }
    return {};
  }
  /// Axes of one element may be anywhere; if all others keep their order, nothing moves.
  bool is_view(const InputShapes& in_shapes) const override {
    int32_t last = -1;
    for (const int32_t axis : perm_) {
      if (in_shapes[0][static_cast<std::size_t>(axis)] == 1) {
        continue;
      }
      if (axis < last) {
        return false;
      }
      last = axis;
    }
    return true;
  }
  Result<void> run() override {
    kernels::transpose(inputs[0].source, inputs[0].shape, perm_, width_, outputs[0].target);
    return {};
  }
  const char* kernel() const override { return "float/transpose"; }

 private:
  std::vector<int32_t> perm_;
};

class Reshape final : public Movement {
 public:
  Reshape(std::size_t width, std::vector<int64_t> shape)
      : Movement(width), shape_(std::move(shape)) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    Shape& y = out_shapes[0];
    y = shape_;
    Shape given = shape_;
    Shape rest = in_shapes[0];
    for (std::size_t i = 0; i < y.size(); i++) {
      if (y[i] == 0) {
        y[i] = in_shapes[0][i];
        // What is copied is on both sides: without it, an extent of 0 leaves the others known.
        given[i] = rest[i] = 1;
      }
    }
    const int64_t count = count_of(rest);
    const std::optional<int64_t> known = element_count(given);
    const auto inferred = std::find(y.begin(), y.end(), -1);
    if (inferred != y.end() && known && count % *known == 0) {
      *inferred = count / *known;
      return {};
    }
    return inferred == y.end() && known == count
               ? Result<void>{}
               : fail(ErrorCode::kInvalidInput,
                      str("x has the shape ", std::span<const int64_t>(in_shapes[0]),
                          ", which cannot become ", std::span<const int64_t>(shape_)));
  }
  bool is_view(const InputShapes& /*inputs*/) const override { return true; }
  Result<void> run() override {
    const uint8_t* source = inputs[0].source;
    std::copy(source, source + static_cast<std::size_t>(output_count(0)) * width_,
              outputs[0].target);
    return {};
  }
  const char* kernel() const override { return "copy"; }

 private:
  std::vector<int64_t> shape_;
};

class Concat final : public Movement {
 public:
  /// `tables`: of inputs that have another quantization than the output; all others: null.
  Concat(std::size_t width, int32_t axis, std::vector<std::unique_ptr<kernels::LookupTable>> tables)
      : Movement(width), axis_(axis), tables_(std::move(tables)) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    Shape& y = out_shapes[0];
    y = in_shapes[0];
    const std::size_t axis = axis_of(axis_, y.size());
    for (std::size_t input = 1; input < in_shapes.size(); input++) {
      const Shape& part = in_shapes[input];
      bool fits = part.size() == y.size();
      for (std::size_t i = 0; fits && i < y.size(); i++) {
        fits = i == axis || part[i] == y[i];
      }
      if (!fits) {
        return fail(ErrorCode::kInvalidInput,
                    str("shapes ", std::span<const int64_t>(in_shapes[0]), " and ",
                        std::span<const int64_t>(part), " differ beside axis ", axis));
      }
      y[axis] += part[axis];
    }
    return {};
  }
  Result<int64_t> plan() override {
    parts_.resize(inputs.size());
    int64_t looked_up = 0;
    for (std::size_t i = 0; i < tables_.size(); i++) {
      looked_up += tables_[i] == nullptr ? 0 : input_count(i);
    }
    return looked_up;
  }
  Result<void> run() override {
    const Shape& y = outputs[0].shape;
    const std::size_t axis = axis_of(axis_, y.size());
    uint8_t* place = scratch;
    for (std::size_t i = 0; i < inputs.size(); i++) {
      parts_[i] = {inputs[i].source, product(inputs[i].shape, axis, y.size())};
      if (i < tables_.size() && tables_[i] != nullptr) {
        kernels::lookup(*tables_[i], in<int8_t>(i).data(), in<int8_t>(i).size(),
                        reinterpret_cast<int8_t*>(place));
        parts_[i].data = place;
        place += input_count(i);
      }
    }
    kernels::concat(parts_, product(y, 0, axis), width_, outputs[0].target);
    return {};
  }
  const char* kernel() const override { return "float/concat"; }

 private:
  int32_t axis_;
  std::vector<std::unique_ptr<kernels::LookupTable>> tables_;
  std::vector<kernels::ConcatPart> parts_;
};

class Slice final : public Movement {
 public:
  struct Range {
    int32_t axis;
    int64_t start;
    int64_t end;
    int64_t step;
  };
  Slice(std::size_t width, std::vector<Range> ranges, int32_t like_axis)
      : Movement(width), ranges_(std::move(ranges)), like_axis_(like_axis) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    const Shape& x = in_shapes[0];
    Shape& y = out_shapes[0];
    y = x;
    if (in_shapes.has(1)) {
      ranges_[0].end = in_shapes[1][static_cast<std::size_t>(like_axis_)];
    }
    starts_.assign(x.size(), 0);
    steps_.assign(x.size(), 1);
    for (const Range& range : ranges_) {
      const std::size_t axis = axis_of(range.axis, x.size());
      const int64_t extent = x[axis];
      // As in ONNX: negative positions count from the end, then all are clamped to what exists.
      const int64_t low = range.step > 0 ? 0 : -1;
      const int64_t high = range.step > 0 ? extent : extent - 1;
      const auto clamp = [&](int64_t position) {
        return std::clamp(position < 0 ? position + extent : position, low, high);
      };
      const int64_t start = clamp(range.start);
      const int64_t end = range.step < 0 && range.end < -extent ? -1 : clamp(range.end);
      const int64_t distance = range.step > 0 ? end - start : start - end;
      const int64_t pace =
          std::max<int64_t>(std::abs(int64_t{range.step}), 1);  // the verifier refuses 0
      y[axis] = distance <= 0 ? 0 : (distance + pace - 1) / pace;
      starts_[axis] = start;
      steps_[axis] = range.step;
    }
    return {};
  }
  Result<void> run() override {
    kernels::slice(inputs[0].source, inputs[0].shape, starts_, steps_, outputs[0].shape, width_,
                   outputs[0].target);
    return {};
  }
  const char* kernel() const override { return "float/slice"; }

 private:
  std::vector<Range> ranges_;
  int32_t like_axis_;
  std::vector<int64_t> starts_;
  std::vector<int64_t> steps_;
};

class Pad final : public Movement {
 public:
  Pad(std::size_t width, const fb::Pad& options, std::array<uint8_t, 8> value)
      : Movement(width),
        before_(options.before()->begin(), options.before()->end()),
        after_(options.after()->begin(), options.after()->end()),
        fill_(static_cast<kernels::PadFill>(options.mode())),
        value_(value) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    const Shape& x = in_shapes[0];
    Shape& y = out_shapes[0];
    y = x;
    for (std::size_t i = 0; i < before_.size(); i++) {
      y[i] += before_[i] + after_[i];
    }
    const bool repeats = fill_ != kernels::PadFill::kConstant;
    return repeats && count_of(x) == 0 && std::count(y.begin(), y.end(), 0) == 0
               ? fail(ErrorCode::kInvalidInput, str("x has the shape ", std::span<const int64_t>(x),
                                                    ": there is no value that could be repeated"))
               : Result<void>{};
  }
  Result<void> run() override {
    kernels::pad(inputs[0].source, inputs[0].shape, before_, outputs[0].shape, fill_, value_.data(),
                 width_, outputs[0].target);
    return {};
  }
  const char* kernel() const override { return "float/pad"; }

 private:
  std::vector<int64_t> before_;
  std::vector<int64_t> after_;
  kernels::PadFill fill_;
  alignas(8) std::array<uint8_t, 8> value_;
};

class Gather final : public Movement {
 public:
  Gather(std::size_t width, int32_t axis, DataType indices)
      : Movement(width), axis_(axis), is_int32_(indices == DataType::I32) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    const std::size_t axis = axis_of(axis_, in_shapes[0].size());
    Shape& y = out_shapes[0];
    const auto position = in_shapes[0].begin() + static_cast<std::ptrdiff_t>(axis);
    y.assign(in_shapes[0].begin(), position);
    y.insert(y.end(), in_shapes[1].begin(), in_shapes[1].end());
    y.insert(y.end(), position + 1, in_shapes[0].end());
    return {};
  }
  Result<int64_t> plan() override {
    return is_int32_ ? input_count(1) * static_cast<int64_t>(sizeof(int64_t)) : 0;
  }
  Result<void> run() override {
    const Shape& x = inputs[0].shape;
    const std::size_t axis = axis_of(axis_, x.size());
    std::span<const int64_t> indices = in<int64_t>(1);
    if (is_int32_) {
      int64_t* wide = reinterpret_cast<int64_t*>(scratch);
      std::copy(in<int32_t>(1).begin(), in<int32_t>(1).end(), wide);
      indices = {wide, in<int32_t>(1).size()};
    }
    if (kernels::gather(inputs[0].source, product(x, 0, axis), x[axis],
                        product(x, axis + 1, x.size()), indices, width_, outputs[0].target)) {
      return {};
    }
    return fail(ErrorCode::kInvalidInput,
                x[axis] == 0 ? std::string("an index into no values")
                             : str("an index lies outside ", -x[axis], "..", x[axis] - 1));
  }
  const char* kernel() const override { return "float/gather"; }

 private:
  int32_t axis_;
  bool is_int32_;
};

/// Moving keeps values as they are: types and quantizations of the first `inputs` inputs and of the
/// output must agree.
Result<std::size_t> element_width(const CreateContext& context, uint32_t inputs) {
  const TensorEntry y = context.output(0);
  if (y.type() == DataType::I4 || y.type() == DataType::F16) {
    return context.unsupported(str("type ", to_string(y.type()), " is not possible"));
  }
  const std::optional<TensorQuantization> ours = activation_quantization(y);
  for (uint32_t i = 0; i < inputs; i++) {
    const TensorEntry x = context.input(i);
    if (x.type() != y.type()) {
      return context.unsupported("its inputs and its output must have the same type");
    }
    const std::optional<TensorQuantization> theirs = activation_quantization(x);
    if (y.type() == DataType::I8 &&
        (ours.has_value() != theirs.has_value() ||
         (ours && (ours->scale != theirs->scale || ours->zero_point != theirs->zero_point)))) {
      return context.unsupported("its int8 inputs and output must have the same quantization");
    }
  }
  return element_bytes(y.type());
}

template <typename Made, typename... Arguments>
NewOperation made(const CreateContext& context, uint32_t inputs, Arguments&&... arguments) {
  const Result<std::size_t> width = element_width(context, inputs);
  if (!width) {
    return tl::unexpected<Error>(width.error());
  }
  return std::unique_ptr<Operation>(
      std::make_unique<Made>(*width, std::forward<Arguments>(arguments)...));
}

}  // namespace

NewOperation make_transpose(const CreateContext& context) {
  const auto& perm = *context.op().options_as_Transpose()->perm();
  return made<Transpose>(context, 1, std::vector<int32_t>(perm.begin(), perm.end()));
}

NewOperation make_reshape(const CreateContext& context) {
  const auto& shape = *context.op().options_as_Reshape()->shape();
  return made<Reshape>(context, 1, std::vector<int64_t>(shape.begin(), shape.end()));
}

NewOperation make_concat(const CreateContext& context) {
  std::vector<std::unique_ptr<kernels::LookupTable>> tables;
  const auto to = quantize_parameters(context.output(0));
  for (uint32_t i = 0; to && i < context.op().inputs()->size(); i++) {
    const auto from = quantize_parameters(context.input(i));
    if (!from) {
      return context.unsupported("its inputs and its output must have the same type");
    }
    const bool same = from->scale == to->scale && from->zero_point == to->zero_point &&
                      from->qmin >= to->qmin && from->qmax <= to->qmax;
    tables.push_back(
        same ? nullptr
             : std::make_unique<kernels::LookupTable>(kernels::requantize_table(*from, *to)));
  }
  return made<Concat>(context, to ? 0 : context.op().inputs()->size(),
                      context.op().options_as_Concat()->axis(), std::move(tables));
}

NewOperation make_slice(const CreateContext& context) {
  const fb::Slice& options = *context.op().options_as_Slice();
  std::vector<Slice::Range> ranges;
  for (uint32_t i = 0; i < options.axes()->size(); i++) {
    ranges.push_back({options.axes()->Get(i), options.starts()->Get(i), options.ends()->Get(i),
                      options.steps()->Get(i)});
  }
  return made<Slice>(context, 1, std::move(ranges), options.like_axis());
}

NewOperation make_pad(const CreateContext& context) {
  const fb::Pad& options = *context.op().options_as_Pad();
  std::array<uint8_t, 8> value{};
  const auto store = [&](auto element) {
    std::copy_n(reinterpret_cast<const uint8_t*>(&element), sizeof(element), value.begin());
  };
  const DataType type = context.output(0).type();
  const std::optional<TensorQuantization> quantization = activation_quantization(context.output(0));
  if (type == DataType::F32) {
    store(options.value());
  } else if (type == DataType::I8 && quantization) {
    store(kernels::quantize(options.value(), 1.0F / quantization->scale, quantization->zero_point,
                            quantization->qmin, quantization->qmax));
  } else if (options.mode() == fb::PadMode::Constant && options.value() != 0) {
    return context.unsupported("integers can only be padded with 0");
  }
  return made<Pad>(context, 1, options, value);
}

NewOperation make_gather(const CreateContext& context) {
  const DataType indices = context.input(1).type();
  if (indices != DataType::I64 && indices != DataType::I32) {
    return context.unsupported("indices must be int64 or int32");
  }
  return made<Gather>(context, 1, context.op().options_as_Gather()->axis(), indices);
}

}  // namespace edgy::runtime
