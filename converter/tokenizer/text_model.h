// Models that read text: what their file says about it (fb::Text).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// How texts become embeddings, as a user says it.
struct TextRequest {
  std::filesystem::path tokenizer;  ///< tokenizer.json
  /// Empty: mean over the tokens, or none where the model's outputs have no tokens.
  std::optional<format::fb::Pooling> pooling;
  bool normalize = false;
  /// Tokens of a text at most, special ones included. Empty: what the tokenizer itself cuts texts
  /// off at, else 512; less where the model takes less.
  std::optional<int> max_tokens;
};

/// "mean", "cls", "max" or "none". Throws Error with these names.
format::fb::Pooling parse_pooling(const std::string& name);
std::string to_string(format::fb::Pooling pooling);

/// Writes `model`'s metadata.text. Throws Error where the tokenizer is none, its vocabulary is
/// larger than the table that the model looks tokens up in, the model has other inputs than
/// input_ids, attention_mask, token_type_ids and position_ids, no output that the pooling goes
/// with, or cannot take as many tokens as asked for.
void set_text(format::fb::ModelT& model, const TextRequest& request);

/// "WordPiece, 30522 tokens; at most 512 of a text; mean of the tokens, normalized"; names of a
/// damaged tokenizer are left out.
std::string describe(const format::fb::TextT& text);

}  // namespace edgy::converter
