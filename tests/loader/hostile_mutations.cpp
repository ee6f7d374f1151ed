// What may be wrong with any operator: operands, types, shapes, quantization, constants.
#include <algorithm>
#include <functional>
#include <limits>

#include "tests/loader/hostile_models.h"
#include "tests/loader/operator_models.h"

namespace edgy::tests {
namespace {

constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();

/// What a mutation sees: the operator, its first input and output.
struct Subject {
  fb::ModelT& model;
  fb::OperatorT& op;
  fb::TensorT& x;
  fb::TensorT& y;
};

struct Mutation {
  const char* name;
  std::function<void(Subject&)> change;
};

void quantize(fb::TensorT& tensor, float scale, int zero_point = 0) {
  if (!tensor.quantization)
    tensor.quantization = std::make_unique<fb::QuantizationT>();
  tensor.quantization->scale.assign(std::max<std::size_t>(tensor.quantization->scale.size(), 1),
                                    scale);
  tensor.quantization->zero_point = {zero_point};
}

const std::vector<Mutation>& operand_mutations() {
  static const std::vector<Mutation> mutations = {
      {"no inputs", [](Subject& s) { s.op.inputs.clear(); }},
      {"the last input missing", [](Subject& s) { s.op.inputs.pop_back(); }},
      {"the first input absent", [](Subject& s) { s.op.inputs[0] = -1; }},
      {"all inputs absent", [](Subject& s) { s.op.inputs.assign(s.op.inputs.size(), -1); }},
      {"all but the first input absent",
       [](Subject& s) { std::fill(s.op.inputs.begin() + 1, s.op.inputs.end(), -1); }},
      {"one input more", [](Subject& s) { s.op.inputs.push_back(s.op.inputs[0]); }},
      {"5000 inputs", [](Subject& s) { s.op.inputs.resize(5000, s.op.inputs[0]); }},
      {"every input the first",
       [](Subject& s) { s.op.inputs.assign(s.op.inputs.size(), s.op.inputs[0]); }},
      {"inputs in reverse",
       [](Subject& s) { std::reverse(s.op.inputs.begin(), s.op.inputs.end()); }},
      {"an input beyond the tensors", [](Subject& s) { s.op.inputs[0] = 1'000'000; }},
      {"an input at INT_MIN", [](Subject& s) { s.op.inputs[0] = kLeast; }},
      {"an input at -2", [](Subject& s) { s.op.inputs[0] = -2; }},
      {"no outputs", [](Subject& s) { s.op.outputs.clear(); }},
      {"the first output absent", [](Subject& s) { s.op.outputs[0] = -1; }},
      {"all outputs absent", [](Subject& s) { s.op.outputs.assign(s.op.outputs.size(), -1); }},
      {"an output twice", [](Subject& s) { s.op.outputs.push_back(s.op.outputs[0]); }},
      {"an absent output more", [](Subject& s) { s.op.outputs.push_back(-1); }},
      {"17 outputs", [](Subject& s) { s.op.outputs.resize(17, -1); }},
      {"an output beyond the tensors", [](Subject& s) { s.op.outputs[0] = kMost; }},
      {"its output is its input", [](Subject& s) { s.op.outputs[0] = s.op.inputs[0]; }},
      {"its input is its output", [](Subject& s) { s.op.inputs[0] = s.op.outputs[0]; }},
      {"done twice",
       [](Subject& s) { s.model.operators.push_back(std::make_unique<fb::OperatorT>(s.op)); }},
      {"another operator's options",
       [](Subject& s) {
         if (s.op.options.type == fb::OperatorOptions::Lstm)
           s.op.options.Set(fb::GruT());
         else
           s.op.options.Set(fb::LstmT());
       }},
      {"options of another arity", [](Subject& s) { s.op.options.Set(fb::MatMulT()); }},
  };
  return mutations;
}

const std::vector<Mutation>& tensor_mutations() {
  static const std::vector<Mutation> mutations = {
      {"x without axes", [](Subject& s) { s.x.shape.clear(); }},
      {"y without axes", [](Subject& s) { s.y.shape.clear(); }},
      {"x of rank 8", [](Subject& s) { s.x.shape.resize(8, 1); }},
      {"x of rank 9", [](Subject& s) { s.x.shape.resize(9, 1); }},
      {"x of rank 1", [](Subject& s) { s.x.shape.resize(1); }},
      {"all of x dynamic", [](Subject& s) { s.x.shape.assign(s.x.shape.size(), -1); }},
      {"all of y dynamic", [](Subject& s) { s.y.shape.assign(s.y.shape.size(), -1); }},
      {"x with an extent of 0", [](Subject& s) { s.x.shape.back() = 0; }},
      {"x with an extent of -2", [](Subject& s) { s.x.shape.back() = -2; }},
      {"x as large as can be",
       [](Subject& s) {
         s.x.shape.assign(s.x.shape.size(), 1);
         s.x.shape.front() = 1 << 30;
       }},
      {"x whose size overflows", [](Subject& s) { s.x.shape.assign(s.x.shape.size(), 1 << 16); }},
      {"y another extent", [](Subject& s) { s.y.shape.back() = 77; }},
      {"x of another type",
       [](Subject& s) {
         s.x.type = s.x.type == fb::DataType::I32 ? fb::DataType::F32 : fb::DataType::I32;
       }},
      {"x float16", [](Subject& s) { s.x.type = fb::DataType::F16; }},
      {"x int4", [](Subject& s) { s.x.type = fb::DataType::I4; }},
      {"x of type 99", [](Subject& s) { s.x.type = static_cast<fb::DataType>(99); }},
      {"y of type -1", [](Subject& s) { s.y.type = static_cast<fb::DataType>(-1); }},
      {"y bool", [](Subject& s) { s.y.type = fb::DataType::Bool; }},
      {"y a constant", [](Subject& s) { s.y.buffer = 0; }},
      {"x sparse", [](Subject& s) { s.x.encoding = fb::Encoding::SparseBitmap; }},
      {"scale 0", [](Subject& s) { quantize(s.x, 0); }},
      {"scale NaN", [](Subject& s) { quantize(s.x, std::numeric_limits<float>::quiet_NaN()); }},
      {"scale infinite", [](Subject& s) { quantize(s.y, std::numeric_limits<float>::infinity()); }},
      {"scale denormal",
       [](Subject& s) { quantize(s.y, std::numeric_limits<float>::denorm_min()); }},
      {"scale negative", [](Subject& s) { quantize(s.x, -1); }},
      {"scale the least normal",
       [](Subject& s) {
         quantize(s.x, std::numeric_limits<float>::min());
         quantize(s.y, std::numeric_limits<float>::max());
       }},
      {"scale the greatest",
       [](Subject& s) {
         quantize(s.x, std::numeric_limits<float>::max());
         quantize(s.y, std::numeric_limits<float>::min());
       }},
      {"zero point outside", [](Subject& s) { quantize(s.x, 1, kLeast); }},
      {"no scale",
       [](Subject& s) {
         quantize(s.x, 1);
         s.x.quantization->scale.clear();
       }},
      {"scales along an axis that is not there",
       [](Subject& s) {
         quantize(s.x, 1);
         s.x.quantization->axis = kMost;
       }},
      {"an empty quantized range",
       [](Subject& s) {
         quantize(s.x, 1);
         s.x.quantization->qmin = s.x.quantization->qmax = 0;
       }},
      {"0 bits",
       [](Subject& s) {
         quantize(s.x, 1);
         s.x.quantization->bits = 0;
       }},
  };
  return mutations;
}

/// For each constant that the operator reads.
struct ConstantMutation {
  const char* name;
  std::function<void(fb::ModelT& model, fb::TensorT& constant)> change;
};

const std::vector<ConstantMutation>& constant_mutations() {
  static const std::vector<ConstantMutation> mutations = {
      {"without axes",
       [](fb::ModelT& m, fb::TensorT& c) {
         c.shape.clear();
         auto& data = m.buffers[static_cast<std::size_t>(c.buffer)]->data;
         data.resize(c.type == fb::DataType::I64 ? 8 : c.type == fb::DataType::F16 ? 2 : 4);
       }},
      {"of another rank", [](fb::ModelT&, fb::TensorT& c) { c.shape.insert(c.shape.begin(), 1); }},
      {"empty",
       [](fb::ModelT& m, fb::TensorT& c) {
         m.buffers[static_cast<std::size_t>(c.buffer)]->data.clear();
       }},
      {"one byte short",
       [](fb::ModelT& m, fb::TensorT& c) {
         m.buffers[static_cast<std::size_t>(c.buffer)]->data.pop_back();
       }},
      {"claiming 2^30 elements", [](fb::ModelT&, fb::TensorT& c) { c.shape.assign(1, 1 << 30); }},
      {"overflowing", [](fb::ModelT&, fb::TensorT& c) { c.shape.assign(8, kMost); }},
      {"in a buffer that is not there", [](fb::ModelT&, fb::TensorT& c) { c.buffer = 99; }},
      {"in buffer -2", [](fb::ModelT&, fb::TensorT& c) { c.buffer = -2; }},
      {"an activation nobody computes", [](fb::ModelT&, fb::TensorT& c) { c.buffer = -1; }},
      {"of type int64", [](fb::ModelT&, fb::TensorT& c) { c.type = fb::DataType::I64; }},
      {"dynamic", [](fb::ModelT&, fb::TensorT& c) { c.shape.assign(c.shape.size(), -1); }},
      {"sparse without blocks",
       [](fb::ModelT&, fb::TensorT& c) {
         c.encoding = fb::Encoding::SparseDelta;
         c.sparsity.reset();
       }},
      {"sparse with an index that is not there",
       [](fb::ModelT&, fb::TensorT& c) {
         c.encoding = fb::Encoding::SparseBitmap;
         c.sparsity = std::make_unique<fb::SparsityT>();
         c.sparsity->index = 4'000'000'000U;
       }},
      {"with 2^32 - 1 blocks",
       [](fb::ModelT&, fb::TensorT& c) {
         c.encoding = fb::Encoding::SparseDelta;
         c.sparsity = std::make_unique<fb::SparsityT>();
         c.sparsity->blocks = std::numeric_limits<uint32_t>::max();
         c.sparsity->block_rows = c.sparsity->block_cols = 255;
       }},
      {"an output as well",
       [](fb::ModelT& m, fb::TensorT& c) {
         for (std::size_t i = 0; i < m.tensors.size(); ++i) {
           if (m.tensors[i].get() == &c)
             m.outputs.push_back(static_cast<int32_t>(i));
         }
       }},
  };
  return mutations;
}

void add(std::vector<HostileModel>& table, const OperatorModel& base, const Mutation& mutation) {
  fb::ModelT model = base.model;
  fb::OperatorT& op = *model.operators[base.op];
  Subject subject{model, op, *model.tensors[static_cast<std::size_t>(op.inputs[0])],
                  *model.tensors[static_cast<std::size_t>(op.outputs[0])]};
  mutation.change(subject);
  table.push_back({base.name + ": " + mutation.name, bytes_of(model)});
}

}  // namespace

void add_mutations(std::vector<HostileModel>& table) {
  for (const OperatorModel& base : operator_models()) {
    table.push_back({base.name, bytes_of(base.model)});
    for (const auto* mutations : {&operand_mutations(), &tensor_mutations()}) {
      for (const Mutation& mutation : *mutations)
        add(table, base, mutation);
    }
    const fb::OperatorT& op = *base.model.operators[base.op];
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
      const auto place = static_cast<std::size_t>(op.inputs[i]);
      if (base.model.tensors[place]->buffer < 0)
        continue;
      for (const ConstantMutation& mutation : constant_mutations()) {
        fb::ModelT model = base.model;
        mutation.change(model, *model.tensors[place]);
        table.push_back(
            {base.name + ": constant " + std::to_string(i) + " " + mutation.name, bytes_of(model)});
      }
    }
  }
}

}  // namespace edgy::tests
