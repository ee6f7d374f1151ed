#include "converter/export/privacy.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "converter/error.h"
#include "converter/export/codes.h"
#include "converter/export/value_range.h"

namespace edgy::converter {
namespace fb = format::fb;
using fb::PrivacyLevel;

namespace {

constexpr std::array kNames = {"low", "moderate", "high"};

std::string list_names(const std::map<std::string, PrivacyLevel>& levels) {
  std::string text;
  for (const auto& [name, level] : levels)
    text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

}  // namespace

const char* to_string(PrivacyLevel level) {
  return kNames.at(static_cast<std::size_t>(level));
}

PrivacyLevel parse_level(const std::string& text, const std::string& what) {
  const auto index = std::distance(kNames.begin(), std::find(kNames.begin(), kNames.end(), text));
  if (index == std::ssize(kNames))
    throw Error(what + ": '" + text + "' is no privacy level; use low, moderate or high");
  return static_cast<PrivacyLevel>(index);
}

/// The tensor whose values `tensor` has, moved or stored otherwise.
int32_t origin_of(const fb::ModelT& model, int32_t tensor) {
  for (std::size_t step = 0; step <= model.operators.size(); ++step) {
    const fb::OperatorT* op = producer_of(model, tensor);
    if (op == nullptr)
      break;
    switch (op->options.type) {
      case fb::OperatorOptions::Transpose:
      case fb::OperatorOptions::Reshape:
      case fb::OperatorOptions::Slice:
      case fb::OperatorOptions::Quantize:
      case fb::OperatorOptions::Dequantize:
        tensor = op->inputs[0];
        break;
      default:
        return tensor;
    }
  }
  return tensor;
}

/// Whether an output is what codes are searched for: the vectors, which name the speaker.
bool is_searched(const fb::ModelT& model, int32_t output) {
  const int32_t origin = origin_of(model, output);
  return std::ranges::any_of(model.operators, [&](const auto& op) {
    return op->options.type == fb::OperatorOptions::NearestCode &&
           origin_of(model, op->inputs[0]) == origin;
  });
}

/// Codes are handed out at every level, but those that others of the model are merged from: what
/// was merged away is what names the speaker.
PrivacyLevel level_of(const fb::ModelT& model, int32_t output) {
  const auto origin = trace_codes(model, output);
  if (!origin)
    return PrivacyLevel::Low;
  const bool has_merged = std::ranges::any_of(model.outputs, [&](int32_t other) {
    const auto merged = trace_codes(model, other);
    return merged && merged->search == origin->search && !merged->classes.empty();
  });
  return origin->classes.empty() && has_merged ? PrivacyLevel::Moderate : PrivacyLevel::High;
}

void set_privacy(fb::ModelT& model, const std::vector<std::string>& assignments,
                 PrivacyLevel floor) {
  std::map<std::string, PrivacyLevel> levels;
  std::set<std::string> searched;
  for (const int32_t output : model.outputs) {
    if (is_searched(model, output))
      searched.insert(model.tensors[static_cast<std::size_t>(output)]->name);
    levels[model.tensors[static_cast<std::size_t>(output)]->name] = level_of(model, output);
  }
  std::map<std::string, PrivacyLevel> given;
  for (const std::string& assignment : assignments) {
    const std::size_t sign = assignment.rfind('=');
    if (sign == std::string::npos)
      throw Error("--policy " + assignment + ": write OUTPUT=LEVEL, as in z=low");
    const std::string name = assignment.substr(0, sign);
    if (!levels.contains(name)) {
      throw Error("--policy " + assignment + ": the model has no output '" + name + "'; it has " +
                  list_names(levels));
    }
    const PrivacyLevel level = parse_level(assignment.substr(sign + 1), "--policy " + assignment);
    if (level != PrivacyLevel::Low && searched.contains(name)) {
      throw Error(
          "--policy " + assignment + ": '" + name +
          "' is what codes are searched for, which names the speaker whatever the codes do; "
          "it can be handed out at level low alone");
    }
    if (!given.emplace(name, level).second)
      throw Error("--policy " + assignment + ": output '" + name + "' has a policy already");
    levels[name] = level;
  }
  const auto most =
      std::max_element(levels.begin(), levels.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == levels.end() || most->second < floor) {
    throw Error(std::string("--min-level ") + to_string(floor) +
                ": no output is handed out at that level; give one to it with --policy");
  }
  if (!model.metadata)
    model.metadata = std::make_unique<fb::MetadataT>();
  model.metadata->privacy_floor = floor;
  std::vector<std::unique_ptr<fb::OutputPolicyT>> before;
  before.swap(model.metadata->policies);
  for (const auto& [name, level] : levels) {
    const auto found = std::find_if(before.begin(), before.end(), [&name = name](const auto& old) {
      return old && old->output == name;
    });
    auto policy = found == before.end() ? std::make_unique<fb::OutputPolicyT>() : std::move(*found);
    policy->output = name;
    policy->level = level;
    model.metadata->policies.push_back(std::move(policy));
  }
}

}  // namespace edgy::converter
