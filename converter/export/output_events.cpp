#include "converter/export/output_events.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "converter/error.h"
#include "converter/export/value_range.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

const fb::TensorT* output_named(const fb::ModelT& model, const std::string& name, int32_t& index) {
  for (const int32_t output : model.outputs) {
    const fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(output)];
    if (tensor.name == name) {
      index = output;
      return &tensor;
    }
  }
  return nullptr;
}

std::string names_of_outputs(const fb::ModelT& model) {
  std::string text;
  for (const int32_t output : model.outputs) {
    text +=
        (text.empty() ? "'" : ", '") + model.tensors[static_cast<std::size_t>(output)]->name + "'";
  }
  return text;
}

int32_t number(const std::string& text, int32_t least, const std::string& what) {
  int32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || value < least)
    throw Error(what + ": '" + text + "' is no whole number of " + std::to_string(least) +
                " or more");
  return value;
}

void set(fb::EventsT& events, const std::string& setting, const std::string& what) {
  const std::size_t sign = setting.find('=');
  const std::string key = setting.substr(0, sign);
  const std::string value = sign == std::string::npos ? "" : setting.substr(sign + 1);
  if (key == "least_run") {
    events.least_run = number(value, 1, what + ": least_run");
  } else if (key == "silence") {
    events.silence.push_back(number(value, 0, what + ": silence"));
  } else {
    throw Error(what + ": the setting '" + key +
                "' is unknown; there are least_run=FRAMES and silence=CODE");
  }
}

/// Of "OUTPUT:SETTING,..."; names of outputs may hold colons themselves.
std::pair<std::string, std::string> split(const fb::ModelT& model, const std::string& assignment) {
  int32_t index = -1;
  const std::size_t colon = assignment.rfind(':');
  if (colon == std::string::npos || output_named(model, assignment, index) != nullptr)
    return {assignment, ""};
  return {assignment.substr(0, colon), assignment.substr(colon + 1)};
}

void check_codes(const fb::TensorT& tensor, const std::string& what) {
  const bool whole = tensor.type == fb::DataType::I64 || tensor.type == fb::DataType::I32 ||
                     tensor.type == fb::DataType::U8;
  const bool one_sequence =
      tensor.shape.size() == 1 || (tensor.shape.size() == 2 && tensor.shape[0] == 1);
  if (!whole || !one_sequence)
    throw Error(what + ": events are made of whole numbers of shape [T] or [1, T]");
}

}  // namespace

void set_events(fb::ModelT& model, const std::vector<std::string>& assignments) {
  std::set<std::string> given;
  for (const std::string& assignment : assignments) {
    const std::string what = "--events " + assignment;
    const auto [name, settings] = split(model, assignment);
    int32_t index = -1;
    const fb::TensorT* tensor = output_named(model, name, index);
    if (tensor == nullptr) {
      throw Error(what + ": the model has no output '" + name + "'; it has " +
                  names_of_outputs(model));
    }
    if (!given.insert(name).second)
      throw Error(what + ": output '" + name + "' has events already");
    check_codes(*tensor, what);
    const std::optional<int64_t> classes = count_values(model, index);
    if (!classes || *classes > 65536) {
      throw Error(what +
                  ": how many codes there are is not known: events are made of what a "
                  "nearest-code search or arg-max gives, 65536 at most");
    }
    auto events = std::make_unique<fb::EventsT>();
    events->classes = static_cast<int32_t>(*classes);
    for (std::size_t begin = 0; begin < settings.size();) {
      const std::size_t end = std::min(settings.find(',', begin), settings.size());
      set(*events, settings.substr(begin, end - begin), what);
      begin = end + 1;
    }
    std::ranges::sort(events->silence);
    auto& silence = events->silence;
    silence.erase(std::unique(silence.begin(), silence.end()), silence.end());
    if (!events->silence.empty() && events->silence.back() >= events->classes) {
      throw Error(what + ": silence is code " + std::to_string(events->silence.back()) +
                  "; the codes are 0 to " + std::to_string(events->classes - 1));
    }
    if (static_cast<int32_t>(events->silence.size()) == events->classes)
      throw Error(what + ": every code is silence; one at least must be an event");
    for (const auto& policy : model.metadata->policies) {
      if (policy->output == name)
        policy->events = std::move(events);
    }
  }
}

std::string describe(const fb::OutputPolicyT& policy) {
  if (!policy.events)
    return "";
  const fb::EventsT& events = *policy.events;
  return "events of " + std::to_string(events.classes) + " classes, " +
         std::to_string(events.silence.size()) + " silent, of " + std::to_string(events.least_run) +
         (events.least_run == 1 ? " frame" : " frames") + " or more";
}

const fb::OutputPolicyT* policy_of(const fb::ModelT& model, const std::string& name) {
  if (!model.metadata)
    return nullptr;
  for (const auto& policy : model.metadata->policies) {
    if (policy->output == name)
      return policy.get();
  }
  return nullptr;
}

}  // namespace edgy::converter
