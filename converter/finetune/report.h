// What a training run did, as a page for people. No torch.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace edgy::converter::finetune {

/// A page of its own: curves of loss, dev agreement, sparsity and learning rate as inline SVG, a
/// table of layers and the settings. No script, nothing fetched. `log` is what the trainer writes
/// to log.json: "settings", "loss", "learning_rate", "sparsity" (one entry a step), "dev",
/// "layers".
std::string training_report(const nlohmann::ordered_json& log);

}  // namespace edgy::converter::finetune
