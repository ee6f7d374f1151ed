#include "converter/private_encoder/network/losses.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace edgy::converter::private_encoder {

using torch::Tensor;

namespace {

constexpr int64_t kQuarters = 4;
constexpr int64_t kHidden = 128;
/// Added to how often a class is said, so that one that is hardly said weighs no more than that.
constexpr double kRareClass = 0.02;

Tensor uniform(std::vector<int64_t> shape, int64_t inputs, Random& random) {
  const double limit = 1 / std::sqrt(static_cast<double>(inputs));
  Tensor tensor = torch::empty(shape);
  float* values = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>(random.uniform(-limit, limit));
  return tensor;
}

Tensor index_of(const std::vector<int64_t>& rows) {
  return torch::tensor(rows, torch::TensorOptions().dtype(torch::kLong));
}

/// Entries of `map` in the place of known labels.
Tensor mapped(const Tensor& labels, const std::vector<int64_t>& map) {
  return index_of(map).index_select(0, labels.clamp_min(0).flatten()).reshape(labels.sizes());
}

finetune::FinetuneOptions optimizer_options(const OptimizerOptions& options) {
  finetune::FinetuneOptions result;
  result.weight_decay = options.weight_decay;
  result.gradient_clip = 0;
  return result;
}

}  // namespace

Tensor phone_loss(const Assignment& assignment, const Tensor& phones,
                  const std::vector<int64_t>& code_of_phone) {
  const Tensor known = phones.ge(0);
  if (!known.any().item<bool>())
    return {};
  const Tensor log_codes = assignment.log_codes.flatten(0, 1);
  const Tensor rows = known.flatten().nonzero().flatten();
  return at::nll_loss(log_codes.index_select(0, rows),
                      mapped(phones, code_of_phone).flatten().index_select(0, rows));
}

Tensor commitment_loss(const Assignment& assignment, const Tensor& codebook) {
  const Tensor codes = codebook.detach()
                           .index_select(0, assignment.nearest.flatten())
                           .reshape(assignment.vectors.sizes());
  return (assignment.vectors - codes).square().mean();
}

Tensor count_loss(const Assignment& assignment, const Tensor& phones,
                  const std::vector<int64_t>& class_of_phone, const std::vector<int>& speakers) {
  const Tensor whole = phones.ge(0).all(1).nonzero().flatten();
  if (whole.numel() == 0)
    return {};
  const Tensor said = at::one_hot(mapped(phones.index_select(0, whole), class_of_phone),
                                  assignment.classes.size(-1))
                          .to(torch::kFloat);
  const Tensor soft = (assignment.classes.index_select(0, whole) - said).mean(1);
  const Tensor hard = (assignment.hard_classes.index_select(0, whole) - said).mean(1);
  const Tensor weight = 1 / (said.mean(at::IntArrayRef{0, 1}) + kRareClass);
  std::map<int, std::vector<int64_t>> rows_of;
  for (int64_t i = 0; i < whole.numel(); ++i)
    rows_of[speakers[static_cast<std::size_t>(whole[i].item<int64_t>())]].push_back(i);
  Tensor sum = torch::zeros({});
  for (const auto& [speaker, rows] : rows_of) {
    const Tensor mine = index_of(rows);
    for (const Tensor& bias : {soft, hard})
      sum = sum + (bias.index_select(0, mine).mean(0).square() * weight).sum();
  }
  return sum / static_cast<double>(rows_of.size());
}

Tensor quarters(const Tensor& classes) {
  const int64_t frames = classes.size(1);
  std::vector<Tensor> parts;
  for (int64_t k = 0; k < kQuarters; ++k) {
    const int64_t begin = std::min(k * frames / kQuarters, frames - 1);
    const int64_t end = std::max(begin + 1, (k + 1) * frames / kQuarters);
    parts.push_back(classes.slice(1, begin, end).mean(1));
  }
  return torch::cat(parts, 1);
}

LabelHead::LabelHead(int64_t classes, int64_t labels, uint64_t seed) {
  Random random(seed, 2);
  weight_ = uniform({labels, kQuarters * classes}, kQuarters * classes, random);
  bias_ = torch::zeros({labels});
}

std::vector<finetune::Parameter> LabelHead::parameters() const {
  return {{"labels.weight", weight_}, {"labels.bias", bias_, 1, false}};
}

Tensor LabelHead::scores(const Assignment& assignment) const {
  return at::linear(quarters(assignment.hard_classes), weight_, bias_);
}

Tensor LabelHead::loss(const Assignment& assignment, const Tensor& labels) const {
  const Tensor rows = labels.ge(0).nonzero().flatten();
  if (rows.numel() == 0)
    return {};
  return at::cross_entropy_loss(scores(assignment).index_select(0, rows),
                                labels.index_select(0, rows));
}

Adversary::Weights Adversary::draw(int64_t features, int64_t voices, uint64_t seed) {
  Random random(seed, 3);
  return {torch::ones({features}),
          torch::zeros({features}),
          uniform({kHidden, features}, features, random),
          torch::zeros({kHidden}),
          uniform({voices, kHidden}, kHidden, random),
          torch::zeros({voices})};
}

Adversary::Adversary(int64_t classes, int64_t voices, const OptimizerOptions& options,
                     uint64_t seed)
    : options_(options),
      weights_(draw(2 * classes, std::max<int64_t>(voices, 1), seed)),
      optimizer_(parameters(), optimizer_options(options)) {}

std::vector<finetune::Parameter> Adversary::parameters() const {
  return {{"adversary.gain", weights_.gain, 1, false},
          {"adversary.shift", weights_.shift, 1, false},
          {"adversary.hidden", weights_.hidden},
          {"adversary.hidden_bias", weights_.hidden_bias, 1, false},
          {"adversary.out", weights_.out},
          {"adversary.out_bias", weights_.out_bias, 1, false}};
}

Tensor Adversary::scores(const Tensor& features, bool frozen) const {
  const auto weight = [&](const Tensor& tensor) { return frozen ? tensor.detach() : tensor; };
  const Tensor x = at::batch_norm(features, weight(weights_.gain), weight(weights_.shift), {}, {},
                                  true, 0, kBatchEpsilon, false);
  const Tensor hidden =
      at::relu(at::linear(x, weight(weights_.hidden), weight(weights_.hidden_bias)));
  return at::linear(hidden, weight(weights_.out), weight(weights_.out_bias));
}

Tensor Adversary::loss(const Assignment& assignment, const Tensor& voices,
                       const std::vector<int64_t>& present, double& own_loss) {
  const Tensor rows = voices.ge(0).nonzero().flatten();
  if (rows.numel() < 2 || present.size() < 2)
    return {};
  const Tensor features =
      torch::cat({assignment.classes.mean(1), assignment.hard_classes.mean(1)}, 1)
          .index_select(0, rows);
  const Tensor who = voices.index_select(0, rows);
  for (int i = 0; i < options_.adversary_steps; ++i) {
    const Tensor own = at::cross_entropy_loss(scores(features.detach(), false), who);
    own.backward();
    optimizer_.step(options_.adversary_rate);
    own_loss = own.item<double>();
  }
  const Tensor believed =
      at::log_softmax(scores(features, true), -1).index_select(1, index_of(present));
  return -believed.mean() - std::log(static_cast<double>(present.size()));
}

}  // namespace edgy::converter::private_encoder
