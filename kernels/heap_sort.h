// Sorting where speed does not matter and bytes do: std::sort and std::stable_sort are made anew
// for each type and order, and six of them were 4 kB of what a page loads.
#pragma once

#include <algorithm>

namespace edgy::kernels {

/// Ascending by `less`, in O(n log n). Not stable: an order that has to hold among equals belongs
/// into `less`.
template <typename Iterator, typename Less>
void heap_sort(Iterator first, Iterator last, const Less& less) {
  std::make_heap(first, last, less);
  std::sort_heap(first, last, less);
}

}  // namespace edgy::kernels
