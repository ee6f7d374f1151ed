// A recurrent step written as linear layers computes what the recurrent operator computes.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include "converter/calibration/runner.h"
#include "converter/lower/lower.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"
#include "tests/bench/models/graph.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;

struct Case {
  std::string op;
  int64_t batch;
  int64_t inputs;
  int64_t hidden;
  bool bias;
  bool reset_last;
  bool sequence_output;
};

onnx::ModelProto model_of(const Case& c, uint64_t seed) {
  const int64_t gates = c.op == "LSTM" ? 4 : 3;
  bench::GraphBuilder g("step", seed);
  g.input("x", {1, c.batch, c.inputs});
  g.input("h", {1, c.batch, c.hidden});
  std::vector<std::string> inputs = {"x",
                                     g.weights("w", {1, gates * c.hidden, c.inputs}, 0.4),
                                     g.weights("r", {1, gates * c.hidden, c.hidden}, 0.4),
                                     c.bias ? g.weights("b", {1, 2 * gates * c.hidden}, 0.3) : "",
                                     "",
                                     "h"};
  std::vector<std::string> outputs = {c.sequence_output ? "y" : "", "h_next"};
  if (c.op == "LSTM") {
    g.input("c", {1, c.batch, c.hidden});
    inputs.emplace_back("c");
    outputs.emplace_back("c_next");
    g.output("c_next", onnx::TensorProto::FLOAT, {1, c.batch, c.hidden});
  }
  g.output("h_next", onnx::TensorProto::FLOAT, {1, c.batch, c.hidden});
  if (c.sequence_output)
    g.output("y", onnx::TensorProto::FLOAT, {1, 1, c.batch, c.hidden});
  // The first output names the node, so it must not be the absent one.
  auto* node = g.model().mutable_graph()->add_node();
  node->set_op_type(c.op);
  node->set_name("recurrent");
  for (const std::string& name : inputs)
    node->add_input(name);
  for (const std::string& name : outputs)
    node->add_output(name);
  bench::set_int(*node, "hidden_size", c.hidden);
  if (c.reset_last)
    bench::set_int(*node, "linear_before_reset", 1);
  return g.model();
}

fb::ModelT lowered(const onnx::ModelProto& model, bool expand) {
  std::vector<uint8_t> bytes(model.ByteSizeLong());
  model.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  graph::Graph graph = onnx_import::import_model(bytes, "step.onnx");
  if (expand) {
    passes::run_all(graph);
  } else {
    passes::fold_constants(graph);
  }
  return lower::lower_graph(graph);
}

Sample sample_for(const fb::ModelT& model, std::mt19937& random) {
  Sample sample{"step", {}};
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (const int32_t index : model.inputs) {
    const fb::TensorT& declared = *model.tensors[static_cast<std::size_t>(index)];
    Tensor tensor;
    tensor.name = declared.name;
    tensor.type = DataType::F32;
    tensor.shape.assign(declared.shape.begin(), declared.shape.end());
    std::size_t count = 1;
    for (const int64_t extent : tensor.shape)
      count *= static_cast<std::size_t>(extent);
    std::vector<float> values(count);
    for (float& value : values)
      value = uniform(random);
    tensor.data.resize(count * sizeof(float));
    std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
    sample.inputs.push_back(std::move(tensor));
  }
  return sample;
}

TEST_CASE("a recurrent step as linear layers computes what the recurrent operator computes",
          "[passes]") {
  const unsigned seed = 20;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const Case cases[] = {
      {"LSTM", 1, 256, 256, true, false, true}, {"LSTM", 1, 1, 1, false, false, false},
      {"LSTM", 3, 7, 5, true, false, true},     {"GRU", 1, 12, 9, true, true, true},
      {"GRU", 2, 5, 8, true, false, false},     {"GRU", 1, 3, 4, false, true, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.op, c.batch, c.inputs, c.hidden, c.bias, c.reset_last);
    const onnx::ModelProto source = model_of(c, seed);
    const fb::ModelT plain = lowered(source, false);
    const fb::ModelT expanded = lowered(source, true);
    const auto has = [](const fb::ModelT& model, fb::OperatorOptions kind) {
      return std::any_of(model.operators.begin(), model.operators.end(),
                         [&](const auto& op) { return op->options.type == kind; });
    };
    const auto kind = c.op == "LSTM" ? fb::OperatorOptions::Lstm : fb::OperatorOptions::Gru;
    REQUIRE(has(plain, kind));
    REQUIRE_FALSE(has(expanded, kind));
    REQUIRE(has(expanded, fb::OperatorOptions::Dense));
    const Sample sample = sample_for(plain, random);
    const auto wanted = Runner(plain).run(sample);
    const auto found = Runner(expanded).run(sample);
    REQUIRE(found.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CHECK(found[i].shape == wanted[i].shape);
      const auto a = wanted[i].values<float>();
      const auto b = found[i].values<float>();
      REQUIRE(a.size() == b.size());
      for (std::size_t k = 0; k < a.size(); ++k)
        REQUIRE(std::fabs(a[k] - b[k]) < 1e-5F);  // sums of up to 512 terms in another order
    }
  }
}

}  // namespace
}  // namespace edgy::converter
