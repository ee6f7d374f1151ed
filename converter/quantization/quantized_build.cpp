#include "converter/quantization/quantized_build.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <set>
#include <span>

#include "converter/error.h"
#include "converter/quantization/shared_grids.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

template <typename T>
int add_buffer(fb::ModelT& model, const std::vector<T>& values) {
  auto buffer = std::make_unique<fb::BufferT>();
  buffer->data.resize(values.size() * sizeof(T));
  std::memcpy(buffer->data.data(), values.data(), buffer->data.size());
  model.buffers.push_back(std::move(buffer));
  return static_cast<int>(model.buffers.size()) - 1;
}

int add_tensor(fb::ModelT& model, fb::TensorT tensor) {
  model.tensors.push_back(std::make_unique<fb::TensorT>(std::move(tensor)));
  return static_cast<int>(model.tensors.size()) - 1;
}

/// The integer of `bits` bits next to weight / scale.
float rounded(float weight, float scale, int bits) {
  const auto limit = static_cast<float>(greatest_weight(bits));
  return std::clamp(std::nearbyintf(weight / scale), -limit, limit);
}

float row_scale(std::span<const float> row, int bits, float least_scale) {
  float peak = 0;
  for (const float weight : row)
    peak = std::max(peak, std::fabs(weight));
  if (peak == 0)
    return std::max(1.0F, least_scale);
  const float widest = std::max(peak / static_cast<float>(greatest_weight(bits)), least_scale);
  if (bits >= 8)
    return widest;
  // A coarse grid may clip a few weights to tell the others apart.
  constexpr int kSteps = 32;
  float best = widest;
  double least = std::numeric_limits<double>::infinity();
  for (int step = kSteps; step > kSteps / 4; --step) {
    const float scale = std::max(widest * static_cast<float>(step) / kSteps, least_scale);
    double error = 0;
    for (const float weight : row) {
      const double difference = weight - rounded(weight, scale, bits) * scale;
      error += difference * difference;
    }
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

/// Assembles one model; members are what the steps share.
class Builder {
 public:
  Builder(const fb::ModelT& f32, const std::vector<Layer>& layers,
          const std::vector<LayerChoice>& choices, const Calibration& calibration,
          const QuantizeOptions& options, const OperatorSet& operators)
      : model_(f32),
        layers_(layers),
        choices_(choices),
        calibration_(calibration),
        options_(options),
        grids_(f32, operators),
        operators_(operators) {}

  fb::ModelT build() {
    find_integer_tensors();
    for (const int op : operators_)
      convert_operator(op);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (choices_[i].quantized)
        convert_layer(layers_[i], choices_[i]);
    }
    insert_quantize_operators();
    insert_dequantize_operators();
    compact(model_);
    return std::move(model_);
  }

 private:
  fb::TensorT& tensor(int index) { return *model_.tensors[static_cast<std::size_t>(index)]; }

  fb::OperatorT& operator_at(int op) { return *model_.operators[static_cast<std::size_t>(op)]; }

  /// A tensor is int8 through and through if integer operators alone make it and read it.
  void find_integer_tensors() {
    std::set<int> made;
    std::set<int> read;
    std::set<std::pair<std::size_t, int>> readers;  // operator, tensor
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!choices_[i].quantized)
        continue;
      made.insert(layers_[i].output);
      read.insert(layers_[i].input);
      readers.emplace(static_cast<std::size_t>(layers_[i].op), layers_[i].input);
      int& bits = bits_[grids_.of(layers_[i].input)];
      bits = std::max(bits, choices_[i].activation_bits);
    }
    for (const int op : operators_) {
      const bool multiplies = is_recurrent(operator_at(op)) || is_product(operator_at(op));
      if (!is_recurrent(operator_at(op)))
        made.insert(operator_at(op).outputs[0]);
      for (const int input : integer_inputs(model_, operator_at(op))) {
        if (multiplies) {
          int& bits = bits_[grids_.of(input)];
          bits = std::max(bits, std::min(options_.activation_bits, 7));
        }
        read.insert(input);
        readers.emplace(static_cast<std::size_t>(op), input);
      }
    }
    for (std::size_t i = 0; i < model_.operators.size(); ++i) {
      for (const int input : model_.operators[i]->inputs) {
        if (!readers.contains({i, input}))
          made.erase(input);
      }
    }
    for (const int output : model_.outputs)
      made.erase(output);
    std::set_intersection(made.begin(), made.end(), read.begin(), read.end(),
                          std::inserter(integer_, integer_.end()));
    for (const int op : operators_) {
      // What others read as float32 is written as integers and dequantized.
      const int output = operator_at(op).outputs[0];
      if (!integer_.contains(output) && !gives_floats(op))
        written_.push_back({output, new_twin(output)});
    }
  }

  /// Of an int8 operator.
  bool gives_floats(int op) {
    return is_recurrent(operator_at(op)) ||
           (is_product(operator_at(op)) && !integer_.contains(operator_at(op).outputs[0]));
  }

  fb::QuantizationT quantization_of(int t) {
    const auto known = bits_.find(grids_.of(t));
    const int bits = known == bits_.end() ? 8 : known->second;
    return activation_quantization(grids_.range(t, calibration_, options_, bits), bits);
  }

  int new_twin(int t) {
    fb::TensorT twin = tensor(t);
    twin.name += ":int8";
    twin.type = fb::DataType::I8;
    twin.quantization = std::make_unique<fb::QuantizationT>(quantization_of(t));
    return twin_[t] = add_tensor(model_, std::move(twin));
  }

  /// The int8 twin of a float tensor that quantized layers read.
  int integer_twin(int t) {
    const auto found = twin_.find(t);
    if (found != twin_.end())
      return found->second;
    if (integer_.count(t)) {
      tensor(t).type = fb::DataType::I8;
      tensor(t).quantization = std::make_unique<fb::QuantizationT>(quantization_of(t));
      return twin_[t] = t;
    }
    const int index = new_twin(t);
    pending_.push_back({t, index});
    return index;
  }

  void convert_operator(int index) {
    fb::OperatorT& op = operator_at(index);
    const std::vector<int> inputs = integer_inputs(model_, op);
    for (int& input : op.inputs) {
      if (std::find(inputs.begin(), inputs.end(), input) != inputs.end())
        input = integer_twin(input);
    }
    if (is_recurrent(op))
      convert_recurrent(op);
    else if (!gives_floats(index))
      op.outputs[0] = integer_twin(op.outputs[0]);
  }

  /// Weights to 8 bits; the state, which is what the operator gives, to a grid of 7.
  void convert_recurrent(fb::OperatorT& op) {
    auto& lstm = *op.options.AsLstm();
    const fb::QuantizationT state = activation_quantization(
        choose_range(calibration_.at(op.outputs[0]), options_.range, options_.percentile, 7), 7);
    lstm.state_scale = state.scale[0];
    lstm.state_zero_point = state.zero_point[0];
    const float input_scale = tensor(op.inputs[0]).quantization->scale[0];
    for (const auto& [slot, scale] : {std::pair{1U, input_scale}, std::pair{2U, state.scale[0]}}) {
      const int weights = op.inputs[slot];
      const auto rows = static_cast<std::size_t>(tensor(weights).shape[0]);
      op.inputs[slot] = store_weights(weights, round_weights(float_values(model_, weights), rows, 8,
                                                             least_weight_scale(scale)));
    }
  }

  /// The constant `like` as integers.
  int store_weights(int like, const QuantizedWeights& weights) {
    fb::TensorT stored = tensor(like);
    stored.type = fb::DataType::I8;
    stored.buffer = add_buffer(model_, weights.values);
    stored.quantization = std::make_unique<fb::QuantizationT>();
    stored.quantization->axis = 0;
    stored.quantization->scale = weights.scale;
    stored.quantization->zero_point.assign(1, 0);
    if (weights.bits < 8) {
      stored.quantization->bits = static_cast<uint8_t>(weights.bits);
      stored.quantization->qmin = -greatest_weight(weights.bits);
      stored.quantization->qmax = greatest_weight(weights.bits);
    }
    return add_tensor(model_, std::move(stored));
  }

  void convert_layer(const Layer& layer, const LayerChoice& choice) {
    const int input = integer_twin(layer.input);
    if (integer_.count(layer.output))
      integer_twin(layer.output);
    const std::vector<float> original = float_values(model_, layer.weights);
    const auto rows = static_cast<std::size_t>(tensor(layer.weights).shape[0]);
    QuantizedWeights weights = choice.weights.values.empty()
                                   ? round_weights(original, rows, choice.weight_bits)
                                   : choice.weights;
    const std::vector<float> real_bias = bias_of(layer, choice, rows);
    const LayerScales scales = scales_around(layer, input);
    fit_sums(weights, real_bias, scales);
    const std::vector<int32_t> sums_bias =
        stored_bias(layer, original, weights, real_bias, choice.bias.empty(), scales.input);

    const int stored = store_weights(layer.weights, weights);
    fb::TensorT bias;
    bias.name = tensor(layer.weights).name + ":bias";
    bias.type = fb::DataType::I32;
    bias.shape = {static_cast<int>(rows)};
    bias.buffer = add_buffer(model_, sums_bias);

    auto& op = *model_.operators[static_cast<std::size_t>(layer.op)];
    op.inputs = {input, stored, add_tensor(model_, std::move(bias))};
  }

  std::vector<float> bias_of(const Layer& layer, const LayerChoice& choice, std::size_t rows) {
    if (!choice.bias.empty())
      return choice.bias;
    return layer.bias >= 0 ? float_values(model_, layer.bias) : std::vector<float>(rows);
  }

  LayerScales scales_around(const Layer& layer, int input) {
    LayerScales scales{tensor(input).quantization->scale[0], std::nullopt};
    if (integer_.count(layer.output))
      scales.output = tensor(layer.output).quantization->scale[0];
    return scales;
  }

  /// The bias in steps of the sums; where it was not fitted and bias correction is on, the mean
  /// error that rounding the weights causes is taken off.
  std::vector<int32_t> stored_bias(const Layer& layer, const std::vector<float>& original,
                                   const QuantizedWeights& weights, const std::vector<float>& real,
                                   bool is_plain, float input_scale) {
    const std::size_t rows = weights.scale.size();
    const std::size_t columns = original.size() / rows;
    std::vector<double> means;
    if (options_.bias_correction && is_plain)
      means = calibration_.at(layer.input).channel_means();
    const auto channels = static_cast<std::size_t>(tensor(layer.weights).shape.back());
    std::vector<double> corrected(real.begin(), real.end());
    for (std::size_t o = 0; o < rows; ++o) {
      for (std::size_t k = 0; k < columns && means.size() == channels; ++k) {
        const std::size_t i = o * columns + k;
        corrected[o] -= (static_cast<double>(weights.values[i]) * weights.scale[o] - original[i]) *
                        means[k % channels];
      }
    }
    auto result = integer_bias(weights, corrected, input_scale);
    if (!result)  // means beyond the input's range, which clips them
      result = integer_bias(weights, std::vector<double>(real.begin(), real.end()), input_scale);
    if (!result)
      throw Error("layer '" + layer.name + "': its sums do not fit 32 bits");
    return *std::move(result);
  }

  /// Puts a Quantize before the first reader of each float tensor that got a twin; a Transpose read
  /// by nobody else is fused in.
  void insert_quantize_operators() {
    for (const auto& [source, twin] : pending_) {
      auto op = std::make_unique<fb::OperatorT>();
      op->name = "quantize " + tensor(source).name;
      fb::QuantizeT options;
      int read = source;
      auto& ops = model_.operators;
      const auto producer = std::find_if(
          ops.begin(), ops.end(), [&, s = source](const auto& o) { return o->outputs[0] == s; });
      const bool fuse = producer != ops.end() &&
                        (*producer)->options.type == fb::OperatorOptions::Transpose &&
                        readers(source) == 0;
      std::size_t position =
          producer == ops.end() ? 0 : static_cast<std::size_t>(producer - ops.begin()) + 1;
      if (fuse) {
        options.perm = (*producer)->options.AsTranspose()->perm;
        read = (*producer)->inputs[0];
        ops.erase(producer);
        --position;
      }
      op->options.Set(std::move(options));
      op->inputs = {read};
      op->outputs = {twin};
      ops.insert(ops.begin() + static_cast<std::ptrdiff_t>(position), std::move(op));
    }
  }

  /// Puts a Dequantize behind each operator whose integers somebody reads as float32.
  void insert_dequantize_operators() {
    for (const auto& [real, twin] : written_) {
      auto op = std::make_unique<fb::OperatorT>();
      op->name = "dequantize " + tensor(real).name;
      op->options.Set(fb::DequantizeT());
      op->inputs = {twin};
      op->outputs = {real};
      const auto producer =
          std::find_if(model_.operators.begin(), model_.operators.end(),
                       [t = twin](const auto& other) { return other->outputs[0] == t; });
      model_.operators.insert(producer + 1, std::move(op));
    }
  }

  int readers(int t) {
    int count = static_cast<int>(std::count(model_.outputs.begin(), model_.outputs.end(), t));
    for (const auto& op : model_.operators)
      count += static_cast<int>(std::count(op->inputs.begin(), op->inputs.end(), t));
    return count;
  }

  fb::ModelT model_;
  const std::vector<Layer>& layers_;
  const std::vector<LayerChoice>& choices_;
  const Calibration& calibration_;
  const QuantizeOptions& options_;
  SharedGrids grids_;
  const OperatorSet& operators_;
  std::map<int, int> bits_;  ///< of grids that quantized layers read
  std::set<int> integer_;
  std::map<int, int> twin_;
  std::vector<std::pair<int, int>> pending_;  ///< float tensors and twins that Quantize makes
  std::vector<std::pair<int, int>> written_;  ///< float tensors that Dequantize makes of twins
};

}  // namespace

QuantizedWeights round_weights(const std::vector<float>& weights, std::size_t rows, int bits,
                               float least_scale) {
  QuantizedWeights result;
  result.bits = bits;
  result.values.resize(weights.size());
  const std::size_t columns = weights.size() / rows;
  for (std::size_t o = 0; o < rows; ++o) {
    const std::span<const float> row(&weights[o * columns], columns);
    const float scale = row_scale(row, bits, least_scale);
    result.scale.push_back(scale);
    for (std::size_t k = 0; k < columns; ++k)
      result.values[o * columns + k] = static_cast<int8_t>(rounded(row[k], scale, bits));
  }
  return result;
}

fb::ModelT build_quantized(const fb::ModelT& f32, const std::vector<Layer>& layers,
                           const std::vector<LayerChoice>& choices, const Calibration& calibration,
                           const QuantizeOptions& options, const OperatorSet& operators) {
  return Builder(f32, layers, choices, calibration, options, operators).build();
}

}  // namespace edgy::converter
