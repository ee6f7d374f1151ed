// Any bytes as a model: loaded, planned and run once. An error is typed; nothing else may happen.
#include <algorithm>
#include <cstring>
#include <utility>

#include "tests/fuzz/mutate_model.h"
#include "tests/loader/attempt.h"
#include "tests/loader/operator_models.h"

namespace fb = edgy::format::fb;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace {

/// One model an operator, as objects.
const std::vector<edgy::tests::OperatorModel>& seeds() {
  static const auto models = edgy::tests::operator_models();
  return models;
}

bool is_structured(const uint8_t* data, size_t size) {
  if (size < 16)
    return false;
  flatbuffers::Verifier verifier(data, size, 16, 10'000);
  return fb::VerifyModelBuffer(verifier);
}

/// Options are scalars of many tables: four bytes anywhere that leave the structure as it is.
size_t change_scalar(uint8_t* data, size_t size, edgy::fuzz::Dice& dice) {
  constexpr int kTries = 30;
  for (int i = 0; i < kTries; ++i) {
    const size_t at = 8 + dice.below((size - 11) / 4) * 4;
    const auto value = static_cast<int32_t>(dice.number());
    int32_t before = 0;
    std::memcpy(&before, data + at, sizeof before);
    std::memcpy(data + at, &value, sizeof value);
    if (is_structured(data, size))
      return size;
    std::memcpy(data + at, &before, sizeof before);
  }
  return size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  edgy::fuzz::Dice dice(seed);
  const bool structured = is_structured(data, size);
  if (structured && dice.one_in(3))
    return change_scalar(data, size, dice);
  if (dice.one_in(structured ? 30 : 2))
    return LLVMFuzzerMutate(data, size, most);
  fb::ModelT model;
  if (structured)
    fb::GetModel(data)->UnPackTo(&model);
  else
    model = dice.pick(seeds()).model;
  for (size_t i = 0; i <= dice.below(3); ++i)
    edgy::fuzz::mutate_model(model, dice.pick(seeds()).model, dice);
  const std::vector<uint8_t> bytes = edgy::tests::bytes_of(model);
  if (bytes.size() > most)
    return size;
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The loader is given memory of its own, aligned as a file's would be.
  edgy::tests::attempt(std::vector<uint8_t>(data, data + size));
  return 0;
}
