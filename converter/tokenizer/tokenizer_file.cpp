#include "converter/tokenizer/tokenizer_file.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "converter/error.h"
#include "converter/text.h"

namespace edgy::converter {
namespace {

using Json = nlohmann::json;

constexpr const char* kWhereFrom =
    "give the tokenizer.json that lies beside the model where it was published, or that "
    "AutoTokenizer.from_pretrained(...).save_pretrained(...) writes";

/// The members are in the order of their names: of a vocabulary nothing else is quick to read.
Json parse_json(std::string_view text, const std::string& origin) {
  constexpr int kMostDepth = 64;
  bool too_deep = false;
  try {
    Json parsed =
        Json::parse(text, [&](int depth, Json::parse_event_t /*event*/, const Json& /*value*/) {
          too_deep = too_deep || depth > kMostDepth;
          return !too_deep;
        });
    if (!too_deep)
      return parsed;
  } catch (const Json::parse_error& error) {
    throw Error(origin + ": is no JSON from byte " + std::to_string(error.byte) + " on; " +
                kWhereFrom);
  } catch (const Json::out_of_range&) {  // a number that no double holds
    throw Error(origin + ": holds a number that is out of range; " + kWhereFrom);
  }
  throw Error(origin + ": is nested deeper than 64 levels; " + kWhereFrom);
}

/// The member, or null.
const Json& member(const Json& object, const char* name) {
  static const Json kNone;
  if (!object.is_object())
    return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

/// Takes in tokens and their ids.
class Vocabulary {
 public:
  Vocabulary(TokenizerFile& file, const std::string& origin) : file_(file), origin_(origin) {}

  void add(const std::string& token, const Json& id) {
    const bool fits = id.is_number_unsigned() &&
                      id.get<uint64_t>() <= uint64_t{std::numeric_limits<int32_t>::max()};
    if (!fits) {
      throw Error(origin_ + ": the id of token " + in_quotes(token) +
                  " is no whole number from 0 to 2147483647; " + kWhereFrom);
    }
    add(token, id.get<int64_t>());
  }
  void add(const std::string& token, int64_t id) {
    file_.tokens += ids_.insert(id).second ? 1 : 0;
    if (id > file_.greatest_id) {
      file_.greatest_id = id;
      file_.last_token = token;
    }
  }

 private:
  TokenizerFile& file_;
  const std::string& origin_;
  std::unordered_set<int64_t> ids_;
};

/// Of a model Unigram a list of [token, score], the place being the id; of the others an object.
void read_vocabulary(const Json& model, const std::string& origin, const TokenizerFile& file,
                     Vocabulary& vocabulary) {
  const Json& entries = member(model, "vocab");
  const bool is_list = file.kind == "Unigram";
  if (is_list ? !entries.is_array() : !entries.is_object()) {
    throw Error(origin + ": 'vocab' of a " + file.kind + " model is " +
                (is_list ? "a list of [token, score]" : "an object from tokens to ids") +
                ", and here it is " + entries.type_name() + "; " + kWhereFrom);
  }
  if (is_list) {
    int64_t id = 0;
    for (const Json& entry : entries) {
      if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
        throw Error(origin + ": entry " + std::to_string(id) +
                    " of 'vocab' is no [token, score]; " + kWhereFrom);
      vocabulary.add(entry[0].get_ref<const std::string&>(), id++);
    }
  } else {
    for (const auto& [token, id] : entries.items())
      vocabulary.add(token, id);
  }
  if (file.tokens == 0)
    throw Error(origin + ": has no tokens in its vocabulary; " + kWhereFrom);
}

void read_added_tokens(const Json& root, const std::string& origin, Vocabulary& vocabulary) {
  const Json& added = member(root, "added_tokens");
  if (added.is_null())
    return;
  if (!added.is_array())
    throw Error(origin + ": 'added_tokens' is no list; " + kWhereFrom);
  for (const Json& token : added) {
    const Json& content = member(token, "content");
    if (!content.is_string())
      throw Error(origin + ": an entry of 'added_tokens' has no text 'content'; " + kWhereFrom);
    vocabulary.add(content.get_ref<const std::string&>(), member(token, "id"));
  }
}

void read_truncation(const Json& root, const std::string& origin, TokenizerFile& file) {
  const Json& truncation = member(root, "truncation");
  if (member(truncation, "direction") == "Left") {
    throw Error(origin +
                ": cuts long texts off at their beginning ('truncation' has the direction 'Left'); "
                "'Right' alone is known: set it so, or remove 'truncation'");
  }
  const Json& length = member(truncation, "max_length");
  if (length.is_number_unsigned())
    file.max_length = static_cast<int64_t>(
        std::min(length.get<uint64_t>(), uint64_t{std::numeric_limits<int32_t>::max()}));
}

}  // namespace

std::string without_spaces(std::string_view json) {
  std::string dense;
  dense.reserve(json.size());
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text && c == '\\' && i + 1 < json.size()) {
      dense += c;
      dense += json[++i];
      continue;
    }
    in_text = in_text != (c == '"');
    if (in_text || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
      dense += c;
  }
  return dense;
}

TokenizerFile parse_tokenizer(std::string_view text, const std::string& origin) {
  const Json root = parse_json(text, origin);
  const Json& model = member(root, "model");
  if (!model.is_object())
    throw Error(origin + ": has no object 'model', so it is no tokenizer; " + kWhereFrom);
  TokenizerFile file;
  const Json& type = member(model, "type");
  file.kind = type.is_string() ? type.get<std::string>() : "";
  if (file.kind != "WordPiece" && file.kind != "BPE" && file.kind != "Unigram") {
    throw Error(origin + ": its model is of type " + in_quotes(file.kind) +
                "; WordPiece, BPE and Unigram are known" +
                (file.kind.empty() ? std::string("; ") + kWhereFrom : ""));
  }
  Vocabulary vocabulary(file, origin);
  read_vocabulary(model, origin, file, vocabulary);
  read_added_tokens(root, origin, vocabulary);
  read_truncation(root, origin, file);
  file.json = without_spaces(text);
  return file;
}

}  // namespace edgy::converter
