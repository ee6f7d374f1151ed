// Arity, constants, types and attributes of every operator.
#include <cmath>

#include "wasm/format/catalog.h"
#include "wasm/format/numbers.h"
#include "wasm/format/operands.h"
#include "wasm/format/text.h"
#include "wasm/format/verify.h"
#include "wasm/format/verify_internal.h"

namespace edgy::format {
namespace {

using Options = fb::OperatorOptions;

/// Attributes that count positions lie below this: sums and products of a few then fit 64 bits, and
/// those of two 32 bits.
constexpr int32_t kMaxExtent = 1 << 15;

class OperatorVerifier {
 public:
  OperatorVerifier(const fb::Model& model, uint32_t index, const std::vector<bool>& symmetric)
      : model_(model), op_(*model.operators()->Get(index)), index_(index), symmetric_(symmetric) {}

  Result<void> verify() {
    const OperatorTraits* traits = traits_of(op_.options_type());
    if (traits == nullptr) {
      return fail(
          ErrorCode::kUnsupportedModel,
          str(operator_label(model_, index_), ": this runtime does not know operators of type ",
              static_cast<int>(op_.options_type()), ": update the runtime"));
    }
    if (Result<void> arity = verify_arity(*traits); !arity) {
      return arity;
    }
    switch (op_.options_type()) {
#define EDGY_OPERATOR(type, ...) \
  case Options::type:            \
    return check(*op_.options_as_##type());
#include "wasm/format/catalog/operators.inc"
      default:
        return {};
    }
  }

 private:
  tl::unexpected<Error> error(std::string_view message) const {
    return invalid(str(operator_label(model_, index_), ": ", message));
  }

  bool has_input(uint32_t i) const {
    return bool(operand(*op_.inputs(), i));
  }
  const fb::Tensor& input(uint32_t i) const {
    return *model_.tensors()->Get(operand(*op_.inputs(), i).index());
  }
  const fb::Tensor& output() const {
    return *model_.tensors()->Get(operand(*op_.outputs(), 0).index());
  }
  static uint32_t rank(const fb::Tensor& tensor) {
    return size_of(tensor.shape());
  }
  /// -1 where dynamic; kNone, which no shape has, where there is no such axis.
  static int64_t extent(const fb::Tensor& tensor, uint32_t axis) {
    return axis < rank(tensor) ? tensor.shape()->Get(axis) : kNone;
  }
  /// Whether a declared shape can be this one, where -1 is any extent.
  static bool can_be(const fb::Tensor& tensor, std::initializer_list<int64_t> shape) {
    bool fits = rank(tensor) == shape.size();
    for (uint32_t axis = 0; fits && axis < shape.size(); axis++) {
      const int64_t wanted = shape.begin()[axis];
      const int64_t declared = extent(tensor, axis);
      fits = declared == -1 || wanted == -1 || declared == wanted;
    }
    return fits;
  }

  Result<void> verify_arity(const OperatorTraits& traits) const {
    const uint32_t inputs = op_.inputs()->size();
    const uint32_t outputs = op_.outputs()->size();
    if (inputs < traits.required_inputs || inputs > traits.inputs) {
      return error(str("it has ", inputs, " inputs; ", traits.required_inputs, " to ",
                       traits.inputs, " are possible"));
    }
    if (outputs < 1 || outputs > traits.outputs) {
      return error(str("it has ", outputs, " outputs; 1 to ", traits.outputs, " are possible"));
    }
    for (uint32_t i = 0; i < inputs; i++) {
      const bool optional = i >= traits.required_inputs && op_.options_type() != Options::Concat;
      if (!has_input(i) && !optional) {
        return error(str("input ", i, " is absent; it is required"));
      }
      if (has_input(i) && i < 32 && (traits.constants >> i & 1U) != 0 && input(i).buffer() < 0) {
        return error(str("input ", i, " must be a constant"));
      }
    }
    const bool optional_outputs = traits.outputs > 1;
    bool any = false;
    for (const int32_t tensor : *op_.outputs()) {
      any = any || tensor >= 0;
      if (tensor < 0 && !optional_outputs) {
        return error("its output is absent; it is required");
      }
    }
    return any ? Result<void>{} : error("it has no output");
  }

  template <typename Enum>
  Result<void> in_enum(Enum value, Enum least, Enum greatest) const {
    return value >= least && value <= greatest
               ? Result<void>{}
               : error(str("kind ", static_cast<int>(value), " is unknown"));
  }

  Result<void> in_range(const char* what, int64_t value, int64_t least, int64_t greatest) const {
    return value >= least && value <= greatest
               ? Result<void>{}
               : error(str(what, " ", value, "; ", least, " to ", greatest, " is possible"));
  }

  struct Range {
    const char* what;
    int64_t value;
    int64_t least;
    int64_t greatest;
  };
  Result<void> all_in_range(std::initializer_list<Range> ranges) const {
    for (const Range& range : ranges) {
      if (Result<void> checked = in_range(range.what, range.value, range.least, range.greatest);
          !checked) {
        return checked;
      }
    }
    return {};
  }

  /// One scale for the whole tensor, as activations have.
  Result<void> quantized_activation(const fb::Tensor& tensor, const char* what) const {
    const fb::Quantization* quantization = tensor.quantization();
    return quantization != nullptr && size_of(quantization->scale()) == 1
               ? Result<void>{}
               : error(str(what, " is int8 and needs a quantization with one scale"));
  }

  /// What Conv2D and Dense share: types, quantization, bias.
  Result<void> weights(float least, float greatest) const {
    const fb::Tensor& w = input(1);
    if (std::isnan(least) || std::isnan(greatest) || least > greatest) {
      return error("activation_min must not exceed activation_max");
    }
    // Float constants may be stored in half the bytes.
    const auto computed = [](fb::DataType type) {
      return type == fb::DataType::F16 ? fb::DataType::F32 : type;
    };
    const bool has_integers = is_integer(w);
    if (has_input(2)) {
      const fb::Tensor& b = input(2);
      const fb::DataType wanted = has_integers ? fb::DataType::I32 : fb::DataType::F32;
      if (rank(b) != 1 || extent(b, 0) != extent(w, 0) || computed(b.type()) != wanted) {
        return error(str("the bias must have ", extent(w, 0), " entries of ",
                         fb::EnumNameDataType(wanted), ", one for each output channel"));
      }
    }
    if (!has_integers) {
      return {};
    }
    if (input(0).type() == fb::DataType::I8) {
      if (Result<void> checked = quantized_activation(input(0), "input 0"); !checked) {
        return checked;
      }
    }
    if (output().type() == fb::DataType::I8) {
      if (Result<void> checked = quantized_activation(output(), "the output"); !checked) {
        return checked;
      }
    }
    return integer_weights(1);
  }

  static bool is_integer(const fb::Tensor& weights) {
    return weights.type() == fb::DataType::I8 || weights.type() == fb::DataType::I4;
  }

  /// The quantization of input `i`, integer weights.
  Result<void> integer_weights(uint32_t i) const {
    const fb::Quantization* quantization = input(i).quantization();
    if (quantization == nullptr ||
        (size_of(quantization->scale()) != 1 && quantization->axis() != 0)) {
      return error(
          "integer weights need a quantization with one scale, or one for each output channel "
          "(axis 0)");
    }
    return symmetric_[operand(*op_.inputs(), i).index()]
               ? Result<void>{}
               : error("integer weights must have the zero point 0");
  }

  /// What an Lstm with integer weights has beside the shapes of all.
  Result<void> integer_lstm(const fb::Lstm& options) const {
    if (!is_integer(input(1)) && !is_integer(input(2))) {
      return options.state_scale() == 0
                 ? Result<void>{}
                 : error("state_scale is for integer weights; these are float32");
    }
    if (!is_integer(input(1)) || !is_integer(input(2)) || input(0).type() != fb::DataType::I8) {
      return error("x, w and r must all be integers, or all float32");
    }
    if (!std::isnormal(options.state_scale()) || options.state_scale() < 0) {
      return error("state_scale must be a positive, finite, normal number");
    }
    if (Result<void> zero = in_range("state_zero_point", options.state_zero_point(), 0, 127);
        !zero) {
      return zero;
    }
    for (const uint32_t i : {1U, 2U}) {
      if (Result<void> checked = integer_weights(i); !checked) {
        return checked;
      }
    }
    return quantized_activation(input(0), "x");
  }

  // One check an operator of the catalog.
  Result<void> check(const fb::MatMul& /*options*/) const {
    return {};
  }
  Result<void> check(const fb::Unary& options) const {
    return in_enum(options.kind(), fb::UnaryKind::MIN, fb::UnaryKind::MAX);
  }
  Result<void> check(const fb::Binary& options) const {
    return in_enum(options.kind(), fb::BinaryKind::MIN, fb::BinaryKind::MAX);
  }
  Result<void> check(const fb::Quantize& options) const {
    return options.perm() == nullptr ? Result<void>{} : permutation(*options.perm());
  }
  Result<void> check(const fb::Dequantize& /*options*/) const {
    return {};
  }
  Result<void> check(const fb::Cast& /*options*/) const {
    return {};
  }
  Result<void> check(const fb::Transpose& options) const {
    return permutation(*options.perm());
  }
  Result<void> check(const fb::Reshape& options) const {
    return reshape(*options.shape());
  }
  Result<void> check(const fb::Concat& options) const {
    return axis(options.axis());
  }
  Result<void> check(const fb::Gather& options) const {
    return axis(options.axis());
  }
  Result<void> check(const fb::Softmax& options) const {
    return axis(options.axis());
  }
  Result<void> check(const fb::Lstm& options) const {
    Result<void> shapes = recurrent(4, options.hidden());
    return shapes ? integer_lstm(options) : shapes;
  }
  Result<void> check(const fb::Gru& options) const {
    return recurrent(3, options.hidden());
  }

  Result<void> check(const fb::Conv2D& options) const {
    const fb::Tensor& x = input(0);
    const fb::Tensor& w = input(1);
    if ((rank(x) != 3 && rank(x) != 4) || rank(w) != 4) {
      return error("x must be [N, T, C] or [N, H, W, C] and w [O, KH, KW, C / groups]");
    }
    const int64_t channels = extent(x, rank(x) - 1);
    if (Result<void> ranges = all_in_range({
            {"stride_h", options.stride_h(), 1, kMaxExtent},
            {"stride_w", options.stride_w(), 1, kMaxExtent},
            {"dilation_h", options.dilation_h(), 1, kMaxExtent},
            {"dilation_w", options.dilation_w(), 1, kMaxExtent},
            {"pad_top", options.pad_top(), 0, kMaxExtent},
            {"pad_left", options.pad_left(), 0, kMaxExtent},
            {"pad_bottom", options.pad_bottom(), 0, kMaxExtent},
            {"pad_right", options.pad_right(), 0, kMaxExtent},
            {"groups", options.groups(), 1, kMaxExtent},
            {"kernel height", extent(w, 1), 1, rank(x) == 3 ? 1 : kMaxExtent},
            {"kernel width", extent(w, 2), 1, kMaxExtent},
        });
        !ranges) {
      return ranges;
    }
    if (extent(w, 0) % options.groups() != 0) {
      return error(
          str(options.groups(), " groups do not divide ", extent(w, 0), " output channels"));
    }
    if (!checked_product(extent(w, 3), options.groups(), kMaxElements)) {
      return error(str(options.groups(), " groups of ", extent(w, 3), " channels are too many"));
    }
    if (channels != -1 && channels != extent(w, 3) * options.groups()) {
      return error(str("w has ", extent(w, 3), " channels for each of ", options.groups(),
                       " groups; x has ", channels, " channels"));
    }
    return weights(options.activation_min(), options.activation_max());
  }

  Result<void> check(const fb::Dense& options) const {
    const fb::Tensor& x = input(0);
    const fb::Tensor& w = input(1);
    if (rank(x) < 1 || rank(w) != 2) {
      return error("x must be [..., K] and w [O, K]");
    }
    const int64_t channels = extent(x, rank(x) - 1);
    if (channels != -1 && channels != extent(w, 1)) {
      return error(str("w has ", extent(w, 1), " columns; x has ", channels));
    }
    return weights(options.activation_min(), options.activation_max());
  }

  Result<void> check(const fb::Pool2D& options) const {
    if (Result<void> kind = in_enum(options.kind(), fb::PoolKind::MIN, fb::PoolKind::MAX); !kind) {
      return kind;
    }
    if (rank(input(0)) != 3 && rank(input(0)) != 4) {
      return error("x must be [N, T, C] or [N, H, W, C]");
    }
    return all_in_range({
        {"kernel_h", options.kernel_h(), 1, kMaxExtent},
        {"kernel_w", options.kernel_w(), 1, kMaxExtent},
        {"stride_h", options.stride_h(), 1, kMaxExtent},
        {"stride_w", options.stride_w(), 1, kMaxExtent},
        // Each window must overlap the image.
        {"pad_top", options.pad_top(), 0, int64_t{options.kernel_h()} - 1},
        {"pad_bottom", options.pad_bottom(), 0, int64_t{options.kernel_h()} - 1},
        {"pad_left", options.pad_left(), 0, int64_t{options.kernel_w()} - 1},
        {"pad_right", options.pad_right(), 0, int64_t{options.kernel_w()} - 1},
    });
  }

  Result<void> permutation(const flatbuffers::Vector<int32_t>& perm) const {
    const uint32_t expected = rank(input(0));
    uint32_t seen = 0;
    for (uint32_t i = 0; i < perm.size() && i < kMaxRank; i++) {
      if (perm.Get(i) >= 0 && perm.Get(i) < kMaxRank) {
        seen |= 1U << perm.Get(i);
      }
    }
    return perm.size() == expected && seen == (1U << expected) - 1
               ? Result<void>{}
               : error(str("perm must name each of ", expected, " axes once"));
  }

  Result<void> reshape(const flatbuffers::Vector<int32_t>& shape) const {
    if (shape.size() > kMaxRank) {
      return error(
          str("its shape has ", shape.size(), " entries; at most ", kMaxRank, " are possible"));
    }
    int inferred = 0;
    for (uint32_t i = 0; i < shape.size(); i++) {
      if (shape.Get(i) < -1 || (shape.Get(i) == 0 && i >= rank(input(0)))) {
        return error(str("entry ", i, " of its shape is ", shape.Get(i),
                         "; a positive number, 0 (copies the input's) or one -1 is possible"));
      }
      inferred += shape.Get(i) == -1 ? 1 : 0;
    }
    return inferred <= 1 ? Result<void>{} : error("its shape has more than one -1");
  }

  Result<void> axis(int32_t value) const {
    const int32_t of = static_cast<int32_t>(rank(input(0)));
    return in_range("axis", value, -of, of - 1);
  }

  Result<void> axes(const flatbuffers::Vector<int32_t>& list) const {
    uint32_t seen = 0;
    const int32_t of = static_cast<int32_t>(rank(input(0)));
    if (list.size() > kMaxRank) {
      return error("too many axes");
    }
    for (const int32_t value : list) {
      if (Result<void> checked = axis(value); !checked) {
        return checked;
      }
      const uint32_t bit = 1U << (value < 0 ? value + of : value);
      if ((seen & bit) != 0) {
        return error(str("axis ", value, " is named twice"));
      }
      seen |= bit;
    }
    return {};
  }

  Result<void> check(const fb::Slice& options) const {
    if (Result<void> named = axes(*options.axes()); !named) {
      return named;
    }
    const uint32_t count = options.axes()->size();
    if (options.starts()->size() != count || options.ends()->size() != count ||
        options.steps()->size() != count) {
      return error("starts, ends, axes and steps must have the same length");
    }
    for (const int32_t step : *options.steps()) {
      if (step == 0) {
        return error("a step is 0");
      }
    }
    if (has_input(1)) {
      if (count == 0) {
        return error("nothing ends where another tensor does");
      }
      return all_in_range(
          {{"like_axis", options.like_axis(), 0, static_cast<int64_t>(rank(input(1))) - 1}});
    }
    return {};
  }

  Result<void> check(const fb::Pad& options) const {
    if (Result<void> mode = in_enum(options.mode(), fb::PadMode::MIN, fb::PadMode::MAX); !mode) {
      return mode;
    }
    if (options.before()->size() != rank(input(0)) || options.after()->size() != rank(input(0))) {
      return error("before and after must have an entry for each axis");
    }
    for (uint32_t i = 0; i < options.before()->size(); i++) {
      if (Result<void> checked =
              all_in_range({{"before", options.before()->Get(i), 0, kMaxElements},
                            {"after", options.after()->Get(i), 0, kMaxElements}});
          !checked) {
        return checked;
      }
    }
    return {};
  }

  Result<void> check(const fb::Reduce& options) const {
    if (Result<void> kind = in_enum(options.kind(), fb::ReduceKind::MIN, fb::ReduceKind::MAX);
        !kind) {
      return kind;
    }
    return axes(*options.axes());
  }

  Result<void> check(const fb::ArgReduce& options) const {
    if (Result<void> kind = in_enum(options.kind(), fb::ArgKind::MIN, fb::ArgKind::MAX); !kind) {
      return kind;
    }
    return axis(options.axis());
  }

  Result<void> check(const fb::LayerNorm& options) const {
    const fb::Tensor& gamma = input(1);
    if (rank(input(0)) < 1 || rank(gamma) != 1 ||
        (has_input(2) && (rank(input(2)) != 1 || extent(input(2), 0) != extent(gamma, 0)))) {
      return error("gamma and beta must be [C]");
    }
    const float epsilon = options.epsilon();
    return std::isfinite(epsilon) && epsilon >= 0
               ? Result<void>{}
               : error("epsilon must be a finite number, at least 0");
  }

  Result<void> check(const fb::NearestCode& /*options*/) const {
    const fb::Tensor& codebook = input(1);
    const bool norms = !has_input(2) || can_be(input(2), {extent(codebook, 0)});
    return rank(input(0)) >= 1 && rank(codebook) == 2 && norms
               ? Result<void>{}
               : error("codebook must be [K, D] and half_norm, if there is one, [K]");
  }

  Result<void> recurrent(int64_t gates, int64_t hidden) const {
    if (Result<void> checked = in_range("hidden", hidden, 1, kMaxExtent); !checked) {
      return checked;
    }
    const fb::Tensor& w = input(1);
    const fb::Tensor& r = input(2);
    for (const uint32_t state : {4U, 5U}) {
      if (has_input(state) && !can_be(input(state), {extent(input(0), 0), hidden})) {
        return error(str("its state, input ", state, ", must be [N, ", hidden, "]"));
      }
    }
    const bool right =
        rank(input(0)) == 3 && rank(w) == 2 && rank(r) == 2 && extent(w, 0) == gates * hidden &&
        extent(r, 0) == gates * hidden && extent(r, 1) == hidden &&
        (!has_input(3) || (rank(input(3)) == 1 && extent(input(3), 0) == 2 * gates * hidden));
    return right ? Result<void>{}
                 : error(str("with ", hidden, " hidden units x must be [N, T, I], w [",
                             gates * hidden, ", I], r [", gates * hidden, ", ", hidden, "] and b [",
                             2 * gates * hidden, "]"));
  }

  static constexpr int64_t kNone = -2;

  const fb::Model& model_;
  const fb::Operator& op_;
  uint32_t index_;
  const std::vector<bool>& symmetric_;
};

}  // namespace

Result<void> verify_operator(const fb::Model& model, uint32_t index,
                             const std::vector<bool>& symmetric) {
  Result<void> verified = OperatorVerifier(model, index, symmetric).verify();
  return verified ? verify_integers(model, index) : verified;
}

}  // namespace edgy::format
