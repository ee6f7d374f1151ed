#include <algorithm>
#include <cmath>

#include "converter/nncf/algorithms/schedules.h"
#include "converter/nncf/explain/explain_algorithms.h"
#include "converter/nncf/file/describe_pruning.h"

namespace edgy::converter::nncf {
namespace {

std::string importance_words(FilterNorm importance) {
  switch (importance) {
    case FilterNorm::kL1:
      return "sum of magnitudes (L1)";
    case FilterNorm::kL2:
      return "Euclidean norm (L2)";
    case FilterNorm::kGeometricMedian:
      return "distance to the other filters: the most alike go first (geometric_median)";
  }
  return "";
}

std::string schedule_words(PruningSchedule schedule) {
  switch (schedule) {
    case PruningSchedule::kBaseline:
      return "baseline: all at once after warm-up";
    case PruningSchedule::kExponential:
      return "exponential: the share of filters that are left falls by the same factor each epoch";
    case PruningSchedule::kExponentialWithBias:
      return "exponential_with_bias: three quarters of the way in an eighth of the epochs";
  }
  return "";
}

std::vector<ExplainedLevel> schedule_rows(const FilterPruning& p) {
  std::vector<ExplainedLevel> rows;
  const int last = final_pruning_epoch(p);
  if (p.warmup_epochs > 0)
    rows.push_back({0, 0, "warm-up: nothing is pruned"});
  const int stride = std::max(1, static_cast<int>(std::ceil((last - p.warmup_epochs) / 6.0)));
  for (int epoch = p.warmup_epochs; epoch < last; epoch += stride)
    rows.push_back({epoch, pruning_level(p, epoch), ""});
  rows.push_back({last, pruning_level(p, last), "the choice of filters stays as it is"});
  return rows;
}

std::string pruned_layers(const FilterPruning& p) {
  std::string left;
  const auto leave = [&](bool pruned, const char* which) {
    if (!pruned)
      left += (left.empty() ? "" : ", ") + std::string(which);
  };
  leave(p.prune_first_conv, "the first");
  leave(p.prune_last_conv, "the last");
  leave(p.prune_downsample_convs, "those with a stride above 1");
  return "convolutions" + (left.empty() ? "" : " but " + left);
}

}  // namespace

ExplainedAlgorithm explain_algorithm(const FilterPruning& algorithm, const Facts& facts) {
  ExplainedAlgorithm out;
  const bool flops = algorithm.flops_target.has_value();
  const std::string share = percent(algorithm.flops_target.value_or(algorithm.target));
  out.summary =
      "Whole filters (output channels) go, " +
      (flops ? "until " + share + " of the multiplications are saved"
             : share + " of them in the end") +
      ", and with them the input channels of the layers that read them. The model becomes "
      "smaller and stays dense.";
  const auto stated = [&](const char* key) { return facts.states(std::string("params.") + key); };
  out.settings.push_back(
      {"importance", importance_words(algorithm.importance), !stated("filter_importance")});
  out.settings.push_back(
      {"share counts",
       algorithm.all_weights ? "over all layers together (all_weights)" : "in each layer by itself",
       !stated("all_weights")});
  out.settings.push_back({"schedule", schedule_words(algorithm.schedule), !stated("schedule")});
  out.settings.push_back({"final share", share + (flops ? " of multiplications" : ""),
                          !flops && !stated("pruning_target")});
  out.settings.push_back({"which", pruned_layers(algorithm),
                          !stated("prune_first_conv") && !stated("prune_last_conv") &&
                              !stated("prune_downsample_convs")});
  out.settings.push_back({"batch norms",
                          algorithm.prune_batch_norms ? "of pruned filters are zeroed too"
                                                      : "of pruned filters stay until export",
                          !stated("prune_batch_norms")});
  out.settings.push_back({"gradients",
                          algorithm.zero_grad ? "of pruned filters are zero"
                                              : "reach pruned filters, which may come back",
                          !stated("zero_grad")});
  explain_batch_norm(out, algorithm.batch_norm_adaptation, facts);
  explain_scopes(out, algorithm.scopes, "convolutions");
  out.level_name = flops ? "multiplications saved" : "filters pruned";
  out.schedule = schedule_rows(algorithm);
  if (algorithm.schedule == PruningSchedule::kBaseline) {
    std::string unread;
    if (facts.states("pruning_init") || stated("pruning_init"))
      unread = "pruning_init";
    if (stated("pruning_steps"))
      unread += (unread.empty() ? "" : ", ") + std::string("pruning_steps");
    if (!unread.empty())
      out.notes.push_back(unread + (unread.size() > 14 ? " have" : " has") +
                          " no effect with a schedule of the kind baseline.");
  }
  if (!algorithm.scopes.target.empty() || !algorithm.scopes.ignored.empty())
    out.notes.emplace_back(
        "Scopes have no effect on filter_pruning in Edgy: it prunes all convolutions of the kinds "
        "above.");
  note_without_effect(out, facts, {"params.zero_grad", "params.prune_batch_norms"},
                      "filters are gone from the first step on, and batch norms with them.");
  out.convert = flops || algorithm.all_weights
                    ? "cannot: it prunes each layer by its share. It leaves this out and says so."
                    : "takes " + share + " of the filters out at once, without training.";
  out.finetune = flops || algorithm.all_weights
                     ? "cannot: it prunes each layer by its share. It says so and stops."
                     : "takes " + share + " of the filters out of the graph, then trains the rest.";
  return out;
}

}  // namespace edgy::converter::nncf
