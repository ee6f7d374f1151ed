#include "converter/export/sparse_storage.h"

#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "wasm/format/sparse_encoding.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

/// Block shapes that are tried. Pruning makes zeros in one of them, but what is smallest is found
/// by trying: rounding to integers adds zeros of its own.
constexpr std::pair<int, int> kBlocks[] = {{1, 4}, {2, 4}, {4, 4}, {1, 1}};

struct Stored {
  format::SparseBlocks blocks;
  format::SparseIndex kind;
  int rows;
  int columns;

  std::size_t bytes() const { return blocks.index.size() + blocks.values.size(); }
};

std::optional<Stored> smallest(const fb::TensorT& tensor, std::span<const int8_t> dense) {
  const std::vector<int64_t> shape(tensor.shape.begin(), tensor.shape.end());
  std::optional<Stored> best;
  std::size_t least = dense.size();
  for (const auto& [rows, columns] : kBlocks) {
    const auto grid = format::block_grid(shape, rows, columns);
    if (!grid)
      continue;
    for (const auto kind : {format::SparseIndex::kBitmap, format::SparseIndex::kDelta}) {
      Stored stored{format::encode_sparse(*grid, dense, kind), kind, rows, columns};
      // A tensor of zeros has no block to index: dense then.
      if (stored.blocks.blocks > 0 && stored.bytes() < least) {
        least = stored.bytes();
        best = std::move(stored);
      }
    }
  }
  return best;
}

int add_buffer(fb::ModelT& model, std::vector<uint8_t> bytes) {
  model.buffers.push_back(std::make_unique<fb::BufferT>());
  model.buffers.back()->data = std::move(bytes);
  return static_cast<int>(model.buffers.size()) - 1;
}

/// Constant weights of int8 layers.
std::set<int> weights_of(const fb::ModelT& model) {
  std::set<int> weights;
  for (const auto& op : model.operators) {
    if (op->options.type != fb::OperatorOptions::Conv2D &&
        op->options.type != fb::OperatorOptions::Dense)
      continue;
    const fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(op->inputs[1])];
    if (tensor.type == fb::DataType::I8 && tensor.buffer >= 0 &&
        tensor.encoding == fb::Encoding::Dense)
      weights.insert(op->inputs[1]);
  }
  return weights;
}

}  // namespace

void store_sparse(fb::ModelT& model) {
  for (const int index : weights_of(model)) {
    fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(index)];
    const auto& data = model.buffers[static_cast<std::size_t>(tensor.buffer)]->data;
    std::optional<Stored> stored =
        smallest(tensor, {reinterpret_cast<const int8_t*>(data.data()), data.size()});
    if (!stored)
      continue;
    tensor.encoding = stored->kind == format::SparseIndex::kBitmap ? fb::Encoding::SparseBitmap
                                                                   : fb::Encoding::SparseDelta;
    tensor.sparsity = std::make_unique<fb::SparsityT>();
    tensor.sparsity->block_rows = static_cast<uint8_t>(stored->rows);
    tensor.sparsity->block_cols = static_cast<uint8_t>(stored->columns);
    tensor.sparsity->blocks = static_cast<uint32_t>(stored->blocks.blocks);
    tensor.buffer = add_buffer(model, std::move(stored->blocks.values));
    tensor.sparsity->index =
        static_cast<uint32_t>(add_buffer(model, std::move(stored->blocks.index)));
  }
}

}  // namespace edgy::converter
