// Which way of compressing each layer takes, so that the model fits a budget.
#include "converter/pruning/budget.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>
#include <random>

#include "converter/compress/budget_choice.h"
#include "converter/compress/quantize.h"
#include "converter/config/config.h"
#include "converter/error.h"
#include "converter/export/export.h"
#include "converter/export/int4_storage.h"
#include "converter/export/sparse_storage.h"
#include "converter/quantization/layers.h"
#include "tests/unit/converter/private_encoder/encoder_data.h"

namespace edgy::converter {
namespace {

using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using Layers = std::vector<std::vector<LayerOption>>;

double bytes_of(const LayerOption& option) {
  return option.bytes;
}

/// The least damage of any choice within `limit`, by trying all of them.
double best_damage(const Layers& layers, double limit, std::size_t from = 0) {
  if (from == layers.size())
    return limit >= 0 ? 0 : std::numeric_limits<double>::infinity();
  double best = std::numeric_limits<double>::infinity();
  for (const LayerOption& option : layers[from])
    best = std::min(best, option.damage + best_damage(layers, limit - option.bytes, from + 1));
  return best;
}

TEST_CASE("a budget is kept, with little more damage than the best choice does", "[budget]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int round = 0; round < 200; ++round) {
    Layers layers(1 + random() % 4);
    double most = 0;
    for (auto& options : layers) {
      options.resize(1 + random() % 6);
      double widest = 0;
      for (LayerOption& option : options) {
        option.bytes = 100 * unit(random);
        option.damage = std::pow(unit(random), 3);
        widest = std::max(widest, option.bytes);
      }
      most += widest;
    }
    const double least = least_spending(layers, bytes_of);
    CHECK_FALSE(fit_budget(layers, bytes_of, least * 0.999 - 1e-9));
    const double limit = least + (most - least) * unit(random) + 1e-9;
    const auto plan = fit_budget(layers, bytes_of, limit);
    REQUIRE(plan);
    double spent = 0;
    double damage = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      spent += layers[i][plan->option[i]].bytes;
      damage += layers[i][plan->option[i]].damage;
    }
    CHECK(spent <= limit + 1e-9);
    CHECK(spent == Approx(plan->spent).margin(1e-6));
    CHECK(damage == Approx(plan->damage).margin(1e-6));
    // The hulls' gap is at most the damage of one step of one layer.
    CHECK(damage <= best_damage(layers, limit + 1e-9) + 1 + 1e-9);
  }
  // Without need nothing is given up.
  const Layers two = {{{0, 8, 0.1, 50, 0}, {0, 4, 0.2, 25, 0}}, {{0, 8, 0, 10, 0}}};
  CHECK(fit_budget(two, bytes_of, 60)->option == std::vector<std::size_t>{0, 0});
  CHECK(fit_budget(two, bytes_of, 59)->option == std::vector<std::size_t>{1, 0});
}

TEST_CASE("bytes of a layer: dense, by bitmap, by deltas, in four bits", "[budget]") {
  CHECK(stored_bytes(8000, 8000, 8, 4) == 8000);
  CHECK(stored_bytes(8000, 8000, 4, 4) == 4000);
  CHECK(stored_bytes(8000, 4000, 8, 4) == 4000 + 250);
  CHECK(stored_bytes(8000, 400, 8, 4) == 400 + 100);
}

TEST_CASE("budgets are read from the command line, and refused in words", "[budget]") {
  CHECK(parse_budget("size=400kB").bytes == 400000);
  CHECK(parse_budget("size=1.5 MiB").bytes == 1572864);
  CHECK(parse_budget("size=17").bytes == 17);
  CHECK(parse_budget("speedup=4.5").speedup == 4.5);
  for (const char* text : {"400kB", "size=", "size=-3", "size=4 km", "speedup=0.5", "speedup=4x",
                           "sze=4", "size=nan", ""}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(parse_budget(text),
                      ContainsSubstring("size=400kB") && ContainsSubstring("speedup=4"));
  }
  CHECK_THROWS_WITH(check_budget({}), ContainsSubstring("one of size"));
  CHECK_THROWS_WITH(check_budget({100, 2}), ContainsSubstring("one of size"));
}

TEST_CASE("a model fits its budget, and one that cannot is told what could", "[budget]") {
  const auto training = recordings("train", 2);
  SilentProgress progress;
  QuantizeOptions options;
  options.pruning.emplace();
  options.pruning->method = PruningMethod::kMagnitude;  // seconds instead of minutes
  options.budget = parse_budget("size=500kB");
  format::fb::ModelT model = quantize(encoder(), *training, options, progress);
  store_sparse(model);
  store_int4(model);
  compact(model);
  stamp(model, {"test", {}}, "test");
  const std::size_t bytes = serialize(model).size();
  CHECK(bytes <= 500000);
  CHECK(bytes > 400000);
  options.budget = parse_budget("size=10kB");
  CHECK_THROWS_WITH(quantize(encoder(), *training, options, progress),
                    ContainsSubstring("is the least") && ContainsSubstring("not 10000"));
  options.budget = parse_budget("speedup=500");
  CHECK_THROWS_WITH(quantize(encoder(), *training, options, progress),
                    ContainsSubstring("is the most") && ContainsSubstring("not 500"));
}

}  // namespace
}  // namespace edgy::converter
