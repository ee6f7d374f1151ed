#include "converter/quantization/float16_storage.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "wasm/format/float16.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

constexpr std::size_t kFewest = 256;  // a smaller tensor's description takes as much as its values
constexpr double kLeastSqnrDb = 60;
constexpr double kSameNorm = 1e-5;  // relative: float32 sums in whatever order the source took

std::vector<float> floats_of(const std::vector<uint8_t>& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

const std::vector<uint8_t>& bytes_of(const fb::ModelT& model, const fb::TensorT& tensor) {
  return model.buffers[static_cast<std::size_t>(tensor.buffer)]->data;
}

bool is_float_constant(const fb::TensorT& tensor) {
  return tensor.type == fb::DataType::F32 && tensor.buffer >= 0;
}

double rounded_sqnr_db(const std::vector<float>& values) {
  double power = 0;
  double error = 0;
  for (const float value : values) {
    const double rounded = format::from_float16(format::to_float16(value));
    power += double{value} * value;
    error += (rounded - value) * (rounded - value);
  }
  if (std::isnan(error))
    return -std::numeric_limits<double>::infinity();
  return error > 0 ? 10 * std::log10(power / error) : std::numeric_limits<double>::infinity();
}

/// Whether `norms` are half the squared norms of the rows of `codebook`, as the runtime would
/// compute them.
bool are_half_norms(const std::vector<float>& norms, const std::vector<float>& codebook) {
  const std::size_t dimensions = norms.empty() ? 0 : codebook.size() / norms.size();
  for (std::size_t k = 0; k < norms.size(); ++k) {
    double sum = 0;
    for (std::size_t d = 0; d < dimensions; ++d)
      sum += double{codebook[k * dimensions + d]} * codebook[k * dimensions + d];
    if (std::abs(norms[k] - sum / 2) > kSameNorm * sum)
      return false;
  }
  return true;
}

/// Codebooks of `model` give up their stored norms, where those follow from the codes.
void drop_half_norms(fb::ModelT& model) {
  for (const auto& op : model.operators) {
    if (op->options.type != fb::OperatorOptions::NearestCode || op->inputs.size() < 3 ||
        op->inputs[2] < 0)
      continue;
    const fb::TensorT& codebook = *model.tensors[static_cast<std::size_t>(op->inputs[1])];
    const fb::TensorT& norms = *model.tensors[static_cast<std::size_t>(op->inputs[2])];
    if (is_float_constant(codebook) && is_float_constant(norms) &&
        are_half_norms(floats_of(bytes_of(model, norms)), floats_of(bytes_of(model, codebook))))
      op->inputs[2] = -1;
  }
}

/// Gives each tensor of `tensors` the type and, made once for all that share a buffer, the bytes.
template <typename Tensors, typename Convert>
void replace(fb::ModelT& model, const Tensors& tensors, fb::DataType type, Convert convert) {
  std::map<int32_t, int32_t> made;
  for (const int32_t index : tensors) {
    fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(index)];
    const auto [found, is_new] = made.try_emplace(tensor.buffer);
    if (is_new) {
      auto buffer = std::make_unique<fb::BufferT>();
      buffer->data = convert(bytes_of(model, tensor));
      model.buffers.push_back(std::move(buffer));
      found->second = static_cast<int32_t>(model.buffers.size()) - 1;
    }
    tensor.buffer = found->second;
    tensor.type = type;
  }
}

}  // namespace

std::vector<Float16Candidate> float16_candidates(const fb::ModelT& model) {
  std::set<int32_t> read;
  for (const auto& op : model.operators)
    read.insert(op->inputs.begin(), op->inputs.end());
  for (const int32_t output : model.outputs)
    read.erase(output);
  std::vector<Float16Candidate> candidates;
  std::set<int32_t> buffers;
  for (const int32_t index : read) {
    if (index < 0 || !is_float_constant(*model.tensors[static_cast<std::size_t>(index)]))
      continue;
    const fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(index)];
    const std::vector<float> values = floats_of(bytes_of(model, tensor));
    if (values.size() < kFewest)
      continue;
    const double sqnr_db = rounded_sqnr_db(values);
    if (sqnr_db < kLeastSqnrDb)
      continue;
    const bool is_first = buffers.insert(tensor.buffer).second;
    candidates.push_back({index, is_first ? 2 * values.size() : 0, sqnr_db});
  }
  return candidates;
}

void store_float16(fb::ModelT& model) {
  drop_half_norms(model);
  std::vector<int32_t> tensors;
  for (const Float16Candidate& candidate : float16_candidates(model))
    tensors.push_back(candidate.tensor);
  replace(model, tensors, fb::DataType::F16,
          [](const std::vector<uint8_t>& bytes) { return format::pack_float16(floats_of(bytes)); });
}

void expand_float16(fb::ModelT& model) {
  std::vector<int32_t> tensors;
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    if (model.tensors[i]->type == fb::DataType::F16 && model.tensors[i]->buffer >= 0)
      tensors.push_back(static_cast<int32_t>(i));
  }
  replace(model, tensors, fb::DataType::F32, [](const std::vector<uint8_t>& bytes) {
    const std::vector<float> values = format::unpack_float16(bytes);
    std::vector<uint8_t> data(values.size() * sizeof(float));
    std::memcpy(data.data(), values.data(), data.size());
    return data;
  });
}

}  // namespace edgy::converter
