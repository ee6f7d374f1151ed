// Equal places of int8 tensors of one shape, whatever layout they are in.
#pragma once

#include <array>
#include <span>

#include "wasm/runtime/plan/operation.h"

namespace edgy::runtime {

/// Bytes that lie side by side in an output and in one or two inputs of its shape.
struct ByteRun {
  std::array<const int8_t*, 2> from{};  ///< of each input
  int8_t* to = nullptr;
  int64_t bytes = 0;
};

/// Calls visit(ByteRun) until every byte of `output` was named, for operations that keep the layout
/// (Operation::keeps_layout). With all tensors in the very same layout an image is one run, its
/// border included, which has to be filled again with the zero point: `fill_written_border`.
class ByteRuns {
 public:
  /// Of one or two inputs.
  ByteRuns(std::span<const Operand> inputs, const Operand& output);

  template <typename Visit>
  void for_each(Visit visit) const {
    for (int64_t n = 0; n < images_; n++) {
      if (whole_ > 0) {
        visit(run(n, {}, 0, whole_));
        continue;
      }
      for (int64_t block = 0; block < layout_.blocks(); block++) {
        for (int64_t y = 0; y < layout_.height; y++) {
          for (int64_t phase = 0; phase < layout_.phases; phase++) {
            visit(row(n, block, y, phase));
          }
        }
      }
    }
  }
  /// Puts the zero point of the output back where the runs went over its border.
  void fill_written_border(int32_t zero_point) const;

 private:
  struct Source {
    const int8_t* data = nullptr;
    kernels::Block4 layout;  ///< seen with the output's border
    int64_t image_bytes = 0;
  };
  ByteRun run(int64_t image, const std::array<int64_t, 2>& from, int64_t to, int64_t bytes) const;
  /// Every `phases`-th position of a row, from the image's first of the phase on.
  ByteRun row(int64_t image, int64_t block, int64_t y, int64_t phase) const;

  std::array<Source, 2> sources_{};
  int8_t* target_ = nullptr;
  kernels::Block4 layout_;   ///< of the output
  int64_t image_bytes_ = 0;  ///< of the output
  int64_t images_ = 1;
  int64_t whole_ = 0;  ///< bytes of an image that is one run; 0: runs are rows
  bool is_block4_ = false;
};

}  // namespace edgy::runtime
