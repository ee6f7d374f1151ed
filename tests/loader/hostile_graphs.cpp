// What may be wrong between operators: cycles, order, duplicates; and files that are not whole, or
// more than that.
#include <algorithm>
#include <memory>
#include <utility>

#include "tests/loader/hostile_models.h"
#include "tests/loader/operator_models.h"

namespace edgy::tests {
namespace {

/// x -> Unary -> 1 -> Unary -> 2 ... -> `length`.
fb::ModelT chain_of(int32_t length) {
  ModelBuilder b;
  for (int32_t i = 0; i <= length; ++i)
    b.activation("t" + std::to_string(i), fb::DataType::F32, {1, -1});
  for (int32_t i = 0; i < length; ++i)
    b.op(fb::UnaryT(), {i}, {i + 1});
  b.model.inputs = {0};
  b.model.outputs = {length};
  return std::move(b.model);
}

void add_orders(std::vector<HostileModel>& table) {
  const auto add = [&](const char* name, int32_t length, const auto& change) {
    fb::ModelT model = chain_of(length);
    change(model);
    table.push_back({std::string("graph: ") + name, bytes_of(model)});
  };
  const auto in = [](fb::ModelT& m, std::size_t op) -> int32_t& {
    return m.operators[op]->inputs[0];
  };
  const auto out = [](fb::ModelT& m, std::size_t op) -> int32_t& {
    return m.operators[op]->outputs[0];
  };
  add("a cycle of two", 2, [&](auto& m) { in(m, 0) = 2; });
  add("a cycle of three", 3, [&](auto& m) { in(m, 0) = 3; });
  add("a cycle of sixty, the output beside it", 61, [&](auto& m) {
    in(m, 0) = 60;
    in(m, 60) = 0;
  });
  add("in reverse", 5, [](auto& m) { std::reverse(m.operators.begin(), m.operators.end()); });
  add("two exchanged", 5, [](auto& m) { std::swap(m.operators[2], m.operators[3]); });
  add("one missing", 5, [](auto& m) { m.operators.erase(m.operators.begin() + 2); });
  add("one tensor written twice", 5, [&](auto& m) { out(m, 3) = 2; });
  add("all write the output", 5, [&](auto& m) {
    for (std::size_t i = 0; i < 5; ++i)
      out(m, i) = 5;
  });
  add("all write the input", 5, [&](auto& m) {
    for (std::size_t i = 0; i < 5; ++i)
      out(m, i) = 0;
  });
  add("nobody writes the output", 5, [](auto& m) { m.operators.pop_back(); });
  add("all read the input", 5, [&](auto& m) {
    for (std::size_t i = 0; i < 5; ++i)
      in(m, i) = 0;
  });
  add("all tensors are outputs", 5, [](auto& m) { m.outputs = {0, 1, 2, 3, 4, 5}; });
  add("all tensors are inputs", 5, [](auto& m) { m.inputs = {0, 1, 2, 3, 4, 5}; });
  add("one name for all", 5, [](auto& m) {
    for (auto& tensor : m.tensors)
      tensor->name = "t";
  });
  add("names of nothing", 5, [](auto& m) {
    for (auto& tensor : m.tensors)
      tensor->name.clear();
  });
  add("names that are no UTF-8", 5, [](auto& m) {
    for (auto& tensor : m.tensors)
      tensor->name = "\xff\xc0\x80\xed\xa0\x80";
  });
  add("a name that objects have", 1, [](auto& m) {
    m.tensors[0]->name = "__proto__";
    m.tensors[1]->name = "constructor";
  });
  add("tensors that nobody uses", 2, [](auto& m) {
    for (int i = 0; i < 1000; ++i)
      m.tensors.push_back(std::make_unique<fb::TensorT>(*m.tensors[0]));
  });
  add("extents of one name that differ", 2, [](auto& m) {
    m.tensors[0]->dims = {"", "T"};
    m.tensors[2]->dims = {"T", "T"};
  });
  add("an inner shape that can not be", 2, [](auto& m) { m.tensors[1]->shape = {7, 7}; });
  add("an inner rank that can not be", 2, [](auto& m) { m.tensors[1]->shape = {1, -1, 1}; });
  add("an inner tensor of int8", 2, [](auto& m) { m.tensors[1]->type = fb::DataType::I8; });
}

/// Each operator's model twice, the second after the first, or before it.
void add_pairs(std::vector<HostileModel>& table) {
  for (const OperatorModel& base : operator_models()) {
    fb::ModelT model = base.model;
    const auto again = std::make_unique<fb::OperatorT>(*model.operators[base.op]);
    again->inputs[0] = base.model.operators[base.op]->outputs[0];
    const auto extra = static_cast<int32_t>(model.tensors.size());
    for (int32_t& output : again->outputs) {
      model.tensors.push_back(
          std::make_unique<fb::TensorT>(*model.tensors[static_cast<std::size_t>(output)]));
      output = extra + static_cast<int32_t>(&output - again->outputs.data());
    }
    model.outputs.push_back(extra);
    model.operators.push_back(std::make_unique<fb::OperatorT>(*again));
    table.push_back({base.name + ": after itself", bytes_of(model)});
    std::swap(model.operators.back(), model.operators.front());
    table.push_back({base.name + ": before what it reads", bytes_of(model)});
  }
}

/// One of each kind of storage, cut at every seventh byte and at its edges; and with bytes behind
/// its end.
void add_cuts(std::vector<HostileModel>& table) {
  for (const OperatorModel& base : operator_models()) {
    if (base.name != "conv-int8" && base.name != "dense-delta" && base.name != "lstm")
      continue;
    const std::vector<uint8_t> whole = bytes_of(base.model);
    for (std::size_t bytes = 0; bytes < whole.size();
         bytes += bytes < 16 || bytes + 16 > whole.size() ? 1 : 7) {
      table.push_back({base.name + ": " + std::to_string(bytes) + " of its bytes",
                       {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)}});
    }
    for (const std::size_t more : {1U, 4U, 5000U}) {
      std::vector<uint8_t> longer = whole;
      longer.resize(whole.size() + more, 0xff);
      table.push_back({base.name + ": " + std::to_string(more) + " bytes more", longer});
    }
  }
}

}  // namespace

void add_graphs(std::vector<HostileModel>& table) {
  add_orders(table);
  add_pairs(table);
  add_cuts(table);
}

}  // namespace edgy::tests
