#include "converter/export/privacy.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "converter/error.h"
#include "converter/export/codes.h"

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
  const auto* name = std::find(kNames.begin(), kNames.end(), text);
  if (name == kNames.end())
    throw Error(what + ": '" + text + "' is no privacy level; use low, moderate or high");
  return static_cast<PrivacyLevel>(name - kNames.begin());
}

void set_privacy(fb::ModelT& model, const std::vector<std::string>& assignments,
                 PrivacyLevel floor) {
  std::map<std::string, PrivacyLevel> levels;
  for (const int32_t output : model.outputs) {
    levels[model.tensors[static_cast<std::size_t>(output)]->name] =
        trace_codes(model, output) ? PrivacyLevel::High : PrivacyLevel::Low;
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
  model.metadata->policies.clear();
  for (const auto& [name, level] : levels) {
    auto policy = std::make_unique<fb::OutputPolicyT>();
    policy->output = name;
    policy->level = level;
    model.metadata->policies.push_back(std::move(policy));
  }
}

}  // namespace edgy::converter
