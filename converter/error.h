// What goes wrong in the converter, as one exception.
#pragma once

#include <stdexcept>
#include <string>

namespace edgy::converter {

/// A failure that the user can act on. what() says in one sentence what was wrong, where (file,
/// node, operator, key) and what would be accepted. Caught once, in main, which prints it and exits
/// with 1.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

}  // namespace edgy::converter
