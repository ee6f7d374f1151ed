#include "converter/compress/fit_choice.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "converter/pruning/pruning.h"
#include "converter/quantization/sensitivity.h"

namespace edgy::converter {
namespace {

/// One of so many samples judges.
constexpr std::size_t kJudgedOneOf = 4;
/// Each damping that is tried is so many times the one before.
constexpr double kDampingFactor = 3.1623;
constexpr int kMostDampings = 5;
/// What the outputs have to gain in dB: less is chance.
constexpr double kLeastGainDb = 0.2;

/// Samples to fit to and, drawn from all over the list, some to judge by. Neighbours are often
/// alike (the same speaker, the same film), and so is every so many-th: hence by chance.
struct SampleParts {
  std::vector<Sample> fitted;
  std::vector<Sample> judged;
};

SampleParts divided(std::span<const Sample> samples) {
  std::vector<std::size_t> order(samples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // The raw engine: distributions differ between standard libraries.
  std::mt19937_64 random(1);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random() % i]);
  const auto first_fitted =
      order.begin() + static_cast<std::ptrdiff_t>(samples.size() / kJudgedOneOf);
  std::sort(order.begin(), first_fitted);
  std::sort(first_fitted, order.end());
  SampleParts parts;
  for (auto i = order.begin(); i != order.end(); ++i)
    (i < first_fitted ? parts.judged : parts.fitted).push_back(samples[*i]);
  return parts;
}

}  // namespace

FitChoice choose_fit(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                     const std::vector<LayerChoice>& choices, const Calibration& calibration,
                     std::span<const Sample> samples, const QuantizeOptions& options,
                     std::span<const double> sparsity, Progress& progress) {
  const ReconstructionOptions& wanted = options.reconstruction;
  FitChoice choice;
  choice.best.damping = wanted.damping;
  choice.best.splice_samples = wanted.splice_samples;
  if (!wanted.choose_damping || samples.size() < kFewestToJudge)
    return choice;
  const SampleParts parts = divided(samples);
  const auto reference = run_all(f32, parts.judged);
  SilentProgress silent;
  /// Whether the outputs gain by it.
  const auto gains = [&](JudgedFit fit) {
    QuantizeOptions tried = options;
    tried.reconstruction.damping = fit.damping;
    tried.reconstruction.splice_samples = fit.splice_samples;
    std::vector<LayerChoice> fitted = choices;
    prune(f32, layers, fitted, calibration, parts.fitted, tried, sparsity, silent);
    fit.sqnr_db = output_sqnr_db(build_quantized(f32, layers, fitted, calibration, tried),
                                 parts.judged, reference);
    progress.advance();
    choice.tried.push_back(fit);
    if (choice.tried.size() > 1 && !(fit.sqnr_db > choice.best.sqnr_db + kLeastGainDb))
      return false;
    choice.best = fit;
    return true;
  };
  progress.begin("choosing damping", kMostDampings + 1);
  JudgedFit next = choice.best;
  for (int i = 0; i < kMostDampings && gains(next); ++i)
    next.damping *= kDampingFactor;
  if (!choice.best.splice_samples) {
    next = choice.best;
    next.splice_samples = true;
    gains(next);
  }
  progress.end();
  return choice;
}

}  // namespace edgy::converter
