// What is said of configurations in several places.
#pragma once

#include <string>

namespace edgy::converter::nncf {

/// "20 %", "12.5 %": a share in at most four digits.
std::string percent(double share);

/// What a file without "compression" means, in one sentence.
const char* plain_training();

}  // namespace edgy::converter::nncf
