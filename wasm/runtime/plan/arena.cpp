#include "wasm/runtime/plan/arena.h"

#include <algorithm>
#include <cstddef>

namespace edgy::runtime {
namespace {

int64_t align(int64_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

}  // namespace

ArenaLayout layout_arena(std::span<const Lifetime> buffers) {
  std::vector<std::size_t> order(buffers.size());
  for (std::size_t i = 0; i < order.size(); i++) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return buffers[a].bytes != buffers[b].bytes ? buffers[a].bytes > buffers[b].bytes : a < b;
  });
  ArenaLayout layout;
  layout.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t buffer : order) {
    int64_t offset = 0;
    for (const std::size_t other : placed) {
      if (buffers[other].last < buffers[buffer].first ||
          buffers[buffer].last < buffers[other].first) {
        continue;
      }
      if (offset + align(buffers[buffer].bytes) <= layout.offsets[other]) {
        break;
      }
      offset = std::max(offset, layout.offsets[other] + align(buffers[other].bytes));
    }
    layout.offsets[buffer] = offset;
    layout.bytes = std::max(layout.bytes, offset + align(buffers[buffer].bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), buffer,
                                   [&](std::size_t a, std::size_t b) {
                                     return layout.offsets[a] < layout.offsets[b];
                                   }),
                  buffer);
  }
  return layout;
}

}  // namespace edgy::runtime
