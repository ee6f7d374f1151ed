#include "converter/config/settings_writer.h"

#include <charconv>

namespace edgy::converter {

double shortest(float value) {
  char digits[64];
  const auto written = std::to_chars(digits, digits + sizeof digits, value);
  double result = value;
  std::from_chars(digits, written.ptr, result);
  return result;
}

}  // namespace edgy::converter
