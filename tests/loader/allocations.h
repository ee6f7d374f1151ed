// What this program allocates: `operator new` is replaced in it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgy::tests {

/// Whether it is: not under ThreadSanitizer, which links its own and lets nobody replace it. All
/// below say nothing then.
bool allocations_are_counted();

/// Bytes that are allocated now.
std::size_t live_bytes();
/// Starts to watch for the greatest number of live bytes.
void watch_peak();
/// The greatest number since.
std::size_t peak_bytes();

/// `operator new` fails at the n-th allocation from now on, and then at all that follow; 0: never.
void fail_allocation(std::size_t n);
/// Whether it did.
bool allocation_failed();

}  // namespace edgy::tests
