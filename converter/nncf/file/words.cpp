#include "converter/nncf/file/words.h"

#include <sstream>

namespace edgy::converter::nncf {

std::string percent(double share) {
  constexpr int kDigits = 4;
  std::ostringstream text;
  text.precision(kDigits);
  text << share * 100 << " %";
  return text.str();
}

}  // namespace edgy::converter::nncf
