// Shapes, constants, quantization and sparse encodings.
#include <algorithm>
#include <cmath>
#include <vector>

#include "wasm/format/int4.h"
#include "wasm/format/numbers.h"
#include "wasm/format/sparse_encoding.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"

namespace edgy::format {
namespace {

int64_t bits_of(fb::DataType type) {
  switch (type) {
    case fb::DataType::F32:
    case fb::DataType::I32:
      return 32;
    case fb::DataType::I64:
      return 64;
    case fb::DataType::F16:
      return 16;
    case fb::DataType::I4:
      return 4;
    case fb::DataType::I8:
    case fb::DataType::U8:
    case fb::DataType::Bool:
      return 8;
  }
  return 0;
}

std::vector<int64_t> shape_of(const fb::Tensor& tensor) {
  std::vector<int64_t> shape(size_of(tensor.shape()));
  for (std::size_t i = 0; i < shape.size(); i++) {
    shape[i] = tensor.shape()->Get(static_cast<uint32_t>(i));
  }
  return shape;
}

class TensorVerifier {
 public:
  TensorVerifier(const fb::Model& model, uint32_t index, int64_t& index_bytes)
      : model_(model),
        tensor_(*model.tensors()->Get(index)),
        index_(index),
        index_bytes_(index_bytes) {}

  Result<void> verify() {
    if (bits_of(tensor_.type()) == 0) {
      return error(str("type ", static_cast<int>(tensor_.type()), " is unknown"));
    }
    if (tensor_.encoding() < fb::Encoding::Dense ||
        tensor_.encoding() > fb::Encoding::SparseDelta) {
      return error(str("encoding ", static_cast<int>(tensor_.encoding()), " is unknown"));
    }
    if (Result<void> shape = verify_shape(); !shape) {
      return shape;
    }
    if (tensor_.quantization() != nullptr) {
      if (Result<void> quantization = verify_quantization(*tensor_.quantization()); !quantization) {
        return quantization;
      }
    }
    if (tensor_.buffer() == -1) {
      return tensor_.encoding() == fb::Encoding::Dense
                 ? Result<void>{}
                 : error("an activation must have the encoding Dense");
    }
    return verify_constant();
  }

 private:
  tl::unexpected<Error> error(std::string_view message) const {
    return invalid(str(tensor_label(model_, index_), ": ", message));
  }

  Result<void> verify_shape() {
    const uint32_t rank = size_of(tensor_.shape());
    if (rank > kMaxRank) {
      return error(str("rank ", rank, "; at most ", kMaxRank, " is possible"));
    }
    shape_ = shape_of(tensor_);
    if (!element_count(shape_)) {
      return error(str("shape ", std::span<const int64_t>(shape_),
                       ": entries must be positive or -1, with at most 2^30 elements"));
    }
    const uint32_t names = size_of(tensor_.dims());
    if (names != 0 && names != rank) {
      return error(str(names, " names of dimensions for rank ", rank));
    }
    return {};
  }

  Result<void> verify_quantization(const fb::Quantization& quantization) {
    const uint32_t scales = size_of(quantization.scale());
    const uint32_t zero_points = size_of(quantization.zero_point());
    const int64_t rank = static_cast<int64_t>(shape_.size());
    int64_t channels = 1;
    if (quantization.axis() != -1) {
      if (quantization.axis() < 0 || quantization.axis() >= rank) {
        return error(str("quantization axis ", quantization.axis(), " for rank ", rank));
      }
      channels = shape_[static_cast<std::size_t>(quantization.axis())];
    }
    if (scales != 1 && scales != channels) {
      return error(str(scales, " quantization scales; 1 or ", channels, " are possible"));
    }
    if (zero_points > 1 && zero_points != scales) {
      return error(str(zero_points, " zero points for ", scales, " scales"));
    }
    if (quantization.bits() < 2 || quantization.bits() > 8 || quantization.qmin() < -128 ||
        quantization.qmax() > 127 || quantization.qmin() >= quantization.qmax() ||
        quantization.qmax() - quantization.qmin() >= 1 << quantization.bits()) {
      return error(str("quantized range ", quantization.qmin(), "..", quantization.qmax(), " in ",
                       quantization.bits(),
                       " bits; the range must lie in -128..127 and fit 2 to 8 bits"));
    }
    for (uint32_t i = 0; i < scales; i++) {
      const float scale = quantization.scale()->Get(i);
      if (!std::isnormal(scale) || scale < 0) {
        return error(str("quantization scale ", i, " is not a positive, finite, normal number"));
      }
    }
    for (uint32_t i = 0; i < zero_points; i++) {
      const int32_t zero_point = quantization.zero_point()->Get(i);
      if (zero_point < quantization.qmin() || zero_point > quantization.qmax()) {
        return error(str("zero point ", zero_point, " lies outside ", quantization.qmin(), "..",
                         quantization.qmax()));
      }
    }
    return {};
  }

