#include "tests/loader/operator_models.h"

#include "wasm/format/sparse_encoding.h"

namespace edgy::tests {
namespace {

using Type = fb::DataType;

/// x -> y by one operator, both of float32 unless said otherwise.
template <typename Options>
OperatorModel simple(const std::string& name, Options options, std::vector<int32_t> x,
                     std::vector<int32_t> y, Type y_type = Type::F32) {
  ModelBuilder b;
  b.activation("x", Type::F32, std::move(x));
  b.activation("y", y_type, std::move(y));
  b.op(std::move(options), {0}, {1});
  b.model.inputs = {0};
  b.model.outputs = {1};
  return {name, std::move(b.model), 0};
}

/// x and constants -> y.
template <typename Options>
OperatorModel with_constants(const std::string& name, Options options, std::vector<int32_t> x,
                             const std::vector<std::pair<Type, std::vector<int32_t>>>& constants,
                             std::vector<int32_t> y, Type y_type = Type::F32) {
  ModelBuilder b;
  std::vector<int32_t> inputs = {b.activation("x", Type::F32, std::move(x))};
  for (const auto& [type, shape] : constants)
    inputs.push_back(b.constant("c" + std::to_string(inputs.size()), type, shape));
  const int result = b.activation("y", y_type, std::move(y));
  b.op(std::move(options), std::move(inputs), {result});
  b.model.inputs = {0};
  b.model.outputs = {result};
  return {name, std::move(b.model), 0};
}

/// x -> Quantize -> an integer layer -> y.
template <typename Options>
OperatorModel integer_layer(const std::string& name, Options options, std::vector<int32_t> x,
                            Type weights, const std::vector<int32_t>& w, std::vector<int32_t> y,
                            Type y_type) {
  ModelBuilder b;
  b.activation("x", Type::F32, x);
  const int q = b.activation("q", Type::I8, std::move(x));
  b.quantize(q, {0.05F}, 3);
  const int c = b.constant("w", weights, w);
  b.quantize(c, std::vector<float>(static_cast<std::size_t>(w[0]), 0.1F), 0, 0);
  const int bias = b.constant("b", Type::I32, {w[0]});
  const int result = b.activation("y", y_type, std::move(y));
  if (y_type == Type::I8)
    b.quantize(result, {0.3F}, -4);
  b.op(fb::QuantizeT(), {0}, {q});
  b.op(std::move(options), {q, c, bias}, {result});
  b.model.inputs = {0};
  b.model.outputs = {result};
  return {name, std::move(b.model), 1};
}

OperatorModel sparse_layer(const std::string& name, fb::Encoding encoding) {
  OperatorModel made =
      integer_layer(name, fb::DenseT(), {1, -1, 8}, Type::I8, {4, 8}, {1, -1, 4}, Type::F32);
  fb::TensorT& w = *made.model.tensors[2];
  std::vector<int8_t> dense(32);
  for (const std::size_t i : {0U, 1U, 9U, 30U})
    dense[i] = static_cast<int8_t>(i + 1);
  const auto kind = encoding == fb::Encoding::SparseBitmap ? format::SparseIndex::kBitmap
                                                           : format::SparseIndex::kDelta;
  const std::vector<int64_t> shape = {4, 8};
  const format::SparseBlocks blocks =
      format::encode_sparse(*format::block_grid(shape, 1, 4), dense, kind);
  w.encoding = encoding;
  w.sparsity = std::make_unique<fb::SparsityT>();
  w.sparsity->blocks = static_cast<uint32_t>(blocks.blocks);
  w.sparsity->index = static_cast<uint32_t>(made.model.buffers.size());
  made.model.buffers[static_cast<std::size_t>(w.buffer)]->data = blocks.values;
  made.model.buffers.push_back(std::make_unique<fb::BufferT>());
  made.model.buffers.back()->data = blocks.index;
  made.model.features = {"sparse-blocks"};
  return made;
}

template <typename Options>
OperatorModel recurrent(const std::string& name, int gates, bool has_cells) {
  ModelBuilder b;
  std::vector<int32_t> inputs = {b.activation("x", Type::F32, {1, -1, 3})};
  inputs.push_back(b.constant("w", Type::F32, {gates * 4, 3}));
  inputs.push_back(b.constant("r", Type::F32, {gates * 4, 4}));
  inputs.push_back(b.constant("b", Type::F32, {2 * gates * 4}));
  inputs.push_back(b.activation("h0", Type::F32, {1, 4}));
  std::vector<int32_t> outputs = {b.activation("y", Type::F32, {1, -1, 4}),
                                  b.activation("h", Type::F32, {1, 4})};
  if (has_cells) {
    inputs.push_back(b.activation("c0", Type::F32, {1, 4}));
    outputs.push_back(b.activation("c", Type::F32, {1, 4}));
  }
  b.model.inputs = {0, inputs[4]};
  if (has_cells)
    b.model.inputs.push_back(inputs[5]);
  b.model.outputs = outputs;
  Options options;
  options.hidden = 4;
  b.op(options, inputs, outputs);
  return {name, std::move(b.model), 0};
}

/// The same as integers: x -> Quantize -> Lstm -> y.
OperatorModel lstm_of_integers() {
  ModelBuilder b;
  b.activation("x", Type::F32, {1, -1, 3});
  const int q = b.activation("q", Type::I8, {1, -1, 3});
  b.quantize(q, {0.05F}, 3);
  const int w = b.constant("w", Type::I8, {16, 3});
  b.quantize(w, std::vector<float>(16, 0.1F), 0, 0);
  const int r = b.constant("r", Type::I8, {16, 4});
  b.quantize(r, {0.1F});
  const int y = b.activation("y", Type::F32, {1, -1, 4});
  b.model.inputs = {0};
  b.model.outputs = {y};
  fb::LstmT options;
  options.hidden = 4;
  options.state_scale = 0.01F;
  options.state_zero_point = 64;
  b.op(fb::QuantizeT(), {0}, {q});
  b.op(options, {q, w, r}, {y});
  b.model.features = {"integer-operators"};
  return {"lstm-int8", std::move(b.model), 1};
}

fb::Conv2DT padded(int pad, int groups = 1) {
  fb::Conv2DT conv;
  conv.pad_left = conv.pad_right = pad;
  conv.groups = groups;
  return conv;
}

/// x -> Quantize -> an operator on int8 -> y of int8; `operands`: how many times it reads the
/// integers.
template <typename Options>
OperatorModel on_integers(const std::string& name, Options options, std::vector<int32_t> x,
                          std::vector<int32_t> y, std::size_t operands = 1) {
  ModelBuilder b;
  b.activation("x", Type::F32, x);
  const int q = b.activation("q", Type::I8, std::move(x));
  b.quantize(q, {0.05F}, 3);
  const int result = b.activation("y", Type::I8, std::move(y));
  b.quantize(result, {0.05F}, 3);
  b.op(fb::QuantizeT(), {0}, {q});
  b.op(std::move(options), std::vector<int32_t>(operands, q), {result});
  b.model.inputs = {0};
  b.model.outputs = {result};
  b.model.features = {"integer-operators"};
  return {name, std::move(b.model), 1};
}

void add_layers(std::vector<OperatorModel>& models) {
  const std::vector<int32_t> kSequence = {1, -1, 4};
  const std::vector<int32_t> kImage = {1, -1, 6, 4};
  models.push_back(with_constants("conv", padded(1), kSequence,
                                  {{Type::F32, {4, 1, 3, 4}}, {Type::F32, {4}}}, kSequence));
  models.push_back(
      with_constants("conv-f16", padded(1), kSequence, {{Type::F16, {4, 1, 3, 4}}}, kSequence));
  models.push_back(integer_layer("conv-int8", padded(1), kSequence, Type::I8, {4, 1, 3, 4},
                                 kSequence, Type::F32));
  fb::Conv2DT image = padded(1);
  image.pad_top = image.pad_bottom = 1;
  models.push_back(
      integer_layer("conv-image", image, kImage, Type::I8, {4, 3, 3, 4}, kImage, Type::I8));
  models.push_back(integer_layer("conv-depthwise", padded(1, 4), kSequence, Type::I8, {4, 1, 3, 1},
                                 kSequence, Type::I8));
  models.push_back(integer_layer("conv-int4", padded(1), kSequence, Type::I4, {4, 1, 3, 4},
                                 kSequence, Type::I8));
  models.back().model.features = {"int4"};
  models.push_back(with_constants("dense", fb::DenseT(), kSequence,
                                  {{Type::F32, {3, 4}}, {Type::F32, {3}}}, {1, -1, 3}));
  models.push_back(sparse_layer("dense-bitmap", fb::Encoding::SparseBitmap));
  models.push_back(sparse_layer("dense-delta", fb::Encoding::SparseDelta));
}

void add_movements(std::vector<OperatorModel>& models) {
  fb::TransposeT transpose;
  transpose.perm = {0, 2, 1};
  models.push_back(simple("transpose", transpose, {1, -1, 4}, {1, 4, -1}));
  fb::ReshapeT reshape;
  reshape.shape = {-1, 2};
  models.push_back(simple("reshape", reshape, {1, -1, 4}, {-1, 2}));
  fb::SliceT slice;
  slice.axes = {1, 2};
  slice.starts = {1, -1};
  slice.ends = {4, -5};
  slice.steps = {2, -1};
  models.push_back(simple("slice", slice, {1, -1, 4}, {1, -1, 4}));
  fb::SliceT prefix;
  prefix.starts = {0};
  prefix.ends = {9};
  prefix.axes = {1};
  prefix.steps = {1};
  prefix.like_axis = 1;
  models.push_back(simple("slice-like", prefix, {1, -1, 4}, {1, -1, 4}));
  models.back().model.operators[0]->inputs = {0, 0};
  fb::PadT pad;
  pad.before = {0, 1, 2};
  pad.after = {0, 2, 0};
  pad.mode = fb::PadMode::Reflect;
  models.push_back(simple("pad", pad, {1, -1, 4}, {1, -1, 6}));
  fb::ConcatT concat;
  concat.axis = 1;
  models.push_back(simple("concat", concat, {1, -1, 4}, {1, -1, 4}));
  models.back().model.operators[0]->inputs = {0, 0, 0};
  models.push_back(with_constants("gather", fb::GatherT(), {7, 4}, {{Type::I64, {3}}}, {3, 4}));
  models.push_back(with_constants("gather-f16", fb::GatherT(), {3}, {{Type::F16, {5, 2}}}, {3, 2}));
  models.back().model.tensors[0]->type = Type::I64;
  std::swap(models.back().model.operators[0]->inputs[0],
            models.back().model.operators[0]->inputs[1]);
}

void add_arithmetic(std::vector<OperatorModel>& models) {
  const std::vector<int32_t> kShape = {1, -1, 4};
  models.push_back(
      with_constants("matmul", fb::MatMulT(), {2, -1, 4}, {{Type::F32, {4, 3}}}, {2, -1, 3}));
  fb::Pool2DT pool;
  pool.kernel_w = 3;
  pool.stride_w = 2;
  pool.pad_left = 1;
  models.push_back(simple("pool", pool, kShape, kShape));
  models.push_back(simple("unary", fb::UnaryT(), kShape, kShape));
  models.push_back(with_constants("binary", fb::BinaryT(), kShape, {{Type::F32, {4}}}, kShape));
  fb::SoftmaxT softmax;
  softmax.axis = 1;
  models.push_back(simple("softmax", softmax, kShape, kShape));
  fb::ReduceT reduce;
  reduce.axes = {-1};
  models.push_back(simple("reduce", reduce, kShape, {1, -1, 1}));
  models.push_back(simple("arg-reduce", fb::ArgReduceT(), kShape, {1, -1}, Type::I64));
  models.push_back(with_constants("layer-norm", fb::LayerNormT(), kShape,
                                  {{Type::F32, {4}}, {Type::F32, {4}}}, kShape));
  models.push_back(with_constants("nearest-code", fb::NearestCodeT(), kShape,
                                  {{Type::F32, {9, 4}}, {Type::F32, {9}}}, {1, -1}, Type::I64));
  models.push_back(with_constants("nearest-code-f16", fb::NearestCodeT(), kShape,
                                  {{Type::F16, {9, 4}}}, {1, -1}, Type::I64));
  fb::QuantizeT quantize;
  quantize.perm = {0, 2, 1};
  models.push_back(simple("quantize", quantize, kShape, {1, 4, -1}, Type::I8));
  models.push_back(simple("dequantize", fb::DequantizeT(), kShape, kShape));
  models.back().model.tensors[0]->type = Type::I8;
  for (const std::size_t back : {1U, 2U}) {
    auto& tensor = models[models.size() - back].model.tensors[back == 1 ? 0 : 1];
    tensor->quantization = std::make_unique<fb::QuantizationT>();
    tensor->quantization->scale = {0.25F};
    tensor->quantization->zero_point = {-3};
  }
  models.push_back(simple("cast", fb::CastT(), kShape, kShape, Type::I64));
  models.push_back(on_integers("unary-int8", fb::UnaryT(), kShape, kShape));
  models.push_back(on_integers("binary-int8", fb::BinaryT(), kShape, kShape, 2));
  fb::MatMulT product;
  product.transpose_b = true;
  models.push_back(on_integers("matmul-int8", product, kShape, {1, -1, -1}, 2));
  models.back().model.tensors[1]->quantization->qmin = 0;
  models.push_back(on_integers("pool-int8", pool, kShape, kShape));
  pool.kind = fb::PoolKind::Average;
  models.push_back(on_integers("pool-mean-int8", pool, kShape, kShape));
  models.push_back(on_integers("reduce-int8", reduce, kShape, {1, -1, 1}));
  fb::ConcatT concat;
  concat.axis = 1;
  models.push_back(on_integers("concat-int8", concat, kShape, kShape, 3));
  models.back().model.tensors[2]->quantization->scale = {0.07F};
  models.push_back(recurrent<fb::LstmT>("lstm", 4, true));
  models.push_back(lstm_of_integers());
  models.push_back(recurrent<fb::GruT>("gru", 3, false));
}

}  // namespace

std::vector<OperatorModel> operator_models() {
  std::vector<OperatorModel> models;
  add_layers(models);
  add_movements(models);
  add_arithmetic(models);
  return models;
}

}  // namespace edgy::tests
