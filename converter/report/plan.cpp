#include "converter/report/plan.h"

#include <cstdio>

#include "converter/columns.h"

namespace edgy::converter {
namespace {

double total_cost(const std::vector<PlanStep>& plan) {
  double total = 0;
  for (const PlanStep& step : plan)
    total += step.cost;
  return total;
}

}  // namespace

PlanReport plan_of(const format::fb::ModelT& model, const PlanRequest& request) {
  Runner runner = planned_runner(model, request).runner;
  PlanReport plan;
  plan.arena = runner.session().arena();
  plan.arena_bytes = runner.session().memory().arena;
  for (const runtime::StepProfile& step : runner.session().profile()) {
    const runtime::PredictedCost& predicted = step.predicted;
    plan.steps.push_back({step.name, step.kernel, step.macs, predicted.stored, predicted.cost,
                          predicted.cost > 0 ? predicted.dense_cost / predicted.cost : 0});
  }
  return plan;
}

nlohmann::ordered_json plan_to_json(const PlanReport& plan) {
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const PlanStep& step : plan.steps) {
    nlohmann::ordered_json row = {
        {"name", step.name}, {"kernel", step.kernel}, {"macs", step.macs}};
    if (step.cost > 0) {
      row["stored"] = step.stored;
      row["predicted_cost"] = step.cost;
      row["predicted_speedup"] = step.speedup;
    }
    steps.push_back(std::move(row));
  }
  nlohmann::ordered_json pieces = nlohmann::ordered_json::array();
  for (const runtime::ArenaPiece& piece : plan.arena) {
    pieces.push_back({{"name", piece.name},
                      {"layout", piece.layout},
                      {"offset", piece.offset},
                      {"bytes", piece.bytes},
                      {"first_step", piece.first},
                      {"last_step", piece.last}});
  }
  return {{"steps", std::move(steps)},
          {"arena", {{"bytes", plan.arena_bytes}, {"pieces", std::move(pieces)}}}};
}

void print_plan(const PlanReport& plan, std::ostream& out) {
  const double total = total_cost(plan.steps);
  char line[320];  // a name may have four bytes a character
  std::snprintf(line, sizeof line, "%-22s %-30s %7s %8s %8s\n", "step", "kernel", "stored", "cost",
                "x dense");
  out << line;
  for (const PlanStep& step : plan.steps) {
    char stored[16] = "";
    char cost[16] = "";
    char speedup[16] = "";
    if (step.cost > 0) {
      std::snprintf(stored, sizeof stored, "%.1f %%", 100 * step.stored);
      std::snprintf(cost, sizeof cost, "%.1f %%", 100 * step.cost / total);
      std::snprintf(speedup, sizeof speedup, "%.2f", step.speedup);
    }
    std::snprintf(line, sizeof line, "%s %s %7s %8s %8s\n", last_columns(step.name, 22).c_str(),
                  last_columns(step.kernel, 30).c_str(), stored, cost, speedup);
    out << line;
  }
  out << "\nstored: share of the weights that this kernel stores. cost: predicted share of the\n"
         "time of all int8 convolutions. x dense: predicted gain over dense weights.\n";
  int64_t apart = 0;
  for (const runtime::ArenaPiece& piece : plan.arena)
    apart += piece.bytes;
  std::snprintf(line, sizeof line, "Activations take %llu bytes (apart: %lld).\n",
                static_cast<unsigned long long>(plan.arena_bytes), static_cast<long long>(apart));
  out << line;
}

}  // namespace edgy::converter
