// A value in memory with its name, type and shape: what data sets yield and runs return.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

using DataType = format::fb::DataType;

/// Row-major; `data.size()` is the product of `shape` times the element's size.
struct Tensor {
  std::string name;
  DataType type = DataType::F32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> data;

  std::size_t elements() const {
    std::size_t count = 1;
    for (int64_t extent : shape)
      count *= static_cast<std::size_t>(extent);
    return count;
  }
  template <typename T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
  template <typename T>
  std::span<T> values() {
    return {reinterpret_cast<T*>(data.data()), data.size() / sizeof(T)};
  }
};

}  // namespace edgy::converter
