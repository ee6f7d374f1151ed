// How the runtime means to run a model: the kernel of each step, its predicted cost, the arena.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "converter/report/planned.h"
#include "wasm/format/edgy_generated.h"
#include "wasm/runtime/session/session.h"

namespace edgy::converter {

/// One step of a session's plan.
struct PlanStep {
  std::string name;
  std::string kernel;
  uint64_t macs = 0;
  double stored = 0;  ///< 0..1: share of the weights that the kernel stores; 0: not predicted
  double cost = 0;  ///< predicted, in units of its instruction form (kernels/conv_cost.h); 0: none
  double speedup = 0;  ///< predicted, over the dense kernel in its place
};

/// What a session makes of a model for inputs of given shapes.
struct PlanReport {
  std::vector<PlanStep> steps;
  std::vector<runtime::ArenaPiece> arena;
  uint64_t arena_bytes = 0;  ///< what the arena takes; its pieces share bytes
};

/// Which kernel runs each step on this machine, and where the values lie. Throws Error if the
/// runtime can not plan the model.
PlanReport plan_of(const format::fb::ModelT& model, const PlanRequest& request);

nlohmann::ordered_json plan_to_json(const PlanReport& plan);
/// A table of at most 80 columns.
void print_plan(const PlanReport& plan, std::ostream& out);

}  // namespace edgy::converter
