#include "converter/finetune/trainer.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "converter/error.h"
#include "converter/finetune/checkpoint.h"
#include "converter/finetune/distillation.h"
#include "converter/finetune/loss_scaler.h"
#include "converter/finetune/mask_schedule.h"
#include "converter/finetune/network.h"
#include "converter/finetune/optimizer.h"
#include "converter/finetune/stored_weights.h"
#include "converter/nncf/scopes.h"

namespace edgy::converter::finetune {
namespace {

using Clock = std::chrono::steady_clock;
using torch::Tensor;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<Parameter> parameters_of(Network& network) {
  std::vector<Parameter> parameters;
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    Layer& layer = network.layers()[i];
    const std::string prefix = "layer." + std::to_string(i);
    parameters.push_back({prefix + ".weight", layer.weight});
    if (layer.bias.defined())
      parameters.push_back({prefix + ".bias", layer.bias, 1, false});
  }
  return parameters;
}

nlohmann::json to_json(const Judgement& j) {
  nlohmann::json json = {{"step", j.step},
                         {"cosine", j.cosine},
                         {"sqnr_db", j.sqnr_db},
                         {"code_agreement", j.code_agreement}};
  if (j.label_accuracy)
    json["label_accuracy"] = *j.label_accuracy;
  return json;
}

Judgement judgement_from(const nlohmann::json& j) {
  Judgement judgement = {j.at("step"), j.at("cosine"), j.at("sqnr_db"), j.at("code_agreement"), {}};
  if (j.contains("label_accuracy"))
    judgement.label_accuracy = j["label_accuracy"].get<double>();
  return judgement;
}

/// Better for the user: more codes as before; without codes, less error; where labels are all that
/// is learned from, more of them right.
double merit(const Judgement& judgement, const FinetuneOptions& options) {
  const bool distills =
      options.output_weight > 0 || options.code_weight > 0 || options.layer_weight > 0;
  if (!distills && judgement.label_accuracy)
    return *judgement.label_accuracy;
  return judgement.code_agreement < 1 ? judgement.code_agreement : judgement.sqnr_db;
}

class Trainer {
 public:
  Trainer(const format::fb::ModelT& reference, const format::fb::ModelT& student,
          const TrainingData& data, const CompressionPlan& plan, const FinetuneOptions& options,
          const TrainingFiles& files)
      : reference_(reference),
        student_(student),
        data_(data),
        options_(options),
        files_(files),
        precision_(options.amp, options.amp_half),
        distillation_(reference_, student_, options),
        cache_(data.train->size()) {
    if (data.train->size() < static_cast<std::size_t>(options.batch))
      throw Error("a batch of " + std::to_string(options.batch) + " is larger than the " +
                  std::to_string(data.train->size()) + " training crops");
    batches_ = static_cast<int64_t>(data.train->size()) / options.batch;
    now_.steps_per_epoch = options.epoch_steps > 0 ? options.epoch_steps : batches_;
    now_.steps = now_.steps_per_epoch * options.epochs;
    set_bits(plan);
    student_.set_precision(precision_);
    masks_.emplace(student_, plan, options, measure_statistics());
    std::vector<Parameter> parameters = parameters_of(student_);
    for (Parameter& parameter : masks_->parameters())
      parameters.push_back(std::move(parameter));
    if (data.labels != nullptr) {
      add_labels();
      for (Parameter& parameter : labels_->parameters(options.label_rate))
        parameters.push_back(std::move(parameter));
    }
    optimizer_.emplace(std::move(parameters), options);
    for (const Parameter& parameter : optimizer_->parameters())
      best_.push_back(parameter.value.detach().clone());
    for (const Layer& layer : student_.layers())
      best_masks_.push_back(layer.mask.defined() ? layer.mask.clone() : Tensor());
  }

