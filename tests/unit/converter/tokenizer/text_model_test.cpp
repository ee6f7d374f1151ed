// Tokenizers in model files: what is taken, what is refused and in which words.
#include "converter/tokenizer/text_model.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "converter/error.h"
#include "converter/report/inspect.h"
#include "converter/tokenizer/tokenizer_file.h"
#include "tests/loader/model_builder.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

constexpr const char* kWordPiece =
    R"({ "truncation": {"max_length": 6, "direction": "Right"},
         "added_tokens": [{"id": 9, "content": "[NEW ONE]"}, {"id": 0, "content": "[PAD]"}],
         "model": {"type": "WordPiece", "vocab": {"[PAD]": 0, "a \" b": 1, "##c\\": 2}} })";

/// Ids [N, T] -> rows of a table -> tokens' vectors [N, T, 4], to which positions are added.
fb::ModelT encoder(int rows, int positions = 8) {
  tests::ModelBuilder b;
  const int ids = b.activation("input_ids", fb::DataType::I64, {-1, -1});
  b.tensor(ids).dims = {"N", "T"};
  const int table = b.constant("table", fb::DataType::F32, {rows, 4});
  const int words = b.activation("words", fb::DataType::F32, {-1, -1, 4});
  b.tensor(words).dims = {"N", "T", ""};
  const int places = b.constant("places", fb::DataType::F32, {1, positions, 4});
  const int part = b.activation("part", fb::DataType::F32, {1, -1, 4});
  b.tensor(part).dims = {"", "T", ""};
  const int sum = b.activation("sum", fb::DataType::F32, {-1, -1, 4});
  b.tensor(sum).dims = {"N", "T", ""};
  b.op(fb::GatherT(), {table, ids}, {words});
  fb::SliceT slice;
  slice.starts = {0};
  slice.ends = {INT32_MAX};
  slice.axes = {1};
  slice.steps = {1};
  slice.like_axis = 1;
  b.op(slice, {places, ids}, {part});
  fb::BinaryT add;
  add.kind = fb::BinaryKind::Add;
  b.op(add, {words, part}, {sum});
  b.model.inputs = {ids};
  b.model.outputs = {sum};
  return std::move(b.model);
}

/// A file that is gone with the test.
class TokenizerOf {
 public:
  explicit TokenizerOf(const std::string& json) {
    std::ofstream(path_, std::ios::binary) << json;
    request.tokenizer = path_;
  }
  TokenizerOf(const TokenizerOf&) = delete;
  TokenizerOf& operator=(const TokenizerOf&) = delete;
  ~TokenizerOf() { std::filesystem::remove(path_); }
  TextRequest request;

 private:
  std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                ("edgy-tokenizer-" + std::to_string(::getpid()) + ".json");
};

fb::TextT text_of(fb::ModelT model, const TextRequest& request) {
  set_text(model, request);
  return *model.metadata->text;
}

void refuses(const std::string& json, const std::string& words) {
  INFO(json.substr(0, 200));
  CHECK_THROWS_MATCHES(parse_tokenizer(json, "t.json"), Error,
                       MessageMatches(ContainsSubstring(words)));
}

TEST_CASE("a tokenizer keeps its words, and loses the space between them", "[text]") {
  const TokenizerFile file = parse_tokenizer(kWordPiece, "t.json");
  CHECK(file.kind == "WordPiece");
  CHECK(file.tokens == 4);
  CHECK(file.greatest_id == 9);
  CHECK(file.last_token == "[NEW ONE]");
  CHECK(file.max_length == 6);
  CHECK_THAT(file.json, ContainsSubstring(R"("vocab":{"[PAD]":0,"a \" b":1,"##c\\":2}}})"));
  CHECK(nlohmann::json::parse(file.json) == nlohmann::json::parse(kWordPiece));
  const TokenizerFile unigram = parse_tokenizer(
      R"({"model": {"type": "Unigram", "vocab": [["<unk>", 0], ["a", -1.5]]}})", "t.json");
  CHECK(unigram.greatest_id == 1);
  CHECK(unigram.last_token == "a");
  CHECK_FALSE(unigram.max_length);
}

TEST_CASE("what is no tokenizer is refused in words", "[text]") {
  refuses("<html>", "t.json: is no JSON from byte 1 on; give the tokenizer.json that");
  refuses("{\"model\": \"\xff\"}", "is no JSON");
  refuses(std::string(100, '[') + std::string(100, ']'), "is nested deeper than 64 levels");
  refuses("[1e999]", "holds a number that is out of range");
  refuses("[]", "has no object 'model', so it is no tokenizer");
  refuses(R"({"model": {"type": "WordLevel", "vocab": {"a": 0}}})",
          "its model is of type 'WordLevel'; WordPiece, BPE and Unigram are known");
  refuses(R"({"model": {"type": "BPE", "vocab": {}}})", "has no tokens in its vocabulary");
  refuses(R"({"model": {"type": "BPE", "vocab": [["a", 0]]}})",
          "'vocab' of a BPE model is an object from tokens to ids, and here it is array");
  refuses(R"({"model": {"type": "Unigram", "vocab": {"a": 0}}})", "is a list of [token, score]");
  refuses(R"({"model": {"type": "Unigram", "vocab": [["a", 0], ["b"]]}})",
          "entry 1 of 'vocab' is no [token, score]");
  for (const char* id : {"-1", "1.5", "\"1\"", "2147483648", "null"}) {
    refuses(std::string(R"({"model": {"type": "BPE", "vocab": {"a": )") + id + "}}}",
            "the id of token 'a' is no whole number from 0 to 2147483647");
  }
  refuses(R"({"added_tokens": {}, "model": {"type": "BPE", "vocab": {"a": 0}}})",
          "'added_tokens' is no list");
  refuses(R"({"added_tokens": [{"id": 1}], "model": {"type": "BPE", "vocab": {"a": 0}}})",
          "an entry of 'added_tokens' has no text 'content'");
  refuses(R"({"truncation": {"direction": "Left"}, "model": {"type": "BPE", "vocab": {"a": 0}}})",
          "cuts long texts off at their beginning");
}

