#include "converter/private_encoder/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <numbers>
#include <set>

#include "converter/compress/merge_codes.h"
#include "converter/error.h"
#include "converter/finetune/checkpoint.h"
#include "converter/private_encoder/network/losses.h"

namespace edgy::converter::private_encoder {

using torch::Tensor;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLeastRate = 0.01;  // of the learning rate, at the end of the cosine
constexpr int kQuarters = 4;

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

finetune::FinetuneOptions optimizer_options(const OptimizerOptions& options) {
  finetune::FinetuneOptions result;
  result.weight_decay = options.weight_decay;
  result.gradient_clip = options.gradient_clip;
  return result;
}

/// Means of named values since they were last asked for.
class Means {
 public:
  void add(const std::string& name, double value) {
    sums_[name].first += value;
    sums_[name].second += 1;
  }
  std::map<std::string, double> take() {
    std::map<std::string, double> means;
    for (const auto& [name, sum] : sums_)
      means[name] = sum.first / sum.second;
    sums_.clear();
    return means;
  }

 private:
  std::map<std::string, std::pair<double, int>> sums_;
};

Tensor mel_of(const Speech& speech) {
  return torch::tensor(speech.mel).reshape({1, kMels, speech.frames});
}

class Trainer {
 public:
  Trainer(const Speeches& speeches, const Options& options, const TrainingRun& run,
          const std::function<void(const StepReport&)>& report)
      : speeches_(speeches),
        options_(options),
        run_(run),
        report_(report),
        encoder_(options.encoder, code_count(), options.seed) {
    for (std::size_t i = 0; i < speeches_.phones.size(); ++i)
      code_of_phone_.push_back(static_cast<int64_t>(i));
    for (const Corpus& corpus : speeches_.corpora) {
      std::set<int64_t> voices;
      for (const Speech& speech : corpus.recordings) {
        if (speech.voice != kUnknown)
          voices.insert(speech.voice);
      }
      voices_.emplace_back(voices.begin(), voices.end());
    }
  }

  Training train() {
    resume();
    while (stage_ <= 2) {
      prepare_stage();
      while (step_ < losses().steps) {
        take_step();
        save_now_and_then();
      }
      (stage_ == 1 ? first_ : second_) = judge();
      if (stage_ == 1)
        merge();
      ++stage_;
      step_ = 0;
      head_.reset();
      adversary_.reset();
      optimizer_.reset();
    }
    nlohmann::json log = {{"steps", log_}, {"notes", speeches_.notes}};
    return {std::move(encoder_), first_, second_, std::move(log)};
  }

 private:
  int64_t code_count() const {
    return speeches_.phones.empty() ? options_.encoder.codes
                                    : static_cast<int64_t>(speeches_.phones.size());
  }
  const StageOptions& losses() const { return stage_ == 1 ? options_.first : stage_two(); }
  const StageOptions& stage_two() const {
    static const StageOptions kNone;
    return options_.merge.classes > 0 ? options_.second : kNone;
  }

  /// Optimizers and heads of a stage begin anew, unless a checkpoint has them.
  void prepare_stage() {
    const uint64_t seed = options_.seed + static_cast<uint64_t>(stage_) * 1000003;
    head_ = std::make_unique<LabelHead>(encoder_.class_count(),
                                        static_cast<int64_t>(speeches_.labels.size()), seed);
    adversary_ = std::make_unique<Adversary>(encoder_.class_count(),
                                             static_cast<int64_t>(speeches_.voices.size()),
                                             options_.optimizer, seed);
    std::vector<finetune::Parameter> parameters = encoder_.parameters();
    for (finetune::Parameter& parameter : head_->parameters())
      parameters.push_back(parameter);
    optimizer_ = std::make_unique<finetune::Optimizer>(std::move(parameters),
                                                       optimizer_options(options_.optimizer));
    if (restored_) {
      for (auto& [name, tensor] : tensors())
        finetune::restore(*restored_, name, tensor);
      optimizer_->set_steps(restored_->state.at("optimizer_steps").get<int64_t>());
      adversary_->optimizer().set_steps(restored_->state.at("adversary_steps").get<int64_t>());
      restored_.reset();
    }
  }

