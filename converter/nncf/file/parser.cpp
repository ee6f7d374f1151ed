#include "converter/nncf/file/parser.h"

#include <algorithm>
#include <map>

#include "converter/config/nearest_name.h"
#include "converter/config/object_reader.h"
#include "converter/data/files.h"
#include "converter/error.h"
#include "converter/nncf/file/checks.h"
#include "converter/nncf/file/describe_file.h"

namespace edgy::converter::nncf {
namespace {

constexpr const char* kBootstrapNas =
    "BootstrapNAS trains a network that holds many smaller ones (progressive shrinking) and "
    "searches "
    "among them, which Edgy does not do; filter_pruning makes one smaller network";

constexpr ReadingRules kRules = {.numbers_in_strings = true, .unknown_keys_warn = true};

/// Why an algorithm of NNCF is refused; null for one that NNCF does not have either.
const char* refusal(const std::string& name) {
  static const std::map<std::string, const char*> kReasons = {
      {"binarization", "it makes weights of one bit, and Edgy's kernels have none of less than 2"},
      {"movement_sparsity", "it is made for fine-tuning transformers by their labels"},
      {"elasticity", kBootstrapNas},
      {"bootstrapNAS", kBootstrapNas},
      {"progressive_shrinking", kBootstrapNas}};
  const auto found = kReasons.find(name);
  return found == kReasons.end() ? nullptr : found->second;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

void read_algorithm(ObjectReader& reader, const FileContext& file, Algorithm& algorithm) {
  std::string name;
  reader.text("algorithm", name, "");
  const auto known = with_algorithm(name, [&](auto settings) {
    describe(reader, settings);
    check(reader, file, settings);
    algorithm = std::move(settings);
  });
  if (known)
    return;
  reader.skip_all();
  const std::vector<std::string> names = algorithm_names();
  if (name.empty()) {
    reader.error("", "'algorithm' is missing; one of " + listed(names) + " is expected");
  } else if (const char* reason = refusal(name)) {
    reader.error("algorithm", "'" + name + "' is an algorithm of NNCF that Edgy does not have: " +
                                  reason + ". Edgy has " + listed(names));
  } else {
    const auto nearest = nearest_name(name, names);
    reader.error("algorithm", "'" + shown_key(name) + "' is not known; " +
                                  (nearest ? "did you mean '" + *nearest + "'? " : "") +
                                  listed(names) + " are supported");
  }
}

/// Whether NNCF would look for the level itself, so that what the file names is where it starts.
bool searches_level(ObjectReader& reader) {
  const auto* training = reader.find("accuracy_aware_training");
  return training != nullptr && training->is_object() && training->contains("mode") &&
         training->at("mode") == "adaptive_compression_level";
}

/// A file of NNCF's example runner that trains without compression.
bool is_plain_training(const JsonDocument::Json& root) {
  return root.is_object() && !root.contains("compression") &&
         (root.contains("input_info") || root.contains("model"));
}

/// What the top of the file says holds for every algorithm.
void inherit(const Scopes& file, double lr_multiplier, const Findings& findings,
             std::vector<Algorithm>& algorithms) {
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    const bool own =
        findings.given.contains("compression[" + std::to_string(i) + "].compression_lr_multiplier");
    std::visit(
        [&](auto& algorithm) {
          if constexpr (requires { algorithm.scopes; }) {
            Scopes& scopes = algorithm.scopes;
            scopes.ignored.insert(scopes.ignored.end(), file.ignored.begin(), file.ignored.end());
            if (scopes.target.empty())
              scopes.target = file.target;
          }
          if constexpr (requires { algorithm.lr_multiplier; }) {
            if (!own)
              algorithm.lr_multiplier = lr_multiplier;
          }
        },
        algorithms[i]);
  }
}

void check_combination(ObjectReader& reader, const std::vector<Algorithm>& algorithms) {
  if (algorithms.empty())
    reader.error("compression", "at least one algorithm is expected");
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (algorithms[i].index() == algorithms[k].index()) {
        reader.error("compression",
                     std::string(name_of(algorithms[i])) + " is listed twice; once is accepted");
      }
    }
  }
}

}  // namespace

bool is_nncf(std::string_view json) {
  try {
    const JsonDocument document = JsonDocument::parse(json, "");
    const JsonDocument::Json& root = document.root();
    return root.is_object() && (root.contains("compression") || is_plain_training(root));
  } catch (const Error&) {
    return false;
  }
}

ParsedNncf parse(std::string_view json, const std::string& origin) {
  const JsonDocument document = JsonDocument::parse(json, origin);
  Findings findings;
  findings.warnings = document.repairs();
  ObjectReader reader(document, kRules, findings);
  ParsedNncf parsed;
  FileFields fields;
  describe_file(reader, fields, parsed.config);
  reader.objects("input_info", parsed.config.inputs, "", [](auto& r, InputInfo& input) {
    describe(r, input);
    check(r, input);
  });
  bool complete = true;
  if (reader.has("compression")) {
    const std::size_t before = findings.errors.size();
    const FileContext file = {searches_level(reader)};
    reader.objects(
        "compression", parsed.config.algorithms, "",
        [&](ObjectReader& r, Algorithm& algorithm) { read_algorithm(r, file, algorithm); });
    complete = findings.errors.size() == before;
  } else {
    complete = false;
    if (!is_plain_training(document.root()))
      reader.error("", "'compression' is missing; it says which algorithms to apply");
  }
  if (reader.has("bootstrapNAS"))
    reader.error("bootstrapNAS", kBootstrapNas);
  reader.finish();
  if (complete)
    check_combination(reader, parsed.config.algorithms);
  throw_errors(findings, origin);
  inherit(fields.scopes, fields.lr_multiplier, findings, parsed.config.algorithms);
  parsed.warnings = std::move(findings.warnings);
  std::stable_sort(parsed.warnings.begin(), parsed.warnings.end(), is_before);
  parsed.unused = std::move(findings.unused);
  for (const auto& [setting, path] : findings.given)
    parsed.given.insert(setting);
  return parsed;
}

ParsedNncf read(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  return parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

}  // namespace edgy::converter::nncf
