// Kernels that compute four output channels ("a quad") at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv_int8/strips.h"

namespace edgy::kernels {

/// Most vectors of a strip: tiles are two vectors wide.
inline constexpr int32_t kQuadStripVectors = 8;

/// Quads whose weights lie together, step by step, so that they stream through one position's
/// kernel as one; each form takes as many as it has registers for.
inline constexpr int32_t kMostPanelQuads = 8;

/// Quads of a panel in one form.
constexpr int32_t panel_quads(Isa isa) {
  return isa == Isa::kSimd128 ? kMostPanelQuads / 2 : kMostPanelQuads;
}

/// Where a quad lies among panels of up to `quads_per_panel`; panels do not span groups.
struct PanelPlace {
  PanelPlace(int32_t quad, int32_t quads_per_group, int32_t quads_per_panel)
      : in_panel(quad % quads_per_group % quads_per_panel),
        first_quad(quad - in_panel),
        quads(std::min(quads_per_panel, quads_per_group - first_quad % quads_per_group)),
        panel(quad / quads_per_group * ((quads_per_group + quads_per_panel - 1) / quads_per_panel) +
              quad % quads_per_group / quads_per_panel) {}

  int32_t in_panel;
  int32_t first_quad;
  int32_t quads;  ///< of this panel
  int32_t panel;
};

class QuadKernel final : public StripKernel {
 public:
  /// Sums of the quad over `positions` neighbours from `input` on,
  /// starting from `bias`. Every vector that holds a position is written whole.
  using Accumulate = void (*)(const QuadKernel& kernel, int32_t quad, const int8_t* input,
                              int32_t positions, const int32_t (&bias)[4], QuadSums& sums);
  /// Sums of `quads` quads of one group, from the first one of a panel on, at one position, added
  /// to `sums` ([quads][4], holding the biases).
  using AccumulateColumn = void (*)(const QuadKernel& kernel, int32_t quad, int32_t quads,
                                    const int8_t* input, int32_t* sums);

  void run(const Strip& strip, const ConvQuantization& quantization,
           const OutputWriter& writer) const override;

  Accumulate accumulate = nullptr;
  AccumulateColumn accumulate_column = nullptr;  ///< for strips of one position; may be null
  const int8_t* weights = nullptr;               ///< in the kernel's own packing
  const int32_t* offsets = nullptr;              ///< bytes from the first position's input
  const int32_t* starts = nullptr;  ///< of PackedConvWeights; null: `steps` are the same for all
  const int32_t* paired_steps = nullptr;  ///< of PackedConvWeights
  int32_t steps = 0;                      ///< without `starts`: offsets per output channel
  int32_t out_channels = 0;
  int32_t quads_per_group = 1;  ///< quads that read the same input channels
  int32_t quads_per_panel = 1;

 private:
  void run_column(const Strip& strip, const ConvQuantization& quantization,
                  const OutputWriter& writer) const;
};

}  // namespace edgy::kernels
