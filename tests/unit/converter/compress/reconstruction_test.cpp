// Fitting pruned and rounded weights to what a layer should compute.
#include "converter/reconstruction/reconstruction.h"

#include <Eigen/Cholesky>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>

#include "converter/reconstruction/dense_algebra.h"
#include "converter/reconstruction/rounding.h"

namespace edgy::converter {
namespace {

using Eigen::MatrixXd;
using Eigen::MatrixXf;

/// A layer whose inputs depend on each other, as real ones do: `inputs` mixtures of a few sources.
struct Example {
  explicit Example(unsigned seed, int inputs = 48, int outputs = 24)
      : random(seed), grid(grid_of({outputs, 1, inputs}, {})) {
    const MatrixXd x = normal(inputs, 12) * normal(12, 600) + 0.3 * normal(inputs, 600);
    weights = normal(inputs, outputs).cast<float>();
    const MatrixXd y = weights.cast<double>().transpose() * x;
    const Eigen::VectorXd mean = x.rowwise().mean();
    const MatrixXd centred = x.colwise() - mean;
    problem.gram = (centred * centred.transpose() / 600).cast<float>();
    problem.cross = (centred * (y.colwise() - y.rowwise().mean()).transpose() / 600).cast<float>();
    problem.input_mean = mean.cast<float>();
    problem.target_mean = y.rowwise().mean().cast<float>();
    problem.target_power = (y.colwise() - y.rowwise().mean()).array().square().rowwise().mean();
  }

  MatrixXd normal(int rows, int columns) {
    return MatrixXd::NullaryExpr(rows, columns, [&] { return distribution(random); });
  }
  std::span<const float> values() const {
    return {weights.data(), static_cast<std::size_t>(weights.size())};
  }
  double error(const MatrixXf& w) const { return errors_of(problem, w).sum(); }

