#include "kernels/log_mel/lanes_fft.h"

#include <kiss_fft.h>

namespace edgy::kernels {

LanesFft::LanesFft(std::size_t points)
    : state_(kiss_fft_alloc(static_cast<int>(points), 0, nullptr, nullptr)) {}

void LanesFft::forward(const float* in, float* out) const {
  kiss_fft(static_cast<kiss_fft_cfg>(state_.get()), reinterpret_cast<const kiss_fft_cpx*>(in),
           reinterpret_cast<kiss_fft_cpx*>(out));
}

void LanesFft::Free::operator()(void* state) const {
  kiss_fft_free(state);
}

}  // namespace edgy::kernels
