#include "converter/finetune/network/fake_quantize.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/utils.h>

#include <limits>

namespace edgy::converter::finetune {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class RoundFunction : public torch::autograd::Function<RoundFunction> {
 public:
  static Tensor forward(AutogradContext* /*context*/, const Tensor& x) { return x.round(); }
  static variable_list backward(AutogradContext* /*context*/, variable_list gradients) {
    return {gradients[0]};
  }
};

class RequantizeFunction : public torch::autograd::Function<RequantizeFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& scale, double low,
                        double high) {
    torch::NoGradGuard no_grad;
    Tensor scaled = x * scale;
    context->save_for_backward({scaled.ge(low).logical_and_(scaled.le(high)), scale});
    return scaled.clamp_(low, high).round_();
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    torch::NoGradGuard no_grad;
    const auto saved = context->get_saved_variables();
    return {gradients[0] * saved[1] * saved[0], Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor round_straight_through(const Tensor& x) {
  return RoundFunction::apply(x);
}

Tensor requantize(const Tensor& x, const Tensor& scale, double low, double high) {
  return RequantizeFunction::apply(x, scale, low, high);
}

IntegerWeights quantize_weights(const Tensor& weights, int bits, const Tensor& scale) {
  const double most = (1 << (bits - 1)) - 1;
  IntegerWeights result;
  if (scale.defined()) {
    result.scale = scale;
  } else {
    torch::NoGradGuard no_grad;
    const Tensor peak = weights.detach().flatten(1).abs().amax(1);
    // Scales are normal numbers, as those of round_weights.
    constexpr double kLeast = std::numeric_limits<float>::min();
    result.scale = torch::where(peak > 0, (peak / most).clamp_min(kLeast), torch::ones_like(peak));
  }
  std::vector<int64_t> shape(static_cast<std::size_t>(weights.dim()), 1);
  shape[0] = weights.size(0);
  result.values = round_straight_through(weights / result.scale.view(shape)).clamp(-most, most);
  return result;
}

}  // namespace edgy::converter::finetune
