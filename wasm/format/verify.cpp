#include "wasm/format/verify.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "wasm/format/allocation.h"
#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"

namespace edgy::format {
namespace {

constexpr const char* kFeatures[] = {"sparse-blocks", "sparse-1x4",        "int4",
                                     "float16",       "integer-operators", "events"};

enum class State : uint8_t { kUnset, kConstant, kReady };

Result<void> verify_header(const fb::Model& model) {
  if (model.version() < 1) {
    return invalid("the model has version 0; versions start at 1");
  }
  if (model.version() > kVersion) {
    return fail(
        ErrorCode::kUnsupportedModel,
        str("the model has version ", model.version(), "; this runtime reads up to version ",
            kVersion, ": update the runtime or convert the model again"));
  }
  for (uint32_t i = 0; i < size_of(model.features()); i++) {
    const flatbuffers::String* feature = model.features()->Get(i);
    const std::string_view name = feature->string_view();
    if (std::none_of(std::begin(kFeatures), std::end(kFeatures),
                     [&](const char* known) { return name == known; })) {
      return fail(ErrorCode::kUnsupportedModel,
                  str("the model needs the feature '", printable(feature),
                      "', which this runtime does not know: update the runtime"));
    }
  }
  return {};
}

/// Model inputs are activations, each listed once and with a name of its own.
Result<void> verify_inputs(const fb::Model& model, std::vector<State>& states) {
  for (uint32_t i = 0; i < model.inputs()->size(); i++) {
    const int32_t tensor = model.inputs()->Get(i);
    if (tensor < 0 || static_cast<uint32_t>(tensor) >= model.tensors()->size()) {
      return invalid(str("model input ", i, " is tensor ", tensor, "; the model has ",
                         model.tensors()->size(), " tensors"));
    }
    State& state = states[static_cast<std::size_t>(tensor)];
    if (state != State::kUnset) {
      return invalid(str("model input ", i, ", ",
                         tensor_label(model, static_cast<uint32_t>(tensor)),
                         ", is a constant or listed twice"));
    }
    state = State::kReady;
  }
  return {};
}

Result<void> verify_outputs(const fb::Model& model, const std::vector<State>& states) {
  if (model.outputs()->size() == 0 || model.outputs()->size() > 1024) {
    return invalid("the model must have 1 to 1024 outputs");
  }
  for (uint32_t i = 0; i < model.outputs()->size(); i++) {
    const int32_t tensor = model.outputs()->Get(i);
    if (tensor < 0 || static_cast<uint32_t>(tensor) >= model.tensors()->size() ||
        states[static_cast<std::size_t>(tensor)] == State::kUnset) {
      return invalid(
          str("model output ", i, " is tensor ", tensor, ", which no operator produces"));
    }
  }
  return {};
}

/// Names of inputs and of outputs are how callers find them.
Result<void> verify_names(const fb::Model& model, const flatbuffers::Vector<int32_t>& list,
                          const char* what) {
  if (list.size() > 1024) {
    return invalid(str("the model has more than 1024 ", what, "s"));
  }
  std::vector<std::string_view> names;
  names.reserve(list.size());
  for (const int32_t tensor : list) {
    names.push_back(model.tensors()->Get(static_cast<uint32_t>(tensor))->name()->string_view());
  }
  std::make_heap(names.begin(), names.end());  // fewer bytes than std::sort
  std::sort_heap(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end()
             ? Result<void>{}
             : invalid(str("two model ", what, "s are called '", printable(*twice), "'"));
}

/// Whether all zero points are 0.
bool is_symmetric(const fb::Tensor& tensor) {
  const fb::Quantization* quantization = tensor.quantization();
  if (quantization == nullptr || quantization->zero_point() == nullptr) {
    return true;
  }
  return std::all_of(quantization->zero_point()->begin(), quantization->zero_point()->end(),
                     [](int32_t zero_point) { return zero_point == 0; });
}

Result<void> verify_order(const fb::Model& model, std::vector<State>& states,
                          const std::vector<bool>& symmetric) {
  const uint32_t tensors = model.tensors()->size();
  for (uint32_t i = 0; i < model.operators()->size(); i++) {
    const fb::Operator& op = *model.operators()->Get(i);
    if (op.inputs()->size() > 4096 || op.outputs()->size() > 16) {
      return invalid(str(operator_label(model, i), " has more than 4096 inputs or 16 outputs"));
    }
    for (const int32_t tensor : *op.inputs()) {
      if (tensor == -1) {
        continue;
      }
      if (tensor < 0 || static_cast<uint32_t>(tensor) >= tensors) {
        return invalid(str(operator_label(model, i), " reads tensor ", tensor, "; the model has ",
                           tensors, " tensors"));
      }
      if (states[static_cast<std::size_t>(tensor)] == State::kUnset) {
        return invalid(str(operator_label(model, i), " reads ",
                           tensor_label(model, static_cast<uint32_t>(tensor)),
                           " before an operator produces it"));
      }
    }
    for (const int32_t tensor : *op.outputs()) {
      if (tensor == -1) {
        continue;
      }
      if (tensor < 0 || static_cast<uint32_t>(tensor) >= tensors) {
        return invalid(str(operator_label(model, i), " writes tensor ", tensor, "; the model has ",
                           tensors, " tensors"));
      }
      State& state = states[static_cast<std::size_t>(tensor)];
      if (state != State::kUnset) {
        return invalid(str(operator_label(model, i), " writes ",
                           tensor_label(model, static_cast<uint32_t>(tensor)),
                           ", which is a constant, a model input or another operator's output"));
      }
      state = State::kReady;
    }
    if (Result<void> checked = verify_operator(model, i, symmetric); !checked) {
      return checked;
    }
  }
  return {};
}

Result<void> verify_buffers(const fb::Model& model, const uint8_t* begin) {
  for (uint32_t i = 0; i < size_of(model.buffers()); i++) {
    const auto* data = model.buffers()->Get(i)->data();
    if (data != nullptr && (data->data() - begin) % 16 != 0) {
      return invalid(str("buffer ", i, " does not start at a multiple of 16 bytes"));
    }
  }
  return {};
}

Result<void> verify_meaning(const fb::Model& model, std::span<const uint8_t> bytes) {
  if (Result<void> header = verify_header(model); !header) {
    return header;
  }
  if (Result<void> buffers = verify_buffers(model, bytes.data()); !buffers) {
    return buffers;
  }
  std::vector<State> states(model.tensors()->size(), State::kUnset);
  std::vector<bool> symmetric(model.tensors()->size());
  int64_t index_bytes = static_cast<int64_t>(bytes.size());
  for (uint32_t i = 0; i < model.tensors()->size(); i++) {
    if (Result<void> tensor = verify_tensor(model, i, index_bytes); !tensor) {
      return tensor;
    }
    if (model.tensors()->Get(i)->buffer() >= 0) {
      states[i] = State::kConstant;
    }
    symmetric[i] = is_symmetric(*model.tensors()->Get(i));
  }
  if (Result<void> inputs = verify_inputs(model, states); !inputs) {
    return inputs;
  }
  if (Result<void> order = verify_order(model, states, symmetric); !order) {
    return order;
  }
  if (Result<void> outputs = verify_outputs(model, states); !outputs) {
    return outputs;
  }
  if (Result<void> names = verify_names(model, *model.inputs(), "input"); !names) {
    return names;
  }
  if (Result<void> names = verify_names(model, *model.outputs(), "output"); !names) {
    return names;
  }
  return verify_policies(model);
}

}  // namespace

std::span<const char* const> known_features() {
  return kFeatures;
}

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string out;
  for (const char c : text.substr(0, kLongest)) {
    out.push_back(c >= ' ' && c <= '~' ? c : '?');
  }
  return out;
}

std::string printable(const flatbuffers::String* text) {
  return text == nullptr ? std::string() : printable(text->string_view());
}

std::string tensor_label(const fb::Model& model, uint32_t index) {
  return str("tensor ", index, " '", printable(model.tensors()->Get(index)->name()), "'");
}

std::string operator_label(const fb::Model& model, uint32_t index) {
  const fb::Operator& op = *model.operators()->Get(index);
  return str("operator ", index, " '", printable(op.name()), "' (",
             fb::EnumNameOperatorOptions(op.options_type()), ")");
}

Result<const fb::Model*> verify(std::span<const uint8_t> bytes) {
  constexpr std::size_t kHeader = 8;  // root offset and identifier
  if (bytes.size() < kHeader) {
    return invalid(str("the file has ", bytes.size(), " bytes: too short for an .edgy model"));
  }
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0) {
    return fail(ErrorCode::kInvalidArgument, "the model's bytes must be aligned to 8");
  }
  if (!fb::ModelBufferHasIdentifier(bytes.data())) {
    return invalid("the file is no .edgy model: its bytes 4 to 7 are not 'EDGY'");
  }
  if (bytes.size() >= flatbuffers::Verifier::Options().max_size) {
    return invalid("the file is larger than 2 GB");
  }
  return with_typed_failures([&]() -> Result<const fb::Model*> {
    Result<const fb::Model*> model = verify_structure(bytes);
    if (!model) {
      return model;
    }
    const Result<void> meaning = verify_meaning(**model, bytes);
    if (!meaning) {
      return tl::unexpected<Error>(meaning.error());
    }
    return model;
  });
}

}  // namespace edgy::format
