// Writes the models that benchmarks run.
//
//   make_models encoder|lstm|transformer|mobilenet OUT.onnx [CHANNELS]
//   make_models qdq IN.onnx QUANTIZED.edgy OUT.onnx   IN.onnx quantized for onnxruntime by the
//   ranges that QUANTIZED.edgy has
//   make_models dynamic IN.onnx OUT.onnx               IN.onnx quantized for onnxruntime,
//   activations in each run
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "converter/error.h"
#include "converter/models/model_files.h"
#include "tests/bench/models/graph.h"

namespace {

using edgy::bench::ActivationRange;
namespace fb = edgy::format::fb;

constexpr uint64_t kSeed = 20260101;

void write(const onnx::ModelProto& model, const char* path) {
  std::ofstream file(path, std::ios::binary);
  if (!model.SerializeToOstream(&file) || !file.flush())
    throw edgy::converter::Error(std::string(path) + ": can not be written");
}

/// Ranges of the convolutions' inputs, in order of execution.
std::vector<ActivationRange> ranges_of(const fb::ModelT& model) {
  std::vector<ActivationRange> ranges;
  for (const auto& op : model.operators) {
    if (op->options.type != fb::OperatorOptions::Conv2D)
      continue;
    const auto& q = model.tensors[static_cast<std::size_t>(op->inputs[0])]->quantization;
    if (!q)
      throw edgy::converter::Error("convolution '" + op->name + "' is not quantized");
    const auto real = [&](int32_t stored) {
      return q->scale[0] * static_cast<float>(stored - q->zero_point[0]);
    };
    ranges.push_back({real(q->qmin), real(q->qmax)});
  }
  return ranges;
}

onnx::ModelProto read(const char* path) {
  onnx::ModelProto model;
  std::ifstream file(path, std::ios::binary);
  if (!model.ParseFromIstream(&file))
    throw edgy::converter::Error(std::string(path) + ": not an ONNX model");
  return model;
}

int make(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "qdq" && argc == 5) {
    write(edgy::bench::quantize_dequantize(read(argv[2]),
                                           ranges_of(edgy::converter::read_edgy(argv[3]))),
          argv[4]);
  } else if (what == "dynamic" && argc == 4) {
    write(edgy::bench::dynamic_quantize(read(argv[2])), argv[3]);
  } else if (what == "encoder" && argc >= 3) {
    write(edgy::bench::encoder(argc > 3 ? std::atoi(argv[3]) : 768, kSeed), argv[2]);
  } else if (what == "lstm" && argc == 3) {
    write(edgy::bench::lstm_step(256, 256, kSeed), argv[2]);
  } else if (what == "transformer" && argc == 3) {
    write(edgy::bench::transformer_block(128, 384, 6, kSeed), argv[2]);
  } else if (what == "mobilenet" && argc == 3) {
    write(edgy::bench::mobilenet(kSeed), argv[2]);
  } else {
    std::fprintf(stderr,
                 "usage: make_models encoder|lstm|transformer|mobilenet OUT.onnx [CHANNELS]\n"
                 "       make_models qdq IN.onnx QUANTIZED.edgy OUT.onnx\n"
                 "       make_models dynamic IN.onnx OUT.onnx\n");
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return make(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_models: %s\n", error.what());
    return 1;
  }
}
