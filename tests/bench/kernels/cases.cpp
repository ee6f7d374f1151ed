// The unit tests' random convolutions, to be run where the kernels run: in a browser.
#include "tests/bench/kernels/cases.h"

#include "kernels/column_int8/column_int8.h"
#include "kernels/sparse_conv_int8/sparse_conv_int8.h"
#include "tests/unit/kernels/conv_cases.h"

edgy::kernels::Threads case_threads;

namespace {

using namespace edgy::kernels;
using edgy::tests::ConvCase;

std::vector<int8_t> run_conv(const ConvCase& test, Isa isa, ConvBlocks blocks) {
  std::vector<int8_t> data = test.blank_output();
  const PackedConvWeights weights(test.shape, test.weights, isa, blocks);
  conv_int8(weights, conv_offsets(weights, test.input_layout), test.input_layout, test.input.data(),
            test.quantization(), {test.kind, test.output_layout, data.data()}, case_threads);
  return data;
}

std::vector<int8_t> run_sparse(const ConvCase& test, Isa isa, SparseBlocks blocks) {
  std::vector<int8_t> data = test.blank_output();
  const PackedSparseWeights weights(test.shape, test.weights, isa, blocks);
  sparse_conv_int8(weights, sparse_conv_offsets(weights, test.input_layout), test.input_layout,
                   test.input.data(), test.quantization(),
                   {test.kind, test.output_layout, data.data()}, case_threads);
  return data;
}

std::vector<int8_t> run_column(const ConvCase& test, Isa isa, ColumnBlocks blocks) {
  std::vector<int8_t> data = test.blank_output();
  const PackedColumnWeights weights(test.shape, test.weights, isa, blocks);
  column_int8(weights, column_input(test.shape, test.input_layout), test.input_layout,
              test.input.data(), test.quantization(), {test.kind, test.output_layout, data.data()});
  return data;
}

// All kernels of a form that exist for the shape.
bool all_kernels_equal(const ConvCase& test, Isa isa, const std::vector<int8_t>& expected) {
  if (run_conv(test, isa, ConvBlocks::kAll) != expected) {
    return false;
  }
  if (!supports_sparse(test.shape)) {
    return true;
  }
  if (run_conv(test, isa, ConvBlocks::kNonZero4x4) != expected ||
      run_sparse(test, isa, SparseBlocks::k1x4) != expected) {
    return false;
  }
  if (supports_single(test.shape) && run_sparse(test, isa, SparseBlocks::k1x1) != expected) {
    return false;
  }
  for (const ColumnBlocks blocks :
       {ColumnBlocks::kAll, ColumnBlocks::kNonZero4x4, ColumnBlocks::kNonZero1x4}) {
    if (isa != Isa::kReference && run_column(test, isa, blocks) != expected) {
      return false;
    }
  }
  return true;
}

bool all_equal(const ConvCase& test, int bits, uint32_t& hash) {
  const std::vector<int8_t> expected = run_conv(test, Isa::kReference, ConvBlocks::kAll);
  for (const int8_t value : expected) {
    hash = hash * 31 + static_cast<uint8_t>(value);
  }
  for (const Isa isa : available_isas()) {
    if (bits == 8 && isa != Isa::kSimd128) {
      continue;  // relaxed forms want 7 bits
    }
    if (!all_kernels_equal(test, isa, expected)) {
      return false;
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
