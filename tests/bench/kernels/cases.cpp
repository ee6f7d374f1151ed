// The unit tests' random convolutions, to be run where the kernels run: in a browser.
#include "tests/unit/conv_cases.h"

#include "kernels/sparse_conv_int8/sparse_conv_int8.h"

namespace {

using namespace edgy::kernels;
using edgy::tests::ConvCase;

enum class Kernel { kDense, kDenseForColumn, k4x4, kSparse };

ConvBlocks blocks_of(Kernel kernel) {
  return kernel == Kernel::k4x4              ? ConvBlocks::kNonZero4x4
         : kernel == Kernel::kDenseForColumn ? ConvBlocks::kAllForColumn
                                             : ConvBlocks::kAll;
}

std::vector<int8_t> run(const ConvCase& test, Kernel kernel, Isa isa) {
  std::vector<int8_t> data = test.blank_output();
  const ConvOutput output = {test.kind, test.output_layout, data.data()};
  if (kernel == Kernel::kSparse) {
    const PackedSparseWeights weights(test.shape, test.weights, isa);
    sparse_conv_int8(weights, sparse_conv_offsets(weights, test.input_layout), test.input_layout,
                     test.input.data(), test.quantization(), output);
  } else {
    const PackedConvWeights weights(test.shape, test.weights, isa, blocks_of(kernel));
    conv_int8(weights, conv_offsets(weights, test.input_layout), test.input_layout,
              test.input.data(), test.quantization(), output);
  }
  return data;
}

bool all_equal(const ConvCase& test, int bits, uint32_t& hash) {
  const std::vector<int8_t> expected = run(test, Kernel::kDense, Isa::kReference);
  for (const int8_t value : expected) {
    hash = hash * 31 + static_cast<uint8_t>(value);
  }
  for (const Isa isa : available_isas()) {
    if (bits == 8 && isa != Isa::kSimd128) {
      continue;  // relaxed forms want 7 bits
    }
    for (const Kernel kernel :
         {Kernel::kDense, Kernel::kDenseForColumn, Kernel::k4x4, Kernel::kSparse}) {
      const bool exists = kernel == Kernel::kDense || supports_sparse(test.shape);
      if (exists && run(test, kernel, isa) != expected) {
        return false;
      }
    }
  }
  return true;
}

uint32_t hash;

}  // namespace

/// Runs the cases of seeds `first` to `first + count - 1` in every kernel and form. Returns the
/// first seed whose results differ, or -1.
extern "C" __attribute__((used, visibility("default"))) int32_t check_cases(int32_t first,
                                                                            int32_t count) {
  constexpr double kDensities[] = {1.0, 0.5, 0.2, 0.1, 0.03, 0.0};
  hash = 0;
  for (int32_t seed = first; seed < first + count; ++seed) {
    const int bits = seed % 4 == 3 ? 8 : 7;
    const ConvCase test = edgy::tests::make_conv_case(static_cast<uint32_t>(seed), bits,
                                                      kDensities[seed % 6], seed % 10 == 9);
    if (!all_equal(test, bits, hash)) {
      return seed;
    }
  }
  return -1;
}

/// Of all reference results of the last `check_cases`.
extern "C" __attribute__((used, visibility("default"))) int32_t cases_hash() {
  return static_cast<int32_t>(hash);
}
