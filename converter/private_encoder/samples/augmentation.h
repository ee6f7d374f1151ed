// Changes of log-mel that keep what is said and not who says it, or where.
#pragma once

#include <vector>

#include "converter/private_encoder/samples/random.h"
#include "converter/private_encoder/settings/options.h"

namespace edgy::converter::private_encoder {

/// Part of a recording, and the labels of its frames.
struct Stretch {
  std::vector<float> mel;  ///< [kMels, frames]
  int frames = 0;
  std::vector<int> phone;  ///< [frames]
};

/// Faster or slower by a factor that is drawn, linearly between frames. Needs two frames.
Stretch stretched(const Stretch& from, const AugmentationOptions& options, Random& random);

/// Frames begin..begin+count-1.
Stretch cut(const Stretch& from, int begin, int count);

/// The other changes, in place, of [kMels, frames]: frequencies by a factor (shorter and longer
/// vocal tracts), a smooth curve over frequencies (microphones), high bands that fall off, and
/// noise that is added as amplitudes are; what then lies more than 80 dB below the loudest value
/// is raised to that, as the front end does.
void augment(std::vector<float>& mel, int frames, const AugmentationOptions& options,
             Random& random);

}  // namespace edgy::converter::private_encoder
