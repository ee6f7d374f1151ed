// Any text as a configuration, Edgy's and NNCF's: read, or refused by an Error; what was read is
// written and read again.
#include <cstdlib>
#include <string_view>

#include "converter/config/config.h"
#include "converter/error.h"
#include "converter/nncf/conversion.h"
#include "converter/nncf/explain/explain.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace edgy::converter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string written = to_json(parse_config(text, "fuzzed.json"));
    if (to_json(parse_config(written, "written.json")) != written)
      std::abort();
  } catch (const Error&) {
    // Refused in words.
  }
  try {
    nncf::plan_conversion(nncf::parse(text, "fuzzed.json"));
  } catch (const Error&) {
    // Refused in words.
  }
  return 0;
}
