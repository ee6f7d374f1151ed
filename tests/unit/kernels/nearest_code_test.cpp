// Nearest code: the SIMD form gives the reference's indices in every case.
#include "kernels/nearest_code/nearest_code.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>

namespace edgy::kernels {
namespace {

std::vector<int64_t> by_definition(const std::vector<float>& z, const std::vector<float>& codebook,
                                   const std::vector<float>& half_norm, std::size_t rows) {
  std::vector<int64_t> indices(rows, -1);
  nearest_code_reference(z, codebook, half_norm, indices);
  return indices;
}

std::vector<int64_t> by_simd(const std::vector<float>& z, const std::vector<float>& codebook,
                             const std::vector<float>& half_norm, std::size_t rows) {
  std::vector<int64_t> indices(rows, -1);
  const PackedCodebook packed(codebook, half_norm);
  AlignedVector<uint8_t> scratch(packed.scratch_bytes());
  nearest_code(packed, z, indices, scratch.data());
  return indices;
}

TEST_CASE("nearest code: SIMD equals the reference over random shapes, ties included") {
  const uint32_t seed = 77;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> coarse(-2, 2);  // few values: many exact ties
  std::normal_distribution<float> fine;
  for (int round = 0; round < 200; ++round) {
    const std::size_t rows = random() % 12;
    const std::size_t codes = 1 + random() % 40;
    const std::size_t dimensions = 1 + random() % 20;
    const bool ties = round % 2 == 0;
    CAPTURE(round, rows, codes, dimensions);
    std::vector<float> z(rows * dimensions);
    std::vector<float> codebook(codes * dimensions);
    std::vector<float> half_norm(codes);
    for (std::vector<float>* values : {&z, &codebook, &half_norm}) {
      for (float& x : *values) {
        x = ties ? static_cast<float>(coarse(random)) : fine(random);
      }
    }
    REQUIRE(by_simd(z, codebook, half_norm, rows) == by_definition(z, codebook, half_norm, rows));
  }
}

TEST_CASE("nearest code: the encoder's size, and codes find themselves") {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> codebook(512 * 64);
  std::vector<float> half_norm(512);
  for (std::size_t i = 0; i < codebook.size(); ++i) {
    codebook[i] = normal(random);
    half_norm[i / 64] += codebook[i] * codebook[i] / 2;
  }
  const std::vector<int64_t> indices = by_simd(codebook, codebook, half_norm, 512);
  for (std::size_t k = 0; k < 512; ++k) {
    REQUIRE(indices[k] == static_cast<int64_t>(k));
  }
}

TEST_CASE(
    "nearest code: near ties, outliers and extreme magnitudes are decided as by the reference") {
  const uint32_t seed = 78;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 300; ++round) {
    const std::size_t rows = 1 + random() % 9;
    const std::size_t codes = 1 + random() % 200;
    const std::size_t dimensions = 1 + random() % 100;
    const float z_scale = std::ldexp(1.0F, static_cast<int>(random() % 120) - 60);
    const float code_scale = std::ldexp(1.0F, static_cast<int>(random() % 120) - 60);
    CAPTURE(round, rows, codes, dimensions, z_scale, code_scale);
    std::vector<float> codebook(codes * dimensions);
    for (std::size_t i = 0; i < codebook.size(); ++i) {
      // Every second code is its neighbour, moved by very little.
      const bool twin = i / dimensions % 2 == 1;
      codebook[i] = twin ? codebook[i - dimensions] * (1 + 1e-6F * normal(random))
                         : code_scale * normal(random);
    }
    if (round % 5 == 0) {
      codebook[random() % codebook.size()] *= 1e4F;
    }
    std::vector<float> z(rows * dimensions);
    for (float& x : z) {
      x = round % 7 == 0 ? 0 : z_scale * normal(random);
    }
    const std::vector<float> half_norm = half_squared_norms(codebook, codes);
    REQUIRE(by_simd(z, codebook, half_norm, rows) == by_definition(z, codebook, half_norm, rows));
  }
}

TEST_CASE("nearest code: integers leave few candidates, the nearest code always among them") {
  const uint32_t seed = 79;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  constexpr std::size_t kCodes = 512;
  constexpr std::size_t kDimensions = 64;
  constexpr std::size_t kRows = 200;
  std::vector<float> codebook(kCodes * kDimensions);
  std::vector<float> z(kRows * kDimensions);
  for (std::vector<float>* values : {&z, &codebook}) {
    for (float& x : *values) {
      x = normal(random);
    }
  }
  const std::vector<float> half_norm = half_squared_norms(codebook, kCodes);
  const std::vector<int64_t> nearest = by_definition(z, codebook, half_norm, kRows);
  const ScreenCodebook screen(codebook, half_norm);
  REQUIRE(screen.usable());
  AlignedVector<uint8_t> scratch(Screening::scratch_bytes(screen));
  Screening screening(screen, half_norm, z, scratch.data());
  REQUIRE(screening.possible());
  std::size_t all = 0;
  for (std::size_t first = 0; first < kRows; first += Screening::kRows) {
    screening.score(first, Screening::kRows);
    for (std::size_t row = 0; row < Screening::kRows; ++row) {
      std::vector<int32_t> found(kCodes);
      const std::size_t count = screening.candidates(row, found);
      all += count;
      CAPTURE(first, row, count);
      CHECK(std::count(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                       static_cast<int32_t>(nearest[first + row])) == 1);
    }
  }
  CAPTURE(all);
  CHECK(all < kRows + kRows / 4);
}

TEST_CASE("nearest code: the first of equal codes wins, whichever lane it lies in") {
  for (std::size_t first = 0; first < 20; ++first) {
    std::vector<float> codebook(20, 0.0F);
    for (std::size_t k = first; k < 20; ++k) {
      codebook[k] = 1;
    }
    const std::vector<float> half_norm(20, 0.5F);
    CAPTURE(first);
    CHECK(by_simd({3}, codebook, half_norm, 1) ==
          std::vector<int64_t>{static_cast<int64_t>(first)});
  }
}

TEST_CASE("nearest code: NaN never wins, and nothing but NaN gives 0") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> codebook = {nan, 1, 2, nan, infinity};
  const std::vector<float> half_norm = {0, 0.5F, 2, 0, infinity};
  CHECK(by_simd({2}, codebook, half_norm, 1) == std::vector<int64_t>{2});
  CHECK(by_simd({nan}, codebook, half_norm, 1) == std::vector<int64_t>{0});
  CHECK(by_simd({infinity}, codebook, half_norm, 1) ==
        by_definition({infinity}, codebook, half_norm, 1));
}

}  // namespace
}  // namespace edgy::kernels
