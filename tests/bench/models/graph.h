// Building blocks of the benchmark models: ONNX graphs with seeded random weights.
#pragma once

#include <onnx/onnx.pb.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace edgy::bench {

/// Adds nodes and constants to an ONNX graph. Weights are normal with the deviation that keeps
/// activations at unit scale through a ReLU (He et al., arXiv:1502.01852). Equal seeds give equal
/// files.
class GraphBuilder {
 public:
  GraphBuilder(const std::string& name, uint64_t seed);

  /// Negative extents are dynamic and named `dynamic`.
  void input(const std::string& name, const std::vector<int64_t>& shape,
             const std::string& dynamic = "T");
  void output(const std::string& name, int32_t type, const std::vector<int64_t>& shape,
              const std::string& dynamic = "T");
  std::string weights(const std::string& name, const std::vector<int64_t>& shape, double deviation);
  std::string constant(const std::string& name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values);
  std::string integers(const std::string& name, const std::vector<int64_t>& values);
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs);

  onnx::ModelProto& model() { return model_; }

 private:
  double normal();

  onnx::ModelProto model_;
  std::mt19937_64 random_;
};

void set_ints(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values);
void set_int(onnx::NodeProto& node, const std::string& name, int64_t value);
void set_float(onnx::NodeProto& node, const std::string& name, float value);

/// EDGY's speech encoder (arXiv:2007.15064): mel [1, 80, T] -> z, indices, quantized.
onnx::ModelProto encoder(int64_t channels, uint64_t seed);
/// One step of an LSTM: x [1, 1, inputs], h and c [1, 1, hidden].
onnx::ModelProto lstm_step(int64_t inputs, int64_t hidden, uint64_t seed);
/// A transformer encoder block: x [1, tokens, width], post-normalization, GELU.
onnx::ModelProto transformer_block(int64_t tokens, int64_t width, int64_t heads, uint64_t seed);
/// A MobileNet-like CNN: depthwise separable blocks over [1, 3, 96, 96].
onnx::ModelProto mobilenet(uint64_t seed);

/// The same model with QuantizeLinear/DequantizeLinear around every Conv whose place in order has
/// an entry in `inputs`: what onnxruntime's static quantization writes (activations uint8, weights
/// int8 per channel).
struct ActivationRange {
  float low = 0;
  float high = 0;
};
onnx::ModelProto quantize_dequantize(const onnx::ModelProto& model,
                                     const std::vector<ActivationRange>& inputs);

/// The same model as onnxruntime's dynamic quantization makes it: MatMul with constant weights and
/// LSTM read weights of one byte (per tensor) and measure their activations in each run.
onnx::ModelProto dynamic_quantize(const onnx::ModelProto& model);

}  // namespace edgy::bench
