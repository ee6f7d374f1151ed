#include "tests/loader/model_builder.h"

#include <memory>

namespace edgy::tests {

int ModelBuilder::activation(const std::string& name, fb::DataType type,
                             std::vector<int32_t> shape) {
  model.tensors.push_back(std::make_unique<fb::TensorT>());
  fb::TensorT& made = *model.tensors.back();
  made.name = name;
  made.type = type;
  made.shape = std::move(shape);
  return static_cast<int>(model.tensors.size()) - 1;
}

int ModelBuilder::constant(const std::string& name, fb::DataType type, std::vector<int32_t> shape) {
  std::size_t count = 1;
  for (const int32_t extent : shape)
    count *= static_cast<std::size_t>(extent);
  const int index = activation(name, type, std::move(shape));
  tensor(index).buffer = static_cast<int>(model.buffers.size());
  model.buffers.push_back(std::make_unique<fb::BufferT>());
  std::vector<uint8_t>& data = model.buffers.back()->data;
  const auto append = [&](auto value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    data.insert(data.end(), bytes, bytes + sizeof(value));
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto small = static_cast<int>(i * 7 % 13) - 6;
    switch (type) {
      case fb::DataType::F32:
        append(static_cast<float>(small) * 0.25F);
        break;
      case fb::DataType::F16:
        append(static_cast<uint16_t>(0x3000 + 16 * (i % 64)));
        break;
      case fb::DataType::I32:
        append(static_cast<int32_t>(small));
        break;
      case fb::DataType::I64:
        append(static_cast<int64_t>(i % 3));
        break;
      case fb::DataType::I4:
        if (i % 2 == 0)
          append(static_cast<uint8_t>(i + 1 < count ? 0x21 : 0x01));
        break;
      default:
        append(static_cast<int8_t>(small));
    }
  }
  return index;
}

void ModelBuilder::quantize(int index, std::vector<float> scale, int zero_point, int axis) {
  auto& quantization = tensor(index).quantization;
  quantization = std::make_unique<fb::QuantizationT>();
  quantization->scale = std::move(scale);
  quantization->zero_point = {zero_point};
  quantization->axis = axis;
}

std::vector<uint8_t> bytes_of(const fb::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder;
  fb::FinishModelBuffer(builder, fb::Model::Pack(builder, &model));
  return bytes_of(builder);
}

std::vector<uint8_t> bytes_of(const flatbuffers::FlatBufferBuilder& builder) {
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace edgy::tests
