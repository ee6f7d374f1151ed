#include "kernels/conv_int8/strips.h"

#include <algorithm>
#include <cstddef>

#include "kernels/conv_int8/strip_copy.h"
#include "kernels/conv_int8/strip_grid.h"

namespace edgy::kernels {
namespace {

// Into how many parts the channels of a strip are cut. Threads start at different times and other
// programs hold them up, so each should find several shares to take: at least four in all. As many
// parts as threads, or a multiple of it, make shares that can be dealt out evenly.
int64_t parts_of_strip(int64_t strips, int32_t threads) {
  constexpr int64_t kSharesEach = 4;
  return threads == 1 ? 1 : threads * divide_up(kSharesEach, strips);
}

}  // namespace

void run_strips(const ConvShape& shape, const Block4& input_layout, const int8_t* input,
                const StripKernel& kernel, const ConvQuantization& quantization,
                const ConvOutput& output, const Threads& threads) {
  const StripGrid grid(shape, input_layout, output.layout, kernel.strip_vectors);
  const OutputWriter writer(quantization, output, grid.pitch());
  const int64_t row_bytes = input_layout.row_bytes() * shape.stride_h;
  const auto load = [&](int64_t number) -> Strip {
    const StripGrid::Place place = grid[number];
    const auto positions = narrow<int32_t>(place.end - place.first);
    const int8_t* strip_input = input + row_bytes * place.row + 4 * place.first;
    int64_t block_bytes = input_layout.block_bytes();
    if (kernel.copy != nullptr) {
      strip_input = kernel.copy->fill(strip_input, (positions + 3) / 4);
      block_bytes = kernel.copy->block_bytes();
    }
    return {strip_input, block_bytes * kernel.blocks_per_group,
            grid.pitch() * place.row + place.first, positions};
  };
  const int64_t parts = parts_of_strip(grid.strips(), threads.count);
  Shares shares(grid.strips() * parts);
  run_shared(threads, [&] {
    // The input of a strip stays in the first-level cache while output channels pass over it, and a
    // thread copies a strip once, as shares are taken in the order of strips.
    Strip strip = {};
    int64_t loaded = -1;
    for (int64_t share = shares.take(); share >= 0; share = shares.take()) {
      if (share / parts != loaded) {
        loaded = share / parts;
        strip = load(loaded);
      }
      kernel.run(strip, kernel.part(share % parts, parts), quantization, writer);
    }
  });
}

}  // namespace edgy::kernels
