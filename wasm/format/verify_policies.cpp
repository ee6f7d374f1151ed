// What outputs may be used for, and events in place of their codes.
#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "wasm/format/text.h"
#include "wasm/format/verify_internal.h"

namespace edgy::format {
namespace {

/// An output that policies can name.
struct Named {
  std::string_view name;
  const fb::Tensor* tensor;
  bool said = false;  ///< that it has a policy
};

/// By name.
std::vector<Named> sorted_outputs(const fb::Model& model) {
  std::vector<Named> outputs;
  outputs.reserve(model.outputs()->size());
  for (const int32_t index : *model.outputs()) {
    const fb::Tensor* tensor = model.tensors()->Get(static_cast<uint32_t>(index));
    outputs.push_back({tensor->name()->string_view(), tensor});
  }
  const auto by_name = [](const Named& a, const Named& b) { return a.name < b.name; };
  std::make_heap(outputs.begin(), outputs.end(), by_name);  // fewer bytes than std::sort
  std::sort_heap(outputs.begin(), outputs.end(), by_name);
  return outputs;
}

bool is_level(fb::PrivacyLevel level) {
  return level >= fb::PrivacyLevel::MIN && level <= fb::PrivacyLevel::MAX;
}

bool has_feature(const fb::Model& model, std::string_view name) {
  for (uint32_t i = 0; i < size_of(model.features()); i++) {
    if (model.features()->Get(i)->string_view() == name) {
      return true;
    }
  }
  return false;
}

bool holds_codes(const fb::Tensor& tensor) {
  const bool whole = tensor.type() == fb::DataType::I64 || tensor.type() == fb::DataType::I32 ||
                     tensor.type() == fb::DataType::U8;
  const uint32_t rank = size_of(tensor.shape());
  return whole && tensor.quantization() == nullptr &&
         (rank == 1 || (rank == 2 && tensor.shape()->Get(0) == 1));
}

Result<void> verify_events(const fb::Model& model, const Named& output, const fb::Events& events) {
  constexpr int32_t kMostClasses = 65536;
  const auto error = [&output](const auto&... parts) {
    return invalid(str("the events of output '", printable(output.name), "' ", parts...));
  };
  // A runtime that does not know events would hand out the codes.
  if (!has_feature(model, "events")) {
    return error("need the feature 'events', which the model does not name");
  }
  if (!holds_codes(*output.tensor)) {
    return error("need codes of type I64, I32 or U8 and of shape [T] or [1, T]");
  }
  if (events.least_run() < 1) {
    return error("last at least ", events.least_run(), " frames; it must be 1 or more");
  }
  if (events.classes() < 1 || events.classes() > kMostClasses) {
    return error("are of ", events.classes(), " classes; 1 to ", kMostClasses, " are possible");
  }
  const uint32_t silent = size_of(events.silence());
  int32_t before = -1;
  for (uint32_t i = 0; i < silent; i++) {
    const int32_t code = events.silence()->Get(i);
    if (code <= before || code >= events.classes()) {
      return error("know class ", code, " as silence; classes 0 to ", events.classes() - 1,
                   " are possible, in ascending order");
    }
    before = code;
  }
  if (static_cast<int64_t>(silent) >= events.classes()) {
    return error("know every class as silence; one at least must be an event");
  }
  return {};
}

}  // namespace

Result<void> verify_policies(const fb::Model& model) {
  const fb::Metadata* metadata = model.metadata();
  if (metadata == nullptr) {
    return {};
  }
  if (!is_level(metadata->privacy_floor())) {
    return invalid(str("the privacy floor is the unknown level ",
                       static_cast<int>(metadata->privacy_floor())));
  }
  std::vector<Named> outputs = sorted_outputs(model);
  if (size_of(metadata->policies()) > outputs.size()) {
    return invalid(str("there are ", metadata->policies()->size(), " privacy policies for ",
                       outputs.size(), " outputs"));
  }
  for (uint32_t i = 0; i < size_of(metadata->policies()); i++) {
    const fb::OutputPolicy& policy = *metadata->policies()->Get(i);
    const std::string_view name = policy.output()->string_view();
    if (!is_level(policy.level())) {
      return invalid(str("the privacy policy of output '", printable(name),
                         "' has the unknown level ", static_cast<int>(policy.level())));
    }
    const auto output = std::lower_bound(
        outputs.begin(), outputs.end(), name,
        [](const Named& named, std::string_view wanted) { return named.name < wanted; });
    if (output == outputs.end() || output->name != name) {
      return invalid(str("there is a privacy policy for '", printable(name),
                         "', which is no output of the model"));
    }
    if (output->said) {
      return invalid(str("output '", printable(name), "' has two privacy policies"));
    }
    output->said = true;
    if (!std::isfinite(policy.frame_rate()) || policy.frame_rate() < 0) {
      return invalid(
          str("the frame rate of output '", printable(name), "' is no finite number of 0 or more"));
    }
    if (policy.events() == nullptr) {
      continue;
    }
    if (Result<void> events = verify_events(model, *output, *policy.events()); !events) {
      return events;
    }
  }
  return {};
}

}  // namespace edgy::format
