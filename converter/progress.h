// Progress of long work, as it is shown to people.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace edgy::converter {

/// Receives the progress of one piece of work after another. Every function is cheap: call it as
/// often as work advances.
class Progress {
 public:
  virtual ~Progress() = default;
  /// Starts work of `total` steps, described by a few words ("calibrating"). Ends what was under
  /// way.
  virtual void begin(const std::string& what, std::size_t total) = 0;
  virtual void advance(std::size_t steps = 1) = 0;
  virtual void end() = 0;
};

/// Shows nothing: for tests and programs.
class SilentProgress final : public Progress {
 public:
  void begin(const std::string&, std::size_t) override {}
  void advance(std::size_t) override {}
  void end() override {}
};

/// A bar on standard error when that is a terminal, else silence.
std::unique_ptr<Progress> make_terminal_progress();

}  // namespace edgy::converter
