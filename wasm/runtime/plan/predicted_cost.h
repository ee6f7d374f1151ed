// What the planner expects of a kernel.
#pragma once

namespace edgy::runtime {

/// What the cost model says of an operation's kernel (kernels/conv_cost.h); zeros where there is no
/// model.
struct PredictedCost {
  double cost = 0;        ///< of the kernel that was chosen
  double dense_cost = 0;  ///< of the dense kernel in its place
  double stored = 0;      ///< 0..1: share of the weights that the chosen kernel stores
};

}  // namespace edgy::runtime
