// How weights are fitted is chosen by what the model gives for samples that it is not fitted to.
#include "converter/compress/fit_choice.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <random>

#include "converter/calibration/fidelity.h"
#include "converter/compress/quantize.h"
#include "converter/quantization/sensitivity.h"
#include "tests/unit/converter/compress/layer_model.h"

namespace edgy::converter {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr std::size_t kInputs = 64;
constexpr std::size_t kOutputs = 32;
constexpr std::size_t kSources = 10;

/// Two layers, and samples of them whose inputs depend on each other.
class World {
 public:
  explicit World(uint64_t seed)
      : random_(seed),
        mixture_(random_.list(kInputs * kSources)),
        model_(dense_model({{random_.list(kInputs * kInputs), random_.list(kInputs)},
                            {random_.list(kInputs * kOutputs), random_.list(kOutputs)}})) {}

  const format::fb::ModelT& model() const { return model_; }
  /// `frames` of them a sample.
  FrameSource samples(std::size_t count, std::size_t frames = 1) {
    std::vector<std::vector<float>> samples(count);
    for (std::vector<float>& sample : samples) {
      for (std::size_t i = 0; i < frames; ++i)
        append_frame(sample);
    }
    return {std::move(samples), static_cast<int64_t>(kInputs)};
  }

 private:
  void append_frame(std::vector<float>& sample) {
    const std::vector<float> source = random_.list(kSources);
    for (std::size_t row = 0; row < kInputs; ++row) {
      float value = 0.3F * random_();
      for (std::size_t k = 0; k < kSources; ++k)
        value += mixture_[row * kSources + k] * source[k];
      sample.push_back(value);
    }
  }

  Uniform random_;
  std::vector<float> mixture_;
  format::fb::ModelT model_;
};

QuantizeOptions half_zeros() {
  QuantizeOptions options;
  options.pruning.emplace().allocation = SparsityAllocation::kUniform;
  options.reconstruction.choose_damping = true;
  options.reconstruction.sample_damping = 0;
  return options;
}

FitChoice choice(const World& world, const FrameSource& source, const QuantizeOptions& options) {
  SilentProgress silent;
  const std::vector<Layer> layers = quantizable_layers(world.model());
  std::vector<int> inputs;
  for (const Layer& layer : layers)
    inputs.push_back(layer.input);
  const Calibration calibration = calibrate(world.model(), source.all(), inputs, silent);
  const std::vector<LayerChoice> choices(layers.size());
  const std::vector<double> sparsity(layers.size(), options.pruning->sparsity);
  return choose_fit(world.model(), layers, choices, calibration, source.all(), options, sparsity,
                    silent);
}

bool same(const JudgedFit& a, const JudgedFit& b) {
  return a.damping == b.damping && a.splice_samples == b.splice_samples && a.sqnr_db == b.sqnr_db;
}

/// Of the model compressed on `source`, for samples that nobody has seen.
double unseen_db(const World& world, FrameSource& source, const FrameSource& others,
                 const QuantizeOptions& options) {
  SilentProgress silent;
  const auto compressed = quantize(world.model(), source, options, silent);
  return output_sqnr_db(compressed, others.all(), run_all(world.model(), others.all()));
}

TEST_CASE("a fit is chosen that leaves most of what is held back", "[reconstruction]") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  World world(seed);
  const FrameSource few = world.samples(40);
  const QuantizeOptions options = half_zeros();
  const FitChoice chosen = choice(world, few, options);
  REQUIRE(chosen.tried.size() > 1);
  CHECK(chosen.tried[0].damping == options.reconstruction.damping);
  CHECK_FALSE(chosen.tried[0].splice_samples);
  for (const JudgedFit& other : chosen.tried)
    CHECK(other.sqnr_db <= chosen.best.sqnr_db + 0.2);
  CHECK(chosen.best.sqnr_db >= chosen.tried[0].sqnr_db);
  // Fewer samples than inputs: they must not be followed to the last.
  CHECK(chosen.best.damping > options.reconstruction.damping);
  const auto has = [&](const JudgedFit& fit) { return same(fit, chosen.best); };
  CHECK(std::count_if(chosen.tried.begin(), chosen.tried.end(), has) == 1);

  const FitChoice again = choice(world, few, options);
  CHECK(same(again.best, chosen.best));
  CHECK(again.tried.size() == chosen.tried.size());
}

TEST_CASE("what is chosen serves samples that nobody has seen", "[reconstruction]") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  World world(seed);
  QuantizeOptions fixed = half_zeros();
  fixed.reconstruction.choose_damping = false;
  FrameSource few = world.samples(40);
  const FrameSource others = world.samples(200);
  CHECK(unseen_db(world, few, others, half_zeros()) > unseen_db(world, few, others, fixed));

  // With many samples there is nothing to gain, and nothing is lost.
  FrameSource many = world.samples(40, 100);
  CHECK(unseen_db(world, many, others, half_zeros()) > unseen_db(world, many, others, fixed) - 0.2);
}

TEST_CASE("few samples are not held back, which is said", "[reconstruction]") {
  World world(5);
  SilentProgress silent;
  FrameSource few = world.samples(kFewestToJudge - 1);
  QuantizeOptions options = half_zeros();
  const FitChoice chosen = choice(world, few, options);
  CHECK(chosen.tried.empty());
  CHECK(chosen.best.damping == options.reconstruction.damping);
  CHECK_FALSE(chosen.best.splice_samples);

  const auto notes = [&](FrameSource source) {
    QuantizationReport report;
    quantize(world.model(), source, options, silent, report);
    std::string all;
    for (const std::string& note : report.notes)
      all += note + "\n";
    return all;
  };
  const std::string least = std::to_string(kFewestToJudge);
  CHECK_THAT(notes(few), ContainsSubstring(least + " or more"));
  CHECK(notes(world.samples(kFewestToJudge)).empty());
  options.reconstruction.choose_damping = false;
  CHECK(notes(few).empty());
  CHECK(choice(world, world.samples(kFewestToJudge), options).tried.empty());
}

}  // namespace
}  // namespace edgy::converter
