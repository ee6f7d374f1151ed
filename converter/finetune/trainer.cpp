#include "converter/finetune/trainer.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "converter/error.h"
#include "converter/finetune/best_weights.h"
#include "converter/finetune/checkpoint.h"
#include "converter/finetune/loss_scaler.h"
#include "converter/finetune/masks/mask_schedule.h"
#include "converter/finetune/network/distillation.h"
#include "converter/finetune/network/network.h"
#include "converter/finetune/network/optimizer.h"
#include "converter/finetune/network/stored_weights.h"
#include "converter/finetune/pace.h"
#include "converter/finetune/samples/batches.h"
#include "converter/finetune/training_log.h"
#include "converter/nncf/algorithms/bits.h"

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
        order_(data.train->size(), options.batch, options.seed),
        targets_(distillation_, reference_, *data.train, options.layer_weight <= 0) {
    now_.steps_per_epoch =
        options.epoch_steps > 0 ? options.epoch_steps : order_.batches_per_pass();
    now_.steps = now_.steps_per_epoch * options.epochs;
    pace_.emplace(options, now_.steps, now_.steps_per_epoch);
    set_bits(plan);
    student_.set_precision(precision_);
    masks_.emplace(student_, plan, options, measure_statistics(), data.repair, converted_zeros());
    last_stage_ = masks_->last_stage(now_.steps, now_.steps_per_epoch);
    std::vector<Parameter> parameters = parameters_of(student_);
    for (Parameter& parameter : masks_->parameters())
      parameters.push_back(std::move(parameter));
    if (data.labels != nullptr) {
      add_labels();
      for (Parameter& parameter : labels_->parameters(options.label_rate))
        parameters.push_back(std::move(parameter));
    }
    optimizer_.emplace(std::move(parameters), options);
    best_.emplace(optimizer_->parameters(), student_);
  }

  TrainingResult run(const std::function<void(const StepReport&)>& on_step,
                     const std::function<void(const Judgement&)>& on_judgement) {
    if (std::filesystem::exists(files_.checkpoint)) {
      load();
    } else {
      begin(on_judgement);
    }
    const int64_t every =
        std::max<int64_t>(1, now_.steps_per_epoch / std::max(1, options_.evaluations_per_epoch));
    const int64_t first = now_.step;
    const auto start = Clock::now();
    auto saved = start;
    while (now_.step < now_.steps && !stopped_ && !pace_->over()) {
      const auto began = Clock::now();
      if (!pace_->in_last_stage() && pace_->half_over())
        last_stage_ = std::min(last_stage_, now_.step);
      if (!pace_->in_last_stage() && now_.step >= last_stage_)
        enter_last_stage(on_judgement);
      StepReport report = advance();
      log_.add_step_seconds(seconds_since(began));
      report.seconds_left = seconds_since(start) / static_cast<double>(now_.step - first) *
                            static_cast<double>(now_.steps - now_.step);
      on_step(report);
      if (data_.dev != nullptr && (now_.step % every == 0 || now_.step == now_.steps)) {
        on_judgement(judge("training"));
        follow_judgement();
      }
      pace_->add_seconds(seconds_since(began));
      if (!files_.checkpoint.empty() && seconds_since(saved) >= options_.checkpoint_seconds) {
        save();
        saved = Clock::now();
      }
    }
    if (!pace_->in_last_stage() && now_.step > 0 && now_.step >= last_stage_)
      enter_last_stage(on_judgement);  // the last step brought the last level
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
      } else if (plan.quantization) {
        layer.bits =
            std::min(layer.bits, nncf::weight_bits(*plan.quantization, layer.operator_name));
      }
      if (layer.bits != stored) {
        layer.scale = Tensor();  // other integers are worth something else
        bits_changed_ = true;
      }
    }
  }

  /// Share of zeros of each layer in the conversion; empty where there is none.
  std::vector<double> converted_zeros() const {
    std::vector<double> zeros;
    if (data_.conversion == nullptr)
      return zeros;
    const Network converted(*data_.conversion);
    for (const Layer& layer : converted.layers())
      zeros.push_back(1 - block_mask(layer.weight, options_.sparsity_block).mean().item<double>());
    return zeros;
  }

  /// Judges what there is before training, and keeps what has the zeros and bits asked for.
  void begin(const std::function<void(const Judgement&)>& on_judgement) {
    if (!masks_->chooses())
      pace_->enter_last_stage(0);
    if (data_.dev == nullptr)
      return;
    on_judgement(judge("start"));
    if (data_.conversion != nullptr)
      on_judgement(judge_conversion());
    if (bits_changed_ && data_.repair != nullptr) {
      data_.repair->fit(student_, options_.sparsity_block, RepairEffort::kThorough);
      on_judgement(judge("fitted"));
      best_->put_back(optimizer_->parameters(), student_);
    }
  }

  /// Judges the conversion. It is the floor where it has the bits that are asked for.
  const Judgement& judge_conversion() {
    BestWeights before(optimizer_->parameters(), student_);
    before.consider(0, now_.step, optimizer_->parameters(), student_);
    std::vector<int> bits;
    for (const Layer& layer : student_.layers())
      bits.push_back(layer.bits);
    adopt(*data_.conversion);
    bool as_asked = true;
    for (std::size_t i = 0; i < bits.size(); ++i)
      as_asked = as_asked && student_.layers()[i].bits <= bits[i];
    log_.set_conversion(measure("conversion"));
    // Where nothing is left to schedule and to round, training has started from it already.
    if (as_asked && best_->step() < 0) {
      best_->consider(merit(*log_.conversion(), options_), now_.step, optimizer_->parameters(),
                      student_);
      best_judgement_ = *log_.conversion();
    }
    for (std::size_t i = 0; i < bits.size(); ++i)
      student_.layers()[i].bits = bits[i];
    before.put_back(optimizer_->parameters(), student_);
    return *log_.conversion();
  }

  /// Weights, masks, scales and bits of a model with the same layers.
  void adopt(const format::fb::ModelT& model) {
    torch::NoGradGuard no_grad;
    const Network other(model);
    if (other.layers().size() != student_.layers().size())
      throw Error("the conversion has other layers than the model that trains");
    for (std::size_t i = 0; i < other.layers().size(); ++i) {
      const Layer& from = other.layers()[i];
      Layer& to = student_.layers()[i];
      to.weight.copy_(from.weight);
      if (to.bias.defined() && from.bias.defined())
        to.bias.copy_(from.bias);
      to.scale = from.scale;
      to.bits = from.bits;
      if (masks_->chooses())
        to.mask = block_mask(from.weight, options_.sparsity_block);
    }
  }

  /// The final masks, from whatever is best under them.
  void enter_last_stage(const std::function<void(const Judgement&)>& on_judgement) {
    masks_->finish();
    pace_->enter_last_stage(now_.step);
    if (data_.dev != nullptr) {
      on_judgement(judge("final masks"));
      return_to_best();
    } else {
      if (data_.conversion != nullptr)
        adopt(*data_.conversion);
      optimizer_->forget();
    }
  }

  void return_to_best() {
    best_->put_back(optimizer_->parameters(), student_);
    best_->forgive();
    optimizer_->forget();
  }

  void follow_judgement() {
    switch (pace_->after(best_->judgements_since())) {
      case Pace::Verdict::kGoOn:
        break;
      case Pace::Verdict::kReturnToBest:
        return_to_best();
        break;
      case Pace::Verdict::kStop:
        stopped_ = true;
        break;
    }
  }

  void add_labels() {
    const std::size_t one[] = {0};
    torch::NoGradGuard no_grad;
    const Tensor output = distillation_.values(student_, stack(*data_.train, one)).front();
    labels_.emplace(*data_.labels, output.size(-1));
    labels_->usable(*data_.train);
  }

  InputPower measure_statistics() {
    std::vector<std::size_t> indices;
    const std::size_t count = std::min<std::size_t>(16, data_.train->size());
    for (std::size_t i = 0; i < count; ++i)
      indices.push_back(i * data_.train->size() / count);
    distillation_.measure_codes(targets_.of(indices));
    return measure_input_power(student_, stack(*data_.train, indices));
  }

  /// Gradients at the current weights; returns the loss.
  double differentiate(std::span<const std::size_t> indices, double scale) {
    const Targets targets = targets_.of(indices);
    const std::vector<Tensor> values = distillation_.values(student_, stack(*data_.train, indices));
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

  StepReport advance() {
    if (masks_->before_step(now_)) {
      optimizer_->forget();
      pace_->restart(now_.step);
    }
    StepReport report;
    report.epoch = now_.epoch();
    report.learning_rate = pace_->rate(now_.step);
    const double scale = precision_.scales_loss() ? scaler_.scale() : 1;
    report.loss = differentiate(order_.batch_of(now_.step), scale);
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
    log_.add_step(report.loss, report.learning_rate, report.sparsity);
    return report;
  }

  void round_masters() {
    torch::NoGradGuard no_grad;
    for (const Parameter& parameter : optimizer_->parameters()) {
      Tensor value = parameter.value;
      value.copy_(precision_.round(value));
    }
  }

  /// Measures the student on dev and keeps its weights if they are the best so far.
  const Judgement& judge(const char* state) {
    masks_->settle(now_);
    log_.add(measure(state));
    const Judgement& latest = log_.judgements().back();
    if (pace_->in_last_stage()) {  // only weights under the final masks can be the result
      best_->consider(merit(latest, options_), now_.step, optimizer_->parameters(), student_);
      if (best_->judgements_since() == 0)
        best_judgement_ = latest;
    }
    return latest;
  }

  Judgement measure(const char* state) {
    torch::NoGradGuard no_grad;
    Agreement agreement;
    LabelCount labels;
    for (std::size_t i = 0; i < data_.dev->size(); ++i) {
      const std::size_t one[] = {i};
      const Tensor inputs = stack(*data_.dev, one);
      if (i == dev_targets_.size())
        dev_targets_.push_back(distillation_.targets(reference_, inputs));
      const std::vector<Tensor> values = distillation_.values(student_, inputs);
      distillation_.judge(values, dev_targets_[i], agreement);
      if (labels_)
        labels_->judge(values.front(), *data_.dev, one, labels);
    }
    Judgement judgement = {
        state, now_.step, agreement.cosine(), agreement.sqnr_db(), agreement.code_agreement(),
        0,     {}};
    judgement.zeros = sparsity_of(student_);
    if (labels.all > 0)
      judgement.label_accuracy = labels.accuracy();
    return judgement;
  }

  /// All that decides how training goes on, but for the arguments. Random choices are functions of
  /// the seed and the step.
  void save() {
    Checkpoint checkpoint;
    for (const Parameter& parameter : optimizer_->parameters())
      checkpoint.tensors[parameter.name] = parameter.value;
    for (const auto& [name, tensor] : optimizer_->state())
      checkpoint.tensors[name] = tensor;
    for (std::size_t i = 0; i < student_.layers().size(); ++i) {
      if (student_.layers()[i].mask.defined())
        checkpoint.tensors[mask_name(i)] = student_.layers()[i].mask;
      if (student_.layers()[i].scale.defined())
        checkpoint.tensors[scale_name(i)] = student_.layers()[i].scale;
    }
    const LossScaler::State& scaler = scaler_.state();
    checkpoint.state = {{"step", now_.step},
                        {"settings", settings()},
                        {"optimizer_steps", optimizer_->steps()},
                        {"stopped", stopped_},
                        {"last_stage", last_stage_},
                        {"pace", pace_->to_json()},
                        {"loss_scale", scaler.scale},
                        {"loss_scale_good_steps", scaler.good_steps},
                        {"loss_scale_skipped", scaler.skipped}};
    if (best_judgement_)
      checkpoint.state["best"] = finetune::to_json(*best_judgement_);
    best_->save(checkpoint, optimizer_->parameters());
    log_.save(checkpoint);
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
        {"final_level", masks_->final_level()},
        {"conversion", data_.conversion != nullptr},
        {"repair", data_.repair != nullptr},
        {"patience", {options_.patience, options_.rate_cuts}},
        {"amp", static_cast<int>(options_.amp)},
        {"amp_half", options_.amp_half},
        {"threads", options_.threads},
        {"seed", options_.seed}};
  }

  void load() {
    const Checkpoint checkpoint = read_checkpoint(files_.checkpoint);
    const auto& state = checkpoint.state;
    if (const nlohmann::json own = settings(); state.at("settings") != own)
      throw Error(files_.checkpoint.string() + ": was written by a run with other settings (" +
                  state.at("settings").dump() + ", this one has " + own.dump() +
                  "); remove it to start anew");
    for (const Parameter& parameter : optimizer_->parameters())
      restore(checkpoint, parameter.name, parameter.value);
    for (const auto& [name, tensor] : optimizer_->state())
      restore(checkpoint, name, tensor);
    for (std::size_t i = 0; i < student_.layers().size(); ++i) {
      Layer& layer = student_.layers()[i];
      restore_mask(checkpoint, mask_name(i), layer, layer.mask);
      restore_scale(checkpoint, scale_name(i), layer, layer.scale);
    }
    now_.step = state.at("step");
    optimizer_->set_steps(state.at("optimizer_steps"));
    stopped_ = state.at("stopped");
    last_stage_ = state.at("last_stage");
    pace_->restore_from(state.at("pace"));
    if (pace_->in_last_stage())
      masks_->freeze();
    if (state.contains("best"))
      best_judgement_ = judgement_from(state.at("best"));
    scaler_.restore({state.at("loss_scale"), state.at("loss_scale_good_steps"),
                     state.at("loss_scale_skipped")});
    best_->restore_from(checkpoint, optimizer_->parameters(), student_);
    log_.restore_from(checkpoint);
  }

  TrainingResult result() {
    masks_->settle(now_);
    if (!pace_->in_last_stage() && data_.dev == nullptr && data_.conversion != nullptr)
      adopt(*data_.conversion);  // training did not get as far as the zeros asked for
    best_->put_back(optimizer_->parameters(), student_);
    TrainingResult result;
    result.model = student_.model();
    write_layers(student_, result.model);
    result.judgements = log_.judgements();
    result.stopped_early = stopped_;
    result.best_step = best_->step();
    result.conversion = log_.conversion();
    result.best = best_judgement_;
    result.is_conversion =
        best_judgement_ &&
        (best_judgement_->state == "conversion" ||
         (best_judgement_->state == "start" && data_.conversion != nullptr && !bits_changed_));
    result.reached_last_stage = pace_->in_last_stage();
    result.asked_zeros = masks_->final_level();
    result.log = log_.to_json(student_);
    if (result.best_step >= 0)
      result.log["best_step"] = result.best_step;
    if (best_judgement_)
      result.log["best"] = nlohmann::ordered_json(finetune::to_json(*best_judgement_));
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
  BatchOrder order_;
  TargetCache targets_;
  std::vector<Targets> dev_targets_;  ///< by crop of dev
  std::optional<BestWeights> best_;
  std::optional<Judgement> best_judgement_;
  TrainingLog log_;
  Moment now_;
  std::optional<Pace> pace_;
  int64_t last_stage_ = 0;  ///< first step under the final masks
  bool bits_changed_ = false;
  bool stopped_ = false;
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
