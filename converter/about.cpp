#include "converter/about.h"

#include "converter/error.h"
#include "converter/text.h"

namespace edgy::converter {

void take_onnx_metadata(std::string_view key, const std::string& text, About& about) {
  constexpr std::string_view kPrefix = "model_";
  if (!is_utf8(text))
    return;
  if (key.starts_with(kPrefix))
    key.remove_prefix(kPrefix.size());
  for_each_about(about, [&](std::string_view name, const char*, std::string& said) {
    if (name == key)
      said = text;
  });
}

About parse_about(const std::vector<std::string>& texts) {
  About about;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    bool is_known = false;
    std::string names;
    for_each_about(about, [&](const std::string& name, const char*, std::string& said) {
      names += (names.empty() ? "" : ", ") + name;
      if (equals == name.size() && text.starts_with(name)) {
        said = text.substr(equals + 1);
        is_known = true;
      }
    });
    if (!is_known)
      throw Error("--about: " + in_quotes(text) +
                  " is not understood; write NAME=TEXT, as license=MIT (names: " + names + ")");
    if (!is_utf8(text))
      throw Error("--about: " + in_quotes(text) + " is not well-formed UTF-8");
  }
  return about;
}

}  // namespace edgy::converter
