#include "converter/finetune/network/convolution.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/utils.h>

#include <vector>

namespace edgy::converter::finetune {
namespace {

using torch::Tensor;
using torch::indexing::Slice;

/// Lengths of the staged form of a convolution: the padded input, split into `stride` phases, so
/// that the strided taps of each are neighbours.
struct Stage {
  int64_t sequences;
  int64_t length;   ///< input positions of a sequence
  int64_t pitch;    ///< positions of one sequence in one phase
  int64_t outputs;  ///< output positions of a sequence
  int64_t reach;    ///< largest shift of a tap

  Stage(const TimeConvolution& shape, int64_t n, int64_t t)
      : sequences(n),
        length(t),
        pitch((t + shape.pad_left + shape.pad_right + shape.stride - 1) / shape.stride),
        outputs(shape.output_length(t)),
        reach(shape.dilation * (shape.kernel - 1) / shape.stride) {}

  int64_t columns() const { return sequences * pitch; }
  /// Outputs that all taps can compute; those that span two sequences are dropped later.
  int64_t computed() const { return columns() - reach; }
};

int64_t phase_of(const TimeConvolution& shape, int64_t tap) {
  return tap * shape.dilation % shape.stride;
}
int64_t shift_of(const TimeConvolution& shape, int64_t tap) {
  return tap * shape.dilation / shape.stride;
}

/// [C, N, T] -> [stride * C, N * pitch]
Tensor to_phases(const Tensor& x, const TimeConvolution& shape, const Stage& stage) {
  const int64_t channels = x.size(0);
  if (shape.stride == 1 && shape.pad_left == 0 && shape.pad_right == 0)
    return x.contiguous().view({channels, stage.columns()});
  Tensor padded = torch::zeros({channels, stage.sequences, stage.pitch * shape.stride});
  padded.index({Slice(), Slice(), Slice(shape.pad_left, shape.pad_left + stage.length)}).copy_(x);
  return padded.view({channels, stage.columns(), shape.stride})
      .permute({2, 0, 1})
      .contiguous()
      .view({shape.stride * channels, stage.columns()});
}

/// The inverse, for gradients.
Tensor from_phases(const Tensor& phases, const TimeConvolution& shape, const Stage& stage,
                   int64_t channels) {
  if (shape.stride == 1 && shape.pad_left == 0 && shape.pad_right == 0)
    return phases.view({channels, stage.sequences, stage.length});
  return phases.view({shape.stride, channels, stage.columns()})
      .permute({1, 2, 0})
      .reshape({channels, stage.sequences, stage.pitch * shape.stride})
      .index({Slice(), Slice(), Slice(shape.pad_left, shape.pad_left + stage.length)})
      .contiguous();
}

/// What the backward pass needs beside tensors.
struct Saved final : torch::CustomClassHolder {
  TimeConvolution shape;
  int64_t sequences = 0;
  int64_t length = 0;
};

/// [stride * C, columns] x [O, K, C] -> [O, computed columns] in `all`.
void multiply(const Tensor& phases, const Tensor& weights, const Saved& saved, const Stage& stage,
              const Tensor& all) {
  const int64_t channels = weights.size(2);
  Tensor computed = all.narrow(1, 0, stage.computed());
  for (int64_t tap = 0; tap < saved.shape.kernel; ++tap) {
    const Tensor source = phases.narrow(0, phase_of(saved.shape, tap) * channels, channels)
                              .narrow(1, shift_of(saved.shape, tap), stage.computed());
    at::addmm_out(computed, computed, weights.select(1, tap), source, tap == 0 ? 0 : 1);
  }
}

/// The gradient of the phases; `gradient` [O, reach + columns] has `reach` zeros in front.
Tensor input_gradient(const Tensor& gradient, const Tensor& weights, const Saved& saved,
                      const Stage& stage) {
  const int64_t channels = weights.size(2);
  Tensor phases = torch::empty({saved.shape.stride * channels, stage.columns()});
  std::vector<bool> written(static_cast<std::size_t>(saved.shape.stride));
  for (int64_t tap = 0; tap < saved.shape.kernel; ++tap) {
    const int64_t phase = phase_of(saved.shape, tap);
    const Tensor source =
        gradient.narrow(1, stage.reach - shift_of(saved.shape, tap), stage.columns());
    Tensor target = phases.narrow(0, phase * channels, channels);
    const bool again = written[static_cast<std::size_t>(phase)];
    at::addmm_out(target, target, weights.select(1, tap).t(), source, again ? 1 : 0);
    written[static_cast<std::size_t>(phase)] = true;
  }
  for (int64_t phase = 0; phase < saved.shape.stride; ++phase) {
    if (!written[static_cast<std::size_t>(phase)])
      phases.narrow(0, phase * channels, channels).zero_();  // a stride above the kernel
  }
  return phases;
}

Tensor weight_gradient(const Tensor& phases, const Tensor& gradient, const Tensor& weights,
                       const Saved& saved, const Stage& stage) {
  const int64_t channels = weights.size(2);
  Tensor result = torch::zeros_like(weights);
  const Tensor rows = gradient.narrow(1, stage.reach, stage.computed());
  for (int64_t tap = 0; tap < saved.shape.kernel; ++tap) {
    const Tensor source = phases.narrow(0, phase_of(saved.shape, tap) * channels, channels)
                              .narrow(1, shift_of(saved.shape, tap), stage.computed());
    Tensor target = result.select(1, tap);
    at::addmm_out(target, target, rows, source.t(), 0);
  }
  return result;
}

class TimeConvolutionFunction : public torch::autograd::Function<TimeConvolutionFunction> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& w,
                        const TimeConvolution& shape) {
    torch::NoGradGuard no_grad;
    const Stage stage(shape, x.size(1), x.size(2));
    auto saved = c10::make_intrusive<Saved>();
    saved->shape = shape;
    saved->sequences = x.size(1);
    saved->length = x.size(2);
    const Tensor phases = to_phases(x, shape, stage);
    const Tensor weights = w.contiguous();
    const int64_t filters = w.size(0);
    const Tensor all = torch::empty({filters, stage.columns()});
    multiply(phases, weights, *saved, stage, all);
    context->save_for_backward({phases, weights});
    context->saved_data["saved"] = c10::IValue::make_capsule(std::move(saved));
    return all.view({filters, stage.sequences, stage.pitch})
        .narrow(2, 0, stage.outputs)
        .contiguous();
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    torch::NoGradGuard no_grad;
    const auto tensors = context->get_saved_variables();
    const Tensor& phases = tensors[0];
    const Tensor& weights = tensors[1];
    const auto holder = context->saved_data["saved"].toCapsule();
    const auto& saved = static_cast<const Saved&>(*holder);
    const Stage stage(saved.shape, saved.sequences, saved.length);
    const int64_t filters = weights.size(0);
    Tensor padded = torch::zeros({filters, stage.reach + stage.columns()});
    padded.narrow(1, stage.reach, stage.columns())
        .unflatten(1, {stage.sequences, stage.pitch})
        .narrow(2, 0, stage.outputs)
        .copy_(gradients[0]);
    Tensor x_gradient;
    if (context->needs_input_grad(0)) {
      x_gradient = from_phases(input_gradient(padded, weights, saved, stage), saved.shape, stage,
                               weights.size(2));
    }
    Tensor w_gradient;
    if (context->needs_input_grad(1))
      w_gradient = weight_gradient(phases, padded, weights, saved, stage);
    return {x_gradient, w_gradient, Tensor()};
  }
};

}  // namespace

Tensor convolve_time(const Tensor& x, const Tensor& w, const TimeConvolution& shape) {
  TORCH_CHECK(shape.output_length(x.size(2)) > 0, "the input is shorter than the kernel");
  return TimeConvolutionFunction::apply(x, w, shape);
}

}  // namespace edgy::converter::finetune