  TrainingResult run(const std::function<void(const StepReport&)>& on_step,
                     const std::function<void(const Judgement&)>& on_judgement) {
    if (std::filesystem::exists(files_.checkpoint)) {
      load();
    } else if (data_.dev != nullptr) {
      judgements_.push_back(judge());
      on_judgement(judgements_.back());
      keep_best();  // training may only make it better
    }
    const int64_t every =
        std::max<int64_t>(1, now_.steps_per_epoch / std::max(1, options_.evaluations_per_epoch));
    const int64_t first = now_.step;
    const auto start = Clock::now();
    auto saved = start;
    while (now_.step < now_.steps && !stopped_) {
      const auto began = Clock::now();
      StepReport report = advance();
      step_seconds_.push_back(seconds_since(began));
      report.seconds_left = seconds_since(start) / static_cast<double>(now_.step - first) *
                            static_cast<double>(now_.steps - now_.step);
      on_step(report);
      if (data_.dev != nullptr && (now_.step % every == 0 || now_.step == now_.steps)) {
        judgements_.push_back(judge());
        on_judgement(judgements_.back());
        keep_best();
      }
      if (!files_.checkpoint.empty() && seconds_since(saved) >= options_.checkpoint_seconds) {
        save();
        saved = Clock::now();
      }
    }
    if (!files_.checkpoint.empty())
      save();
    return result();
  }

 private:
  /// Integer layers get the bits that the plan names; layers that stayed float32 stay so.
  void set_bits(const CompressionPlan& plan) {
    for (std::size_t i = 0; i < student_.layers().size(); ++i) {
      Layer& layer = student_.layers()[i];
      if (layer.bits == 0)
        continue;
      const int stored = layer.bits;
      if (i < plan.layer_bits.size()) {
        layer.bits = plan.layer_bits[i];
      } else if (plan.quantization &&
                 nncf::in_scope(plan.quantization->weights.scopes, layer.operator_name)) {
        layer.bits = std::min(layer.bits, plan.quantization->weights.bits);
      }
      if (layer.bits != stored)
        layer.scale = Tensor();  // other integers are worth something else
    }
  }

  void add_labels() {
    const std::size_t one[] = {0};
    torch::NoGradGuard no_grad;
    const Tensor output = distillation_.values(student_, batch_of(*data_.train, one)).front();
    labels_.emplace(*data_.labels, output.size(-1));
    labels_->usable(*data_.train);
  }

  Tensor batch_of(const Crops& crops, std::span<const std::size_t> indices) const {
    std::vector<int64_t> shape = crops.shape();
    shape[0] *= static_cast<int64_t>(indices.size());
    Tensor batch = torch::empty(shape);
    auto* to = batch.data_ptr<float>();
    for (const std::size_t index : indices) {
      const auto crop = crops.crop(index);
      to = std::copy(crop.begin(), crop.end(), to);
    }
    return batch;
  }

  /// One crop at a time: matrix products of another size may round differently, and what is kept
  /// must not depend on the batch that asked first.
  const Targets& targets_of(std::size_t index) {
    if (cache_[index].empty()) {
      const std::size_t one[] = {index};
      cache_[index] = distillation_.targets(reference_, batch_of(*data_.train, one));
    }
    return cache_[index];
  }

  Targets targets_of(std::span<const std::size_t> indices) {
    std::vector<Targets> all;
    for (const std::size_t index : indices) {
      all.push_back(targets_of(index));
      if (options_.layer_weight > 0)
        cache_[index].clear();  // inner values would fill the memory
    }
    Targets joined;
    for (std::size_t k = 0; k < all[0].size(); ++k) {
      std::vector<Tensor> parts;
      for (const Targets& targets : all)
        parts.push_back(targets[k]);
      joined.push_back(torch::cat(parts));
    }
    return joined;
  }

  InputPower measure_statistics() {
    std::vector<std::size_t> indices;
    const std::size_t count = std::min<std::size_t>(16, data_.train->size());
    for (std::size_t i = 0; i < count; ++i)
      indices.push_back(i * data_.train->size() / count);
    distillation_.measure_codes(targets_of(indices));
    return measure_input_power(student_, batch_of(*data_.train, indices));
  }

