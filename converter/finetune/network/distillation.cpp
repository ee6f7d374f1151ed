#include "converter/finetune/network/distillation.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <cmath>

#include "converter/error.h"
#include "converter/finetune/network/operators.h"

namespace edgy::converter::finetune {
namespace fb = format::fb;
namespace {

using torch::Tensor;

/// Float outputs that do not hang on an index: what is looked up jumps.
std::vector<int> smooth_outputs(const fb::ModelT& model) {
  std::vector<bool> jumps(model.tensors.size());
  for (const auto& op : model.operators) {
    bool jump = false;
    for (const int input : op->inputs)
      jump |= input >= 0 && jumps[static_cast<std::size_t>(input)];
    for (const int output : op->outputs) {
      const auto i = static_cast<std::size_t>(output);
      jumps[i] = jump || model.tensors[i]->type == fb::DataType::I64;
    }
  }
  std::vector<int> smooth;
  for (const int output : model.outputs) {
    const auto i = static_cast<std::size_t>(output);
    if (!jumps[i] && model.tensors[i]->type == fb::DataType::F32)
      smooth.push_back(output);
  }
  return smooth;
}

std::vector<const fb::OperatorT*> nearest_codes(const fb::ModelT& model) {
  std::vector<const fb::OperatorT*> found;
  for (const auto& op : model.operators) {
    if (op->options.type == fb::OperatorOptions::NearestCode)
      found.push_back(op.get());
  }
  return found;
}

int channels_of(const fb::ModelT& model, int tensor) {
  const auto& shape = model.tensors[static_cast<std::size_t>(tensor)]->shape;
  return shape.empty() ? 1 : shape.back();
}

Tensor relative_error(const Tensor& value, const Tensor& target) {
  return (value - target).square().sum() / target.square().sum().clamp_min(1e-12);
}

}  // namespace

double Agreement::cosine() const {
  const double norm = std::sqrt(power * reference_power);
  return norm > 0 ? product / norm : 1;
}
double Agreement::sqnr_db() const {
  return 10 * std::log10(reference_power / std::max(error_power, 1e-30));
}
double Agreement::code_agreement() const {
  return codes > 0 ? static_cast<double>(equal) / static_cast<double>(codes) : 1;
}

Distillation::Distillation(const Network& reference, const Network& student,
                           const FinetuneOptions& options)
    : options_(options) {
  const auto twin = [&](int tensor) {
    const auto& name = reference.model().tensors[static_cast<std::size_t>(tensor)]->name;
    const int found = find_tensor(student.model(), name);
    if (found < 0)
      throw Error("the compressed model has no tensor '" + name + "' of the original");
    return Pair{tensor, found};
  };
  for (const int output : smooth_outputs(reference.model()))
    outputs_.push_back(twin(output));
  if (outputs_.empty())
    throw Error("the model has no float output to learn from");
  const auto codes = nearest_codes(reference.model());
  const auto student_codes = nearest_codes(student.model());
  for (std::size_t i = 0; i < codes.size() && i < student_codes.size(); ++i) {
    coded_.push_back({codes[i]->inputs[0], student_codes[i]->inputs[0]});
    codebooks_.push_back(reference.constant(codes[i]->inputs[1]));
  }
  if (options_.layer_weight > 0) {
    for (const Layer& layer : student.layers()) {
      const int own = find_tensor(student.model(), layer.name);
      const int other = find_tensor(reference.model(), layer.name);
      // A layer that lost filters has no counterpart.
      if (other >= 0 && channels_of(reference.model(), other) == channels_of(student.model(), own))
        layers_.push_back({other, own});
    }
  }
}

Targets Distillation::targets(Network& reference, const Tensor& inputs) const {
  torch::NoGradGuard no_grad;
  std::vector<int> wanted;
  for (const auto* pairs : {&outputs_, &coded_, &layers_}) {
    for (const Pair& pair : *pairs)
      wanted.push_back(pair.reference);
  }
  const Values values = reference.run({inputs}, wanted);
  Targets targets;
  for (const int tensor : wanted)
    targets.push_back(values.at(tensor).contiguous());
  return targets;
}

std::vector<Tensor> Distillation::values(Network& student, const Tensor& inputs) const {
  std::vector<int> wanted;
  for (const auto* pairs : {&outputs_, &coded_, &layers_}) {
    for (const Pair& pair : *pairs)
      wanted.push_back(pair.student);
  }
  const Values values = student.run({inputs}, wanted);
  std::vector<Tensor> result;
  for (const int tensor : wanted)
    result.push_back(values.at(tensor));
  return result;
}

void Distillation::measure_codes(const Targets& targets) {
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < coded_.size(); ++i) {
    const Tensor scores = code_scores(targets[outputs_.size() + i], codebooks_[i]);
    const Tensor best = std::get<0>(scores.topk(2, -1));
    temperature_ = (best.select(-1, 0) - best.select(-1, 1)).mean().item<double>();
  }
}

Tensor Distillation::loss(const std::vector<Tensor>& values, const Targets& targets) const {
  Tensor total = torch::zeros({});
  for (std::size_t i = 0; i < outputs_.size(); ++i)
    total = total + options_.output_weight * relative_error(values[i], targets[i]);
  for (std::size_t i = 0; i < coded_.size() && options_.code_weight > 0; ++i) {
    const std::size_t k = outputs_.size() + i;
    const Tensor log_wanted =
        (code_scores(targets[k], codebooks_[i]) / temperature_).log_softmax(-1);
    const Tensor log_got = (code_scores(values[k], codebooks_[i]) / temperature_).log_softmax(-1);
    total =
        total + options_.code_weight * (log_wanted.exp() * (log_wanted - log_got)).sum(-1).mean();
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::size_t k = outputs_.size() + coded_.size() + i;
    total = total + options_.layer_weight / static_cast<double>(layers_.size()) *
                        relative_error(values[k], targets[k]);
  }
  return total;
}

void Distillation::judge(const std::vector<Tensor>& values, const Targets& targets,
                         Agreement& agreement) const {
  torch::NoGradGuard no_grad;
  const Tensor got = values[0].to(torch::kDouble);
  const Tensor wanted = targets[0].to(torch::kDouble);
  agreement.product += (got * wanted).sum().item<double>();
  agreement.power += got.square().sum().item<double>();
  agreement.reference_power += wanted.square().sum().item<double>();
  agreement.error_power += (got - wanted).square().sum().item<double>();
  for (std::size_t i = 0; i < coded_.size(); ++i) {
    const std::size_t k = outputs_.size() + i;
    const Tensor equal = code_scores(values[k], codebooks_[i])
                             .argmax(-1)
                             .eq(code_scores(targets[k], codebooks_[i]).argmax(-1));
    agreement.equal += equal.sum().item<int64_t>();
    agreement.codes += equal.numel();
  }
}

}  // namespace edgy::converter::finetune
