// What a model file says of its model in words: licence, author and the like
// (wasm/format/about.inc).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgy::converter {

/// Texts in UTF-8; empty: not said.
struct About {
#define EDGY_ABOUT(name, description) std::string name;
#include "wasm/format/about.inc"
};

/// visit(name, description, text) for each. `about` is an About, or a MetadataT, which has the same
/// members.
template <typename Texts, typename Visit>
void for_each_about(Texts& about, Visit visit) {
#define EDGY_ABOUT(name, description) visit(#name, description, about.name);
#include "wasm/format/about.inc"
}

/// What `key` of an ONNX model's metadata says: "license", or "model_license" as ONNX's own
/// documentation has it. Other keys and texts that are no UTF-8 are left alone.
void take_onnx_metadata(std::string_view key, const std::string& text, About& about);

/// `texts` as a command line says them, "license=MIT". Throws Error with the names that there are.
About parse_about(const std::vector<std::string>& texts);

/// Writes what `about` says over what `metadata` or another About has.
template <typename Texts>
void overwrite_about(const About& about, Texts& metadata) {
#define EDGY_ABOUT(name, description) \
  if (!about.name.empty())            \
    metadata.name = about.name;
#include "wasm/format/about.inc"
}

}  // namespace edgy::converter
