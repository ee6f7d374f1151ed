#include "converter/tokenizer/text_model.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "converter/calibration/runner.h"
#include "converter/data/files.h"
#include "converter/error.h"
#include "converter/text.h"
#include "converter/tokenizer/tokenizer_file.h"
#include "wasm/format/operands.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

constexpr std::array<std::pair<const char*, fb::Pooling>, 4> kPoolings = {
    {{"mean", fb::Pooling::Mean},
     {"cls", fb::Pooling::Cls},
     {"max", fb::Pooling::Max},
     {"none", fb::Pooling::None}}};
constexpr std::array kInputs = {"input_ids", "attention_mask", "token_type_ids", "position_ids"};
constexpr int64_t kUsualTokens = 512;
constexpr std::size_t kMostBytes = 1 << 28;

const fb::TensorT& tensor_of(const fb::ModelT& model, int32_t index) {
  return *model.tensors[static_cast<std::size_t>(index)];
}

/// Extents that all inputs have, [texts, tokens]; -1 where dynamic.
std::array<int32_t, 2> check_inputs(const fb::ModelT& model) {
  std::array<int32_t, 2> extents = {-1, -1};
  bool has_ids = false;
  for (const int32_t index : model.inputs) {
    const fb::TensorT& input = tensor_of(model, index);
    const std::string what = "--tokenizer: input " + in_quotes(input.name) + " of the model ";
    if (std::ranges::find(kInputs, input.name) == kInputs.end()) {
      throw Error(what +
                  "is none that a text is made into (input_ids, attention_mask, token_type_ids, "
                  "position_ids): make it a constant (--constant), or convert without --tokenizer");
    }
    if (input.type != fb::DataType::I64 && input.type != fb::DataType::I32)
      throw Error(what + "is " + fb::EnumNameDataType(input.type) + ": it has to be I64 or I32");
    if (input.shape.size() != 2)
      throw Error(what + "has " + std::to_string(input.shape.size()) +
                  " extents: it has to have two, texts and tokens");
    for (std::size_t axis = 0; axis < 2; ++axis) {
      if (extents[axis] >= 0 && input.shape[axis] >= 0 && extents[axis] != input.shape[axis])
        throw Error(what + "has another fixed extent than the others: give all the same (--shape)");
      extents[axis] = std::max(extents[axis], input.shape[axis]);
    }
    has_ids = has_ids || input.name == kInputs[0];
  }
  if (!has_ids)
    throw Error("--tokenizer: the model has no input 'input_ids', so it reads no tokens");
  return extents;
}

/// The pooling that was asked for, or that the first output of floats goes with.
fb::Pooling choose_pooling(const fb::ModelT& model, const TextRequest& request) {
  const auto has_output = [&](std::size_t rank) {
    return std::ranges::any_of(model.outputs, [&](int32_t index) {
      const fb::TensorT& output = tensor_of(model, index);
      return output.type == fb::DataType::F32 && output.shape.size() == rank;
    });
  };
  const fb::Pooling pooling =
      request.pooling.value_or(has_output(3) ? fb::Pooling::Mean : fb::Pooling::None);
  if (pooling == fb::Pooling::None && !has_output(2)) {
    throw Error(
        "--pooling none is for models that give one vector of a text, float32 [texts, D], and this "
        "one has no such output: pool its tokens' vectors, by mean, cls or max");
  }
  if (pooling != fb::Pooling::None && !has_output(3)) {
    throw Error("--pooling " + to_string(pooling) +
                " is for models that give a vector of each token, float32 [texts, tokens, D], and "
                "this one has no such output: use --pooling none");
  }
  return pooling;
}

/// Rows of the table that token ids are looked up in; -1: not known.
int64_t embedding_rows(const fb::ModelT& model) {
  std::vector<bool> are_ids(model.tensors.size(), false);
  for (const int32_t index : model.inputs)
    are_ids[static_cast<std::size_t>(index)] = tensor_of(model, index).name == kInputs[0];
  for (const auto& op : model.operators) {
    const bool keeps = op->options.type == fb::OperatorOptions::Cast ||
                       op->options.type == fb::OperatorOptions::Reshape;
    const auto first = format::operand(op->inputs, 0);
    const auto output = format::operand(op->outputs, 0);
    if (keeps && first && output && are_ids[first.index()])
      are_ids[output.index()] = true;
    const fb::GatherT* gather = op->options.AsGather();
    const auto ids = format::operand(op->inputs, 1);
    if (gather == nullptr || !first || !ids || !are_ids[ids.index()])
      continue;
    const std::vector<int32_t>& shape = model.tensors[first.index()]->shape;
    const auto rank = static_cast<int32_t>(shape.size());
    const int32_t axis = gather->axis < 0 ? gather->axis + rank : gather->axis;
    if (axis >= 0 && axis < rank)
      return shape[static_cast<std::size_t>(axis)];
  }
  return -1;
}

