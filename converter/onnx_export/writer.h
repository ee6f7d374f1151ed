// An ONNX graph as it grows: names, constants, layouts.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "onnx/onnx.pb.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter::onnx_export {

/// The order of a tensor's axes: as the format has them, channels last, or as ONNX's windows want
/// them, channels first.
enum class Layout : std::uint8_t { kLast, kFirst };

class Writer {
 public:
  /// `model` has plain constants (models/plain_constants.h) and outlives the writer.
  Writer(const format::fb::ModelT& model, onnx::ModelProto& proto);

  const format::fb::ModelT& model() const { return model_; }
  const format::fb::TensorT& tensor(int index) const;
  bool is_constant(int index) const { return tensor(index).buffer >= 0; }
  std::size_t rank(int index) const { return tensor(index).shape.size(); }
  /// Values of a float32 constant.
  std::vector<float> floats(int index) const;
  /// Bytes of a constant.
  const std::vector<uint8_t>& bytes(int index) const;

  /// The name of tensor `index` in `layout`, as the file stores it (integers as integers): a
  /// transpose is added the first time that it is asked for in the layout it was not made in.
  /// Constants become initializers.
  std::string stored(int index, Layout layout = Layout::kLast);
  /// The same in real numbers: a quantized tensor is dequantized.
  std::string real(int index, Layout layout = Layout::kLast);
  /// The layout in which reading `index` costs no transpose.
  Layout cheap_layout(int index) const;
  /// The name that the maker of tensor `index` in `layout` has to give it.
  std::string define(int index, Layout layout = Layout::kLast);
  /// Makes tensor `index` of `value`, real numbers in `layout`: quantized if the tensor is, within
  /// its grid.
  void store(const std::string& value, int index, Layout layout = Layout::kLast);
  /// A name that nothing has.
  std::string temporary(const std::string& hint);

  onnx::NodeProto& add(const std::string& type, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs);
  /// add() with one output of a name of its own, which is returned.
  std::string compute(const std::string& type, const std::vector<std::string>& inputs,
                      const std::string& hint);
  std::string transpose(const std::string& value, const std::vector<int64_t>& perm,
                        const std::string& hint);
  /// `value` within [low, high], of which either may be infinite; `value` itself if both are.
  std::string clamp(const std::string& value, float low, float high, const std::string& hint);

  std::string add_floats(const std::string& hint, const std::vector<int64_t>& shape,
                         std::span<const float> values);
  std::string add_ints(const std::string& hint, const std::vector<int64_t>& values);
  std::string add_int8(const std::string& hint, const std::vector<int64_t>& shape,
                       std::span<const int8_t> values);
  std::string add_int32(const std::string& hint, const std::vector<int64_t>& shape,
                        std::span<const int32_t> values);
  std::string add_number(float value) { return add_floats("number", {}, {&value, 1}); }

  /// Declares the model's inputs (before its operators) and outputs (after them).
  void declare_inputs();
  void declare_outputs();

 private:
  std::string& name(int index, Layout layout);
  std::string initializer(int index);
  std::string quantization_inputs(int index, std::vector<std::string>& inputs);
  onnx::TensorProto& add_tensor(const std::string& hint, const std::vector<int64_t>& shape,
                                int type);
  void declare(int index, onnx::ValueInfoProto& info) const;

  const format::fb::ModelT& model_;
  onnx::GraphProto& graph_;
  std::vector<std::string> last_;   ///< of each tensor, "" until it is made
  std::vector<std::string> first_;  ///< the same, channels first
  std::map<std::pair<int, Layout>, std::string> real_;
  std::set<std::string> taken_;
};

/// The number of a type in TensorProto.DataType. Throws Error for those that plain constants do not
/// have.
int onnx_type(format::fb::DataType type);

void set_int(onnx::NodeProto& node, const std::string& name, int64_t value);
void set_float(onnx::NodeProto& node, const std::string& name, float value);
void set_ints(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values);
void set_string(onnx::NodeProto& node, const std::string& name, const std::string& value);

}  // namespace edgy::converter::onnx_export
