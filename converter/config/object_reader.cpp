#include "converter/config/object_reader.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "converter/config/nearest_name.h"
#include "converter/error.h"
#include "converter/program.h"

namespace edgy::converter {
namespace {

/// The whole of `text` as a number, spaces around it aside.
std::optional<double> number_in(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  const std::size_t end = text.find_last_not_of(" \t");
  if (begin == std::string::npos)
    return std::nullopt;
  const char* first = text.data() + begin;
  const char* last = text.data() + end + 1;
  double value = 0;
  const auto [stopped, failure] = std::from_chars(first, last, value);
  if (failure != std::errc() || stopped != last)
    return std::nullopt;
  return value;
}

constexpr std::size_t kShown = 60;  // characters of a value or key

/// Unknown keys of one object that are named one by one.
constexpr int kMostUnknown = 20;

}  // namespace

std::string shown(const JsonDocument::Json& value) {
  // Long lists are cut before they are written out: a message takes no time in proportion to them.
  if (value.is_array() && value.size() > kShown)
    return "a list of " + std::to_string(value.size());
  if (value.is_object() && value.size() > kShown)
    return "an object of " + std::to_string(value.size()) + " members";
  const std::string text = json_text(value, -1);
  return text.size() <= kShown ? text : shown_key(text);
}

std::string shown_key(const std::string& key) {
  if (key.size() <= kShown)
    return key;
  std::size_t end = kShown - 3;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xc0) == 0x80)
    --end;  // whole characters
  return key.substr(0, end) + "...";
}

bool contains(const Limits& limits, double value) {
  return (limits.excludes_low ? value > limits.low : value >= limits.low) &&
         (limits.excludes_high ? value < limits.high : value <= limits.high);
}

std::string to_string(const Limits& limits) {
  std::ostringstream text;
  text.precision(12);
  if (!limits.excludes_low && !limits.excludes_high && std::isfinite(limits.high)) {
    text << "from " << limits.low << " to " << limits.high;
    return text.str();
  }
  text << (limits.excludes_low ? "above " : "of at least ") << limits.low;
  if (std::isfinite(limits.high))
    text << " and " << (limits.excludes_high ? "below " : "at most ") << limits.high;
  return text.str();
}

void throw_errors(const Findings& findings, const std::string& origin) {
  std::vector<Diagnostic> errors = findings.errors;
  std::stable_sort(errors.begin(), errors.end(), is_before);
  std::string text;
  for (const Diagnostic& error : errors)
    text += (text.empty() ? "" : "\n") + to_string(error, origin);
  if (!text.empty())
    throw Error(text);
}

ObjectReader::ObjectReader(const JsonDocument& document, ReadingRules rules, Findings& findings,
                           const Json& object, std::string path, std::string canonical)
    : document_(document),
      rules_(rules),
      findings_(findings),
      object_(&object),
      path_(std::move(path)),
      canonical_(std::move(canonical)) {
  if (!object.is_object()) {
    static const Json kEmpty = Json::object();
    object_ = &kEmpty;
    error_at(path_,
             (path_.empty() ? "" : path_ + ": ") + "an object is expected, not " + shown(object));
  }
}

const ObjectReader::Json* ObjectReader::find(const Key& key) {
  if (named_.insert(key.name).second)
    known_.push_back(key.name);
  for (const char* old : key.old) {
    if (named_.insert(old).second)
      known_.emplace_back(old);
  }
  const std::string name = present_name(key);
  if (!object_->contains(name))
    return nullptr;
  findings_.given[member_path(canonical_, key.name)] = path_of(key);
  return &object_->at(name);
}

std::string ObjectReader::present_name(const Key& key) const {
  if (!object_->contains(key.name)) {
    for (const char* old : key.old) {
      if (object_->contains(old))
        return old;
    }
  }
  return key.name;
}

std::optional<double> ObjectReader::read_number(const Json& found, const Limits& limits,
                                                bool integers_only) const {
  std::optional<double> value;
  if (found.is_number()) {
    value = found.get<double>();
  } else if (found.is_string() && rules_.numbers_in_strings) {
    value = number_in(found.get<std::string>());
  }
  if (!value || !contains(limits, *value) || (integers_only && std::trunc(*value) != *value) ||
      (integers_only && std::fabs(*value) > 0x1p53)) {
    return std::nullopt;
  }
  return value;
}

std::string ObjectReader::expected_number(const Limits& limits, bool integers_only) const {
  return (integers_only ? "an integer " : "a number ") + to_string(limits);
}

