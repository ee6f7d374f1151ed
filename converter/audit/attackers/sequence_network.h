// An attacker that reads codes in their order: a small convolutional network.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "converter/audit/attackers/attacker.h"
#include "converter/audit/codes/events.h"

namespace edgy::converter {

struct SequenceNetworkOptions {
  int width = 5;             ///< neighbouring codes that a unit sees
  int units = 32;            ///< tanh units, each pooled over time by mean and by maximum
  int steps = 400;           ///< of Adam (arXiv:1412.6980), the rate falling along a cosine to 0
  int batch = 32;            ///< recordings a step
  int crop = 128;            ///< codes of a recording that a step sees; longer ones are cut
  double rate = 0.02;        ///< of the first step
  double weight_decay = .1;  ///< decoupled (arXiv:1711.05101): this share of rate * weight a step
};

/// Features are one column: which of `sequences` (of codes 0..codes-1) a row is. The sequences must
/// outlive the attacker. Training draws from `seed` alone; recordings longer than a crop are judged
/// by the mean over their crops.
std::unique_ptr<Attacker> make_sequence_network(const std::vector<CodeSequence>& sequences,
                                                int32_t codes, uint64_t seed = 1,
                                                const SequenceNetworkOptions& options = {});

}  // namespace edgy::converter
