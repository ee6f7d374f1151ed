#include <torch/types.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include "converter/error.h"
#include "converter/finetune/hawq.h"
#include "converter/finetune/network/hessian.h"
#include "converter/finetune/samples/crops.h"
#include "tests/finetune/tiny_model.h"

namespace edgy::converter::finetune {
namespace {

using Catch::Matchers::WithinRel;
using torch::Tensor;

TEST_CASE("Hutchinson's estimate is the mean of the Hessian's diagonal", "[finetune]") {
  torch::manual_seed(2);
  // sum of c_i w_i^2: the Hessian is diagonal with 2 c_i, so that every draw gives the trace.
  const Tensor a = torch::randn({40}).requires_grad_();
  const Tensor b = torch::randn({10}).requires_grad_();
  const Tensor ca = torch::rand({40}) + 0.5;
  const Tensor cb = (torch::rand({10}) + 0.5) * 100;
  const Tensor before = a.detach().clone();
  const auto traces = mean_hessian_traces(
      {a, b}, [&] { return (ca * a.square()).sum() + (cb * b.square()).sum(); }, {4, 0, 1});
  CHECK_THAT(traces[0], WithinRel(2 * ca.mean().item<double>(), 0.01));
  CHECK_THAT(traces[1], WithinRel(2 * cb.mean().item<double>(), 0.01));
  CHECK(torch::equal(a.detach(), before));
}

TEST_CASE("bits go where they prevent most damage", "[finetune]") {
  // damage at 4 and at 8 bits; equal cost
  const std::vector<BitsCandidate> layers = {{{9, 0}, 1}, {{1, 0}, 1}, {{5, 0}, 1}, {{2, 0}, 1}};
  CHECK(choose_bits(layers, {4, 8}, 8, 1.0) == std::vector<int>{8, 8, 8, 8});
  CHECK(choose_bits(layers, {4, 8}, 8, 8 / 6.0) == std::vector<int>{8, 4, 8, 4});
  CHECK(choose_bits(layers, {4, 8}, 8, 2.0) == std::vector<int>{4, 4, 4, 4});
  CHECK_THROWS_AS(choose_bits(layers, {4, 8}, 8, 2.1), Error);
  // one that is greedy only: many layers
  std::vector<BitsCandidate> many;
  for (int i = 0; i < 40; ++i)
    many.push_back({{static_cast<double>(i), 0}, 1});
  const auto bits = choose_bits(many, {4, 8}, 8, 8 / 6.0);
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(bits[i] == (i < 20 ? 4 : 8));
}

TEST_CASE("HAWQ gives a model bits within the ratio", "[finetune]") {
  const auto model = tiny_model();
  MemorySource source(tiny_samples(6, 64, 3));
  const Crops crops(source, model, 64);
  nncf::Quantization quantization;
  nncf::HawqPrecision hawq;
  hawq.iterations = 3;
  hawq.data_points = 4;
  hawq.compression_ratio = 1.5;
  double cost = 0;
  double all = 0;
  for (const LayerBits& layer : choose_layer_bits(model, crops, quantization, hawq, 1)) {
    CHECK((layer.bits == 4 || layer.bits == 8));
    CHECK(layer.mean_trace > 0);
    cost += layer.bits * layer.macs;
    all += 8 * layer.macs;
  }
  CHECK(cost <= all / 1.5 * 1.000001);
}

}  // namespace
}  // namespace edgy::converter::finetune
