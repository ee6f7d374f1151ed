// What the computation of constants may cost, counted before it is spent.
#pragma once

#include <cstdint>

namespace edgy::converter::graph {

/// Bytes and steps that folding may take. Of a file of a few kilobytes one can ask for any number
/// of gigabytes: what is granted grows with the file, from a floor that every usual graph stays
/// below.
class FoldBudget {
 public:
  FoldBudget() : FoldBudget(0) {}
  /// 64 MiB and 16 bytes for each byte of the file (constants are computed in double precision,
  /// twice the bytes of float32, from up to three operands).
  explicit FoldBudget(int64_t file_bytes)
      : FoldBudget(Bytes{(int64_t{64} << 20) + 16 * file_bytes}) {}
  /// So many bytes in all.
  static FoldBudget of_bytes(int64_t bytes) { return FoldBudget(Bytes{bytes}); }

  int64_t bytes() const { return bytes_; }
  int64_t steps() const { return steps_; }

  /// False, and nothing taken, if less is left.
  bool spend(int64_t bytes, int64_t steps) {
    if (bytes > bytes_ || steps > steps_)
      return false;
    bytes_ -= bytes;
    steps_ -= steps;
    return true;
  }

 private:
  struct Bytes {
    int64_t count;
  };
  /// A product of matrices of that many bytes takes hundreds of steps for each of them.
  static constexpr int64_t kStepsPerByte = 16;
  explicit FoldBudget(Bytes bytes) : bytes_(bytes.count), steps_(bytes.count * kStepsPerByte) {}

  int64_t bytes_;
  int64_t steps_;
};

}  // namespace edgy::converter::graph
