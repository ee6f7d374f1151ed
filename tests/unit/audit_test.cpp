#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <random>

#include "converter/audit/attacker.h"
#include "converter/audit/audit.h"
#include "converter/audit/evaluation.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

/// Rows of classes 0..classes-1 around centres `distance` apart, unit noise.
Features clusters(std::vector<int>& y, int classes, int rows, int columns, double distance,
                  uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise;
  Features x(rows, columns);
  y.resize(static_cast<std::size_t>(rows));
  for (int i = 0; i < rows; ++i) {
    y[static_cast<std::size_t>(i)] = i % classes;
    for (int c = 0; c < columns; ++c)
      x(i, c) = noise(random) + (c % classes == i % classes ? distance : 0);
  }
  return x;
}

TEST_CASE("attackers learn what is there and nothing else", "[audit]") {
  for (const bool perceptron : {false, true}) {
    CAPTURE(perceptron);
    const auto make = [&] { return perceptron ? make_perceptron() : make_logistic_regression(); };
    std::vector<int> y;
    const Features told = clusters(y, 4, 200, 12, 4, 1);
    std::vector<std::string> names;
    for (int i = 0; i < 200; ++i)
      names.push_back(std::to_string(i));
    const auto fold = folds_by_group(names, 5);
    CHECK(cross_validate(told, y, fold, 4, make).value > 0.95);

    const Features untold = clusters(y, 4, 200, 12, 0, 2);
    const Measure guess = cross_validate(untold, y, fold, 4, make);
    CHECK(guess.low < guess.chance);
    CHECK(guess.count == 200);
    CHECK_THAT(guess.chance, Catch::Matchers::WithinAbs(0.25, 1e-12));
  }
}

TEST_CASE("only the perceptron solves exclusive or", "[audit]") {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise;
  Features x(400, 2);
  std::vector<int> y;
  for (int i = 0; i < 400; ++i) {
    x(i, 0) = noise(random);
    x(i, 1) = noise(random);
    y.push_back((x(i, 0) > 0) != (x(i, 1) > 0));
  }
  std::vector<bool> train(400, true);
  std::vector<bool> judge(400, false);
  for (std::size_t i = 300; i < 400; ++i) {
    train[i] = false;
    judge[i] = true;
  }
  CHECK(hold_out(x, y, train, judge, 2, [] { return make_logistic_regression(); }).value < 0.7);
  CHECK(hold_out(x, y, train, judge, 2, [] { return make_perceptron(16, 1e-4); }).value > 0.9);
}

TEST_CASE("training twice gives the same attacker", "[audit]") {
  std::vector<int> y;
  const Features x = clusters(y, 3, 60, 5, 1, 4);
  const auto first = make_perceptron();
  const auto second = make_perceptron();
  first->fit(x, y, 3);
  second->fit(x, y, 3);
  CHECK(first->scores(x) == second->scores(x));
}

TEST_CASE("an attacker refuses data it cannot learn from", "[audit]") {
  const auto attacker = make_logistic_regression();
  CHECK_THROWS_AS(attacker->fit(Features(0, 3), {}, 2), Error);
  const std::vector<int> y = {0, 0};
  CHECK_THROWS_AS(attacker->fit(Features::Zero(2, 3), y, 1), Error);
}

TEST_CASE("folds keep groups together and do not depend on the order of rows", "[audit]") {
  const std::vector<std::string> groups = {"b", "a", "c", "a", "b", "d"};
  const auto fold = folds_by_group(groups, 2);
  CHECK(fold == std::vector<int>{1, 0, 0, 0, 1, 1});
}

TEST_CASE("equal error rate: separated, equal and missing pairs", "[audit]") {
  Features x(4, 2);
  x << 1, 0.1, 1, 0.2, -1, 0.15, -1, 0.05;
  const std::vector<int> speaker = {0, 0, 1, 1};
  CHECK(verification_equal_error_rate(x, speaker) < 0.3);
  std::vector<int> y;
  const Features noise = clusters(y, 2, 80, 6, 0, 5);
  CHECK_THAT(verification_equal_error_rate(noise, y), Catch::Matchers::WithinAbs(0.5, 0.08));
  CHECK(std::isnan(verification_equal_error_rate(x, std::vector<int>{0, 0, 0, 0})));
}

TEST_CASE("pooling: mean and deviation by channel in both orders, shares of codes", "[audit]") {
  const std::vector<float> frames_first = {1, 10, 3, 30};  // two frames of two channels
  const std::vector<float> channels_first = {1, 3, 10, 30};
  const Eigen::RowVectorXd row = pool_frames(frames_first, 2, 2, false);
  CHECK(row == pool_frames(channels_first, 2, 2, true));
  CHECK(row == Eigen::RowVector4d(2, 20, 1, 10));
  const std::vector<int64_t> indices = {0, 2, 2, 7};
  CHECK(pool_indices(indices, 3) == Eigen::RowVector3d(0.25, 0, 0.5));
  CHECK(pool_indices({}, 3) == Eigen::RowVector3d(0, 0, 0));
}

}  // namespace
}  // namespace edgy::converter
