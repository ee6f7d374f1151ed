// What an operator reads and writes. Any operand may be left out, and which may is a matter of the
// operator, so the place of a tensor is not a number: it has to be asked for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgy::format {

/// Ends the program: code asked for the tensor of an operand that is not there. A defect of Edgy's
/// own, met before memory is read.
[[noreturn]] void absent_operand();

/// An entry of an operator's list: a place in Model.tensors, or nothing.
class OperandIndex {
 public:
  constexpr OperandIndex() = default;
  /// As the lists of a file have it: -1 is an absent operand.
  constexpr explicit OperandIndex(int32_t entry) : entry_(entry) {}

  constexpr explicit operator bool() const { return entry_ >= 0; }
  /// The place in Model.tensors; the operand must be there.
  uint32_t index() const {
    if (entry_ < 0) {
      absent_operand();
    }
    return static_cast<uint32_t>(entry_);
  }
  /// The same as the lists of a file have it, for maps that are kept by such numbers.
  int32_t entry() const { return static_cast<int32_t>(index()); }

 private:
  int32_t entry_ = -1;
};

/// Entry `i` of `list` (a vector of the file or of its unpacked form); nothing if the list is
/// shorter.
template <typename List>
OperandIndex operand(const List& list, std::size_t i) {
  if (i >= list.size()) {
    return OperandIndex();
  }
  if constexpr (requires { list.Get(0U); }) {
    return OperandIndex(list.Get(static_cast<uint32_t>(i)));
  } else {
    return OperandIndex(list[i]);
  }
}

/// The first entry of `list` that is there.
template <typename List>
OperandIndex first_operand(const List& list) {
  for (const int32_t entry : list) {
    if (entry >= 0) {
      return OperandIndex(entry);
    }
  }
  return {};
}

}  // namespace edgy::format
