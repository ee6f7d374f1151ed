// Every option of every operator, and of the model itself, at its limits and beyond.
#include <array>
#include <limits>

#include "tests/loader/hostile_models.h"
#include "tests/loader/operator_models.h"

namespace edgy::tests {
namespace {

constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
constexpr std::array kTelling = {kLeast, -1, 0, 2, (1 << 15) - 1, 1 << 15, (1 << 15) + 1, kMost};
constexpr std::array kTellingFloats = {
    std::numeric_limits<float>::quiet_NaN(),  std::numeric_limits<float>::infinity(),
    -std::numeric_limits<float>::infinity(),  std::numeric_limits<float>::max(),
    std::numeric_limits<float>::denorm_min(), -0.0F};

class OptionTable {
 public:
  OptionTable(std::vector<HostileModel>& table, const OperatorModel& base)
      : table_(table), base_(base) {}

  template <typename Options>
  void numbers(std::initializer_list<std::pair<const char*, int32_t Options::*>> options) {
    for (const auto& [name, option] : options) {
      for (const int32_t value : kTelling) {
        add<Options>(std::string(name) + " " + std::to_string(value),
                     [&, option = option](Options& o) { o.*option = value; });
      }
    }
  }

  template <typename Options>
  void floats(std::initializer_list<std::pair<const char*, float Options::*>> options) {
    for (const auto& [name, option] : options) {
      for (const float value : kTellingFloats) {
        add<Options>(std::string(name) + " " + std::to_string(value),
                     [&, option = option](Options& o) { o.*option = value; });
      }
    }
  }

  template <typename Options>
  void lists(
      std::initializer_list<std::pair<const char*, std::vector<int32_t> Options::*>> options) {
    const std::vector<std::vector<int32_t>> lists = {{},
                                                     {0},
                                                     {-1},
                                                     {kLeast},
                                                     {kMost},
                                                     {0, 0},
                                                     {0, 0, 0},
                                                     {2, 1, 0},
                                                     {-1, -1},
                                                     {-1, -2, -3},
                                                     {1, 2, 3},
                                                     {0, 1, 2, 3, 4, 5, 6, 7, 8},
                                                     std::vector<int32_t>(5000, 0),
                                                     {kMost, kMost, kMost},
                                                     {kLeast, kLeast, kLeast}};
    for (const auto& [name, option] : options) {
      for (std::size_t i = 0; i < lists.size(); ++i) {
        add<Options>(std::string(name) + ", list " + std::to_string(i),
                     [&, option = option](Options& o) { o.*option = lists[i]; });
      }
    }
  }

  template <typename Options, typename Kind>
  void kinds(Kind Options::*option) {
    for (const int value :
         {-128, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 127}) {
      add<Options>("kind " + std::to_string(value),
                   [&](Options& o) { o.*option = static_cast<Kind>(value); });
    }
  }

 private:
  template <typename Options, typename Change>
  void add(const std::string& name, const Change& change) {
    fb::ModelT model = base_.model;
    change(*static_cast<Options*>(model.operators[base_.op]->options.value));
    table_.push_back({base_.name + ": " + name, bytes_of(model)});
  }

