#include "converter/config/config.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <sstream>

#include "converter/config/nearest_name.h"
#include "converter/data/files.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

using Json = nlohmann::ordered_json;

/// Names of an enumeration's values, for reading, writing and messages.
template <typename E>
using Names = std::vector<std::pair<const char*, E>>;

const Names<Precision> kPrecisions = {{"int8", Precision::kInt8}, {"f32", Precision::kFloat32}};
const Names<RangeMethod> kRanges = {{"min-max", RangeMethod::kMinMax},
                                    {"percentile", RangeMethod::kPercentile},
                                    {"mse", RangeMethod::kMse}};
const Names<RoundingMethod> kRoundings = {{"nearest", RoundingMethod::kNearest},
                                          {"reconstruction", RoundingMethod::kReconstruction}};
const Names<PruningMethod> kPruningMethods = {{"magnitude", PruningMethod::kMagnitude},
                                              {"reconstruction", PruningMethod::kReconstruction}};
const Names<SparsityAllocation> kAllocations = {{"uniform", SparsityAllocation::kUniform},
                                                {"global", SparsityAllocation::kGlobal},
                                                {"sensitivity", SparsityAllocation::kSensitivity}};

const Names<FilterImportance> kImportances = {
    {"l1", FilterImportance::kL1},
    {"l2", FilterImportance::kL2},
    {"geometric-median", FilterImportance::kGeometricMedian}};

template <typename E>
std::string name_of(const Names<E>& names, E value) {
  return std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.second == value; })
      ->first;
}

/// One object of the configuration; remembers which keys were asked for.
class Reader {
 public:
  Reader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object())
      throw Error(path_ + ": an object is expected");
  }

  bool has(const char* key) {
    known_.emplace_back(key);
    return object_.contains(key);
  }
  Reader child(const char* key) const { return {object_.at(key), path_ + "." + key}; }

  template <typename T>
  void number(const char* key, T& value, double low, double high) {
    if (!has(key))
      return;
    const Json& found = object_.at(key);
    const bool integer = std::is_integral_v<T>;
    if (!(integer ? found.is_number_integer() : found.is_number()) || found.get<double>() < low ||
        found.get<double>() > high) {
      std::ostringstream text;
      text << path_ << "." << key << ": " << (integer ? "an integer" : "a number") << " from "
           << low << " to " << high << " is expected, not " << found.dump();
      throw Error(text.str());
    }
    value = found.get<T>();
  }

  void boolean(const char* key, bool& value) {
    if (!has(key))
      return;
    if (!object_.at(key).is_boolean())
      throw Error(path_ + "." + key + ": true or false is expected, not " + object_.at(key).dump());
    value = object_.at(key).get<bool>();
  }

  template <typename E>
  void choice(const char* key, E& value, const Names<E>& names) {
    if (!has(key))
      return;
    const Json& found = object_.at(key);
    std::string accepted;
    for (const auto& [name, choice] : names) {
      if (found.is_string() && found.get<std::string>() == name) {
        value = choice;
        return;
      }
      accepted += (accepted.empty() ? "" : ", ") + std::string(name);
    }
    throw Error(path_ + "." + key + ": one of " + accepted + " is expected, not " + found.dump());
  }

  /// Throws for a key that nobody asked for.
  void finish() const {
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end())
        continue;
      throw Error(path_ + ": unknown key '" + key + "'; did you mean '" +
                  nearest_name(key, known_) + "'?");
    }
  }

 private:
  const Json& object_;
  std::string path_;
  std::vector<std::string> known_;
};

void read_pruning(Reader reader, PruningOptions& pruning) {
  const bool says_sparsity = reader.has("sparsity");
  reader.number("sparsity", pruning.sparsity, 0, 0.99);
  if (reader.has("block")) {
    Reader block = reader.child("block");
    block.number("rows", pruning.pattern.block_rows, 1, 4);
    block.number("columns", pruning.pattern.block_cols, 1, 4);
    block.number("n", pruning.pattern.n, 0, 64);
    block.number("m", pruning.pattern.m, 0, 64);
    block.finish();
    // N:M says how much goes, so nobody needs to say it twice.
    if (!says_sparsity && pruning.pattern.m > 0 && pruning.pattern.n <= pruning.pattern.m)
      pruning.sparsity = 1 - static_cast<double>(pruning.pattern.n) / pruning.pattern.m;
  }
  reader.choice("method", pruning.method, kPruningMethods);
  reader.choice("allocation", pruning.allocation, kAllocations);
  reader.finish();
}

void read_reconstruction(Reader reader, ReconstructionOptions& options) {
  reader.number("damping", options.damping, 0, 10);
  reader.number("mask_iterations", options.mask_iterations, 0, 1000);
  reader.number("solve_iterations", options.solve_iterations, 0, 1000);
  reader.number("activation_rounds", options.activation_rounds, 0, 100);
  reader.number("rounding_sweeps", options.rounding_sweeps, 0, 100);
  reader.finish();
}

