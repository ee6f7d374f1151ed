// Where buffers lie in the arena: two may share bytes if they never hold values at the same time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace edgy::runtime {

inline constexpr int64_t kArenaAlignment = 64;

/// A buffer holds values from step `first` to step `last`, both included.
struct Lifetime {
  int64_t bytes = 0;
  int32_t first = 0;
  int32_t last = 0;
};

struct ArenaLayout {
  std::vector<int64_t> offsets;  ///< of each buffer, multiples of kArenaAlignment
  int64_t bytes = 0;
};

/// Up to so many buffers each is compared with each other, which takes milliseconds.
inline constexpr std::size_t kMostPairedBuffers = 4096;

/// Places the greatest buffers first, each as low as it fits between those alive with it. More than
/// kMostPairedBuffers are placed in the order of their steps, which takes n log n steps and may
/// need more bytes. A buffer's `last` is not before its `first`.
ArenaLayout layout_arena(std::span<const Lifetime> buffers);

}  // namespace edgy::runtime
