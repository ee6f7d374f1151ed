#include "converter/export/codes.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "converter/export/value_range.h"

namespace edgy::converter {
namespace fb = format::fb;

namespace {

/// A constant vector of whole numbers from 0 up; nothing when `tensor` is another thing.
std::optional<std::vector<int64_t>> constant_classes(const fb::ModelT& model, int32_t tensor) {
  const bool is_vector =
      tensor >= 0 && model.tensors[static_cast<std::size_t>(tensor)]->shape.size() == 1;
  return is_vector ? whole_constant(model, tensor) : std::nullopt;
}

/// `first` and then `second` looked up: the class of each code. Nothing when a class of `first` has
/// no entry in `second`.
std::optional<std::vector<int64_t>> compose(const std::vector<int64_t>& first,
                                            std::vector<int64_t> second) {
  if (second.empty())
    return first;
  std::vector<int64_t> both;
  for (const int64_t code : first) {
    if (code >= static_cast<int64_t>(second.size()))
      return std::nullopt;
    both.push_back(second[static_cast<std::size_t>(code)]);
  }
  return both;
}

}  // namespace

std::optional<CodeOrigin> trace_codes(const fb::ModelT& model, int32_t tensor) {
  CodeOrigin origin;
  // A model without cycles: at most a step for each operator.
  for (std::size_t step = 0; step <= model.operators.size(); ++step) {
    const fb::OperatorT* op = producer_of(model, tensor);
    if (!op)
      return std::nullopt;
    switch (op->options.type) {
      case fb::OperatorOptions::NearestCode:
        origin.search = op;
        return origin;
      case fb::OperatorOptions::Reshape:
      case fb::OperatorOptions::Transpose:
      case fb::OperatorOptions::Slice:
        tensor = op->inputs[0];
        break;
      case fb::OperatorOptions::Gather: {
        const auto classes = constant_classes(model, op->inputs[0]);
        auto merged = classes ? compose(*classes, std::move(origin.classes)) : std::nullopt;
        if (!merged)
          return std::nullopt;
        origin.classes = std::move(*merged);
        tensor = op->inputs[1];
        break;
      }
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<Codebook> codebook_of(const fb::ModelT& model, const CodeOrigin& origin) {
  const fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(origin.search->inputs[1])];
  if (tensor.type != fb::DataType::F32 || tensor.buffer < 0 || tensor.shape.size() != 2)
    return std::nullopt;
  const auto& bytes = model.buffers[static_cast<std::size_t>(tensor.buffer)]->data;
  Codebook book{tensor.shape[0], tensor.shape[1], std::vector<float>(bytes.size() / sizeof(float))};
  std::memcpy(book.vectors.data(), bytes.data(), book.vectors.size() * sizeof(float));
  if (origin.classes.empty())
    return book;
  const auto channels = static_cast<std::size_t>(book.channels);
  Codebook merged{*std::ranges::max_element(origin.classes) + 1, book.channels, {}};
  std::vector<double> sums(static_cast<std::size_t>(merged.codes) * channels, 0);
  std::vector<double> members(static_cast<std::size_t>(merged.codes), 0);
  const std::size_t codes = std::min(origin.classes.size(), static_cast<std::size_t>(book.codes));
  for (std::size_t code = 0; code < codes; ++code) {
    const auto to = static_cast<std::size_t>(origin.classes[code]);
    members[to] += 1;
    for (std::size_t c = 0; c < channels; ++c)
      sums[to * channels + c] += book.vectors[code * channels + c];
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    merged.vectors.push_back(static_cast<float>(sums[i] / std::max(1.0, members[i / channels])));
  return merged;
}

}  // namespace edgy::converter
