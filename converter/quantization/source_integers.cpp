#include "converter/quantization/source_integers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <span>

#include "converter/quantization/integer_operators.h"
#include "converter/quantization/integer_sums.h"
#include "converter/quantization/layers.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

using Options = fb::OperatorOptions;

class Converter {
 public:
  explicit Converter(fb::ModelT& model) : model_(model) {}

  SourceIntegers run() {
    const std::vector<Layer> layers = quantizable_layers(model_);
    for (const Layer& layer : layers)
      convert(layer);
    report_.is_quantized = report_.integer_layers > 0 || !report_.float_layers.empty() ||
                           (layers.empty() && has_steps());
    take_operators();
    cancel_round_trips();
    drop_unread();
    for (const auto& tensor : model_.tensors) {
      if (tensor->type == fb::DataType::F32)
        tensor->quantization = nullptr;
    }
    if (report_.is_quantized)
      compact(model_);
    return std::move(report_);
  }

 private:
  fb::TensorT& tensor(int index) { return *model_.tensors[static_cast<std::size_t>(index)]; }

  /// Whether values are quantized between operators.
  bool has_steps() const {
    return std::any_of(model_.operators.begin(), model_.operators.end(), [](const auto& op) {
      return op->options.type == Options::Quantize || op->options.type == Options::Dequantize;
    });
  }

  fb::OperatorT* producer(int t) {
    for (const auto& op : model_.operators) {
      if (std::find(op->outputs.begin(), op->outputs.end(), t) != op->outputs.end())
        return op.get();
    }
    return nullptr;
  }

  std::vector<fb::OperatorT*> readers(int t) {
    std::vector<fb::OperatorT*> result;
    for (const auto& op : model_.operators) {
      if (std::find(op->inputs.begin(), op->inputs.end(), t) != op->inputs.end())
        result.push_back(op.get());
    }
    return result;
  }

  bool is_output(int t) const {
    return std::find(model_.outputs.begin(), model_.outputs.end(), t) != model_.outputs.end();
  }

  template <typename T>
  int add_constant(fb::TensorT description, const std::vector<T>& values) {
    auto buffer = std::make_unique<fb::BufferT>();
    buffer->data.resize(values.size() * sizeof(T));
    std::memcpy(buffer->data.data(), values.data(), buffer->data.size());
    description.buffer = static_cast<int>(model_.buffers.size());
    model_.buffers.push_back(std::move(buffer));
    return add_tensor(std::move(description));
  }

  int add_tensor(fb::TensorT description) {
    model_.tensors.push_back(std::make_unique<fb::TensorT>(std::move(description)));
    return static_cast<int>(model_.tensors.size()) - 1;
  }

  void convert(const Layer& layer) {
    const bool has_grid = tensor(layer.weights).quantization != nullptr;
    const std::optional<int> input = integer_input(layer.input);
    if (!has_grid && !input)
      return;
    const auto leave = [&](FloatReason reason) {
      report_.float_layers.push_back(float_layer(model_, layer, reason));
    };
    if (!has_grid || !input)
      return leave(has_grid ? FloatReason::kSourceInput : FloatReason::kSourceWeights);
    std::optional<QuantizedWeights> weights = integers(layer.weights);
    if (!weights)
      return leave(FloatReason::kSourceZeroPoints);
    const std::optional<std::vector<int32_t>> bias = fit_bias(layer, *weights, *input);
    if (!bias)
      return leave(FloatReason::kSourceBias);
    fb::OperatorT& op = *model_.operators[static_cast<std::size_t>(layer.op)];
    op.inputs = {*input, add_weights(layer, *weights), add_bias(layer, *bias)};
    write_integers(op);
    ++report_.integer_layers;
  }

  /// The int8 tensor that `t` is dequantized from, in the same order of axes. Operators that make
  /// one are collected and put in their places at the end, so that indices stay.
  std::optional<int> integer_input(int t) {
    const fb::OperatorT* made = producer(t);
    if (made == nullptr)
      return std::nullopt;
    if (made->options.type == Options::Dequantize)
      return made->inputs[0];
    if (made->options.type != Options::Transpose)
      return std::nullopt;
    const int moved = made->inputs[0];
    const fb::OperatorT* before = producer(moved);
    if (before == nullptr || before->options.type != Options::Dequantize)
      return std::nullopt;
    const int integer = before->inputs[0];
    const auto known = transposed_.find(t);
    if (known != transposed_.end())
      return known->second;
    // Quantizing on the way is what Quantize can do for nothing; what was dequantized comes back
    // exactly.
    const fb::OperatorT* quantized = producer(integer);
    const bool direct = quantized != nullptr && quantized->options.type == Options::Quantize &&
                        quantized->options.AsQuantize()->perm.empty();
    fb::TensorT twin = tensor(t);
    twin.name += ":int8";
    twin.type = fb::DataType::I8;
    twin.quantization = std::make_unique<fb::QuantizationT>(*tensor(integer).quantization);
    auto op = std::make_unique<fb::OperatorT>();
    op->name = "quantize " + tensor(t).name;
    fb::QuantizeT options;
    options.perm = made->options.AsTranspose()->perm;
    op->options.Set(std::move(options));
    op->inputs = {direct ? quantized->inputs[0] : moved};
    op->outputs = {add_tensor(std::move(twin))};
    const int result = op->outputs[0];
    pending_.push_back(std::move(op));
    return transposed_[t] = result;
  }