  /// Gradients at the current weights; returns the loss.
  double differentiate(std::span<const std::size_t> indices, double scale) {
    const Targets targets = targets_of(indices);
    const std::vector<Tensor> values =
        distillation_.values(student_, batch_of(*data_.train, indices));
    Tensor loss = distillation_.loss(values, targets);
    if (labels_) {
      const Tensor named = labels_->loss(values.front(), *data_.train, indices);
      if (named.defined())
        loss = loss + options_.label_weight * named;
    }
    const double value = loss.item<double>();
    if (const Tensor compression = masks_->loss(now_); compression.defined())
      loss = loss + compression;
    if (loss.requires_grad())  // a batch without a label teaches nothing where labels are all
      (loss * scale).backward();
    return value;
  }

  std::span<const std::size_t> next_batch() {
    const int64_t pass = now_.step / batches_;
    if (order_.empty() || pass != order_pass_) {
      order_ = shuffled(data_.train->size(), options_.seed, static_cast<uint64_t>(pass));
      order_pass_ = pass;
    }
    const auto batch = static_cast<std::size_t>(options_.batch);
    return {&order_[static_cast<std::size_t>(now_.step % batches_) * batch], batch};
  }

  StepReport advance() {
    masks_->before_step(now_);
    StepReport report;
    report.epoch = now_.epoch();
    report.learning_rate = learning_rate_at(options_, now_.step, now_.steps);
    const double scale = precision_.scales_loss() ? scaler_.scale() : 1;
    report.loss = differentiate(next_batch(), scale);
    if (precision_.scales_loss()) {
      if (scaler_.update(std::isfinite(optimizer_->gradient_norm(1 / scale)))) {
        optimizer_->step(report.learning_rate, 1 / scale);
      } else {
        optimizer_->clear_gradients();
      }
    } else {
      optimizer_->step(report.learning_rate);
    }
    if (precision_.rounds_masters())
      round_masters();
    ++now_.step;
    report.step = now_.step;
    report.steps = now_.steps;
    report.sparsity = sparsity_of(student_);
    // With a scaled loss an overflow is expected now and then: the step was skipped.
    if (!precision_.scales_loss() && !std::isfinite(report.loss))
      throw Error("the loss is not finite after step " + std::to_string(now_.step) +
                  "; a smaller --learning-rate may help");
    curve_.push_back({report.loss, report.learning_rate, report.sparsity});
    return report;
  }

  void round_masters() {
    torch::NoGradGuard no_grad;
    for (const Parameter& parameter : optimizer_->parameters()) {
      Tensor value = parameter.value;
      value.copy_(precision_.round(value));
    }
  }

  Judgement judge() {
    masks_->settle(now_);
    torch::NoGradGuard no_grad;
    Agreement agreement;
    LabelCount labels;
    for (std::size_t i = 0; i < data_.dev->size(); ++i) {
      const std::size_t one[] = {i};
      const Tensor inputs = batch_of(*data_.dev, one);
      if (i == dev_targets_.size())
        dev_targets_.push_back(distillation_.targets(reference_, inputs));
      const std::vector<Tensor> values = distillation_.values(student_, inputs);
      distillation_.judge(values, dev_targets_[i], agreement);
      if (labels_)
        labels_->judge(values.front(), *data_.dev, one, labels);
    }
    Judgement judgement = {
        now_.step, agreement.cosine(), agreement.sqnr_db(), agreement.code_agreement(), {}};
    if (labels.all > 0)
      judgement.label_accuracy = labels.accuracy();
    return judgement;
  }

  /// Only weights under the final masks can be the result: the start too, if it has them.
  void keep_best() {
    if (!masks_->complete(now_))
      return;
    const Judgement& latest = judgements_.back();
    if (best_step_ < 0 || merit(latest, options_) > best_merit_) {
      best_merit_ = merit(latest, options_);
      best_step_ = now_.step;
      torch::NoGradGuard no_grad;
      for (std::size_t i = 0; i < best_.size(); ++i)
        best_[i].copy_(optimizer_->parameters()[i].value);
      for (std::size_t i = 0; i < best_masks_.size(); ++i) {
        const Tensor& mask = student_.layers()[i].mask;
        best_masks_[i] = mask.defined() ? mask.detach().clone() : Tensor();
      }
      since_best_ = 0;
    } else {
      ++since_best_;
    }
    stopped_ = options_.patience > 0 && since_best_ >= options_.patience;
  }

