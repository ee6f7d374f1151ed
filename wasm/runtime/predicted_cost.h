// What the planner expects of a kernel.
#pragma once

namespace edgy::runtime {

/// What the cost model says of an operation's kernel (kernels/conv_cost.h); zeros where there is no
/// model.
struct PredictedCost {
  double cost = 0;        ///< of the kernel that was chosen
  double dense_cost = 0;  ///< of the dense kernel in its place
  double density = 0;     ///< share of 1x4 blocks of weights that are stored
};

}  // namespace edgy::runtime