void read_filter_pruning(Reader reader, FilterPruningOptions& options) {
  reader.number("rate", options.rate, 0, 0.95);
  reader.choice("importance", options.importance, kImportances);
  reader.boolean("prune_first", options.prune_first);
  reader.boolean("prune_last", options.prune_last);
  reader.boolean("prune_downsampling", options.prune_downsampling);
  reader.number("multiple_of", options.multiple_of, 1, 64);
  reader.finish();
}

void read_log_mel(Reader reader, format::fb::LogMelT& mel) {
  reader.number("sample_rate", mel.sample_rate, 1000, 192000);
  reader.number("fft_size", mel.fft_size, 16, 1 << 16);
  reader.number("hop", mel.hop, 1, 1 << 16);
  reader.number("window", mel.window, 1, 1 << 16);
  reader.number("mels", mel.mels, 1, 512);
  reader.number("f_min", mel.f_min, 0, 96000);
  reader.number("f_max", mel.f_max, 0, 96000);
  reader.number("preemphasis", mel.preemphasis, 0, 1);
  reader.number("power", mel.power, 1, 2);
  reader.number("peak", mel.peak, 0, 1);
  reader.number("amin", mel.amin, 1e-20, 1);
  reader.number("top_db", mel.top_db, 0, 400);
  reader.number("divisor", mel.divisor, 1e-6, 1e6);
  reader.number("offset", mel.offset, -1e6, 1e6);
  reader.finish();
}

}  // namespace

ConvertConfig parse_config(std::string_view json, const std::string& origin) {
  Json document;
  try {
    document = Json::parse(json, nullptr, true, /*ignore_comments=*/true);
  } catch (const Json::parse_error& error) {
    throw Error(origin + ": not valid JSON: " + error.what());
  }
  ConvertConfig config;
  Reader reader(document, origin);
  reader.choice("precision", config.precision, kPrecisions);
  reader.choice("range", config.quantize.range, kRanges);
  reader.number("percentile", config.quantize.percentile, 50, 100);
  reader.number("activation_bits", config.quantize.activation_bits, 7, 8);
  reader.choice("rounding", config.quantize.rounding, kRoundings);
  reader.boolean("bias_correction", config.quantize.bias_correction);
  reader.number("min_layer_sqnr_db", config.quantize.min_layer_sqnr_db, -100, 200);
  reader.number("calibration_samples", config.quantize.calibration_samples, 1, 1e6);
  reader.number("seed", config.seed, 0, 1e15);
  if (reader.has("pruning"))
    read_pruning(reader.child("pruning"), config.quantize.pruning.emplace());
  if (reader.has("reconstruction"))
    read_reconstruction(reader.child("reconstruction"), config.quantize.reconstruction);
  if (reader.has("filter_pruning"))
    read_filter_pruning(reader.child("filter_pruning"), config.filter_pruning.emplace());
  if (reader.has("log_mel"))
    read_log_mel(reader.child("log_mel"), config.log_mel.emplace());
  reader.finish();
  return config;
}

ConvertConfig read_config(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  return parse_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

std::string to_json(const ConvertConfig& config) {
  const QuantizeOptions& q = config.quantize;
  Json json = {{"precision", name_of(kPrecisions, config.precision)}};
  if (config.precision == Precision::kInt8) {
    json["range"] = name_of(kRanges, q.range);
    if (q.range == RangeMethod::kPercentile)
      json["percentile"] = q.percentile;
    json["activation_bits"] = q.activation_bits;
    json["rounding"] = name_of(kRoundings, q.rounding);
    json["bias_correction"] = q.bias_correction;
    json["min_layer_sqnr_db"] = q.min_layer_sqnr_db;
    json["calibration_samples"] = q.calibration_samples;
    if (q.pruning) {
      const PruningPattern& p = q.pruning->pattern;
      json["pruning"] = {
          {"sparsity", q.pruning->sparsity},
          {"block", {{"rows", p.block_rows}, {"columns", p.block_cols}, {"n", p.n}, {"m", p.m}}},
          {"method", name_of(kPruningMethods, q.pruning->method)},
          {"allocation", name_of(kAllocations, q.pruning->allocation)}};
    }
    if (q.pruning || q.rounding == RoundingMethod::kReconstruction) {
      const ReconstructionOptions& r = q.reconstruction;
      json["reconstruction"] = {{"damping", r.damping},
                                {"mask_iterations", r.mask_iterations},
                                {"solve_iterations", r.solve_iterations},
                                {"activation_rounds", r.activation_rounds},
                                {"rounding_sweeps", r.rounding_sweeps}};
    }
  }
  if (config.filter_pruning) {
    const FilterPruningOptions& f = *config.filter_pruning;
    json["filter_pruning"] = {{"rate", f.rate},
                              {"importance", name_of(kImportances, f.importance)},
                              {"prune_first", f.prune_first},
                              {"prune_last", f.prune_last},
                              {"prune_downsampling", f.prune_downsampling},
                              {"multiple_of", f.multiple_of}};
  }
  return json.dump();
}

}  // namespace edgy::converter
