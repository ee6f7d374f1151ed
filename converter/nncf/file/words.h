// Figures of a configuration in words.
#pragma once

#include <string>

namespace edgy::converter::nncf {

/// "20 %", "12.5 %": a share in at most four digits.
std::string percent(double share);

}  // namespace edgy::converter::nncf
