#include "tests/loader/allocations.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_THREAD__)
#define EDGY_REPLACES_NEW 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define EDGY_REPLACES_NEW 0
#endif
#endif
#if !defined(EDGY_REPLACES_NEW)
#define EDGY_REPLACES_NEW 1
#endif

namespace edgy::tests {
namespace {

std::atomic<std::size_t> live{0};
std::atomic<std::size_t> peak{0};
std::atomic<std::size_t> countdown{0};
std::atomic<bool> failed{false};

#if EDGY_REPLACES_NEW
bool must_fail() {
  if (failed)
    return true;
  if (countdown == 0 || --countdown != 0)
    return false;
  failed = true;
  return true;
}

void* counted(void* memory) {
  if (memory != nullptr) {
    live += malloc_usable_size(memory);
    peak = std::max(peak.load(), live.load());
  }
  return memory;
}

void release(void* memory) {
  if (memory != nullptr)
    live -= malloc_usable_size(memory);
  std::free(memory);
}
#endif

}  // namespace

bool allocations_are_counted() {
  return EDGY_REPLACES_NEW != 0;
}
std::size_t live_bytes() {
  return live;
}
void watch_peak() {
  peak = live.load();
}
std::size_t peak_bytes() {
  return peak;
}
void fail_allocation(std::size_t n) {
  failed = false;
  countdown = n;
}
bool allocation_failed() {
  return failed;
}

}  // namespace edgy::tests

#if EDGY_REPLACES_NEW
using edgy::tests::counted;
using edgy::tests::must_fail;
using edgy::tests::release;

// NOLINTBEGIN(misc-new-delete-overloads): replaced as the standard allows, in this program alone.
void* operator new(std::size_t bytes, const std::nothrow_t& /*nothrow*/) noexcept {
  return must_fail() ? nullptr : counted(std::malloc(bytes == 0 ? 1 : bytes));
}
void* operator new[](std::size_t bytes, const std::nothrow_t& nothrow) noexcept {
  return operator new(bytes, nothrow);
}
void* operator new(std::size_t bytes) {
  if (void* memory = operator new(bytes, std::nothrow))
    return memory;
  throw std::bad_alloc();
}
// The library's own calls the one above; a sanitizer's does not.
void* operator new[](std::size_t bytes) {
  return operator new(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  void* memory =
      must_fail() ? nullptr : counted(std::aligned_alloc(step, (bytes + step - 1) / step * step));
  if (memory == nullptr)
    throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  release(memory);
}
// NOLINTEND(misc-new-delete-overloads)
#endif
