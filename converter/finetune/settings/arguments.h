// The arguments of the program edgy-finetune, which are those of `edgy finetune` but for the
// folder.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "converter/finetune/settings/options.h"

namespace edgy::converter::finetune {

/// Of HAWQ's estimate. A trace is a sum over all weights of a layer, so that few random vectors say
/// it: docs/finetuning.md has the spread. Memory and time grow with both.
struct HessianLimits {
  int crops = 32;
  int iterations = 20;
};

struct Arguments {
  std::string run;
  std::string output;
  std::string data;
  std::string from;
  std::string config;
  std::string precision = "int8";
  bool epochs_given = false;
  std::string train_split = "train";
  std::string dev_split = "dev";
  std::optional<std::size_t> calibration_samples;  ///< empty: as the configuration says, or 64
  std::string labels;
  HessianLimits hessian;
  FinetuneOptions options;
};

void add_options(CLI::App& app, Arguments& arguments);

}  // namespace edgy::converter::finetune
