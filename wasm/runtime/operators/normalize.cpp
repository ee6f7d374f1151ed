// Softmax and LayerNorm.
#include <utility>
#include <vector>

#include "kernels/float/copy.h"
#include "kernels/float/normalize.h"
#include "wasm/format/text.h"
#include "wasm/runtime/operators/registry.h"
#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace {

class Softmax final : public Operation {
 public:
  explicit Softmax(int32_t axis) : axis_(axis) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    out_shapes[0] = in_shapes[0];
    return {};
  }

  Result<int64_t> plan() override {
    const Shape& x = inputs[0].shape;
    const std::size_t axis = axis_of(axis_, x.size());
    is_last_ = axis + 1 == x.size();
    if (is_last_) {
      return 0;
    }
    // The axis becomes the last one and goes back.
    to_last_.clear();
    back_.clear();
    moved_.clear();
    for (std::size_t i = 0; i < x.size(); i++) {
      if (i != axis) {
        to_last_.push_back(static_cast<int32_t>(i));
      }
    }
    to_last_.push_back(static_cast<int32_t>(axis));
    for (std::size_t i = 0; i < x.size(); i++) {
      const std::size_t from = i < axis ? i : i == axis ? x.size() - 1 : i - 1;
      back_.push_back(static_cast<int32_t>(from));
      moved_.push_back(x[static_cast<std::size_t>(to_last_[i])]);
    }
    return input_count(0) * static_cast<int64_t>(sizeof(float));
  }

  Result<void> run() override {
    if (is_last_) {
      kernels::softmax(in<float>(0), static_cast<std::size_t>(inputs[0].shape.back()),
                       out<float>(0));
      return {};
    }
    const std::span<float> rows(reinterpret_cast<float*>(scratch),
                                static_cast<std::size_t>(input_count(0)));
    kernels::transpose(inputs[0].source, inputs[0].shape, to_last_, sizeof(float), scratch);
    kernels::softmax(rows, static_cast<std::size_t>(moved_.back()), rows);
    kernels::transpose(scratch, moved_, back_, sizeof(float), outputs[0].target);
    return {};
  }
  const char* kernel() const override { return "float/softmax"; }

 private:
  int32_t axis_;
  bool is_last_ = true;
  std::vector<int32_t> to_last_;
  std::vector<int32_t> back_;
  Shape moved_;
};

class LayerNorm final : public Operation {
 public:
  explicit LayerNorm(float epsilon) : epsilon_(epsilon) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    if (in_shapes[0].back() != in_shapes[1][0]) {
      return fail(ErrorCode::kInvalidInput,
                  str("rows of ", in_shapes[0].back(), " values; gamma has ", in_shapes[1][0]));
    }
    out_shapes[0] = in_shapes[0];
    return {};
  }
  Result<void> run() override {
    kernels::layer_norm(in<float>(0), in<float>(1), in<float>(2), epsilon_, out<float>(0));
    return {};
  }
  const char* kernel() const override { return "float/layer_norm"; }

 private:
  float epsilon_;
};

}  // namespace

NewOperation make_softmax(const CreateContext& context) {
  if (Result<void> types = context.expect_types(DataType::F32); !types) {
    return tl::unexpected<Error>(std::move(types.error()));
  }
  return std::unique_ptr<Operation>(
      std::make_unique<Softmax>(context.op().options_as_Softmax()->axis()));
}

NewOperation make_layer_norm(const CreateContext& context) {
  if (Result<void> types = context.expect_types(DataType::F32); !types) {
    return tl::unexpected<Error>(std::move(types.error()));
  }
  return std::unique_ptr<Operation>(
      std::make_unique<LayerNorm>(context.op().options_as_LayerNorm()->epsilon()));
}

}  // namespace edgy::runtime
