// What a training came to: asked, reached, conversion alone beside it, and whether it paid.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "converter/finetune/settings/options.h"
#include "converter/finetune/trainer.h"

namespace edgy::converter::finetune {

/// What was asked for beside what training knows of itself.
struct Asked {
  double filters = 0;          ///< share of filters to be gone
  double filters_removed = 0;  ///< the share that is
};

/// {"rows": [{"what", "zeros", "codes equal", "SQNR dB", "cosine"}], "verdict", "warnings"}: rows
/// are "asked", "before training", "conversion alone", "training at its best" and "written", as far
/// as they are known, all judged on split dev.
nlohmann::ordered_json outcome(const TrainingResult& result, const FinetuneOptions& options,
                               const Asked& asked);

/// The same for a terminal of 80 columns.
std::string to_text(const nlohmann::ordered_json& outcome);

}  // namespace edgy::converter::finetune
