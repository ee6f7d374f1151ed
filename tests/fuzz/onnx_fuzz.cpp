// Any bytes as an ONNX file: imported, rewritten, lowered, packaged. An error is an Error that says
// why; what is written loads.
#include <algorithm>
#include <string>

#include "converter/convert.h"
#include "converter/error.h"
#include "converter/export/package.h"
#include "onnx/onnx.pb.h"
#include "tests/fuzz/mutate_onnx.h"
#include "tests/loader/attempt.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  edgy::fuzz::Dice dice(seed);
  onnx::ModelProto model;
  const bool parsed = model.ParseFromArray(data, static_cast<int>(size));
  if (!parsed || dice.one_in(30))
    return LLVMFuzzerMutate(data, size, most);
  for (size_t i = 0; i <= dice.below(3); ++i)
    edgy::fuzz::mutate_onnx(model, dice);
  std::string bytes;
  if (!model.SerializeToString(&bytes) || bytes.size() > most)
    return size;
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace edgy::converter;
  ConvertRequest request;
  request.config.precision = Precision::kFloat32;
  constexpr int64_t kFoldBytes = 4'000'000;
  request.fold_bytes = kFoldBytes;
  ConvertListener listener;
  try {
    const SourceFile source{"fuzzed.onnx", {data, data + size}};
    const edgy::converter::graph::Graph graph = rewrite(source, request, listener);
    edgy::format::fb::ModelT model = lower_model(graph, request.config);
    const std::vector<uint8_t> bytes = package(model, {});
    edgy::tests::attempt(bytes);
  } catch (const Error&) {
    // Refused in words.
  }
  return 0;
}