  std::optional<QuantizedWeights> integers(int t) {
    const fb::QuantizationT& grid = *tensor(t).quantization;
    const std::vector<float> values = float_values(model_, t);
    const auto rows = static_cast<std::size_t>(tensor(t).shape[0]);
    if (grid.axis > 0 || (grid.scale.size() != 1 && grid.scale.size() != rows))
      return std::nullopt;
    QuantizedWeights result;
    result.bits = grid.bits;
    const std::size_t row = values.size() / rows;
    for (std::size_t o = 0; o < rows; ++o) {
      const float scale = grid.scale[grid.scale.size() == 1 ? 0 : o];
      result.scale.push_back(scale);
      for (std::size_t i = o * row; i < (o + 1) * row; ++i) {
        // An integer times the scale, rounded once or twice: the quotient is next to the integer.
        const float q = std::nearbyintf(values[i] / scale);
        if (q < -128 || q > 127)
          return std::nullopt;
        result.values.push_back(static_cast<int8_t>(q));
      }
    }
    const auto [low, high] = std::minmax_element(result.values.begin(), result.values.end());
    if (result.bits < 8 && (*low < -(1 << (result.bits - 1)) || *high >= 1 << (result.bits - 1)))
      ++result.bits;  // an asymmetric grid, seen from its zero
    return result;
  }

  int add_weights(const Layer& layer, const QuantizedWeights& weights) {
    fb::TensorT stored = tensor(layer.weights);
    stored.type = fb::DataType::I8;
    stored.quantization = std::make_unique<fb::QuantizationT>();
    stored.quantization->axis = 0;
    stored.quantization->scale = weights.scale;
    stored.quantization->zero_point = {0};
    stored.quantization->bits = static_cast<uint8_t>(weights.bits);
    stored.quantization->qmin = -(1 << (weights.bits - 1));
    stored.quantization->qmax = (1 << (weights.bits - 1)) - 1;
    return add_constant(std::move(stored), weights.values);
  }

  /// The bias in steps of the sums. The source's scales stay, but where all weights of a channel
  /// are zero any scale is right, and is the bias's. Empty: it does not fit.
  std::optional<std::vector<int32_t>> fit_bias(const Layer& layer, QuantizedWeights& weights,
                                               int input) {
    const std::size_t rows = weights.scale.size();
    std::vector<float> bias(rows);
    if (layer.bias >= 0)
      bias = float_values(model_, layer.bias);
    const LayerScales scales{tensor(input).quantization->scale[0], output_scale(layer)};
    const std::size_t columns = weights.values.size() / rows;
    for (std::size_t o = 0; o < rows; ++o) {
      const std::span<const int8_t> row(&weights.values[o * columns], columns);
      if (std::any_of(row.begin(), row.end(), [](int8_t value) { return value != 0; }))
        continue;
      QuantizedWeights zeros{{row.begin(), row.end()}, {weights.scale[o]}, weights.bits};
      fit_sums(zeros, {&bias[o], 1}, scales);
      weights.scale[o] = zeros.scale[0];
    }
    return integer_bias(weights, std::vector<double>(bias.begin(), bias.end()), scales.input);
  }

  /// Of the Quantize that reads what the layer gives, if there is one.
  std::optional<float> output_scale(const Layer& layer) {
    for (const fb::OperatorT* user : readers(layer.output)) {
      if (user->options.type == Options::Quantize)
        return tensor(user->outputs[0]).quantization->scale[0];
    }
    return std::nullopt;
  }

  int add_bias(const Layer& layer, const std::vector<int32_t>& values) {
    fb::TensorT stored;
    stored.name = tensor(layer.weights).name + ":bias";
    stored.type = fb::DataType::I32;
    stored.shape = {static_cast<int>(values.size())};
    return add_constant(std::move(stored), values);
  }

