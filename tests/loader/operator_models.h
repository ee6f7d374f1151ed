// One small model that runs for each operator, and for each way to store what it reads.
#pragma once

#include <string>
#include <vector>

#include "tests/loader/model_builder.h"

namespace edgy::tests {

struct OperatorModel {
  std::string name;
  fb::ModelT model;
  std::size_t op = 0;  ///< the operator that it is about
};

std::vector<OperatorModel> operator_models();

}  // namespace edgy::tests
