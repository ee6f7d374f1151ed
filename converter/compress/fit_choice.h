// How strongly weights are held to the float model's, by what the whole model gives.
#pragma once

#include <span>
#include <vector>

#include "converter/data/dataset.h"
#include "converter/progress.h"
#include "converter/quantization/quantized_build.h"

namespace edgy::converter {

/// So many samples can spare a quarter to judge by.
inline constexpr std::size_t kFewestToJudge = 16;

/// A way to fit the layers, the same for all of them, and what it leaves of the outputs.
struct JudgedFit {
  double damping = 0;
  bool splice_samples = false;
  double sqnr_db = 0;  ///< of the outputs for samples that no layer was fitted to
};

struct FitChoice {
  JudgedFit best;                ///< `options`' own where nothing was tried
  std::vector<JudgedFit> tried;  ///< in order, `options`' own first
};

/// Chooses `damping` and `splice_samples` of `options.reconstruction`. A quarter of the samples,
/// drawn by a seeded choice, is held back; the model is compressed on the others, to `sparsity` of
/// each layer of `layers`, first with `options`' own values and then with ever more damping as long
/// as the outputs of what is held back come closer to the float model's (output_sqnr_db); last with
/// spliced samples. What wins by less than the noise of such a comparison is not taken. Nothing is
/// tried where `options` do not ask for it, or with fewer than kFewestToJudge samples.
FitChoice choose_fit(const format::fb::ModelT& f32, const std::vector<Layer>& layers,
                     const std::vector<LayerChoice>& choices, const Calibration& calibration,
                     std::span<const Sample> samples, const QuantizeOptions& options,
                     std::span<const double> sparsity, Progress& progress);

}  // namespace edgy::converter