TEST_CASE("a model gets the text that goes with it", "[text]") {
  TokenizerOf tokenizer(kWordPiece);
  fb::TextT text = text_of(encoder(10), tokenizer.request);
  CHECK(text.pooling == fb::Pooling::Mean);
  CHECK_FALSE(text.normalize);
  CHECK(text.max_tokens == 6);
  CHECK(describe(text) == "WordPiece, 4 tokens; at most 6 of a text; mean over the tokens");
  tokenizer.request.pooling = fb::Pooling::Cls;
  tokenizer.request.normalize = true;
  tokenizer.request.max_tokens = 8;
  text = text_of(encoder(10), tokenizer.request);
  CHECK(describe(text) ==
        "WordPiece, 4 tokens; at most 8 of a text; vector of the first token, normalized");
  text.tokenizer = "{";
  CHECK_THAT(describe(text), ContainsSubstring("a damaged tokenizer; at most 8"));
}

TEST_CASE("texts end where the model's positions do", "[text]") {
  TokenizerOf tokenizer(R"({"model": {"type": "BPE", "vocab": {"a": 0}}})");
  for (const int positions : {2, 7, 8, 100, 511, 512, 513})
    CHECK(text_of(encoder(10, positions), tokenizer.request).max_tokens ==
          std::min(positions, 512));
  fb::ModelT fixed = encoder(10);
  for (const auto& tensor : fixed.tensors) {
    for (std::size_t i = 0; i < tensor->dims.size(); ++i) {
      if (tensor->dims[i] == "T")
        tensor->shape[i] = 5;
    }
  }
  CHECK(text_of(fixed, tokenizer.request).max_tokens == 5);
}

TEST_CASE("a model that the tokenizer does not go with is refused in words", "[text]") {
  TokenizerOf tokenizer(kWordPiece);
  const auto refused = [&](const fb::ModelT& model, const std::string& words) {
    CHECK_THROWS_MATCHES(text_of(model, tokenizer.request), Error,
                         MessageMatches(ContainsSubstring(words)));
  };
  refused(encoder(9),
          "token '[NEW ONE]' has the id 9, but the model knows 9 tokens: give the tokenizer that");
  fb::ModelT model = encoder(10);
  model.tensors[0]->name = "mel";
  refused(model, "input 'mel' of the model is none that a text is made into (input_ids, ");
  model.tensors[0]->name = "attention_mask";
  refused(model, "the model has no input 'input_ids', so it reads no tokens");
  model = encoder(10);
  model.tensors[0]->type = fb::DataType::F32;
  refused(model, "input 'input_ids' of the model is F32: it has to be I64 or I32");
  model = encoder(10);
  model.tensors[0]->shape = {-1};
  refused(model, "has 1 extents: it has to have two, texts and tokens");
  tokenizer.request.pooling = fb::Pooling::None;
  refused(encoder(10), "--pooling none is for models that give one vector of a text");
  tokenizer.request.pooling = fb::Pooling::Max;
  model = encoder(10);
  model.tensors[5]->shape = {-1, 4};
  refused(model, "--pooling max is for models that give a vector of each token");
  tokenizer.request.max_tokens = 9;
  refused(encoder(10), "--max-tokens 9: the model takes at most 8 tokens");
  CHECK_THROWS_MATCHES(parse_pooling("sum"), Error,
                       MessageMatches(ContainsSubstring("there are mean, cls, max and none")));
}

TEST_CASE("inspect shows the text of a model", "[text]") {
  TokenizerOf tokenizer(kWordPiece);
  fb::ModelT model = encoder(10);
  set_text(model, tokenizer.request);
  const ModelInfo info = inspect(model, {.file_bytes = tests::bytes_of(model).size(), .extent = 5});
  std::ostringstream out;
  print(info, model, out);
  CHECK_THAT(out.str(), ContainsSubstring("\ntext: WordPiece, 4 tokens; at most 6 of a text; "));
  const auto json = to_json(info, model)["text"];
  CHECK(json["pooling"] == "mean");
  CHECK(json["max_tokens"] == 6);
  CHECK(json["normalize"] == false);
  // The positions of the model end at 8 tokens, and the file says so: no longer text is planned.
  tokenizer.request.max_tokens = 8;
  set_text(model, tokenizer.request);
  const ModelInfo usual = inspect(model, {.file_bytes = tests::bytes_of(model).size()});
  CHECK(usual.extent == 8);
}

}  // namespace
}  // namespace edgy::converter