  double learning_rate(double done) const {
    const double warm = std::min(1.0, (step_ + 1.0) / std::max(1, options_.optimizer.warmup));
    const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * done));
    return options_.optimizer.learning_rate * warm * (cosine + kLeastRate);
  }

  void take_step() {
    Random random(options_.seed * 2 + static_cast<uint64_t>(stage_ - 1),
                  static_cast<uint64_t>(step_) + 16);
    const double done = static_cast<double>(step_) / losses().steps;
    for (std::size_t i = 0; i < speeches_.corpora.size(); ++i) {
      const Batch batch = draw_batch(speeches_.corpora[i], options_, random);
      const Tensor loss = loss_of(batch, voices_[i], done);
      if (!std::isfinite(loss.item<double>())) {
        throw Error("the loss is no finite number at step " + std::to_string(step_ + 1) +
                    " of stage " + std::to_string(stage_) +
                    "; try a lower optimizer.learning_rate");
      }
      loss.backward();
    }
    optimizer_->step(learning_rate(done));
    ++step_;
    if (step_ % run_.report_steps == 0 || step_ == losses().steps) {
      StepReport report{stage_, step_, losses().steps, means_.take(),
                        processor_seconds() - started_};
      log_.push_back({{"stage", stage_}, {"step", step_}, {"losses", report.losses}});
      report_(report);
    }
  }

  void add(Tensor& sum, const char* name, double weight, const Tensor& loss) {
    if (!loss.defined())
      return;
    means_.add(name, loss.item<double>());
    sum = sum + weight * loss;
  }

  Tensor loss_of(const Batch& batch, const std::vector<int64_t>& voices, double done) {
    const StageOptions& weights = losses();
    const Assignment assignment = encoder_.assign(batch.mel, true);
    Tensor sum = assignment.vectors.sum() * 0;
    if (weights.phone > 0)
      add(sum, "phone", weights.phone, phone_loss(assignment, batch.phones, code_of_phone_));
    if (weights.commitment > 0) {
      add(sum, "commitment", weights.commitment, commitment_loss(assignment, encoder_.codebook()));
    }
    if (weights.label > 0)
      add(sum, "label", weights.label, head_->loss(assignment, batch.labels));
    // What hides comes in when there is something to hide.
    if (weights.count_matching > 0) {
      add(sum, "count_matching", weights.count_matching * std::min(1.0, 3 * done),
          count_loss(assignment, batch.phones, class_of_phone(), batch.speakers));
    }
    if (weights.adversary > 0) {
      double own = 0;
      const Tensor loss = adversary_->loss(assignment, batch.voices, voices, own);
      add(sum, "adversary", weights.adversary * std::clamp(4 * done - 0.2, 0.0, 1.0), loss);
      if (loss.defined())
        means_.add("adversary_own", own);
    }
    return sum;
  }

  std::vector<int64_t> class_of_phone() const {
    std::vector<int64_t> map;
    for (const int64_t code : code_of_phone_)
      map.push_back(encoder_.classes()[static_cast<std::size_t>(code)]);
    return map;
  }

  template <typename Use>
  void assign_each(const std::vector<Speech>& speeches, Use use) {
    torch::NoGradGuard no_grad;
    for (const Speech& speech : speeches)
      use(speech, encoder_.assign(mel_of(speech), false));
  }

  DevReport judge() {
    double frames = 0, right_frames = 0, labelled = 0, right_labels = 0;
    assign_each(speeches_.dev, [&](const Speech& speech, const Assignment& assignment) {
      const std::vector<int> phones = labels_of_codes(speech.phone);
      for (std::size_t t = 0; t < phones.size(); ++t) {
        if (phones[t] == kUnknown)
          continue;
        frames += 1;
        const auto nearest = assignment.nearest[0][static_cast<int64_t>(t)].item<int64_t>();
        right_frames += nearest == code_of_phone_[static_cast<std::size_t>(phones[t])] ? 1 : 0;
      }
      if (speech.label == kUnknown || losses().label <= 0)
        return;
      labelled += 1;
      right_labels += head_->scores(assignment).argmax(-1).item<int64_t>() == speech.label ? 1 : 0;
    });
    DevReport report;
    if (frames > 0)
      report.phones = right_frames / frames;
    if (labelled > 0)
      report.labels = right_labels / labelled;
    return report;
  }

  /// Classes of codes by what they say in the training recordings.
  void merge() {
    if (options_.merge.classes == 0)
      return;
    CodeCounts counts;
    const auto codes = static_cast<Eigen::Index>(encoder_.codes());
    counts.frames =
        Eigen::MatrixXd::Zero(codes, static_cast<Eigen::Index>(speeches_.phones.size()));
    counts.labels = Eigen::MatrixXd::Zero(
        codes, static_cast<Eigen::Index>(speeches_.labels.size() * kQuarters));
    for (const Corpus& corpus : speeches_.corpora) {
      assign_each(corpus.recordings, [&](const Speech& speech, const Assignment& assignment) {
        const std::vector<int> phones = labels_of_codes(speech.phone);
        const int64_t* nearest = assignment.nearest.data_ptr<int64_t>();
        for (std::size_t t = 0; t < phones.size(); ++t) {
          if (phones[t] != kUnknown)
            counts.frames(nearest[t], phones[t]) += 1;
          if (speech.label != kUnknown) {
            const auto quarter = static_cast<int>(t * kQuarters / phones.size());
            counts.labels(nearest[t], speech.label * kQuarters + quarter) += 1;
          }
        }
      });
    }
    MergeOptions merge;
    merge.classes = options_.merge.classes;
    merge.label_weight = options_.merge.label_weight;
    if (!speeches_.phones.empty())
      merge.apart = {0};
    use_classes(merge_codes(counts, merge));
  }

  void use_classes(const std::vector<int64_t>& classes) {
    merged_ = classes;
    encoder_.set_classes(classes);
    if (options_.merge.nested)
      return;
    code_of_phone_ = class_of_phone();
    encoder_.collapse_classes();
  }

  /// Everything that a checkpoint holds, live.
  std::map<std::string, Tensor> tensors() {
    std::map<std::string, Tensor> all = encoder_.state();
    for (const finetune::Parameter& parameter : head_->parameters())
      all[parameter.name] = parameter.value;
    for (const finetune::Parameter& parameter : adversary_->optimizer().parameters())
      all[parameter.name] = parameter.value;
    all.merge(optimizer_->state());
    all.merge(adversary_->optimizer().state());
    return all;
  }

  /// What the run is of: another one must not go on from its checkpoint.
  nlohmann::json identity() const {
    nlohmann::json corpora;
    for (const Corpus& corpus : speeches_.corpora)
      corpora.push_back({corpus.name, corpus.cropped, corpus.recordings.size()});
    return {{"options", nlohmann::json(to_json(options_))},
            {"phones", speeches_.phones},
            {"labels", speeches_.labels},
            {"voices", speeches_.voices},
            {"corpora", corpora}};
  }

  void save_now_and_then() {
    const double since = std::chrono::duration<double>(Clock::now() - saved_).count();
    if (run_.checkpoint.empty() || (since < run_.checkpoint_seconds && step_ < losses().steps))
      return;
    finetune::Checkpoint checkpoint;
    checkpoint.tensors = tensors();
    const auto share = [](const std::optional<double>& value) {
      return value ? nlohmann::json(*value) : nlohmann::json();
    };
    checkpoint.state = {{"identity", identity()},
                        {"stage", stage_},
                        {"step", step_},
                        {"classes", merged_},
                        {"optimizer_steps", optimizer_->steps()},
                        {"adversary_steps", adversary_->optimizer().steps()},
                        {"first", {share(first_.phones), share(first_.labels)}},
                        {"log", log_}};
    finetune::write_checkpoint(run_.checkpoint, checkpoint);
    saved_ = Clock::now();
  }

  void resume() {
    if (run_.checkpoint.empty() || !std::filesystem::exists(run_.checkpoint))
      return;
    restored_ = finetune::read_checkpoint(run_.checkpoint);
    const nlohmann::json& state = restored_->state;
    if (state.value("identity", nlohmann::json()) != identity()) {
      throw Error(run_.checkpoint.string() +
                  ": is of a run with other options or recordings; remove it to start anew, or "
                  "name another folder by --run");
    }
    stage_ = state.at("stage").get<int>();
    step_ = state.at("step").get<int>();
    log_ = state.at("log");
    const auto share = [](const nlohmann::json& value) {
      return value.is_null() ? std::optional<double>() : value.get<double>();
    };
    first_ = {share(state.at("first").at(0)), share(state.at("first").at(1))};
    const auto classes = state.at("classes").get<std::vector<int64_t>>();
    if (!classes.empty())
      use_classes(classes);
  }

  const Speeches& speeches_;
  const Options& options_;
  const TrainingRun& run_;
  const std::function<void(const StepReport&)>& report_;
  Encoder encoder_;
  std::vector<int64_t> code_of_phone_;
  std::vector<int64_t> merged_;  ///< class of each code of the first stage; empty: not yet merged
  std::vector<std::vector<int64_t>> voices_;  ///< of each corpus
  int stage_ = 1;
  int step_ = 0;
  std::unique_ptr<LabelHead> head_;
  std::unique_ptr<Adversary> adversary_;
  std::unique_ptr<finetune::Optimizer> optimizer_;
  std::optional<finetune::Checkpoint> restored_;
  DevReport first_, second_;
  Means means_;
  nlohmann::json log_ = nlohmann::json::array();
  double started_ = processor_seconds();
  Clock::time_point saved_ = Clock::now();
};

}  // namespace

Training train(const Speeches& speeches, const Options& options, const TrainingRun& run,
               const std::function<void(const StepReport&)>& report) {
  at::set_num_threads(run.threads);
  return Trainer(speeches, options, run, report).train();
}

}  // namespace edgy::converter::private_encoder