  /// All that decides how training goes on, but for the arguments. Random choices are functions of
  /// the seed and the step.
  void save() {
    Checkpoint checkpoint;
    for (std::size_t i = 0; i < best_.size(); ++i) {
      const Parameter& parameter = optimizer_->parameters()[i];
      checkpoint.tensors[parameter.name] = parameter.value;
      checkpoint.tensors[parameter.name + ".best"] = best_[i];
    }
    for (const auto& [name, tensor] : optimizer_->state())
      checkpoint.tensors[name] = tensor;
    for (std::size_t i = 0; i < student_.layers().size(); ++i) {
      if (student_.layers()[i].mask.defined())
        checkpoint.tensors[mask_name(i)] = student_.layers()[i].mask;
      if (best_masks_[i].defined())
        checkpoint.tensors[mask_name(i) + ".best"] = best_masks_[i];
    }
    const LossScaler::State& scaler = scaler_.state();
    checkpoint.state = {{"step", now_.step},
                        {"settings", settings()},
                        {"optimizer_steps", optimizer_->steps()},
                        {"best_step", best_step_},
                        {"best_merit", best_merit_},
                        {"since_best", since_best_},
                        {"stopped", stopped_},
                        {"loss_scale", scaler.scale},
                        {"loss_scale_good_steps", scaler.good_steps},
                        {"loss_scale_skipped", scaler.skipped},
                        {"curve", curve_}};
    for (const Judgement& judgement : judgements_)
      checkpoint.state["judgements"].push_back(to_json(judgement));
    write_checkpoint(files_.checkpoint, checkpoint);
  }

  /// What has to be equal for a run to go on where another stopped.
  nlohmann::json settings() const {
    return {
        {"steps", now_.steps},
        {"steps_per_epoch", now_.steps_per_epoch},
        {"crops", data_.train->size()},
        {"batch", options_.batch},
        {"optimizer", static_cast<int>(options_.optimizer)},
        {"learning_rate", options_.learning_rate},
        {"weight_decay", options_.weight_decay},
        {"loss", {options_.output_weight, options_.code_weight, options_.layer_weight}},
        {"labels", data_.labels != nullptr ? data_.labels->classes : std::vector<std::string>()},
        {"label_loss", {options_.label_weight, options_.label_rate}},
        {"sparsity", {options_.sparsity, options_.sparsity_ramp}},
        {"sparsity_block", options_.sparsity_block},
        {"amp", static_cast<int>(options_.amp)},
        {"amp_half", options_.amp_half},
        {"threads", options_.threads},
        {"seed", options_.seed}};
  }

  static std::string mask_name(std::size_t layer) {
    return "layer." + std::to_string(layer) + ".mask";
  }

  static void restore_mask(const Checkpoint& checkpoint, const std::string& name,
                           const Layer& layer, Tensor& mask) {
    if (!checkpoint.tensors.contains(name))
      return;
    mask = torch::ones_like(layer.weight).detach();
    restore(checkpoint, name, mask);
  }

  void load() {
    const Checkpoint checkpoint = read_checkpoint(files_.checkpoint);
    const auto& state = checkpoint.state;
    if (const nlohmann::json own = settings(); state.at("settings") != own)
      throw Error(files_.checkpoint.string() + ": was written by a run with other settings (" +
                  state.at("settings").dump() + ", this one has " + own.dump() +
                  "); remove it to start anew");
    for (std::size_t i = 0; i < best_.size(); ++i) {
      const Parameter& parameter = optimizer_->parameters()[i];
      restore(checkpoint, parameter.name, parameter.value);
      restore(checkpoint, parameter.name + ".best", best_[i]);
    }
    for (const auto& [name, tensor] : optimizer_->state())
      restore(checkpoint, name, tensor);
    for (std::size_t i = 0; i < student_.layers().size(); ++i) {
      Layer& layer = student_.layers()[i];
      restore_mask(checkpoint, mask_name(i), layer, layer.mask);
      restore_mask(checkpoint, mask_name(i) + ".best", layer, best_masks_[i]);
    }
    now_.step = state.at("step");
    optimizer_->set_steps(state.at("optimizer_steps"));
    best_step_ = state.at("best_step");
    best_merit_ = state.at("best_merit");
    since_best_ = state.at("since_best");
    stopped_ = state.at("stopped");
    scaler_.restore({state.at("loss_scale"), state.at("loss_scale_good_steps"),
                     state.at("loss_scale_skipped")});
    curve_ = state.at("curve").get<std::vector<std::array<double, 3>>>();
    for (const auto& judgement : state.value("judgements", nlohmann::json::array()))
      judgements_.push_back(judgement_from(judgement));
  }

