// Small ONNX models in tests: written node by node, converted, run.
#pragma once

#include <onnx/onnx.pb.h>

#include <string>
#include <vector>

#include "converter/data/tensor.h"
#include "converter/graph/tensor.h"

namespace edgy::converter {

/// A model of some nodes. Extents below 0 are dynamic: -1 is "T", -2 "N", -3 "B".
class SmallModel {
 public:
  explicit SmallModel(int64_t opset = 17);

  SmallModel& input(const std::string& name, const std::vector<int64_t>& shape,
                    int32_t type = onnx::TensorProto::FLOAT);
  SmallModel& output(const std::string& name, const std::vector<int64_t>& shape,
                     int32_t type = onnx::TensorProto::FLOAT);
  SmallModel& constant(const std::string& name, const graph::Tensor& tensor);
  SmallModel& floats(const std::string& name, const std::vector<int64_t>& shape,
                     const std::vector<float>& values);
  SmallModel& ints(const std::string& name, const std::vector<int64_t>& values);
  SmallModel& scalar(const std::string& name, int64_t value);
  SmallModel& bytes(const std::string& name, int32_t type, const std::vector<int64_t>& shape,
                    const std::vector<int>& values);
  /// "" leaves an operand out.
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs);

  std::vector<uint8_t> file() const;
  onnx::ModelProto& proto() { return model_; }

 private:
  onnx::ModelProto model_;
};

void set_string(onnx::NodeProto& node, const std::string& name, const std::string& value);

/// What `edgy convert --precision f32` writes. Throws Error.
std::vector<uint8_t> converted(const SmallModel& model);
/// What Error says; "" if the model converts.
std::string refusal(const SmallModel& model);

Tensor float_tensor(const std::vector<int64_t>& shape, const std::vector<float>& values);
/// Outputs of the converted model.
std::vector<Tensor> run_model(const SmallModel& model, const std::vector<Tensor>& inputs);
std::vector<float> floats_of(const Tensor& tensor);

}  // namespace edgy::converter
