#include "converter/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "converter/text.h"

namespace edgy::converter {
namespace {

using Clock = std::chrono::steady_clock;

class TerminalProgress final : public Progress {
 public:
  ~TerminalProgress() override { TerminalProgress::end(); }

  void begin(const std::string& what, std::size_t total) override {
    end();
    what_ = escaped(what);
    total_ = total;
    done_ = 0;
    started_ = Clock::now();
    active_ = true;
    draw();
  }

  void advance(std::size_t steps) override {
    done_ = std::min(total_, done_ + steps);
    if (active_ && Clock::now() - drawn_ > std::chrono::milliseconds(80)) {
      draw();
    }
  }

  void end() override {
    if (active_) {
      std::fputs("\r\033[K", stderr);
      std::fflush(stderr);
      active_ = false;
    }
  }

 private:
  void draw() {
    drawn_ = Clock::now();
    const double share =
        total_ == 0 ? 1.0 : static_cast<double>(done_) / static_cast<double>(total_);
    const double seconds = std::chrono::duration<double>(drawn_ - started_).count();
    std::string tail = " " + std::to_string(done_) + "/" + std::to_string(total_);
    if (share > 0.02 && share < 1 && seconds > 2) {
      tail += ", " + std::to_string(static_cast<long>(seconds / share - seconds) + 1) + " s left";
    }
    const int columns = std::min(terminal_columns(), 80);
    const int width = columns - 1 - static_cast<int>(what_.size() + tail.size() + 3);
    std::string line = "\r" + what_ + " ";
    if (width >= 8) {
      const int filled = static_cast<int>(share * width);
      line += "[" + std::string(static_cast<std::size_t>(filled), '#') +
              std::string(static_cast<std::size_t>(width - filled), ' ') + "]";
    }
    line += tail + "\033[K";
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
  }

  static int terminal_columns() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }

  std::string what_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  Clock::time_point started_;
  Clock::time_point drawn_;
  bool active_ = false;
};

}  // namespace

std::unique_ptr<Progress> make_terminal_progress() {
  if (isatty(STDERR_FILENO) != 0) {
    return std::make_unique<TerminalProgress>();
  }
  return std::make_unique<SilentProgress>();
}

}  // namespace edgy::converter
