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

const char* plain_training() {
  return "This file has no 'compression': it is plain training of NNCF's example runner. It asks "
         "for no compression, so edgy convert and edgy finetune do what their own options say.";
}

}  // namespace edgy::converter::nncf
