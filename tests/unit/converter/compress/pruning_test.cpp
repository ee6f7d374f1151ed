// Which weights go, how many of each layer, and what is left of them.
#include "converter/pruning/pruning.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <numeric>
#include <random>

#include "converter/calibration/runner.h"
#include "converter/compare/compare.h"
#include "converter/compress/quantize.h"
#include "converter/error.h"
#include "converter/export/export.h"
#include "converter/export/sparse_storage.h"
#include "converter/models/model_files.h"
#include "converter/pruning/allocation.h"
#include "converter/quantization/layers.h"
#include "converter/reconstruction/block_mask.h"
#include "converter/report/inspect.h"
#include "tests/unit/converter/private_encoder/encoder_data.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("masks keep whole blocks, as many weights as asked for, and honour N:M", "[pruning]") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  const PruningPattern patterns[] = {{1, 4, 0, 0}, {2, 4, 0, 0}, {4, 4, 0, 0}, {1, 1, 0, 0},
                                     {1, 1, 2, 4}, {1, 4, 1, 2}, {2, 4, 3, 5}};
  for (int round = 0; round < 60; ++round) {
    const PruningPattern pattern = patterns[draw(0, 6)];
    const auto grid = grid_of({draw(1, 17), draw(1, 5), draw(1, 30)}, pattern);
    std::vector<float> weights(static_cast<std::size_t>(grid.elements()));
    std::normal_distribution<float> normal;
    std::generate(weights.begin(), weights.end(), [&] { return normal(random); });
    const std::vector<double> scores = block_energies(grid, weights);
    CHECK(std::accumulate(scores.begin(), scores.end(), 0.0) ==
          Approx(std::inner_product(weights.begin(), weights.end(), weights.begin(), 0.0)));
    const double sparsity = std::max(least_sparsity(pattern), draw(0, 99) / 100.0);
    const auto keep = static_cast<int64_t>(static_cast<double>(grid.elements()) * (1 - sparsity));
    const BlockMask mask = select_blocks(grid, pattern, scores, keep);

    int64_t kept = 0;
    std::vector<float> masked = weights;
    apply_mask(grid, mask, masked);
    double least_kept = 1e30;
    double most_dropped = 0;
    for (int64_t block = 0; block < grid.blocks(); ++block) {
      const auto b = static_cast<std::size_t>(block);
      for_each_weight(grid, block, [&](std::size_t i) {
        CHECK(masked[i] == (mask[b] ? weights[i] : 0.0F));
        kept += mask[b];
      });
      (mask[b] ? least_kept : most_dropped) =
          mask[b] ? std::min(least_kept, scores[b]) : std::max(most_dropped, scores[b]);
    }
    CHECK(kept == kept_weights(grid, mask));
    if (pattern.m == 0) {
      CHECK(least_kept >= most_dropped);
      CHECK(2 * std::abs(kept - keep) <= grid.block_weights());
      continue;
    }
    CHECK(kept <= keep + grid.block_weights());
    for (int64_t row = 0; row < grid.grid_rows(); ++row) {
      for (int64_t first = 0; first < grid.grid_cols(); first += pattern.m) {
        const int64_t end = std::min<int64_t>(first + pattern.m, grid.grid_cols());
        const auto begin = mask.begin() + row * grid.grid_cols();
        CHECK(std::accumulate(begin + first, begin + end, 0) <= pattern.n);
      }
    }
  }
}

TEST_CASE("sparsity goes where it does the least damage and adds up", "[pruning]") {
  const std::vector<int64_t> weights = {1000, 3000, 10};
  const std::vector<DamageCurve> curves = {
      {{0, 0.5, 0.9}, {0, 1, 10}}, {{0, 0.5, 0.9}, {0, 0.1, 0.5}}, {{0, 0.9}, {0, 100}}};
  for (const double sparsity : {0.0, 0.3, 0.5, 0.8}) {
    const auto share = allocate_by_damage(curves, weights, sparsity);
    double gone = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(share[i] >= 0);
      CHECK(share[i] <= 0.9);
      gone += share[i] * static_cast<double>(weights[i]);
    }
    CHECK(gone == Approx(sparsity * 4010));
    CHECK(share[1] >= share[0]);
    CHECK(share[2] == 0);
  }
  CHECK_THROWS_WITH(allocate_by_damage(curves, weights, 0.95),
                    ContainsSubstring("0.95") && ContainsSubstring("at most 0.9"));
  // A curve that bends down is cut off at its hull: half of the way costs half of the whole.
  const std::vector<DamageCurve> bent = {{{0, 0.4, 0.8}, {0, 5, 6}}, {{0, 0.8}, {0, 7}}};
  const std::vector<int64_t> equal = {100, 100};
  CHECK(allocate_by_damage(bent, equal, 0.4)[0] == Approx(0.8));

  const auto by_threshold =
      allocate_by_threshold({{1, 1, 1, 1}, {0.1, 0.1, 2, 2}}, std::vector<int64_t>{16, 16}, 0.25);
  CHECK(by_threshold[0] == 0);
  CHECK(by_threshold[1] == Approx(0.5));
}