  std::mt19937 random;
  std::normal_distribution<double> distribution;
  format::BlockGrid grid;
  LayerProblem problem;
  MatrixXf weights;
};

TEST_CASE("dense algebra agrees with double precision", "[reconstruction]") {
  const DenseAlgebra& algebra = dense_algebra();
  CAPTURE(algebra.name);
  std::mt19937 random(7);
  std::normal_distribution<float> distribution;
  const auto normal = [&](int rows, int columns) {
    return MatrixXf(MatrixXf::NullaryExpr(rows, columns, [&] { return distribution(random); }));
  };
  for (const auto& [m, n, k] : {std::array{1, 1, 1}, {5, 3, 2}, {200, 401, 70}, {31, 1, 500}}) {
    const MatrixXf a = normal(m, k);
    const MatrixXf b = normal(k, n);
    MatrixXf c = normal(m, n);
    const MatrixXd expected = 2 * a.cast<double>() * b.cast<double>() + 0.5 * c.cast<double>();
    algebra.multiply(false, m, n, k, 2, a.data(), b.data(), 0.5F, c.data());
    CHECK((c.cast<double>() - expected).cwiseAbs().maxCoeff() < 1e-3);
    const MatrixXf transposed = a.transpose();
    c.setConstant(std::numeric_limits<float>::quiet_NaN());  // must not be read with beta 0
    algebra.multiply(true, m, n, k, 1, transposed.data(), b.data(), 0, c.data());
    CHECK((c.cast<double>() - a.cast<double>() * b.cast<double>()).cwiseAbs().maxCoeff() < 1e-3);
  }
  for (const int n : {1, 7, 192, 193, 450}) {
    const MatrixXf x = normal(n, n + 40);
    MatrixXf h = MatrixXf::Zero(n, n);
    algebra.add_gram(n, x.cols(), x.data(), h.data());
    const MatrixXd full = x.cast<double>() * x.cast<double>().transpose();
    const MatrixXd lower = full.triangularView<Eigen::Lower>();
    CHECK(
        (MatrixXd(h.cast<double>().triangularView<Eigen::Lower>()) - lower).cwiseAbs().maxCoeff() <
        1e-2);
    h.diagonal().array() += 100;
    const MatrixXd damped = full + MatrixXd::Identity(n, n) * 100;
    const MatrixXf right = normal(n, 5);
    MatrixXf solution = right;
    REQUIRE(algebra.factorize(n, h.data()));
    algebra.solve(n, 5, h.data(), solution.data());
    CHECK((damped * solution.cast<double>() - right.cast<double>()).cwiseAbs().maxCoeff() < 1e-2);
  }
  MatrixXf indefinite(2, 2);
  indefinite << 1, 2, 2, 1;
  CHECK_FALSE(algebra.factorize(2, indefinite.data()));
}

TEST_CASE("reconstruction is never worse than magnitude on what it was fitted to",
          "[reconstruction]") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  Example example(seed);
  double before = 0;
  for (const double sparsity : {0.0, 0.3, 0.5, 0.8, 0.95}) {
    const auto keep = std::lround((1 - sparsity) * static_cast<double>(example.grid.elements()));
    MatrixXf plain = example.weights;
    const BlockMask by_magnitude =
        select_blocks(example.grid, {}, block_energies(example.grid, example.values()), keep);
    apply_mask(example.grid, by_magnitude, {plain.data(), static_cast<std::size_t>(plain.size())});
    const SparseWeights fitted =
        reconstruct(example.problem, example.grid, {}, keep, example.weights, {});
    CHECK(std::abs(kept_weights(example.grid, fitted.mask) - keep) <= 2);
    CHECK(example.error(fitted.weights) <= example.error(plain) + 1e-3);
    if (sparsity >= 0.3 && sparsity <= 0.8)
      CHECK(example.error(fitted.weights) < 0.7 * example.error(plain));
    CHECK(example.error(fitted.weights) >= before - 1e-3);  // fewer weights, no less error
    before = example.error(fitted.weights);
    for (std::size_t block = 0; block < fitted.mask.size(); ++block) {
      for_each_weight(example.grid, static_cast<int64_t>(block), [&](std::size_t i) {
        if (!fitted.mask[block])
          CHECK(fitted.weights.data()[i] == 0.0F);
      });
    }
  }
}

TEST_CASE("the weights that stay are the least-squares solution", "[reconstruction]") {
  Example example(5);
  ReconstructionOptions options;
  options.damping = 1e-4;
  options.solve_iterations = 400;
  const SparseWeights fitted = reconstruct(example.problem, example.grid, {},
                                           example.grid.elements() / 2, example.weights, options);
  for (int output = 0; output < 3; ++output) {
    std::vector<int> kept;
    for (int i = 0; i < example.weights.rows(); ++i) {
      if (fitted.mask[static_cast<std::size_t>((output * example.weights.rows() + i) / 4)])
        kept.push_back(i);
    }
    const MatrixXd gram = example.problem.gram.cast<double>()(kept, kept);
    const Eigen::VectorXd cross = example.problem.cross.cast<double>()(kept, output);
    const Eigen::VectorXd best = gram.ldlt().solve(cross);
    const double least = example.problem.target_power[output] - best.dot(cross);
    CHECK(errors_of(example.problem, fitted.weights)[output] <=
          1.01 * least + 1e-3 * example.problem.target_power[output]);
  }
}

TEST_CASE("rounding by descent is never worse than to nearest", "[reconstruction]") {
  const int bits = GENERATE(8, 4, 2);
  Example example(11);
  const SparseWeights fitted = reconstruct(example.problem, example.grid, {},
                                           example.grid.elements() / 2, example.weights, {});
  const LayerUnits units{0.01F, 1};
  const auto rounded = [&](int sweeps) {
    return round_to_fit(example.problem, example.grid, fitted.mask, fitted.weights, bits, sweeps,
                        units);
  };
  const double nearest = example.error(in_layer_units(rounded(0), units));
  double before = nearest;
  for (const int sweeps : {1, 2, 5}) {
    const QuantizedWeights weights = rounded(sweeps);
    const double error = example.error(in_layer_units(weights, units));
    CHECK(error <= before * 1.0001);
    before = error;
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
      if (!fitted.mask[i / 4])
        CHECK(weights.values[i] == 0);
      CHECK(std::abs(weights.values[i]) <= greatest_weight(bits));
    }
  }
  const QuantizedWeights weights = rounded(2);
  const MatrixXf real = in_layer_units(weights, units);
  const std::vector<float> bias = fitted_bias(example.problem, real, {});
  for (int output = 0; output < real.cols(); ++output) {
    const float mean =
        real.col(output).dot(example.problem.input_mean) + bias[static_cast<std::size_t>(output)];
    CHECK(mean == Catch::Approx(example.problem.target_mean[output]).margin(1e-3));
  }
}

}  // namespace
}  // namespace edgy::converter