void ObjectReader::boolean(const Key& key, bool& value, const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (found->is_boolean()) {
    value = found->get<bool>();
  } else {
    expected(key, "true or false");
  }
}

void ObjectReader::boolean(const Key& key, std::optional<bool>& value, const char* help) {
  if (has(key)) {
    bool read = false;
    boolean(key, read, help);
    value = read;
  }
}

void ObjectReader::text(const Key& key, std::string& value, const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (found->is_string()) {
    value = found->get<std::string>();
  } else {
    expected(key, "a string");
  }
}

void ObjectReader::texts(const Key& key, std::vector<std::string>& value, const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (found->is_string()) {
    value = {found->get<std::string>()};
    return;
  }
  const auto is_string = [](const Json& entry) { return entry.is_string(); };
  if (!found->is_array() || !std::all_of(found->begin(), found->end(), is_string)) {
    expected(key, "a string or a list of strings");
    return;
  }
  value = found->get<std::vector<std::string>>();
}

void ObjectReader::unused(const Key& key, const char* reason) {
  if (!has(key))
    return;
  const std::string path = path_of(key);
  findings_.unused.push_back(
      {canonical_, {document_.position(path), path + " has no effect in Edgy: " + reason}});
}

void ObjectReader::unused(const std::vector<const char*>& keys, const char* reason) {
  std::string list;
  std::string first;
  std::size_t count = 0;
  for (const char* key : keys) {
    named_.insert(key);
    if (!object_->contains(key))
      continue;
    const std::string path = member_path(path_, key);
    first = first.empty() ? path : first;
    list += (list.empty() ? "" : ", ") + path;
    ++count;
  }
  if (count > 0) {
    findings_.unused.push_back({canonical_,
                                {document_.position(first), list + (count == 1 ? " has" : " have") +
                                                                " no effect in Edgy: " + reason}});
  }
}

void ObjectReader::refuse(const Key& key, const char* value, const char* why) {
  const Json* found = find(key);
  if (found == nullptr || *found != value)
    return;
  refused_.insert(key.name);
  error_at(path_of(key), path_of(key) + ": " + why);
}

void ObjectReader::finish() {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : object_->items()) {
    if (!named_.contains(key))
      unknown.push_back(key);
  }
  const std::string start = path_.empty() ? "" : path_ + ": ";
  const auto report = [&](const std::string& path, const std::string& message) {
    if (rules_.unknown_keys_warn) {
      warn_at(path, message);
    } else {
      error_at(path, message);
    }
  };
  for (std::size_t i = 0; i < std::min<std::size_t>(unknown.size(), kMostUnknown); ++i) {
    const std::string hint = suggestion(unknown[i], known_);
    const char* effect = !rules_.unknown_keys_warn ? ""
                         : hint.empty()            ? "; it is ignored"
                                                   : " It is ignored.";
    report(member_path(path_, unknown[i]),
           start + "unknown key '" + shown_key(unknown[i]) + "'" + hint + effect);
  }
  if (unknown.size() > kMostUnknown) {
    report(path_, start + std::to_string(unknown.size() - kMostUnknown) + " unknown keys more" +
                      (rules_.unknown_keys_warn ? "; they are ignored" : ""));
  }
}

void ObjectReader::skip_all() {
  for (const auto& [key, value] : object_->items())
    named_.insert(key);
}

bool ObjectReader::states(const std::string& setting) const {
  return findings_.given.contains(member_path(canonical_, setting));
}

std::string ObjectReader::document_path(const std::string& setting) const {
  const auto found = findings_.given.find(member_path(canonical_, setting));
  return setting.empty() || found == findings_.given.end() ? path_ : found->second;
}

void ObjectReader::error(const std::string& setting, const std::string& message) {
  const std::string path = document_path(setting);
  error_at(path, (path.empty() ? "" : path + ": ") + message);
}

void ObjectReader::warn(const std::string& setting, const std::string& message) {
  const std::string path = document_path(setting);
  warn_at(path, (path.empty() ? "" : path + ": ") + message);
}

void ObjectReader::expected(const Key& key, const std::string& what) {
  error_at(path_of(key), path_of(key) + ": " + what + " is expected, not " +
                             shown(object_->at(present_name(key))));
}

void ObjectReader::error_at(const std::string& path, const std::string& message) {
  findings_.errors.push_back({document_.position(path), message});
}

void ObjectReader::warn_at(const std::string& path, const std::string& message) {
  findings_.warnings.push_back({document_.position(path), message});
}

}  // namespace edgy::converter