/// The most tokens up to `wanted` that the model can be planned for: a table of positions has an
/// end. Planning computes nothing.
int64_t most_tokens(const fb::ModelT& model, int64_t wanted) {
  Runner runner(model);
  const auto takes = [&](int64_t tokens) {
    std::vector<runtime::Shape> shapes;
    for (const int32_t index : model.inputs) {
      const std::vector<int32_t>& shape = tensor_of(model, index).shape;
      shapes.push_back({shape[0] < 0 ? 1 : shape[0], shape[1] < 0 ? tokens : shape[1]});
    }
    const auto ready = runner.session().prepare(shapes);
    return ready || ready.error().code != ErrorCode::kInvalidInput;
  };
  if (takes(wanted))
    return wanted;
  int64_t least = 0;
  for (int64_t step = wanted; step > 0; step = step / 2) {
    while (least + step < wanted && takes(least + step))
      least += step;
  }
  return least;
}

int64_t choose_max_tokens(const fb::ModelT& model, const TextRequest& request,
                          const TokenizerFile& tokenizer, int64_t fixed) {
  const int64_t wanted = request.max_tokens ? *request.max_tokens
                         : fixed > 0        ? std::min(fixed, tokenizer.max_length.value_or(fixed))
                                            : tokenizer.max_length.value_or(kUsualTokens);
  const int64_t most = fixed > 0 ? std::min(wanted, fixed) : most_tokens(model, wanted);
  if (most < 1)
    throw Error("--tokenizer: the model takes no number of tokens up to " + std::to_string(wanted));
  if (request.max_tokens && most < wanted) {
    throw Error("--max-tokens " + std::to_string(wanted) + ": the model takes at most " +
                std::to_string(most) + " tokens");
  }
  return most;
}

}  // namespace

fb::Pooling parse_pooling(const std::string& name) {
  for (const auto& [known, pooling] : kPoolings) {
    if (name == known)
      return pooling;
  }
  throw Error("--pooling: " + in_quotes(name) + " is none; there are mean, cls, max and none");
}

std::string to_string(fb::Pooling pooling) {
  for (const auto& [name, known] : kPoolings) {
    if (pooling == known)
      return name;
  }
  return "unknown";
}

void set_text(fb::ModelT& model, const TextRequest& request) {
  const std::string origin = request.tokenizer.string();
  const std::vector<uint8_t> bytes = read_bytes(request.tokenizer, kMostBytes);
  TokenizerFile tokenizer =
      parse_tokenizer({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, origin);
  const std::array<int32_t, 2> extents = check_inputs(model);
  const int64_t rows = embedding_rows(model);
  if (rows >= 0 && tokenizer.greatest_id >= rows) {
    throw Error(origin + ": token " + in_quotes(tokenizer.last_token) + " has the id " +
                std::to_string(tokenizer.greatest_id) + ", but the model knows " +
                std::to_string(rows) +
                " tokens: give the tokenizer that the model was trained with");
  }
  auto text = std::make_unique<fb::TextT>();
  text->pooling = choose_pooling(model, request);
  text->normalize = request.normalize;
  text->max_tokens = static_cast<int32_t>(choose_max_tokens(model, request, tokenizer, extents[1]));
  text->tokenizer = std::move(tokenizer.json);
  if (!model.metadata)
    model.metadata = std::make_unique<fb::MetadataT>();
  model.metadata->text = std::move(text);
}

std::string describe(const fb::TextT& text) {
  std::string words;
  try {
    const TokenizerFile tokenizer = parse_tokenizer(text.tokenizer, "tokenizer.json");
    words = tokenizer.kind + ", " + std::to_string(tokenizer.tokens) + " tokens; ";
  } catch (const Error&) {
    words = "a damaged tokenizer; ";
  }
  words += "at most " + std::to_string(text.max_tokens) + " of a text; ";
  words += text.pooling == fb::Pooling::None  ? "one vector of the model's own"
           : text.pooling == fb::Pooling::Cls ? "vector of the first token"
                                              : to_string(text.pooling) + " over the tokens";
  return words + (text.normalize ? ", normalized" : "");
}

}  // namespace edgy::converter
