#include "converter/graph/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace edgy::converter::graph {
namespace {

// The functions of the lists' definitions that the standard library lacks or defines otherwise.
double relu(double x) {
  return x < 0 ? 0 : x;
}
double leaky_relu(double x, double alpha) {
  return x < 0 ? alpha * x : x;
}
double clamp(double x, double low, double high) {
  return std::isnan(x) ? x : std::min(std::max(x, low), high);
}
double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double gelu(double x) {
  return x / 2 * (1 + std::erf(x / std::numbers::sqrt2));
}
double elu(double x, double alpha) {
  return x < 0 ? alpha * std::expm1(x) : x;
}
double round(double x) {
  return std::nearbyint(x);
}
double maximum(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN() : std::max(a, b);
}
double minimum(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN() : std::min(a, b);
}

double flag(bool holds) {
  return holds ? 1 : 0;
}
double keep(double a, double b) {
  return b != 0 ? a : 0;
}

constexpr float NONE = std::numeric_limits<float>::quiet_NaN();  // as the lists spell it

struct Unary {
  std::string_view name;
  UnaryDefaults defaults;
  UnaryFunction function;
};

struct Binary {
  std::string_view name;
  BinaryFunction function;
};

// Definitions name std's functions without their namespace; ours above win where both would fit.
using std::abs;
using std::ceil;
using std::erf;
using std::exp;
using std::floor;
using std::log;
using std::pow;
using std::sqrt;
using std::tanh;

constexpr Unary kUnary[] = {
#define EDGY_UNARY(name, since, alpha_default, beta_default, ...)              \
  {#name,                                                                      \
   {alpha_default, beta_default},                                              \
   [](double x, [[maybe_unused]] double alpha, [[maybe_unused]] double beta) { \
     return static_cast<double>(__VA_ARGS__);                                  \
   }},
#include "kernels/float/unary.inc"
};

constexpr Binary kBinary[] = {
#define EDGY_BINARY(name, ...) \
  {#name, [](double a, double b) { return static_cast<double>(__VA_ARGS__); }},
#include "kernels/float/binary.inc"
};

template <typename Entry, std::size_t n>
const Entry* find(const Entry (&table)[n], std::string_view name) {
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [&](const Entry& entry) { return entry.name == name; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace

UnaryFunction unary_function(std::string_view name) {
  const Unary* entry = find(kUnary, name);
  return entry == nullptr ? nullptr : entry->function;
}

BinaryFunction binary_function(std::string_view name) {
  const Binary* entry = find(kBinary, name);
  return entry == nullptr ? nullptr : entry->function;
}

UnaryDefaults unary_defaults(std::string_view name) {
  const Unary* entry = find(kUnary, name);
  return entry == nullptr ? UnaryDefaults{NONE, NONE} : entry->defaults;
}

}  // namespace edgy::converter::graph
