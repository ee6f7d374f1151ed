#include "wasm/runtime/operators/kernel_choice.h"

#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

namespace edgy::runtime {
namespace {

/// A sparse kernel must be predicted to save 15 %. Its loop is up to 13 % faster than the dense one
/// on weights without a zero, but stores those in twice the memory.
constexpr double kWorthwhile = 0.85;

kernels::ConvKernelKind kind_of(ConvKernel kernel, const kernels::ConvShape& shape,
                                const kernels::OutputSize& size) {
  using enum kernels::ConvKernelKind;
  const bool column = size.one_position();
  switch (kernel) {
    case ConvKernel::kSparse:
      return column ? kSparseColumn : kSparse;
    case ConvKernel::kSparse4x4:
      return column ? k4x4Column : kDense;
    case ConvKernel::kSingle:
      return kSingle;
    case ConvKernel::kDense:
    case ConvKernel::kXnnpack:
      break;
  }
  return kernels::dense_kind(shape, size);
}

StoredBlocks stored_blocks(const kernels::ConvShape& shape, std::span<const int8_t> weights) {
  const std::size_t run = kernels::to_size(shape.in_channels / shape.groups);
  StoredBlocks stored;
  int64_t blocks = 0;
  for (std::size_t begin = 0; begin < weights.size(); begin += run) {
    for (std::size_t channel = 0; channel < run; channel += 4) {
      int64_t in_block = 0;
      for (std::size_t i = channel; i < channel + 4 && i < run; i++) {
        in_block += weights[begin + i] != 0 ? 1 : 0;
      }
      blocks++;
      stored.weights += in_block;
      stored.blocks_1x4 += in_block != 0 ? 1 : 0;
    }
  }
  stored.share_1x4 =
      blocks == 0 ? 0 : static_cast<double>(stored.blocks_1x4) / static_cast<double>(blocks);
  stored.share_1x1 =
      weights.empty() ? 0
                      : static_cast<double>(stored.weights) / static_cast<double>(weights.size());
  stored.share_4x4 = kernels::density_4x4(shape, weights);
  return stored;
}

}  // namespace

double stored_share(const KernelChoice& choice) {
  switch (choice.kernel) {
    case ConvKernel::kSparse:
      return choice.stored.share_1x4;
    case ConvKernel::kSparse4x4:
      return choice.stored.share_4x4;
    case ConvKernel::kSingle:
      return choice.stored.share_1x1;
    case ConvKernel::kDense:
    case ConvKernel::kXnnpack:
      break;
  }
  return 1;
}

kernels::Isa FormChoice::form_of(kernels::ConvKernelKind kernel) const {
  const bool is_relaxed =
      wanted == kernels::Isa::kRelaxedDot || wanted == kernels::Isa::kRelaxedPair;
  if (wanted && (activation_bits <= 7 || !is_relaxed)) {
    return *wanted;
  }
  return activation_bits <= 7 ? kernels::fastest_form(kernel, dot_class) : kernels::Isa::kSimd128;
}

double predicted_cost(const KernelChoice& choice, const kernels::ConvShape& shape,
                      const kernels::OutputSize& size) {
  kernels::ConvWork work;
  switch (choice.kernel) {
    case ConvKernel::kDense:
      work = kernels::dense_work(shape, size);
      break;
    case ConvKernel::kSparse4x4:
      work = kernels::dense_work(shape, size, choice.stored.share_4x4);
      break;
    case ConvKernel::kSparse:
      work = kernels::sparse_work(shape, choice.stored.blocks_1x4, size, choice.isa);
      break;
    case ConvKernel::kSingle:
      work = kernels::single_work(shape, choice.stored.weights, size);
      break;
    case ConvKernel::kXnnpack:
      return 0;
  }
  return kernels::conv_cost(kind_of(choice.kernel, shape, size), work, choice.isa,
                            choice.forms.dot_class);
}

double predicted_dense_cost(const KernelChoice& choice, const kernels::ConvShape& shape,
                            const kernels::OutputSize& size) {
  KernelChoice dense = choice;
  dense.kernel = ConvKernel::kDense;
  dense.isa = dense.forms.form_of(kernels::dense_kind(shape, size));
  return predicted_cost(dense, shape, size);
}

KernelChoice choose_conv_kernel(const kernels::ConvShape& shape, std::span<const int8_t> weights,
                                const FormChoice& forms, const kernels::OutputSize& size) {
  KernelChoice best;
  best.forms = forms;
  best.isa = forms.form_of(kernels::dense_kind(shape, size));
  if (!kernels::supports(shape)) {
    best.kernel = ConvKernel::kXnnpack;
    return best;
  }
  if (!kernels::supports_sparse(shape)) {
    return best;
  }
  best.stored = stored_blocks(shape, weights);
  double least = kWorthwhile * predicted_cost(best, shape, size);
  const bool singles = kernels::supports_single(shape) && !size.one_position();
  for (const ConvKernel kernel :
       {ConvKernel::kSparse, ConvKernel::kSparse4x4, ConvKernel::kSingle}) {
    if (kernel == ConvKernel::kSingle && !singles) {
      continue;
    }
    KernelChoice other = best;
    other.kernel = kernel;
    other.isa = forms.form_of(kind_of(kernel, shape, size));
    const double cost = predicted_cost(other, shape, size);
    if (cost < least) {
      least = cost;
      best = other;
    }
  }
  return best;
}

}  // namespace edgy::runtime
