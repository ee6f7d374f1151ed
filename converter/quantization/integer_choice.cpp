#include "converter/quantization/integer_choice.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>

#include "converter/calibration/runner.h"
#include "converter/error.h"
#include "converter/quantization/sensitivity.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

std::string decibels(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f dB", value);
  return text;
}

/// Operators that are decided on together.
struct Island {
  OperatorSet operators;
  std::optional<double> loss_db;  ///< of them alone, once measured
  std::string refused;            ///< by the runtime, in its words; empty: it runs
};

class Chooser {
 public:
  Chooser(const fb::ModelT& f32, const std::vector<Layer>& layers,
          const std::vector<LayerChoice>& choices, const Calibration& calibration,
          const std::vector<Sample>& samples, const QuantizeOptions& options, Progress& progress)
      : f32_(f32),
        layers_(layers),
        choices_(choices),
        calibration_(calibration),
        samples_(samples),
        options_(options),
        progress_(progress) {}

  IntegerChoice choose() {
    const OperatorSet all = candidates();
    if (all.empty())
      return {};
    for (OperatorSet& island : islands_of(f32_, all))
      islands_.push_back({std::move(island), std::nullopt, ""});
    reference_ = run_all(f32_, samples_);
    floats_db_ = sqnr_db({});
    progress_.begin("measuring integers between layers", 1 + 2 * islands_.size());
    IntegerChoice choice;
    choice.loss_db = loss_of(all);
    progress_.advance();
    if (choice.loss_db <= options_.max_integer_loss_db && fits(all)) {
      choice.operators = all;
    } else {
      choice.loss_db = 0;
      measure_islands();
      take_islands(choice);
    }
    progress_.end();
    describe(choice);
    return choice;
  }

 private:
  /// Candidates whose tensors all have a range; one that has none may take others along.
  OperatorSet candidates() const {
    std::vector<bool> quantized;
    for (const LayerChoice& choice : choices_)
      quantized.push_back(choice.quantized);
    const OperatorSet all = integer_candidates(f32_, layers_, quantized);
    OperatorSet ranged;
    for (const OperatorSet& island : islands_of(f32_, all)) {
      if (std::all_of(island.begin(), island.end(),
                      [&](int op) { return has_ranges(f32_, op, calibration_); }))
        ranged.insert(island.begin(), island.end());
    }
    return ranged;
  }

  fb::ModelT build(const OperatorSet& operators) const {
    return build_quantized(f32_, layers_, choices_, calibration_, options_, operators);
  }

  double sqnr_db(const OperatorSet& operators) const {
    return output_sqnr_db(build(operators), samples_, reference_);
  }

  /// Infinite where the runtime refuses them; `words`: what it says.
  double loss_of(const OperatorSet& operators, std::string* words = nullptr) const {
    try {
      const double loss = floats_db_ - sqnr_db(operators);
      return std::isnan(loss) ? 0 : loss;  // both without any error
    } catch (const Error& error) {
      if (words != nullptr)
        *words = error.what();
      return std::numeric_limits<double>::infinity();
    }
  }

  /// Whether the file stays within a budget of bytes with them, if it is without.
  bool fits(const OperatorSet& operators) const {
    if (!options_.budget || options_.budget->bytes == 0)
      return true;
    return model_bytes(build(operators)).size() <=
           std::max<std::size_t>(options_.budget->bytes, model_bytes(build({})).size());
  }

  void measure_islands() {
    for (Island& island : islands_) {
      island.loss_db = loss_of(island.operators, &island.refused);
      progress_.advance();
    }
  }

  void take_islands(IntegerChoice& choice) {
    std::vector<const Island*> order;
    for (const Island& island : islands_)
      order.push_back(&island);
    std::stable_sort(order.begin(), order.end(),
                     [](const Island* a, const Island* b) { return a->loss_db < b->loss_db; });
    for (const Island* island : order) {
      progress_.advance();
      OperatorSet wider = choice.operators;
      wider.insert(island->operators.begin(), island->operators.end());
      const double loss = island->refused.empty() ? loss_of(wider) : 0;
      if (!island->refused.empty()) {
        leave(*island, FloatReason::kRefused, island->refused, choice);
      } else if (loss > options_.max_integer_loss_db && !keeps_as_layers(*island, loss)) {
        leave(*island, FloatReason::kLoss,
              decibels(loss) + (choice.operators.empty() ? "" : " with those that are int8") +
                  " (max_integer_loss_db: " + decibels(options_.max_integer_loss_db) + ")",
              choice);
      } else if (!fits(wider)) {
        leave(*island, FloatReason::kBytes, "", choice);
      } else {
        choice.operators = std::move(wider);
        choice.loss_db = loss;
      }
    }
  }

  /// Recurrent layers have weights, which int8 makes a quarter: they may cost what other layers
  /// may.
  bool keeps_as_layers(const Island& island, double loss) const {
    return floats_db_ - loss >= options_.min_layer_sqnr_db &&
           std::all_of(island.operators.begin(), island.operators.end(),
                       [&](int op) { return is_recurrent(operator_of(op)); });
  }

  const fb::OperatorT& operator_of(int op) const {
    return *f32_.operators[static_cast<std::size_t>(op)];
  }

  void leave(const Island& island, FloatReason reason, const std::string& detail,
             IntegerChoice& choice) const {
    for (const int op : island.operators) {
      const auto output = static_cast<std::size_t>(operator_of(op).outputs[0]);
      auto& left = is_recurrent(operator_of(op)) ? choice.left_layers : choice.left;
      left.push_back({operator_of(op).name, f32_.tensors[output]->name, reason, detail});
    }
  }

  void describe(IntegerChoice& choice) const {
    std::map<int, std::optional<double>> losses;
    for (const Island& island : islands_) {
      for (const int op : island.operators)
        losses[op] = island.loss_db;
    }
    for (const auto& [op, loss] : losses) {
      choice.candidates.push_back({operator_of(op).name,
                                   fb::EnumNameOperatorOptions(operator_of(op).options.type), loss,
                                   choice.operators.contains(op)});
    }
  }

  const fb::ModelT& f32_;
  const std::vector<Layer>& layers_;
  const std::vector<LayerChoice>& choices_;
  const Calibration& calibration_;
  const std::vector<Sample>& samples_;
  const QuantizeOptions& options_;
  Progress& progress_;
  std::vector<Island> islands_;
  std::vector<std::vector<Tensor>> reference_;
  double floats_db_ = 0;  ///< of the outputs with float32 between int8 layers
};

}  // namespace

IntegerChoice choose_integer_operators(const fb::ModelT& f32, const std::vector<Layer>& layers,
                                       const std::vector<LayerChoice>& choices,
                                       const Calibration& calibration,
                                       const std::vector<Sample>& samples,
                                       const QuantizeOptions& options, Progress& progress) {
  return Chooser(f32, layers, choices, calibration, samples, options, progress).choose();
}

}  // namespace edgy::converter
