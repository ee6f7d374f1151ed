// Threads of a session that help kernels (kernels/team.h).
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/team.h"

namespace edgy::runtime {

/// Most threads of a session; more than machines in front of a browser have use for.
inline constexpr int32_t kMostThreads = 32;

/// Whether this build has threads: all native ones, and of the WebAssembly files the one that is
/// made for it.
bool has_threads();

/// A team whose helpers spin for a moment after they had something to do, and then sleep: between
/// the layers of a run they are there at once, between runs they cost nothing.
class ThreadPool : public kernels::Team {
 public:
  /// Starts `helpers` threads (beside the caller's, of which there is always one), or as many as
  /// the machine lets it. `has_threads` must hold.
  static std::unique_ptr<ThreadPool> create(int32_t helpers);

  /// Threads that were started.
  virtual int32_t helpers() const = 0;

  /// Wakes helpers that sleep, so that they are awake when there is work.
  virtual void wake() = 0;
};

}  // namespace edgy::runtime
