// tokenizer.json, the file in which Hugging Face's tokenizers keep everything about themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edgy::converter {

/// What is known of a tokenizer.
struct TokenizerFile {
  std::string json;                   ///< all of it, without the white space between its parts
  std::string kind;                   ///< of its model: WordPiece, BPE or Unigram
  std::size_t tokens = 0;             ///< different ids, those of added tokens included
  int64_t greatest_id = -1;           ///< of its tokens
  std::string last_token;             ///< the one with that id
  std::optional<int64_t> max_length;  ///< where it says how long it cuts texts off itself
};

/// Reads what the browser's tokenizer will read again. Throws Error naming `origin`, what is wrong
/// and what would be right: for text that is no JSON or nested deeper than 64 levels, for models
/// that are none of the three, vocabularies without tokens and ids that are no numbers from 0 to
/// 2^31 - 1, and for cutting texts off at their beginning.
TokenizerFile parse_tokenizer(std::string_view text, const std::string& origin);

/// `json` without the white space that stands outside of its texts.
std::string without_spaces(std::string_view json);

}  // namespace edgy::converter