  /// Lets the operator write what a Quantize, its only reader, would make of its output.
  void write_integers(fb::OperatorT& op) {
    const int real = op.outputs[0];
    const std::vector<fb::OperatorT*> users = readers(real);
    if (is_output(real) || users.size() != 1 || users[0]->options.type != Options::Quantize ||
        !users[0]->options.AsQuantize()->perm.empty())
      return;
    op.outputs = {users[0]->outputs[0]};
    users[0]->inputs = {-1};  // no longer an operator; removed with the unread ones
    users[0]->outputs = {-1};
  }

  static bool same(const fb::QuantizationT& a, const fb::QuantizationT& b) {
    return a.scale == b.scale && a.zero_point == b.zero_point && a.qmin == b.qmin &&
           a.qmax == b.qmax;
  }

  /// Operators without weights between Dequantize and Quantize: the same on the integers
  /// themselves.
  void take_operators() {
    for (const auto& op : model_.operators) {
      if (!computes_the_same(*op))
        continue;
      std::vector<int> inputs = op->inputs;
      const std::vector<int> read = integer_inputs(model_, *op);
      bool all = true;
      for (int& input : inputs) {
        if (std::find(read.begin(), read.end(), input) == read.end())
          continue;
        const fb::OperatorT* made = producer(input);
        all = all && made != nullptr && made->options.type == Options::Dequantize;
        input = all ? made->inputs[0] : input;
      }
      const std::vector<fb::OperatorT*> users = readers(op->outputs[0]);
      if (!all || is_output(op->outputs[0]) || users.size() != 1 ||
          users[0]->options.type != Options::Quantize ||
          !users[0]->options.AsQuantize()->perm.empty())
        continue;
      const auto& written = *tensor(users[0]->outputs[0]).quantization;
      if (integers_of(*op) == format::Integers::kMoved &&
          !same(*tensor(inputs[0]).quantization, written))
        continue;
      op->inputs = std::move(inputs);
      write_integers(*op);
    }
  }

  /// Bit for bit; means and products are defined by their own sums.
  bool computes_the_same(const fb::OperatorT& op) const {
    return has_integer_form(model_, op) && !is_product(op) &&
           (integers_of(op) == format::Integers::kMoved ||
            (op.options.type != Options::Pool2D && op.options.type != Options::Reduce));
  }

  /// Dequantize, then Quantize to the same grid: the integers themselves.
  void cancel_round_trips() {
    for (const auto& op : model_.operators) {
      if (op->options.type != Options::Quantize || op->inputs[0] < 0 ||
          !op->options.AsQuantize()->perm.empty())
        continue;
      const fb::OperatorT* before = producer(op->inputs[0]);
      if (before == nullptr || before->options.type != Options::Dequantize ||
          !same(*tensor(before->inputs[0]).quantization, *tensor(op->outputs[0]).quantization))
        continue;
      for (fb::OperatorT* user : readers(op->outputs[0]))
        std::replace(user->inputs.begin(), user->inputs.end(), op->outputs[0], before->inputs[0]);
    }
  }

  /// Puts new operators behind what they read, and drops those whose output nobody reads.
  void drop_unread() {
    for (auto& op : pending_) {
      const auto found =
          std::find_if(model_.operators.begin(), model_.operators.end(), [&](const auto& other) {
            return std::find(other->outputs.begin(), other->outputs.end(), op->inputs[0]) !=
                   other->outputs.end();
          });
      const auto at = found == model_.operators.end() ? model_.operators.begin() : found + 1;
      model_.operators.insert(at, std::move(op));
    }
    std::vector<bool> read(model_.tensors.size());
    for (const int output : model_.outputs)
      read[static_cast<std::size_t>(output)] = true;
    for (auto op = model_.operators.rbegin(); op != model_.operators.rend(); ++op) {
      const bool used = std::any_of((*op)->outputs.begin(), (*op)->outputs.end(), [&](int t) {
        return t >= 0 && read[static_cast<std::size_t>(t)];
      });
      if (!used) {
        op->reset();
        continue;
      }
      for (const int input : (*op)->inputs) {
        if (input >= 0)
          read[static_cast<std::size_t>(input)] = true;
      }
    }
    std::erase(model_.operators, nullptr);
  }

  fb::ModelT& model_;
  SourceIntegers report_;
  std::map<int, int> transposed_;
  std::vector<std::unique_ptr<fb::OperatorT>> pending_;  ///< operators that are still to be placed
};

}  // namespace

SourceIntegers keep_source_integers(fb::ModelT& model) {
  return Converter(model).run();
}

}  // namespace edgy::converter
