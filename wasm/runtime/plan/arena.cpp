#include "wasm/runtime/plan/arena.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "kernels/heap_sort.h"

namespace edgy::runtime {
namespace {

int64_t align(int64_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

/// Places of buffers, in order of `key(place)`, then of place.
template <typename Key>
std::vector<std::size_t> sorted_by(std::size_t buffers, Key key) {
  std::vector<std::pair<int64_t, std::size_t>> keyed(buffers);
  for (std::size_t i = 0; i < buffers; i++) {
    keyed[i] = {key(i), i};
  }
  kernels::heap_sort(keyed.begin(), keyed.end(), std::less<>());
  std::vector<std::size_t> order(buffers);
  for (std::size_t i = 0; i < buffers; i++) {
    order[i] = keyed[i].second;
  }
  return order;
}

/// The greatest first, each as low as it fits between those alive with it: every pair of buffers is
/// looked at.
ArenaLayout layout_by_size(std::span<const Lifetime> buffers) {
  ArenaLayout layout;
  layout.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t buffer :
       sorted_by(buffers.size(), [&](std::size_t i) { return -buffers[i].bytes; })) {
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

/// Holes of an arena that grows.
class Holes {
 public:
  /// Offset of `bytes` bytes, which must be more than 0: in the smallest hole that holds them.
  int64_t take(int64_t bytes) {
    const auto found = by_size_.lower_bound({bytes, 0});
    if (found != by_size_.end()) {
      const auto [size, offset] = *found;
      erase(offset, size);
      if (size > bytes) {
        insert(offset + bytes, size - bytes);
      }
      return offset;
    }
    int64_t offset = end_;
    if (!by_offset_.empty()) {
      const auto [last, size] = *by_offset_.rbegin();
      if (last + size == end_) {
        offset = last;
        erase(last, size);
      }
    }
    end_ = offset + bytes;
    return offset;
  }

  void give_back(int64_t offset, int64_t bytes) {
    const auto next = by_offset_.lower_bound({offset, 0});
    if (next != by_offset_.begin()) {
      const auto [before, size] = *std::prev(next);
      if (before + size == offset) {
        erase(before, size);
        offset = before;
        bytes += size;
      }
    }
    const auto after = by_offset_.lower_bound({offset + bytes, 0});
    if (after != by_offset_.end() && after->first == offset + bytes) {
      const int64_t size = after->second;
      erase(offset + bytes, size);
      bytes += size;
    }
    insert(offset, bytes);
  }

  int64_t end() const { return end_; }

 private:
  void insert(int64_t offset, int64_t bytes) {
    by_offset_.insert({offset, bytes});
    by_size_.insert({bytes, offset});
  }
  void erase(int64_t offset, int64_t bytes) {
    by_offset_.erase({offset, bytes});
    by_size_.erase({bytes, offset});
  }
  std::set<std::pair<int64_t, int64_t>> by_offset_;
  std::set<std::pair<int64_t, int64_t>> by_size_;
  int64_t end_ = 0;
};

/// In the order in which they come to life, as an allocator would: n log n steps.
ArenaLayout layout_by_time(std::span<const Lifetime> buffers) {
  ArenaLayout layout;
  layout.offsets.resize(buffers.size());
  const std::vector<std::size_t> dying =
      sorted_by(buffers.size(), [&](std::size_t i) { return int64_t{buffers[i].last}; });
  Holes holes;
  std::size_t dead = 0;
  for (const std::size_t buffer :
       sorted_by(buffers.size(), [&](std::size_t i) { return int64_t{buffers[i].first}; })) {
    for (; buffers[dying[dead]].last < buffers[buffer].first; dead++) {
      if (buffers[dying[dead]].bytes > 0) {
        holes.give_back(layout.offsets[dying[dead]], align(buffers[dying[dead]].bytes));
      }
    }
    if (buffers[buffer].bytes > 0) {
      layout.offsets[buffer] = holes.take(align(buffers[buffer].bytes));
    }
  }
  layout.bytes = holes.end();
  return layout;
}

}  // namespace

ArenaLayout layout_arena(std::span<const Lifetime> buffers) {
  return buffers.size() <= kMostPairedBuffers ? layout_by_size(buffers) : layout_by_time(buffers);
}

}  // namespace edgy::runtime
