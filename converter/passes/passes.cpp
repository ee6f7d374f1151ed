#include "converter/passes/passes.h"

#include <array>

#include "converter/graph/subgraph.h"
#include "converter/graph/supported.h"

namespace edgy::converter::passes {
namespace {

struct Pass {
  const char* name;
  int (*run)(graph::Graph&);
  const char* summary;  ///< what it did, after the number
};

// Folding comes first: it makes the canonical form that the others match. Fusions of several nodes
// come before bounds are moved into their producers, which would hide parts of their patterns.
constexpr std::array<Pass, 12> kPasses = {{
    {"fold-constants", fold_constants, "constant nodes computed"},
    {"expand-quantized", expand_quantized, "quantized operators taken apart"},
    {"narrow-grids", narrow_grids, "grids of quantizers narrowed to what is clipped before them"},
    {"remove-identity", remove_identity, "nodes without effect removed"},
    {"fuse-layer-norm", fuse_layer_norm, "layer normalizations recognized"},
    {"fuse-gelu", fuse_gelu, "GELUs recognized"},
    {"expand-recurrent-step", expand_recurrent_step, "recurrent steps written as linear layers"},
    {"make-linear", make_linear, "products by constant matrices made linear layers"},
    {"fold-batch-norm", fold_batch_norm, "normalizations, factors and offsets folded into weights"},
    {"fuse-nearest-code", fuse_nearest_code, "nearest-code searches recognized"},
    {"fuse-activation", fuse_activation, "activations fused into the layer before"},
    {"remove-dead", remove_dead, "unread nodes removed"},
}};
constexpr int kMaxRounds = 16;

}  // namespace

namespace {

/// Ifs are decided and loops unrolled before all else: what they hold is part of the model. A body
/// that is taken may hold others.
void settle_control_flow(graph::Graph& graph) {
  if (!graph::has_bodies(graph))
    return;
  constexpr int kMaxPasses = 512;  // a loop that goes on for as long as a condition takes one each
  for (int i = 0; i < kMaxPasses && graph::has_bodies(graph); ++i) {
    if (fold_constants(graph) == 0)
      break;
  }
  graph::refuse_undecided(graph);
  remove_dead(graph);
  graph::check_supported(graph);
}

}  // namespace

std::vector<PassReport> run_all(graph::Graph& graph) {
  graph::check_supported(graph);
  settle_control_flow(graph);
  std::vector<PassReport> reports;
  for (int round = 0; round < kMaxRounds; ++round) {
    int changes = 0;
    for (const Pass& pass : kPasses) {
      const int done = pass.run(graph);
      changes += done;
      PassReport* report = nullptr;
      for (PassReport& earlier : reports)
        report = earlier.pass == pass.name ? &earlier : report;
      if (done > 0 && report == nullptr) {
        report = &reports.emplace_back(PassReport{pass.name, 0, {}});
      }
      if (report != nullptr) {
        report->changes += done;
        report->summary = std::to_string(report->changes) + " " + pass.summary;
      }
    }
    if (changes == 0) {
      break;
    }
  }
  return reports;
}

}  // namespace edgy::converter::passes
