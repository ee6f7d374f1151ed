// Files whose parts share bytes, so that little names much; and models that ask for much work.
#include <string>

#include "tests/loader/hostile_models.h"
#include "tests/loader/model_builder.h"

namespace edgy::tests {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

using Tensors = std::vector<Offset<fb::Tensor>>;
using Operators = std::vector<Offset<fb::Operator>>;
using Buffers = std::vector<Offset<fb::Buffer>>;

constexpr int32_t kMany = 3000;

std::vector<uint8_t> finished(FlatBufferBuilder& b, const Tensors& tensors,
                              const Operators& operators, const std::vector<int32_t>& inputs,
                              const std::vector<int32_t>& outputs, const Buffers& buffers = {},
                              Offset<fb::Metadata> metadata = 0) {
  const auto tensor_list = b.CreateVector(tensors);
  const auto operator_list = b.CreateVector(operators);
  const auto input_list = b.CreateVector(inputs);
  const auto output_list = b.CreateVector(outputs);
  const auto buffer_list = b.CreateVector(buffers);
  fb::FinishModelBuffer(b, fb::CreateModel(b, 1, 0, tensor_list, operator_list, input_list,
                                           output_list, buffer_list, metadata));
  return bytes_of(b);
}

Offset<fb::Tensor> tensor(FlatBufferBuilder& b, Offset<flatbuffers::String> name,
                          const std::vector<int32_t>& shape, int32_t buffer = -1,
                          fb::DataType type = fb::DataType::F32) {
  return fb::CreateTensor(b, name, type, b.CreateVector(shape), 0, 0, buffer);
}

Offset<fb::Operator> unary(FlatBufferBuilder& b, int32_t from, int32_t to) {
  const auto inputs = b.CreateVector(std::vector<int32_t>{from});
  const auto outputs = b.CreateVector(std::vector<int32_t>{to});
  return fb::CreateOperator(b, 0, fb::OperatorOptions::Unary, fb::CreateUnary(b).Union(), inputs,
                            outputs);
}

/// x -> Unary -> 1 -> Unary -> 2 ...
std::vector<uint8_t> chain(int32_t length) {
  FlatBufferBuilder b;
  Tensors tensors;
  Operators operators;
  for (int32_t i = 0; i <= length; ++i)
    tensors.push_back(tensor(b, b.CreateString(std::to_string(i)), {1, -1}));
  for (int32_t i = 0; i < length; ++i)
    operators.push_back(unary(b, i, i + 1));
  return finished(b, tensors, operators, {0}, {length});
}

/// `tables` buffers that are one table of a megabyte, and as many float16 constants that are read.
std::vector<uint8_t> shared_float16(bool one_buffer) {
  FlatBufferBuilder b;
  const auto buffer = fb::CreateBuffer(b, [&] {
    b.ForceVectorAlignment(1 << 20, 1, 16);
    return b.CreateVector(std::vector<uint8_t>(1 << 20));
  }());
  Tensors tensors;
  Operators operators;
  for (int32_t i = 0; i < kMany; ++i) {
    tensors.push_back(
        tensor(b, b.CreateString("w"), {1 << 19}, one_buffer ? 0 : i, fb::DataType::F16));
  }
  for (int32_t i = 0; i < kMany; ++i) {
    tensors.push_back(tensor(b, b.CreateString("y"), {1 << 19}));
    operators.push_back(unary(b, i, kMany + i));
  }
  tensors.push_back(tensor(b, b.CreateString("x"), {1}));
  return finished(b, tensors, operators, {2 * kMany}, {kMany},
                  Buffers(one_buffer ? 1 : kMany, buffer));
}

/// One table of a float16 constant, named by two entries.
std::vector<uint8_t> aliased_float16() {
  FlatBufferBuilder b;
  const auto buffer = fb::CreateBuffer(b, [&] {
    b.ForceVectorAlignment(64, 1, 16);
    return b.CreateVector(std::vector<uint8_t>(64, 0x30));
  }());
  const auto constant = tensor(b, b.CreateString("w"), {32}, 0, fb::DataType::F16);
  const Tensors tensors = {constant, constant, tensor(b, b.CreateString("y"), {32}),
                           tensor(b, b.CreateString("z"), {32}),
                           tensor(b, b.CreateString("x"), {1})};
  const Operators operators = {unary(b, 0, 2), unary(b, 1, 3)};
  return finished(b, tensors, operators, {4}, {2, 3}, {buffer});
}

std::vector<uint8_t> shared_names() {
  FlatBufferBuilder b;
  const auto name = b.CreateString(std::string(1 << 20, 'n'));
  Tensors tensors;
  Operators operators;
  for (int32_t i = 0; i <= kMany; ++i)
    tensors.push_back(tensor(b, name, {1, -1}));
  for (int32_t i = 0; i < kMany; ++i)
    operators.push_back(unary(b, i, i + 1));
  return finished(b, tensors, operators, {0}, {kMany});
}

std::vector<uint8_t> shared_inputs() {
  FlatBufferBuilder b;
  const auto inputs = b.CreateVector(std::vector<int32_t>(4096, 0));
  Tensors tensors = {tensor(b, b.CreateString("x"), {1})};
  Operators operators;
  for (int32_t i = 1; i <= kMany; ++i) {
    tensors.push_back(tensor(b, b.CreateString("y"), {4096}));
    const auto outputs = b.CreateVector(std::vector<int32_t>{i});
    operators.push_back(fb::CreateOperator(b, 0, fb::OperatorOptions::Concat,
                                           fb::CreateConcat(b).Union(), inputs, outputs));
  }
  return finished(b, tensors, operators, {0}, {1});
}

/// Lists of names, each visited by FlatBuffers' own verifier.
std::vector<uint8_t> shared_dims() {
  FlatBufferBuilder b;
  const auto name = b.CreateString("n");
  const auto dims =
      b.CreateVector(std::vector<Offset<flatbuffers::String>>(std::size_t{1} << 18, name));
  Tensors tensors;
  for (int32_t i = 0; i < 1 << 16; ++i)
    tensors.push_back(fb::CreateTensor(b, name, fb::DataType::F32, 0, dims));
  return finished(b, tensors, {unary(b, 0, 1)}, {0}, {1});
}

std::vector<uint8_t> shared_policies() {
  FlatBufferBuilder b;
  const Tensors tensors = {tensor(b, b.CreateString("x"), {1, -1}),
                           tensor(b, b.CreateString("y"), {1, -1})};
  const Operators operators = {unary(b, 0, 1)};
  const auto policy = fb::CreateOutputPolicy(b, b.CreateString("y"), fb::PrivacyLevel::High);
  const auto policies = b.CreateVector(std::vector<Offset<fb::OutputPolicy>>(500'000, policy));
  fb::MetadataBuilder metadata(b);
  metadata.add_policies(policies);
  return finished(b, tensors, operators, {0}, {1}, {}, metadata.Finish());
}

std::vector<uint8_t> shared_operator() {
  FlatBufferBuilder b;
  const Tensors tensors = {tensor(b, b.CreateString("x"), {1, -1}),
                           tensor(b, b.CreateString("y"), {1, -1})};
  return finished(b, tensors, Operators(10'000, unary(b, 0, 1)), {0}, {1});
}

/// No block is stored, and all weights of a layer are claimed: 2^28 channels, or as many columns.
std::vector<uint8_t> sparse_bomb(std::vector<int32_t> shape, int32_t layers) {
  ModelBuilder b;
  const int32_t columns = shape[1];
  const int32_t channels = shape[0];
  b.activation("x", fb::DataType::I8, {1, columns});
  b.quantize(0, {0.1F});
  b.activation("w", fb::DataType::I8, std::move(shape));
  b.quantize(1, {0.1F});
  fb::TensorT& w = b.tensor(1);
  w.encoding = fb::Encoding::SparseDelta;
  w.sparsity = std::make_unique<fb::SparsityT>();
  w.buffer = 0;
  b.model.buffers.push_back(std::make_unique<fb::BufferT>());
  for (int32_t i = 0; i < layers; ++i) {
    const int y = b.activation("y" + std::to_string(i), fb::DataType::F32, {1, channels});
    b.op(fb::DenseT(), {0, 1}, {y});
  }
  b.model.inputs = {0};
  b.model.outputs = {2};
  return bytes_of(b.model);
}

/// Products of square matrices, one after the other: a kilobyte asks for a day.
std::vector<uint8_t> products(int32_t extent, int32_t length) {
  ModelBuilder b;
  b.activation("x", fb::DataType::F32, {extent, extent});
  for (int32_t i = 0; i < length; ++i) {
    const int y = b.activation("y" + std::to_string(i), fb::DataType::F32, {extent, extent});
    b.op(fb::MatMulT(), {y - 1, y - 1}, {y});
  }
  b.model.inputs = {0};
  b.model.outputs = {length};
  return bytes_of(b.model);
}

/// One tensor, read by convolutions that all want it in another layout.
std::vector<uint8_t> borders(int32_t layers) {
  ModelBuilder b;
  b.activation("x", fb::DataType::I8, {1, 40'000, 1});
  b.quantize(0, {0.1F});
  const int w = b.constant("w", fb::DataType::I8, {1, 1, 1, 1});
  b.quantize(w, {0.1F});
  for (int32_t i = 0; i < layers; ++i) {
    const int y = b.activation("y" + std::to_string(i), fb::DataType::F32, {1, -1, 1});
    fb::Conv2DT conv;
    conv.stride_w = 1 + i;
    b.op(conv, {0, w}, {y});
  }
  b.model.inputs = {0};
  b.model.outputs = {2};
  return bytes_of(b.model);
}

/// What takes most memory beside a file: operands, of as many axes as can be.
std::vector<uint8_t> many_inputs() {
  ModelBuilder b;
  b.activation("x", fb::DataType::F32, {1, 1, 1, 1, 1, 1, 1, 2});
  for (int32_t i = 0; i < 16; ++i) {
    fb::ConcatT concat;
    concat.axis = 6;
    const int y = b.activation("y", fb::DataType::F32, {1, 1, 1, 1, 1, 1, 4096, 2});
    b.op(concat, std::vector<int32_t>(4096, 0), {y});
  }
  b.model.inputs = {0};
  b.model.outputs = {1};
  return bytes_of(b.model);
}

}  // namespace

void add_bombs(std::vector<HostileModel>& table) {
  table.push_back({"one float16 buffer under 3000 tables", shared_float16(false)});
  table.push_back({"one float16 buffer of 3000 constants", shared_float16(true)});
  table.push_back({"one float16 table named twice", aliased_float16()});
  table.push_back({"one name of a megabyte", shared_names()});
  table.push_back({"one list of inputs", shared_inputs()});
  table.push_back({"one list of names of dimensions", shared_dims()});
  table.push_back({"one policy, 500,000 times", shared_policies()});
  table.push_back({"one operator, 10,000 times", shared_operator()});
  table.push_back({"2^28 channels, none stored", sparse_bomb({1 << 28, 4}, 1)});
  table.push_back({"2^28 columns, none stored", sparse_bomb({1, 1 << 28}, 1)});
  table.push_back({"a million weights decoded 5000 times", sparse_bomb({1 << 10, 1 << 10}, 5000)});
  table.push_back({"3000 products of 256 x 256", products(256, 3000)});
  table.push_back({"a product of 2^15 x 2^15", products(1 << 15, 1)});
  table.push_back({"500 layouts of one tensor", borders(500)});
  table.push_back({"a chain of 65,000 operators", chain(65'000)});
  table.push_back({"16 operators of 4096 inputs", many_inputs()});
}

std::vector<uint8_t> model_to_truncate() {
  return chain(3);
}

std::vector<HostileModel> hostile_models() {
  std::vector<HostileModel> table;
  add_mutations(table);
  add_options(table);
  add_events(table);
  add_graphs(table);
  add_bombs(table);
  return table;
}

}  // namespace edgy::tests
