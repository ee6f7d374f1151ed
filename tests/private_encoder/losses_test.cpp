// Losses against values worked out by hand, and what they push towards.
#include "converter/private_encoder/network/losses.h"

#include <ATen/ATen.h>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "tests/private_encoder/synthetic_speech.h"

namespace edgy::converter::private_encoder {
namespace {

using Catch::Approx;
using torch::Tensor;

Tensor longs(const std::vector<int64_t>& values, std::vector<int64_t> shape) {
  return torch::tensor(values, torch::TensorOptions().dtype(torch::kLong)).reshape(shape);
}

/// Certain of `codes` [B, T], of `count` codes that are classes each.
Assignment certain(const std::vector<int64_t>& codes, int64_t rows, int64_t count) {
  Assignment assignment;
  assignment.nearest = longs(codes, {rows, static_cast<int64_t>(codes.size()) / rows});
  assignment.classes = at::one_hot(assignment.nearest, count).to(torch::kFloat);
  assignment.hard_classes = assignment.classes;
  assignment.log_codes = (assignment.classes + 1e-9).log();
  assignment.log_classes = assignment.log_codes;
  return assignment;
}

TEST_CASE("phones are looked for in frames whose label is known", "[private_encoder]") {
  Assignment assignment;
  assignment.log_codes =
      torch::tensor({0.5F, 0.25F, 0.25F, 0.125F, 0.5F, 0.375F}).log().reshape({1, 2, 3});
  CHECK(phone_loss(assignment, longs({2, 0}, {1, 2}), {0, 1, 2}).item<double>() ==
        Approx(-(std::log(0.25) + std::log(0.125)) / 2));
  CHECK(phone_loss(assignment, longs({2, kUnknown}, {1, 2}), {0, 1, 1}).item<double>() ==
        Approx(-std::log(0.25)));
  CHECK_FALSE(phone_loss(assignment, longs({kUnknown, kUnknown}, {1, 2}), {0, 1, 2}).defined());
}

TEST_CASE("counts of what was said cost nothing, a speaker's own habit does", "[private_encoder]") {
  const Tensor said = longs({0, 1, 1, 0, 0, 1, 1, 0}, {2, 4});
  CHECK(count_loss(certain({0, 1, 1, 0, 0, 1, 1, 0}, 2, 2), said, {0, 1}, {7, 9}).item<double>() ==
        Approx(0).margin(1e-9));
  // Order is not judged, counts are.
  CHECK(count_loss(certain({1, 0, 0, 1, 0, 1, 1, 0}, 2, 2), said, {0, 1}, {7, 9}).item<double>() ==
        Approx(0).margin(1e-9));
  // One speaker has a quarter too many of code 0, the other a quarter too few: soft and hard, two
  // classes of weight 1 / 0.52 each.
  const Assignment biased = certain({0, 0, 1, 0, 1, 1, 1, 0}, 2, 2);
  CHECK(count_loss(biased, said, {0, 1}, {7, 9}).item<double>() ==
        Approx(4 * 0.0625 / 0.52).epsilon(1e-4));
  // The same by one speaker is no bias of his.
  CHECK(count_loss(biased, said, {0, 1}, {7, 7}).item<double>() == Approx(0).margin(1e-9));
  // A recording that is not labelled throughout cannot be counted.
  CHECK_FALSE(
      count_loss(certain({0, 0}, 1, 2), longs({0, kUnknown}, {1, 2}), {0, 1}, {7}).defined());
}

TEST_CASE("quarters cover every frame, few frames included", "[private_encoder]") {
  const Tensor classes = at::one_hot(longs({0, 0, 1, 1, 0}, {1, 5}), 2).to(torch::kFloat);
  const Tensor parts = quarters(classes);
  REQUIRE(parts.sizes().vec() == std::vector<int64_t>{1, 8});
  // Frames 0 | 1 | 2 | 3 and 4.
  const std::vector<float> expected = {1, 0, 1, 0, 0, 1, 0.5F, 0.5F};
  for (int64_t i = 0; i < 8; ++i)
    CHECK(parts[0][i].item<float>() == expected[static_cast<std::size_t>(i)]);
  CHECK(quarters(classes.slice(1, 0, 1)).sum().item<float>() == 4);
}

TEST_CASE("the adversary learns voices, and its loss moves codes until it cannot",
          "[private_encoder]") {
  OptimizerOptions options;
  options.adversary_rate = 0.05;
  Adversary adversary(2, 2, options, 1);
  const Tensor voices = longs({0, 0, 1, 1}, {4});
  double own = 0;
  const Assignment telling = certain({0, 0, 0, 0, 1, 1, 1, 1}, 4, 2);
  double confident = 0;
  for (int i = 0; i < 30; ++i)
    confident = adversary.loss(telling, voices, {0, 1}, own).item<double>();
  CHECK(own < 0.05);
  CHECK(confident > 1);
  // Half of each code: nothing to learn, and nothing is believed.
  Adversary other(2, 2, options, 1);
  const Assignment alike = certain({0, 1, 1, 0, 0, 1, 1, 0}, 4, 2);
  for (int i = 0; i < 30; ++i)
    confident = other.loss(alike, voices, {0, 1}, own).item<double>();
  CHECK(own == Approx(std::log(2)).epsilon(1e-3));
  CHECK(confident == Approx(0).margin(1e-3));
  CHECK_FALSE(
      other.loss(alike, longs({kUnknown, kUnknown, kUnknown, 1}, {4}), {0, 1}, own).defined());
}

TEST_CASE("the adversary's loss reaches the encoder and not the adversary", "[private_encoder]") {
  Adversary adversary(3, 2, {}, 1);
  Assignment assignment;
  Tensor scores = torch::zeros({4, 5, 3});
  for (int64_t i = 0; i < scores.numel(); ++i)
    scores.view({-1})[i] = static_cast<float>(i % 7) / 3;
  scores.set_requires_grad(true);
  assignment.classes = at::softmax(scores, -1);
  assignment.hard_classes = assignment.classes;
  double own = 0;
  adversary.loss(assignment, longs({0, 1, 0, 1}, {4}), {0, 1}, own).backward();
  CHECK(scores.grad().abs().sum().item<float>() > 0);
  for (const finetune::Parameter& parameter : adversary.optimizer().parameters())
    CHECK_FALSE(parameter.value.grad().defined());
}

TEST_CASE("codes of one class give their shares to it, and the nearest counts hard",
          "[private_encoder]") {
  const Options options = small_options();
  Encoder encoder(options.encoder, 4, 3);
  const Tensor mel = torch::arange(80 * 20).reshape({1, 80, 20}).to(torch::kFloat).remainder(7) / 7;
  const Assignment before = encoder.assign(mel, false);
  encoder.set_classes({0, 1, 1, 0});
  const Assignment after = encoder.assign(mel, false);
  CHECK(at::equal(before.nearest, after.nearest));
  CHECK(at::allclose(after.classes.select(-1, 1),
                     before.classes.select(-1, 1) + before.classes.select(-1, 2)));
  for (int64_t t = 0; t < after.nearest.size(1); ++t) {
    const auto code = static_cast<std::size_t>(after.nearest[0][t].item<int64_t>());
    CHECK(after.hard_classes[0][t].argmax().item<int64_t>() == encoder.classes()[code]);
  }
  encoder.collapse_classes();
  CHECK(encoder.codes() == 2);
  CHECK(encoder.assign(mel, false).log_codes.size(-1) == 2);
}

}  // namespace
}  // namespace edgy::converter::private_encoder
