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

/// Places the greatest buffers first, each as low as it fits between those alive with it.
ArenaLayout layout_arena(std::span<const Lifetime> buffers);

}  // namespace edgy::runtime
