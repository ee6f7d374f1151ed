#include "kernels/lookup/lookup.h"

namespace edgy::kernels {
namespace {

/// The real value of every byte.
std::array<float, 256> values_of(const QuantizeParameters& x) {
  std::array<int8_t, 256> stored{};
  for (std::size_t i = 0; i < stored.size(); ++i) {
    stored[i] = static_cast<int8_t>(i);
  }
  std::array<float, 256> values{};
  dequantize(stored.data(), stored.size(), x.scale, x.zero_point, values.data());
  return values;
}

LookupTable table_of(const std::array<float, 256>& values, const QuantizeParameters& x,
                     const QuantizeParameters& y) {
  LookupTable table;
  quantize_rows(values.data(), values.size(), y, table.answers.data());
  table.seven_bits = x.qmin >= 0;
  return table;
}

}  // namespace

LookupTable unary_table(UnaryOp op, float alpha, float beta, const QuantizeParameters& x,
                        const QuantizeParameters& y) {
  std::array<float, 256> values = values_of(x);
  unary(op, alpha, beta, values, values);
  return table_of(values, x, y);
}

LookupTable requantize_table(const QuantizeParameters& x, const QuantizeParameters& y) {
  return table_of(values_of(x), x, y);
}

void lookup_reference(const LookupTable& table, const int8_t* input, std::size_t count,
                      int8_t* output) {
  for (std::size_t i = 0; i < count; ++i) {
    output[i] = table.answers[static_cast<uint8_t>(input[i])];
  }
}

}  // namespace edgy::kernels