TEST_CASE("weights are stored in the smallest encoding and read back unchanged", "[pruning]") {
  SilentProgress progress;
  for (const double sparsity : {0.02, 0.5, 0.97}) {
    const auto calibration = recordings("train", 2);
    QuantizeOptions options;
    options.pruning.emplace();
    options.pruning->sparsity = sparsity;
    options.pruning->method = PruningMethod::kMagnitude;
    options.pruning->allocation = SparsityAllocation::kUniform;
    const fb::ModelT dense = quantize(encoder(), *calibration, options, progress);
    fb::ModelT sparse = dense;
    store_sparse(sparse);
    compact(sparse);
    stamp(sparse, {"test", {}}, "test");
    const std::vector<uint8_t> bytes = serialize(sparse);
    CHECK(bytes.size() <= model_bytes(dense).size() + 1000);
    const auto encoded =
        std::count_if(sparse.tensors.begin(), sparse.tensors.end(),
                      [](const auto& t) { return t->encoding != fb::Encoding::Dense; });
    if (sparsity < 0.1) {
      CHECK(encoded == 0);
      CHECK(sparse.features.empty());
    } else {
      CHECK(encoded >= 6);
      CHECK(sparse.features == std::vector<std::string>{"sparse-1x4"});
      CHECK(bytes.size() < 1.25 * (1 - sparsity) * static_cast<double>(model_bytes(dense).size()) +
                               160000);  // the codebook and what describes the model
      const ModelInfo info = inspect(sparse, {.file_bytes = bytes.size()});
      for (const OperatorInfo& op : info.operators) {
        if (op.kind == "Conv2D" && op.weight_bits == 8)
          CHECK(op.density == Approx(1 - sparsity).margin(0.02));
      }
    }
    const Sample sample = recordings("test", 1)->sample(0);
    const auto expected = Runner(dense).run(sample);
    const auto found = Runner(sparse).run(sample);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(expected[i].data == found[i].data);
  }
}

/// SQNR in dB of z on recordings that were used for nothing else.
double held_out_sqnr_db(const QuantizeOptions& options, std::size_t samples,
                        double* sparsity = nullptr) {
  SilentProgress progress;
  const auto calibration = recordings("train", samples);
  const fb::ModelT model = quantize(encoder(), *calibration, options, progress);
  if (sparsity) {
    int64_t weights = 0;
    int64_t zeros = 0;
    for (const auto& tensor : model.tensors) {
      if (tensor->type != fb::DataType::I8 || tensor->buffer < 0)
        continue;
      const auto& data = model.buffers[static_cast<std::size_t>(tensor->buffer)]->data;
      weights += static_cast<int64_t>(data.size());
      // Whole blocks of zeros: a weight that merely rounds to zero does not count.
      for (std::size_t i = 0; i < data.size(); i += 4)
        zeros += 4 * std::all_of(data.begin() + static_cast<std::ptrdiff_t>(i),
                                 data.begin() + static_cast<std::ptrdiff_t>(i) + 4,
                                 [](uint8_t byte) { return byte == 0; });
    }
    *sparsity = static_cast<double>(zeros) / static_cast<double>(weights);
  }
  const auto data = recordings("test", 12);
  return compare(encoder(), model, *data, progress).outputs[0].fidelity.sqnr_db();
}

TEST_CASE("pruning keeps its promise of zeros, and reconstruction what magnitude loses",
          "[pruning]") {
  QuantizeOptions options;
  options.pruning.emplace();
  options.pruning->sparsity = 0.5;
  options.reconstruction.mask_iterations = 12;  // enough to tell, in seconds
  options.reconstruction.solve_iterations = 15;
  double sparsity = 0;
  options.pruning->method = PruningMethod::kMagnitude;
  options.pruning->allocation = SparsityAllocation::kGlobal;
  const double magnitude = held_out_sqnr_db(options, 8, &sparsity);
  CHECK(sparsity == Approx(0.5).margin(0.001));
  options.pruning->allocation = SparsityAllocation::kSensitivity;
  CHECK(held_out_sqnr_db(options, 8, &sparsity) > magnitude);
  CHECK(sparsity == Approx(0.5).margin(0.001));
  options.pruning->method = PruningMethod::kReconstruction;
  options.pruning->allocation = SparsityAllocation::kUniform;
  CHECK(held_out_sqnr_db(options, 8, &sparsity) > magnitude + 5);
  CHECK(sparsity == Approx(0.5).margin(0.001));
}

TEST_CASE("contradicting pruning options are refused in words", "[pruning]") {
  SilentProgress progress;
  const auto refused = [&](const PruningOptions& pruning, const char* words) {
    const auto calibration = recordings("train", 1);
    QuantizeOptions options;
    options.pruning = pruning;
    CHECK_THROWS_WITH(quantize(encoder(), *calibration, options, progress),
                      ContainsSubstring(words));
  };
  const auto with = [](double sparsity, PruningPattern pattern) {
    PruningOptions pruning;
    pruning.sparsity = sparsity;
    pruning.pattern = pattern;
    return pruning;
  };
  refused(with(1.5, {}), "sparsity must be from 0 to 0.99");
  refused(with(0.5, {1, 4, 3, 2}), "3:2");
  refused(with(0.2, {1, 1, 2, 4}), "leaves a sparsity of at least 0.5");
  refused(with(0.5, {0, 4, 0, 0}), "blocks of 0x4");
}

}  // namespace
}  // namespace edgy::converter
