// Independent pieces of work on all processors.
#pragma once

#include <cstddef>
#include <functional>

namespace edgy::converter {

/// Processors to use: at least 1.
std::size_t worker_count();

/// Calls `work(item, worker)` once for every item < `items`, several at a time; `worker` <
/// worker_count() tells which thread calls. Returns when all are done; the first exception thrown
/// by `work` ends the rest and is thrown again here.
void parallel_for(std::size_t items,
                  const std::function<void(std::size_t item, std::size_t worker)>& work);

}  // namespace edgy::converter