  TrainingResult result() {
    masks_->settle(now_);
    if (best_step_ >= 0) {
      torch::NoGradGuard no_grad;
      for (std::size_t i = 0; i < best_.size(); ++i) {
        Tensor value = optimizer_->parameters()[i].value;
        value.copy_(best_[i]);
      }
      for (std::size_t i = 0; i < best_masks_.size(); ++i)
        student_.layers()[i].mask = best_masks_[i];
    }
    TrainingResult result;
    result.model = student_.model();
    write_layers(student_, result.model);
    result.judgements = judgements_;
    result.stopped_early = stopped_;
    for (const auto& [loss, rate, sparsity] : curve_) {
      result.log["loss"].push_back(loss);
      result.log["learning_rate"].push_back(rate);
      result.log["sparsity"].push_back(sparsity);
    }
    for (const Judgement& judgement : judgements_)
      result.log["dev"].push_back(nlohmann::ordered_json(to_json(judgement)));
    result.best_step = best_step_;
    if (best_step_ >= 0)
      result.log["best_step"] = best_step_;
    if (!step_seconds_.empty()) {
      const auto middle =
          step_seconds_.begin() + static_cast<std::ptrdiff_t>(step_seconds_.size() / 2);
      std::nth_element(step_seconds_.begin(), middle, step_seconds_.end());
      result.log["median_step_seconds"] = *middle;
    }
    for (const Layer& layer : student_.layers()) {
      const int64_t weights = layer.weight.numel();
      const int64_t kept =
          layer.mask.defined() ? layer.mask.count_nonzero().item<int64_t>() : weights;
      result.log["layers"].push_back(
          {{"layer", layer.operator_name},
           {"weights", weights},
           {"zeros", 1 - static_cast<double>(kept) / static_cast<double>(weights)},
           {"bits", layer.bits > 0 ? layer.bits : 32}});
    }
    return result;
  }

  Network reference_;
  Network student_;
  TrainingData data_;
  FinetuneOptions options_;
  TrainingFiles files_;
  MixedPrecision precision_;
  LossScaler scaler_;
  Distillation distillation_;
  std::optional<MaskSchedule> masks_;
  std::optional<LabelHead> labels_;
  std::optional<Optimizer> optimizer_;
  std::vector<Targets> cache_;        ///< of the reference, by training crop
  std::vector<Targets> dev_targets_;  ///< and by crop of dev
  std::vector<Tensor> best_;          ///< parameters of the best judgement
  std::vector<Tensor> best_masks_;    ///< and masks, by layer
  std::vector<std::size_t> order_;
  int64_t order_pass_ = -1;
  int64_t batches_ = 0;  ///< in one pass over the crops
  Moment now_;
  int64_t best_step_ = -1;
  double best_merit_ = 0;
  int since_best_ = 0;
  bool stopped_ = false;
  std::vector<std::array<double, 3>> curve_;  ///< loss, learning rate, sparsity
  std::vector<Judgement> judgements_;
  std::vector<double> step_seconds_;  ///< of this process
};

}  // namespace

TrainingResult finetune(const format::fb::ModelT& reference, const format::fb::ModelT& student,
                        const TrainingData& data, const CompressionPlan& plan,
                        const FinetuneOptions& options, const TrainingFiles& files,
                        const std::function<void(const StepReport&)>& on_step,
                        const std::function<void(const Judgement&)>& on_judgement) {
  torch::set_num_threads(options.threads);
  try {
    return Trainer(reference, student, data, plan, options, files).run(on_step, on_judgement);
  } catch (const c10::Error& error) {
    throw Error(std::string("torch: ") + error.what_without_backtrace());
  }
}

}  // namespace edgy::converter::finetune
