// Lstm in integers: the input's part of all steps is one product, the state's part a product of one
// position a step.
#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/float/recurrent.h"
#include "kernels/quantize/quantize.h"
#include "wasm/runtime/operators/conv_layer.h"
#include "wasm/runtime/operators/recurrent.h"

namespace edgy::runtime {
namespace {

/// Places in scratch memory, one behind the other.
class Scratch {
 public:
  explicit Scratch(uint8_t* memory) : memory_(memory) {}
  std::span<float> floats(int64_t count) {
    float* place = reinterpret_cast<float*>(memory_ + bytes_);
    bytes_ += count * static_cast<int64_t>(sizeof(float));
    return {place, kernels::to_size(count)};
  }
  int8_t* rest() const { return reinterpret_cast<int8_t*>(memory_ + bytes_); }

 private:
  uint8_t* memory_;
  int64_t bytes_ = 0;
};

class LstmInt8 final : public Operation {
 public:
  /// `from_input`, `from_state`: products with w and r, to float32.
  LstmInt8(int64_t inputs, std::unique_ptr<Operation> from_input,
           std::unique_ptr<Operation> from_state, std::vector<float> bias,
           const kernels::QuantizeParameters& state)
      : inputs_(inputs),
        hidden_(std::ssize(bias) / 4),
        from_input_(std::move(from_input)),
        from_state_(std::move(from_state)),
        bias_(std::move(bias)),
        state_(state) {}

  Result<void> infer(const InputShapes& in_shapes, std::span<Shape> out_shapes) override {
    return infer_recurrent(in_shapes, inputs_, hidden_, out_shapes);
  }
  std::optional<Border> wanted_border(std::size_t input) const override {
    return input == 0 ? std::optional<Border>(Border{}) : std::nullopt;
  }
  bool reads(std::size_t input) const override { return input == 0 || input >= 4; }

  Result<int64_t> plan() override {
    const int64_t steps = inputs[0].shape[1];
    const Shape state = {1, 1, hidden_};
    state_layout_ = *block4_of(image_of(state), {});
    if (Result<void> planned =
            plan_product(*from_input_, {1, steps, inputs_}, *inputs[0].placement.block4);
        !planned) {
      return tl::unexpected<Error>(std::move(planned.error()));
    }
    if (Result<void> planned = plan_product(*from_state_, state, state_layout_); !planned) {
      return tl::unexpected<Error>(std::move(planned.error()));
    }
    const int64_t floats = 4 * hidden_ * (steps + 1) + 3 * hidden_;
    return floats * static_cast<int64_t>(sizeof(float)) + state_layout_.bytes();
  }

  Result<void> run() override {
    const int64_t steps = inputs[0].shape[1];
    const std::size_t gates = kernels::to_size(4 * hidden_);
    const std::size_t hidden = kernels::to_size(hidden_);
    Scratch memory(scratch);
    const std::span<float> all = memory.floats(4 * hidden_ * steps);
    const std::span<float> recurrent = memory.floats(4 * hidden_);
    const std::span<float> h = memory.floats(hidden_);
    const std::span<float> c = memory.floats(hidden_);
    const std::span<float> extra = memory.floats(hidden_);
    int8_t* state = memory.rest();
    kernels::fill_border(state_layout_, static_cast<int8_t>(state_.zero_point), state);
    from_input_->outputs[0].target = reinterpret_cast<uint8_t*>(all.data());
    from_state_->inputs[0].source = reinterpret_cast<const uint8_t*>(state);
    from_state_->outputs[0].target = reinterpret_cast<uint8_t*>(recurrent.data());
    for (std::size_t n = 0; n < kernels::to_size(inputs[0].shape[0]); n++) {
      from_input_->inputs[0].source =
          inputs[0].source + n * kernels::to_size(inputs[0].placement.block4->bytes());
      if (Result<void> ran = from_input_->run(); !ran) {
        return ran;
      }
      load_state(in<float>(4), n, h);
      load_state(in<float>(5), n, c);
      for (std::size_t t = 0; t < kernels::to_size(steps); t++) {
        kernels::quantize_rows(h.data(), hidden, state_, state);
        if (Result<void> ran = from_state_->run(); !ran) {
          return ran;
        }
        const std::span<float> sums = all.subspan(t * gates, gates);
        for (std::size_t i = 0; i < gates; i++) {
          sums[i] = (sums[i] + bias_[i]) + recurrent[i];
        }
        kernels::lstm_step(sums, h, c, extra);
        if (const std::span<float> y = out<float>(0); !y.empty()) {
          store_state(h, n * kernels::to_size(steps) + t, y);
        }
      }
      store_state(h, n, out<float>(1));
      store_state(c, n, out<float>(2));
    }
    return {};
  }

  const char* kernel() const override { return "lstm_int8"; }
  uint64_t macs() const override {
    return static_cast<uint64_t>(inputs[0].shape[0] * inputs[0].shape[1] * 4 * hidden_ *
                                 (inputs_ + hidden_));
  }
  int64_t packed_bytes() const override {
    return from_input_->packed_bytes() + from_state_->packed_bytes();
  }

 private:
  Result<void> plan_product(Operation& product, const Shape& x, const kernels::Block4& layout) {
    product.inputs.assign(1, Operand{});
    product.outputs.assign(1, Operand{});
    product.inputs[0].shape = x;
    product.inputs[0].placement.block4 = layout;
    product.outputs[0].shape = {1, x[1], 4 * hidden_};
    const Result<int64_t> planned = product.plan();
    return planned ? Result<void>{} : tl::unexpected<Error>(planned.error());
  }

  int64_t inputs_;
  int64_t hidden_;
  std::unique_ptr<Operation> from_input_;
  std::unique_ptr<Operation> from_state_;
  std::vector<float> bias_;  ///< of both products, one a gate
  kernels::QuantizeParameters state_;
  kernels::Block4 state_layout_;
};

}  // namespace

NewOperation make_lstm_int8(const CreateContext& context) {
  const auto& options = *context.op().options_as_Lstm();
  const std::optional<TensorQuantization> x = activation_quantization(context.input(0));
  if (!x) {
    return context.unsupported("x needs a scale and a zero point in its range");
  }
  for (const uint32_t i : {3U, 4U, 5U}) {
    if (context.has_input(i) && context.input(i).type() != DataType::F32) {
      return context.unsupported("its bias and its states must be float32");
    }
  }
  for (uint32_t i = 0; i < context.op().outputs()->size(); i++) {
    if (context.has_output(i) && context.output(i).type() != DataType::F32) {
      return context.unsupported("its outputs must be float32");
    }
  }
  const kernels::QuantizeParameters state{options.state_scale(), options.state_zero_point(), 0,
                                          127};
  NewOperation from_input = make_int8_product(context, {1, *x, false});
  if (!from_input) {
    return from_input;
  }
  NewOperation from_state =
      make_int8_product(context, {2, {state.scale, state.zero_point, 0, 127}, true});
  if (!from_state) {
    return from_state;
  }
  const std::size_t gates = kernels::to_size(int64_t{4} * options.hidden());
  std::vector<float> bias(gates);
  if (const std::span<const float> b = context.floats(3); !b.empty()) {
    for (std::size_t i = 0; i < gates; i++) {
      bias[i] = b[i] + b[gates + i];
    }
  }
  return std::unique_ptr<Operation>(
      std::make_unique<LstmInt8>(context.input(1).shape()->Get(1), std::move(*from_input),
                                 std::move(*from_state), std::move(bias), state));
}

}  // namespace edgy::runtime
