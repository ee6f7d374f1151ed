// Lstm and Gru.
#include <algorithm>
#include <utility>

#include "kernels/float/recurrent.h"
#include "wasm/format/text.h"
#include "wasm/runtime/operators/recurrent.h"
#include "wasm/runtime/operators/registry.h"

namespace edgy::runtime {
namespace {

class Recurrent final : public Operation {
 public:
  Recurrent(bool is_lstm, bool linear_before_reset, kernels::RecurrentWeights weights)
      : is_lstm_(is_lstm), linear_before_reset_(linear_before_reset), weights_(weights) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    return infer_recurrent(in_shapes, static_cast<int64_t>(weights_.inputs),
                           static_cast<int64_t>(weights_.hidden), out_shapes);
  }

  Result<int64_t> plan() override {
    return static_cast<int64_t>(
        (kernels::recurrent_scratch(weights_.hidden) + 2 * weights_.hidden) * sizeof(float));
  }

  Result<void> run() override {
    const std::size_t hidden = weights_.hidden;
    const std::size_t batch = static_cast<std::size_t>(inputs[0].shape[0]);
    const std::size_t steps = static_cast<std::size_t>(inputs[0].shape[1]);
    float* memory = reinterpret_cast<float*>(scratch);
    const std::span<float> h(memory, hidden);
    const std::span<float> c(memory + hidden, hidden);
    const std::span<float> rest(memory + 2 * hidden, kernels::recurrent_scratch(hidden));
    for (std::size_t n = 0; n < batch; n++) {
      load_state(in<float>(4), n, h);
      load_state(in<float>(5), n, c);
      const auto x = in<float>(0).subspan(n * steps * weights_.inputs, steps * weights_.inputs);
      std::span<float> y = out<float>(0);
      y = y.empty() ? y : y.subspan(n * steps * hidden, steps * hidden);
      if (is_lstm_) {
        kernels::lstm(weights_, x, h, c, y, rest);
      } else {
        kernels::gru(weights_, linear_before_reset_, x, h, y, rest);
      }
      store_state(h, n, out<float>(1));
      store_state(c, n, out<float>(2));
    }
    return {};
  }

  const char* kernel() const override { return is_lstm_ ? "float/lstm" : "float/gru"; }
  uint64_t macs() const override {
    const uint64_t positions = static_cast<uint64_t>(inputs[0].shape[0] * inputs[0].shape[1]);
    return positions * (weights_.w.size() + weights_.r.size());
  }

 private:
  bool is_lstm_;
  bool linear_before_reset_;
  kernels::RecurrentWeights weights_;
};

NewOperation make_floats(const CreateContext& context) {
  if (Result<void> types = context.expect_types(DataType::F32); !types) {
    return tl::unexpected<Error>(std::move(types.error()));
  }
  const auto* lstm = context.op().options_as_Lstm();
  const auto* gru = context.op().options_as_Gru();
  kernels::RecurrentWeights weights;
  weights.inputs = static_cast<std::size_t>(context.input(1).shape()->Get(1));
  weights.hidden = static_cast<std::size_t>(lstm != nullptr ? lstm->hidden() : gru->hidden());
  weights.w = context.floats(1);
  weights.r = context.floats(2);
  weights.b = context.floats(3);
  return std::unique_ptr<Operation>(std::make_unique<Recurrent>(
      lstm != nullptr, gru != nullptr && gru->linear_before_reset(), weights));
}

}  // namespace

Result<void> infer_recurrent(const InputShapes& in_shapes, int64_t inputs, int64_t hidden,
                             std::span<Shape> out_shapes) {
  const Shape& x = in_shapes[0];
  const Shape state = {x[0], hidden};
  if (x[2] != inputs) {
    return fail(ErrorCode::kInvalidInput, str("x has the shape ", std::span<const int64_t>(x),
                                              "; the last extent must be ", inputs));
  }
  for (std::size_t i = 4; i < in_shapes.size(); i++) {
    if (in_shapes.has(i) && in_shapes[i] != state) {
      return fail(ErrorCode::kInvalidInput, str("the state of input ", i, " has the shape ",
                                                std::span<const int64_t>(in_shapes[i]),
                                                "; it must be ", std::span<const int64_t>(state)));
    }
  }
  out_shapes[0] = {x[0], x[1], hidden};
  for (std::size_t i = 1; i < out_shapes.size(); i++) {
    out_shapes[i] = state;
  }
  return {};
}

void load_state(std::span<const float> states, std::size_t n, std::span<float> state) {
  if (states.empty()) {
    std::fill(state.begin(), state.end(), 0.0F);
  } else {
    std::copy_n(states.begin() + static_cast<std::ptrdiff_t>(n * state.size()), state.size(),
                state.begin());
  }
}

void store_state(std::span<const float> state, std::size_t n, std::span<float> states) {
  if (!states.empty()) {
    std::copy(state.begin(), state.end(),
              states.begin() + static_cast<std::ptrdiff_t>(n * state.size()));
  }
}

NewOperation make_lstm(const CreateContext& context) {
  return context.input(0).type() == DataType::I8 ? make_lstm_int8(context) : make_floats(context);
}

NewOperation make_gru(const CreateContext& context) {
  return make_floats(context);
}

}  // namespace edgy::runtime
