#include "converter/private_encoder/network/encoder.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "converter/private_encoder/samples/random.h"
#include "converter/private_encoder/samples/recordings.h"

namespace edgy::converter::private_encoder {

using torch::Tensor;

namespace {

constexpr double kMomentum = 0.1;  // of the kept moments
constexpr double kCodeLength = 3;  // of the vectors that codes begin with

Tensor uniform(std::vector<int64_t> shape, double limit, Random& random) {
  Tensor tensor = torch::empty(shape);
  float* values = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>(random.uniform(-limit, limit));
  return tensor;
}

}  // namespace

Encoder::Encoder(const EncoderOptions& options, int64_t codes, uint64_t seed) {
  Random random(seed, 1);
  const std::vector<Convolution> forms = convolutions(options);
  for (const Convolution& form : forms) {
    const double limit = 1 / std::sqrt(static_cast<double>(form.in) * form.taps);
    Block block;
    block.form = form;
    block.weight = uniform({form.out, form.in, form.taps}, limit, random);
    block.bias = uniform({form.out}, limit, random);
    if (blocks_.size() + 1 < forms.size()) {
      block.gain = torch::ones({form.out});
      block.shift = torch::zeros({form.out});
      block.mean = torch::zeros({form.out});
      block.variance = torch::ones({form.out});
    }
    blocks_.push_back(std::move(block));
  }
  cepstrum_ = torch::tensor(cepstrum(options.cepstra, kMels)).reshape({options.cepstra, kMels});
  codebook_ = torch::empty({codes, options.code_channels});
  float* values = codebook_.data_ptr<float>();
  for (int64_t i = 0; i < codebook_.numel(); ++i)
    values[i] = static_cast<float>(random.normal());
  codebook_ = codebook_ / codebook_.norm(2, {1}, true) * kCodeLength;
  scale_ = torch::full({1}, -1.0F);
  std::vector<int64_t> classes(static_cast<std::size_t>(codes));
  for (std::size_t i = 0; i < classes.size(); ++i)
    classes[i] = static_cast<int64_t>(i);
  set_classes(std::move(classes));
}

void Encoder::set_classes(std::vector<int64_t> classes) {
  classes_ = std::move(classes);
  class_count_ = *std::ranges::max_element(classes_) + 1;
  members_ = torch::zeros({codes(), class_count_});
  for (std::size_t code = 0; code < classes_.size(); ++code)
    members_[static_cast<int64_t>(code)][classes_[code]] = 1;
}

void Encoder::collapse_classes() {
  torch::NoGradGuard no_grad;
  codebook_ = members_.t().mm(codebook_) / members_.sum(0).unsqueeze(1);
  codebook_ = codebook_.detach().clone();
  std::vector<int64_t> classes(static_cast<std::size_t>(class_count_));
  for (std::size_t i = 0; i < classes.size(); ++i)
    classes[i] = static_cast<int64_t>(i);
  set_classes(std::move(classes));
}

Assignment Encoder::assign(const Tensor& mel, bool training) {
  Tensor x = torch::matmul(cepstrum_, mel);
  x = x - x.mean({-1}, true);
  x = x / torch::sqrt((x * x).mean({-1}, true) + kRecordingEpsilon);
  for (const Block& block : blocks_) {
    x = at::conv1d(x, block.weight, block.bias, block.form.stride, block.form.padding);
    if (block.gain.defined()) {
      x = at::relu(at::batch_norm(x, block.gain, block.shift, block.mean, block.variance, training,
                                  kMomentum, kBatchEpsilon, false));
    }
  }
  Assignment result;
  result.vectors = x.transpose(1, 2);
  const Tensor scores =
      (2 * torch::matmul(result.vectors, codebook_.t()) - (codebook_ * codebook_).sum(1)) *
      scale_.exp();
  result.nearest = scores.argmax(-1);
  result.log_codes = at::log_softmax(scores, -1);
  if (class_count_ == codes()) {
    result.log_classes = result.log_codes;
    result.classes = result.log_codes.exp();
  } else {
    result.classes = torch::matmul(result.log_codes.exp(), members_);
    result.log_classes = result.classes.clamp_min(1e-9).log();
  }
  const Tensor hard =
      torch::matmul(at::one_hot(result.nearest, codes()).to(torch::kFloat), members_);
  result.hard_classes = hard + result.classes - result.classes.detach();
  return result;
}

std::vector<finetune::Parameter> Encoder::parameters() const {
  std::vector<finetune::Parameter> parameters;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    const std::string prefix = "conv" + std::to_string(i);
    parameters.push_back({prefix + ".weight", block.weight});
    parameters.push_back({prefix + ".bias", block.bias, 1, false});
    if (block.gain.defined()) {
      parameters.push_back({prefix + ".gain", block.gain, 1, false});
      parameters.push_back({prefix + ".shift", block.shift, 1, false});
    }
  }
  parameters.push_back({"codebook", codebook_});
  parameters.push_back({"scale", scale_, 1, false});
  return parameters;
}

std::map<std::string, Tensor> Encoder::state() const {
  std::map<std::string, Tensor> state;
  for (const finetune::Parameter& parameter : parameters())
    state[parameter.name] = parameter.value;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].gain.defined()) {
      state["conv" + std::to_string(i) + ".mean"] = blocks_[i].mean;
      state["conv" + std::to_string(i) + ".variance"] = blocks_[i].variance;
    }
  }
  return state;
}

}  // namespace edgy::converter::private_encoder
