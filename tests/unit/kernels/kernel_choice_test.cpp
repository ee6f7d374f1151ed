#include "wasm/runtime/operators/kernel_choice.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

namespace edgy::runtime {
namespace {

using kernels::ConvShape;
using kernels::DotClass;
using kernels::Isa;

// Weights of which `share` of the blocks of `rows` x 4 are kept.
std::vector<int8_t> pruned(const ConvShape& shape, double share, int32_t rows) {
  std::mt19937 random(7);
  const std::size_t row = std::size_t{1} * shape.kernel_h * shape.kernel_w * shape.in_channels;
  std::vector<int8_t> weights(row * shape.out_channels);
  for (int32_t o = 0; o < shape.out_channels; o += rows) {
    for (std::size_t i = 0; i < row; i += 4) {
      if (static_cast<double>(random() % 1000) >= 1000 * share) {
        continue;
      }
      for (int32_t r = o; r < o + rows; r++) {
        for (std::size_t c = i; c < i + 4; c++) {
          weights[r * row + c] = static_cast<int8_t>(1 + random() % 100);
        }
      }
    }
  }
  return weights;
}

constexpr ConvShape kLayer = {.in_channels = 256, .out_channels = 256, .kernel_w = 3};

TEST_CASE("a layer gets the kernel that its zeros pay for", "[kernel_choice]") {
  for (const Isa isa : {Isa::kSimd128, Isa::kRelaxedDot, Isa::kRelaxedPair}) {
    CAPTURE(kernels::to_string(isa));
    const auto choose = [&](double share, int32_t rows) {
      return choose_conv_kernel(kLayer, pruned(kLayer, share, rows), {.wanted = isa}, {1, 100});
    };
    REQUIRE(choose(1.0, 1).kernel != ConvKernel::kSparse4x4);
    REQUIRE(choose(0.2, 1).kernel == ConvKernel::kSparse);
    REQUIRE(choose(0.2, 4).kernel != ConvKernel::kDense);
    REQUIRE(choose(0.2, 1).isa == isa);
    REQUIRE(stored_share(choose(0.2, 1)) == choose(0.2, 1).stored.share_1x4);
    const KernelChoice dense = choose(1.0, 1);
    REQUIRE(stored_share(dense) == 1);
  }
}

TEST_CASE("zeros that lie singly get the kernel of single weights", "[kernel_choice]") {
  std::mt19937 random(11);
  std::vector<int8_t> weights(std::size_t{256} * 768);
  for (int8_t& weight : weights) {
    weight = static_cast<int8_t>(random() % 20 == 0 ? 1 + random() % 100 : 0);
  }
  for (const Isa isa : {Isa::kSimd128, Isa::kRelaxedDot, Isa::kRelaxedPair}) {
    CAPTURE(kernels::to_string(isa));
    const KernelChoice choice = choose_conv_kernel(kLayer, weights, {.wanted = isa}, {1, 100});
    REQUIRE(choice.kernel == ConvKernel::kSingle);
    const auto zeros = std::count(weights.begin(), weights.end(), int8_t{0});
    REQUIRE(choice.stored.weights == static_cast<int64_t>(weights.size()) - zeros);
    REQUIRE(stored_share(choice) * static_cast<double>(weights.size()) ==
            Catch::Approx(static_cast<double>(choice.stored.weights)));
    // For one position there is none.
    REQUIRE(choose_conv_kernel(kLayer, weights, {.wanted = isa}, {1, 1}).kernel !=
            ConvKernel::kSingle);
  }
}

TEST_CASE("no choice is predicted to be slower than dense, and fewer blocks never cost more",
          "[kernel_choice]") {
  for (const Isa isa : {Isa::kSimd128, Isa::kRelaxedDot, Isa::kRelaxedPair}) {
    for (const int32_t positions : {1, 2, 7, 33, 100, 1000}) {
      double last = 0;
      for (const double share : {0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0}) {
        CAPTURE(kernels::to_string(isa), positions, share);
        const kernels::OutputSize size = {1, positions};
        const KernelChoice choice =
            choose_conv_kernel(kLayer, pruned(kLayer, share, 1), {.wanted = isa}, size);
        const double cost = predicted_cost(choice, kLayer, size);
        REQUIRE(cost <= predicted_dense_cost(choice, kLayer, size));
        REQUIRE(cost >= 0.85 * last);  // dense is kept where sparse is barely faster
        last = cost;
      }
    }
  }
}

TEST_CASE("the kernel suits the activations and the shape", "[kernel_choice]") {
  const std::vector<int8_t> weights = pruned(kLayer, 0.2, 1);
  REQUIRE(choose_conv_kernel(kLayer, weights, {.activation_bits = 8, .wanted = Isa::kRelaxedPair},
                             {1, 100})
              .isa == Isa::kSimd128);
  const ConvShape depthwise = {
      .in_channels = 8, .out_channels = 8, .kernel_h = 3, .kernel_w = 3, .groups = 8};
  const std::vector<int8_t> zeros(72);
  REQUIRE(choose_conv_kernel(depthwise, zeros, {.wanted = Isa::kSimd128}, {9, 9}).kernel ==
          ConvKernel::kDense);
  const ConvShape odd = {.in_channels = 6, .out_channels = 6, .groups = 2};
  REQUIRE(
      choose_conv_kernel(odd, std::vector<int8_t>(18), {.wanted = Isa::kSimd128}, {9, 9}).kernel ==
      ConvKernel::kXnnpack);
}

constexpr DotClass kClasses[] = {DotClass::kNone, DotClass::kSaturatingPairs,
                                 DotClass::kSignedPairs, DotClass::kExactUnsigned,
                                 DotClass::kExactSigned};

TEST_CASE("each kernel gets the form that its class of processors is fast in", "[kernel_choice]") {
  for (const DotClass dot_class : kClasses) {
    CAPTURE(kernels::to_string(dot_class));
    const bool is_plain = dot_class == DotClass::kNone;
    const bool is_dot = !is_plain && dot_class != DotClass::kSaturatingPairs;
    const Isa expected = is_plain ? Isa::kSimd128 : is_dot ? Isa::kRelaxedDot : Isa::kRelaxedPair;
    for (const double share : {1.0, 0.2}) {
      const auto choose = [&](const FormChoice& forms) {
        return choose_conv_kernel(kLayer, pruned(kLayer, share, 1), forms, {1, 100});
      };
      REQUIRE(choose({.dot_class = dot_class}).isa == expected);
      REQUIRE(choose({.activation_bits = 8, .dot_class = dot_class}).isa == Isa::kSimd128);
      REQUIRE(choose({.wanted = Isa::kReference, .dot_class = dot_class}).isa == Isa::kReference);
    }
  }
}

TEST_CASE("blocks of 1x4 are no single weights, in any class", "[kernel_choice]") {
  // The layers of a transformer, 128 tokens, and of a speech encoder.
  for (const ConvShape& shape : {ConvShape{.in_channels = 384, .out_channels = 384},
                                 ConvShape{.in_channels = 384, .out_channels = 1536},
                                 ConvShape{.in_channels = 1536, .out_channels = 384}, kLayer}) {
    for (const DotClass dot_class : kClasses) {
      CAPTURE(kernels::to_string(dot_class), shape.in_channels, shape.out_channels);
      const KernelChoice choice =
          choose_conv_kernel(shape, pruned(shape, 0.2, 1), {.dot_class = dot_class}, {1, 128});
      REQUIRE(choice.kernel == ConvKernel::kSparse);
    }
  }
}

}  // namespace
}  // namespace edgy::runtime