  std::vector<HostileModel>& table_;
  const OperatorModel& base_;
};

void add_window_options(OptionTable rows, fb::OperatorOptions type) {
  using fb::Conv2DT;
  using fb::Pool2DT;
  if (type == fb::OperatorOptions::Conv2D) {
    rows.numbers<Conv2DT>({{"stride_h", &Conv2DT::stride_h},
                           {"stride_w", &Conv2DT::stride_w},
                           {"dilation_h", &Conv2DT::dilation_h},
                           {"dilation_w", &Conv2DT::dilation_w},
                           {"pad_top", &Conv2DT::pad_top},
                           {"pad_left", &Conv2DT::pad_left},
                           {"pad_bottom", &Conv2DT::pad_bottom},
                           {"pad_right", &Conv2DT::pad_right},
                           {"groups", &Conv2DT::groups}});
    rows.floats<Conv2DT>({{"activation_min", &Conv2DT::activation_min},
                          {"activation_max", &Conv2DT::activation_max}});
  }
  if (type == fb::OperatorOptions::Pool2D) {
    rows.numbers<Pool2DT>({{"kernel_h", &Pool2DT::kernel_h},
                           {"kernel_w", &Pool2DT::kernel_w},
                           {"stride_h", &Pool2DT::stride_h},
                           {"stride_w", &Pool2DT::stride_w},
                           {"pad_top", &Pool2DT::pad_top},
                           {"pad_left", &Pool2DT::pad_left},
                           {"pad_bottom", &Pool2DT::pad_bottom},
                           {"pad_right", &Pool2DT::pad_right}});
    rows.kinds<Pool2DT>(&Pool2DT::kind);
  }
}

void add_movement_options(OptionTable rows, fb::OperatorOptions type) {
  switch (type) {
    case fb::OperatorOptions::Transpose:
      return rows.lists<fb::TransposeT>({{"perm", &fb::TransposeT::perm}});
    case fb::OperatorOptions::Quantize:
      return rows.lists<fb::QuantizeT>({{"perm", &fb::QuantizeT::perm}});
    case fb::OperatorOptions::Reshape:
      return rows.lists<fb::ReshapeT>({{"shape", &fb::ReshapeT::shape}});
    case fb::OperatorOptions::Slice:
      rows.numbers<fb::SliceT>({{"like_axis", &fb::SliceT::like_axis}});
      return rows.lists<fb::SliceT>({{"starts", &fb::SliceT::starts},
                                     {"ends", &fb::SliceT::ends},
                                     {"axes", &fb::SliceT::axes},
                                     {"steps", &fb::SliceT::steps}});
    case fb::OperatorOptions::Pad:
      rows.kinds<fb::PadT>(&fb::PadT::mode);
      rows.floats<fb::PadT>({{"value", &fb::PadT::value}});
      return rows.lists<fb::PadT>({{"before", &fb::PadT::before}, {"after", &fb::PadT::after}});
    case fb::OperatorOptions::Concat:
      return rows.numbers<fb::ConcatT>({{"axis", &fb::ConcatT::axis}});
    case fb::OperatorOptions::Gather:
      return rows.numbers<fb::GatherT>({{"axis", &fb::GatherT::axis}});
    default:
      return;
  }
}

void add_arithmetic_options(OptionTable rows, fb::OperatorOptions type) {
  switch (type) {
    case fb::OperatorOptions::Unary:
      rows.floats<fb::UnaryT>({{"alpha", &fb::UnaryT::alpha}, {"beta", &fb::UnaryT::beta}});
      return rows.kinds<fb::UnaryT>(&fb::UnaryT::kind);
    case fb::OperatorOptions::Binary:
      return rows.kinds<fb::BinaryT>(&fb::BinaryT::kind);
    case fb::OperatorOptions::Softmax:
      return rows.numbers<fb::SoftmaxT>({{"axis", &fb::SoftmaxT::axis}});
    case fb::OperatorOptions::Reduce:
      rows.kinds<fb::ReduceT>(&fb::ReduceT::kind);
      return rows.lists<fb::ReduceT>({{"axes", &fb::ReduceT::axes}});
    case fb::OperatorOptions::ArgReduce:
      rows.kinds<fb::ArgReduceT>(&fb::ArgReduceT::kind);
      return rows.numbers<fb::ArgReduceT>({{"axis", &fb::ArgReduceT::axis}});
    case fb::OperatorOptions::LayerNorm:
      return rows.floats<fb::LayerNormT>({{"epsilon", &fb::LayerNormT::epsilon}});
    case fb::OperatorOptions::Lstm:
      rows.floats<fb::LstmT>({{"state_scale", &fb::LstmT::state_scale}});
      return rows.numbers<fb::LstmT>(
          {{"hidden", &fb::LstmT::hidden}, {"state_zero_point", &fb::LstmT::state_zero_point}});
    case fb::OperatorOptions::Gru:
      return rows.numbers<fb::GruT>({{"hidden", &fb::GruT::hidden}});
    default:
      return;
  }
}

/// What is wrong with the model rather than with an operator.
void add_model_options(std::vector<HostileModel>& table) {
  const fb::ModelT base = operator_models().front().model;
  const auto add = [&](const char* name, const auto& change) {
    fb::ModelT model = base;
    change(model);
    table.push_back({std::string("model: ") + name, bytes_of(model)});
  };
  const auto policy = [](fb::ModelT& m, const char* output, int level) {
    if (!m.metadata)
      m.metadata = std::make_unique<fb::MetadataT>();
    m.metadata->policies.push_back(std::make_unique<fb::OutputPolicyT>());
    m.metadata->policies.back()->output = output;
    m.metadata->policies.back()->level = static_cast<fb::PrivacyLevel>(level);
  };
  add("version 0", [](auto& m) { m.version = 0; });
  add("version 2^32 - 1", [](auto& m) { m.version = std::numeric_limits<uint32_t>::max(); });
  add("an unknown feature", [](auto& m) { m.features = {"telepathy"}; });
  add("a feature of a megabyte", [](auto& m) { m.features = {std::string(1 << 20, '\x1b')}; });
  add("no inputs", [](auto& m) { m.inputs.clear(); });
  add("no outputs", [](auto& m) { m.outputs.clear(); });
  add("an input twice", [](auto& m) { m.inputs.push_back(m.inputs[0]); });
  add("an output twice", [](auto& m) { m.outputs.push_back(m.outputs[0]); });
  add("a constant as input", [](auto& m) { m.inputs = {1}; });
  add("an input that an operator writes", [](auto& m) { m.inputs.push_back(m.outputs[0]); });
  add("an output that is the input", [](auto& m) { m.outputs.push_back(m.inputs[0]); });
  add("an output at INT_MIN", [](auto& m) { m.outputs = {kLeast}; });
  add("an input at INT_MAX", [](auto& m) { m.inputs = {kMost}; });
  add("5000 outputs", [](auto& m) { m.outputs.resize(5000, m.outputs[0]); });
  add("no operators", [](auto& m) { m.operators.clear(); });
  add("no tensors", [](auto& m) { m.tensors.clear(); });
  add("no buffers", [](auto& m) { m.buffers.clear(); });
  add("names of dimensions for another rank", [](auto& m) { m.tensors[0]->dims = {"T"}; });
  add("5000 names of dimensions", [](auto& m) { m.tensors[0]->dims.resize(5000, "T"); });
  add("a policy", [&](auto& m) { policy(m, "y", 2); });
  add("a policy of an unknown level", [&](auto& m) { policy(m, "y", 77); });
  add("a policy of level -1", [&](auto& m) { policy(m, "y", -1); });
  add("a policy of no output", [&](auto& m) { policy(m, "z", 0); });
  add("two policies of an output", [&](auto& m) {
    policy(m, "y", 0);
    policy(m, "y", 2);
  });
  add("an unknown privacy floor", [&](auto& m) {
    policy(m, "y", 2);
    m.metadata->privacy_floor = static_cast<fb::PrivacyLevel>(9);
  });
  add("JSON nested 200,000 deep", [](auto& m) {
    m.metadata = std::make_unique<fb::MetadataT>();
    m.metadata->config = std::string(200'000, '[') + std::string(200'000, ']');
  });
}

}  // namespace

void add_options(std::vector<HostileModel>& table) {
  for (const OperatorModel& base : operator_models()) {
    const fb::OperatorOptions type = base.model.operators[base.op]->options.type;
    const OptionTable rows(table, base);
    add_window_options(rows, type);
    add_movement_options(rows, type);
    add_arithmetic_options(rows, type);
  }
  add_model_options(table);
}

}  // namespace edgy::tests