  const flatbuffers::Vector<uint8_t>* buffer(int64_t index) const {
    return index >= 0 && index < size_of(model_.buffers())
               ? model_.buffers()->Get(static_cast<uint32_t>(index))->data()
               : nullptr;
  }

  Result<void> verify_constant() {
    if (tensor_.buffer() < 0 ||
        tensor_.buffer() >= static_cast<int64_t>(size_of(model_.buffers()))) {
      return error(str("buffer ", tensor_.buffer(), "; the model has ", size_of(model_.buffers()),
                       " buffers"));
    }
    if (std::find(shape_.begin(), shape_.end(), -1) != shape_.end()) {
      return error("a constant cannot have a dynamic shape");
    }
    const int64_t bytes = size_of(buffer(tensor_.buffer()));
    if (tensor_.encoding() == fb::Encoding::Dense) {
      const int64_t expected = (*element_count(shape_) * bits_of(tensor_.type()) + 7) / 8;
      return bytes == expected
                 ? Result<void>{}
                 : error(str("its buffer has ", bytes, " bytes; shape ",
                             std::span<const int64_t>(shape_), " of ",
                             fb::EnumNameDataType(tensor_.type()), " takes ", expected));
    }
    return verify_sparse(bytes);
  }

  Result<void> verify_sparse(int64_t bytes) {
    const fb::Sparsity* sparsity = tensor_.sparsity();
    if (sparsity == nullptr ||
        (tensor_.type() != fb::DataType::I8 && tensor_.type() != fb::DataType::I4)) {
      return error("a sparse constant must be I8 or I4 and say its blocks");
    }
    const std::optional<BlockGrid> grid =
        block_grid(shape_, sparsity->block_rows(), sparsity->block_cols());
    if (!grid) {
      return error("a sparse constant needs rank 2 or more and blocks of 1 to 16 rows and columns");
    }
    const int64_t weights = sparsity->blocks() * grid->block_weights();
    const int64_t expected = tensor_.type() == fb::DataType::I4 ? int4_bytes(weights) : weights;
    if (bytes != expected) {
      return error(str("its buffer has ", bytes, " bytes; ", sparsity->blocks(), " blocks of ",
                       fb::EnumNameDataType(tensor_.type()), " take ", expected));
    }
    const auto* data = buffer(sparsity->index());
    const std::span<const uint8_t> index(data == nullptr ? nullptr : data->data(), size_of(data));
    index_bytes_ -= static_cast<int64_t>(index.size());
    if (index_bytes_ < 0) {
      return error("sparse tensors share one index again and again: together they exceed the file");
    }
    const SparseIndex kind = tensor_.encoding() == fb::Encoding::SparseBitmap ? SparseIndex::kBitmap
                                                                              : SparseIndex::kDelta;
    return is_valid_index(*grid, kind, index, sparsity->blocks())
               ? Result<void>{}
               : error(str("its sparse index does not name ", sparsity->blocks(), " of its ",
                           grid->blocks(), " blocks"));
  }

  const fb::Model& model_;
  const fb::Tensor& tensor_;
  uint32_t index_;
  int64_t& index_bytes_;
  std::vector<int64_t> shape_;
};

}  // namespace

Result<void> verify_tensor(const fb::Model& model, uint32_t index, int64_t& index_bytes) {
  return TensorVerifier(model, index, index_bytes).verify();
}

}  // namespace edgy::format
