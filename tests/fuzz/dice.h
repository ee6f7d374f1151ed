// Choices of a mutator: a function of its seed alone, so that a finding can be made again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>

namespace edgy::fuzz {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  /// 0 .. below - 1; 0 if there is nothing to choose from.
  std::size_t below(std::size_t count) { return count == 0 ? 0 : engine_() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  /// An element of a list that is not empty.
  template <typename List>
  auto& pick(List& list) {
    return list[below(list.size())];
  }
  /// Numbers at which programs go wrong, and small ones.
  int64_t number() {
    static constexpr int64_t kEdges[] = {0,
                                         1,
                                         -1,
                                         2,
                                         -2,
                                         3,
                                         7,
                                         8,
                                         127,
                                         128,
                                         255,
                                         256,
                                         -128,
                                         65535,
                                         65536,
                                         1 << 20,
                                         0x7fffffff,
                                         -0x7fffffff - 1LL,
                                         0x80000000LL,
                                         1LL << 40};
    return one_in(3) ? static_cast<int64_t>(below(12)) : kEdges[below(std::size(kEdges))];
  }
  float real() {
    static constexpr float kEdges[] = {0.0F,
                                       -0.0F,
                                       1.0F,
                                       -1.0F,
                                       0.5F,
                                       1e-38F,
                                       1e-45F,
                                       3e38F,
                                       -3e38F,
                                       __builtin_inff(),
                                       -__builtin_inff(),
                                       __builtin_nanf("")};
    return kEdges[below(std::size(kEdges))];
  }

 private:
  std::minstd_rand engine_;
};

}  // namespace edgy::fuzz
