// What packing and kernels of single positions share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/column_int8/column_int8.h"

namespace edgy::kernels {

inline constexpr int64_t kColumnBytes = int64_t{64} << 10;  ///< what 16 bits reach
inline constexpr int64_t kChunkUnits = 256;

/// One position's input of one group, [step][4], and zeros for a step that makes their number even.
/// At a place that the linker knows: kernels then need no addition to reach an element.
extern constinit thread_local int8_t activation_column[kColumnBytes + 16];

/// Units of a whole panel: their sums and operands fill the registers.
constexpr int32_t panel_units(Isa isa) {
  return isa == Isa::kSimd128 ? 4 : 8;
}

/// What is left of a chunk's channels after whole panels: panels of half as many units, then of
/// one.
constexpr int32_t next_panel_units(int64_t units_left, Isa isa) {
  const int32_t whole = panel_units(isa);
  return units_left >= whole ? whole : units_left >= whole / 2 ? whole / 2 : 1;
}

/// kAll: how many units' weights of a panel lie together. The others are streams of their own:
/// caches fetch several of them ahead at a time, and so more in all.
constexpr int32_t stream_units(int32_t panel_units) {
  return panel_units >= 4 ? 2 : 1;
}

/// Where a kernel reads; it moves on to the next panel.
struct ColumnReader {
  const int8_t* values;
  const uint16_t* offsets;
  const int32_t* runs;
};

/// Sums of one panel, [unit][4].
using RunColumnPanel = void (*)(const ColumnPanel& panel, ColumnReader& reader, int32_t* sums);

/// The functions of one instruction form.
struct ColumnForms {
  RunColumnPanel all;
  RunColumnPanel blocks_4x4;
  RunColumnPanel blocks_1x4;
};

ColumnForms column_simd128();
ColumnForms column_relaxed_dot();
ColumnForms column_relaxed_pair();

}  // namespace edgy::kernels
