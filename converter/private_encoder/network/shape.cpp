#include "converter/private_encoder/network/shape.h"

#include <cmath>
#include <numbers>

namespace edgy::converter::private_encoder {

std::vector<Convolution> convolutions(const EncoderOptions& o) {
  const int wide = o.channels;
  const int margin = o.context / 2;
  return {{o.cepstra, wide, 3, 1, 0},
          {wide, wide, 3, 1, 1},
          {wide, wide, 4, 2, 1},
          {wide, wide, o.context, 1, margin},
          {wide, wide, o.context, 1, margin},
          {wide, o.code_channels, 1, 1, 0}};
}

std::vector<float> cepstrum(int cepstra, int mels) {
  std::vector<float> rows;
  for (int k = 0; k < cepstra; ++k) {
    for (int i = 0; i < mels; ++i) {
      const double norm = std::sqrt((k == 0 ? 1.0 : 2.0) / mels);
      rows.push_back(static_cast<float>(norm * std::cos(std::numbers::pi * k * (i + 0.5) / mels)));
    }
  }
  return rows;
}

}  // namespace edgy::converter::private_encoder
