#include "wasm/bindings/js_values.h"

#include <array>

namespace edgy::bindings {
namespace {

using emscripten::val;

val text(const flatbuffers::String* value) {
  return val(value ? value->str() : std::string());
}

// Numbers of JavaScript: exact up to 2^53.
val number(auto value) {
  return val(static_cast<double>(value));
}

const char* to_string(format::fb::PrivacyLevel level) {
  constexpr std::array kNames = {"low", "moderate", "high"};
  const auto index = static_cast<std::size_t>(level);
  return index < kNames.size() ? kNames[index] : kNames.front();
}

val to_js(const format::fb::Events* events) {
  if (events == nullptr) {
    return val::null();
  }
  val silence = val::array();
  for (uint32_t i = 0; events->silence() != nullptr && i < events->silence()->size(); ++i) {
    silence.set(i, number(events->silence()->Get(i)));
  }
  val result = val::object();
  result.set("leastRun", number(events->least_run()));
  result.set("classes", number(events->classes()));
  result.set("silence", silence);
  return result;
}

val to_js(const runtime::TensorInfo& info) {
  val shape = val::array();
  for (std::size_t axis = 0; axis < info.shape.size(); ++axis) {
    if (info.shape[axis] >= 0) {
      shape.set(axis, number(info.shape[axis]));
    } else {
      const std::string& name = info.dim_names[axis];
      shape.set(axis, val(name.empty() ? "?" : name.c_str()));
    }
  }
  val result = val::object();
  result.set("name", val(info.name));
  result.set("type", val(std::string(runtime::to_string(info.type))));
  result.set("shape", shape);
  result.set("privacyLevel", val(to_string(info.level)));
  result.set("events", to_js(info.events));
  return result;
}

val to_js(const std::vector<runtime::TensorInfo>& tensors) {
  val result = val::array();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    result.set(i, to_js(tensors[i]));
  }
  return result;
}

val to_js(const format::fb::LogMel* parameters) {
  val result = val::object();
  result.set("sampleRate", number(parameters ? parameters->sample_rate() : 0));
  if (parameters) {
    result.set("fftSize", number(parameters->fft_size()));
    result.set("hop", number(parameters->hop()));
    result.set("window", number(parameters->window()));
    result.set("mels", number(parameters->mels()));
  }
  return result;
}

}  // namespace

Status to_status(const Error& error) {
  return {edgy::to_string(error.code), error.message};
}

val to_js(std::span<const uint8_t> bytes) {
  return val(emscripten::typed_memory_view(bytes.size(), bytes.data()));
}

val to_js(const runtime::Model& model, const std::string& isa) {
  val result = val::object();
  result.set("inputs", to_js(model.inputs()));
  result.set("outputs", to_js(model.outputs()));
  result.set("isa", val(isa));
  const format::fb::Metadata* metadata = model.root().metadata();
  result.set("producer", text(metadata ? metadata->producer() : nullptr));
  result.set("sourceName", text(metadata ? metadata->source_name() : nullptr));
  result.set("sourceSha256", text(metadata ? metadata->source_sha256() : nullptr));
  result.set("sourceBytes", number(metadata ? metadata->source_bytes() : 0));
  result.set("config", text(metadata ? metadata->config() : nullptr));
  result.set("calibration", text(metadata ? metadata->calibration() : nullptr));
  result.set("accuracy", text(metadata ? metadata->accuracy() : nullptr));
  result.set("logMel", to_js(metadata ? metadata->log_mel() : nullptr));
  return result;
}

val to_js(const runtime::TensorView& tensor) {
  val dims = val::array();
  for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    dims.set(axis, number(tensor.shape[axis]));
  }
  val result = val::object();
  result.set("type", val(std::string(runtime::to_string(tensor.type))));
  result.set("dims", dims);
  result.set("data", to_js(tensor.data));
  return result;
}

val to_js(const runtime::MemoryUse& use) {
  val result = val::object();
  result.set("model", number(use.model));
  result.set("packed", number(use.packed));
  result.set("arena", number(use.arena));
  return result;
}

val to_js(std::span<const runtime::StepProfile> steps) {
  val result = val::array();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    val step = val::object();
    step.set("name", val(steps[i].name));
    step.set("kernel", val(steps[i].kernel));
    step.set("milliseconds", val(steps[i].milliseconds));
    step.set("macs", number(steps[i].macs));
    result.set(i, step);
  }
  return result;
}

Result<std::vector<runtime::Shape>> to_shapes(const val& shapes) {
  constexpr double kLimit = 2147483647;
  std::vector<runtime::Shape> result;
  const auto count = shapes["length"].as<uint32_t>();
  for (uint32_t i = 0; i < count; ++i) {
    runtime::Shape& shape = result.emplace_back();
    for (const double extent : emscripten::convertJSArrayToNumberVector<double>(shapes[i])) {
      // Written so that NaN fails as well, before a cast that would trap.
      if (!(extent >= 0 && extent <= kLimit) ||
          extent != static_cast<double>(static_cast<int64_t>(extent))) {
        return fail(ErrorCode::kInvalidInput, "an extent is no whole number from 0 to 2147483647");
      }
      shape.push_back(static_cast<int64_t>(extent));
    }
  }
  return result;
}

}  // namespace edgy::bindings
