// Weights that are fitted to few samples have to serve others, too.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <span>

#include "converter/compress/quantize.h"
#include "converter/quantization/sensitivity.h"
#include "converter/reconstruction/reconstruction.h"
#include "converter/reconstruction/spliced_samples.h"
#include "tests/unit/converter/compress/layer_model.h"

namespace edgy::converter {
namespace {

using Eigen::MatrixXd;

constexpr int kInputs = 64;
constexpr int kOutputs = 32;

/// Moments of `count` draws of inputs that depend on each other, and of what `weights` make of them
/// and noise.
LayerProblem drawn(Uniform& random, const MatrixXd& mixture, const MatrixXd& weights, int count) {
  const auto matrix = [&](Eigen::Index rows, Eigen::Index columns) {
    return MatrixXd(MatrixXd::NullaryExpr(rows, columns, [&] { return double{random()}; }));
  };
  const MatrixXd x = mixture * matrix(mixture.cols(), count) + 0.3 * matrix(kInputs, count);
  const MatrixXd y = weights.transpose() * x + matrix(kOutputs, count);
  const Eigen::VectorXd x_mean = x.rowwise().mean();
  const Eigen::VectorXd y_mean = y.rowwise().mean();
  const MatrixXd x_centred = x.colwise() - x_mean;
  const MatrixXd y_centred = y.colwise() - y_mean;
  LayerProblem problem;
  problem.gram = (x_centred * x_centred.transpose() / count).cast<float>();
  problem.cross = (x_centred * y_centred.transpose() / count).cast<float>();
  problem.varies.setConstant(kInputs, true);
  problem.input_mean = x_mean.cast<float>();
  problem.target_mean = y_mean.cast<float>();
  problem.target_power = y_centred.array().square().rowwise().mean();
  return problem;
}

TEST_CASE("inputs that vary together count as one", "[reconstruction]") {
  LayerProblem problem;
  const Eigen::VectorXf scale = Eigen::VectorXf::LinSpaced(6, 0.01F, 30);
  problem.gram = scale.cwiseAbs2().asDiagonal();
  CHECK(std::abs(independent_inputs(problem) - 6) < 1e-4);
  problem.gram = scale * scale.transpose();
  CHECK(std::abs(independent_inputs(problem) - 1) < 1e-4);
  problem.gram = Eigen::MatrixXf::Identity(6, 6);
  problem.gram.row(2).setZero();  // never varies
  CHECK(std::abs(independent_inputs(problem) - 5) < 1e-4);
  problem.gram.setZero();
  CHECK(independent_inputs(problem) == 0);
}

TEST_CASE("a model pruned on few samples serves others better with damping for them",
          "[reconstruction]") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Uniform random(seed);
  // One frame a sample, fewer of them than inputs.
  const std::vector<float> mixture = random.list(kInputs * 10);
  const auto frames = [&](std::size_t count) {
    std::vector<std::vector<float>> samples;
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<float> source = random.list(10);
      std::vector<float> frame = random.list(kInputs, 0.3F);
      for (std::size_t row = 0; row < kInputs; ++row) {
        for (std::size_t k = 0; k < source.size(); ++k)
          frame[row] += mixture[row * 10 + k] * source[k];
      }
      samples.push_back(std::move(frame));
    }
    return samples;
  };
  const auto model = dense_model({{random.list(kInputs * kInputs), random.list(kInputs)},
                                  {random.list(kInputs * kOutputs), random.list(kOutputs)}});
  FrameSource few(frames(40), kInputs);
  const FrameSource others(frames(200), kInputs);
  const auto unseen_db = [&](double sample_damping) {
    QuantizeOptions options;
    options.pruning.emplace().allocation = SparsityAllocation::kUniform;
    options.reconstruction.sample_damping = sample_damping;
    SilentProgress silent;
    const auto pruned = quantize(model, few, options, silent);
    return output_sqnr_db(pruned, others.all(), run_all(model, others.all()));
  };
  CHECK(unseen_db(ReconstructionOptions().sample_damping) > unseen_db(0));
}

TEST_CASE("damped() asks for what a damped fit gives", "[reconstruction]") {
  Uniform random(4);
  const MatrixXd weights =
      MatrixXd::NullaryExpr(kInputs, kOutputs, [&] { return double{random()}; });
  const MatrixXd mixture = MatrixXd::NullaryExpr(kInputs, 10, [&] { return double{random()}; });
  const LayerProblem problem = drawn(random, mixture, weights, 40);
  const Eigen::MatrixXf prior = weights.cast<float>();
  const format::BlockGrid grid = grid_of({kOutputs, 1, kInputs}, {});
  ReconstructionOptions options;
  options.damping = 0.5;
  options.solve_iterations = 300;
  const SparseWeights sparse = reconstruct(problem, grid, {}, grid.elements() / 2, prior, options);
  const LayerProblem pulled = damped(problem, prior, options.damping);
  // No gradient is left where weights stay.
  Eigen::MatrixXf gradient = pulled.gram * sparse.weights - pulled.cross;
  apply_mask(grid, sparse.mask, {gradient.data(), static_cast<std::size_t>(gradient.size())});
  CHECK(gradient.norm() < 1e-3F * pulled.cross.norm());
}

TEST_CASE("a spliced sample begins as one and ends as another", "[reconstruction]") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  // Frames of two channels; the number of the sample is in each.
  std::vector<std::vector<float>> values;
  for (int i = 0; i < 7; ++i)
    values.emplace_back(2 * (20 + random() % 30), static_cast<float>(i));
  const FrameSource source(values, 2);
  const SplicedSamples spliced(source.all());
  for (std::size_t i = 0; i < 40; ++i) {
    const std::vector<Sample> made = spliced.sample(i);
    REQUIRE(made.size() == 1);
    const Tensor& x = made[0].inputs[0];
    const auto frames = x.values<float>();
    const auto first = static_cast<std::size_t>(frames.front());
    const auto last = static_cast<std::size_t>(frames.back());
    CHECK(first == i % values.size());
    REQUIRE(last < values.size());
    CHECK(last != first);
    CHECK(x.shape == source.all()[last].inputs[0].shape);
    CHECK(frames.size() == x.elements());
    const auto change =
        std::find(frames.begin(), frames.end(), static_cast<float>(last)) - frames.begin();
    CHECK(change % 2 == 0);
    CHECK(std::count(frames.begin(), frames.end(), static_cast<float>(first)) == change);
    const Tensor again = spliced.sample(i)[0].inputs[0];
    CHECK(again.data == x.data);
  }
}

TEST_CASE("what does not fit together is not spliced", "[reconstruction]") {
  const FrameSource source({std::vector<float>(60, 1), std::vector<float>(80, 2)}, 2);
  std::vector<Sample> samples = source.all();
  CHECK(SplicedSamples(samples).sample(0).size() == 1);
  CHECK(SplicedSamples(std::span(samples).first(1)).sample(0).empty());
  samples[1].inputs[0].type = DataType::I32;
  CHECK(SplicedSamples(samples).sample(0).empty());
  samples = source.all();
  samples[1].inputs[0].shape = {1, 20, 4};
  CHECK(SplicedSamples(samples).sample(0).empty());
  samples = source.all();
  for (Sample& sample : samples)
    sample.inputs.push_back(sample.inputs[0]);
  CHECK(SplicedSamples(samples).sample(0).empty());
}

}  // namespace
}  // namespace edgy::converter
