#include "converter/config/config.h"

#include <algorithm>
#include <locale>
#include <sstream>

#include "converter/about.h"
#include "converter/config/object_reader.h"
#include "converter/config/schema_writer.h"
#include "converter/config/settings_writer.h"
#include "converter/data/files.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

using Json = nlohmann::ordered_json;

const Names<Precision> kPrecisions = {{"int8", Precision::kInt8}, {"f32", Precision::kFloat32}};
const Names<RangeMethod> kRanges = {{"min-max", RangeMethod::kMinMax},
                                    {"mean-min-max", RangeMethod::kMeanMinMax},
                                    {"three-sigma", RangeMethod::kThreeSigma},
                                    {"percentile", RangeMethod::kPercentile},
                                    {"mse", RangeMethod::kMse}};
const Names<RoundingMethod> kRoundings = {{"nearest", RoundingMethod::kNearest},
                                          {"reconstruction", RoundingMethod::kReconstruction}};
const Names<FloatStorage> kFloatStorages = {{"f32", FloatStorage::kFloat32},
                                            {"f16", FloatStorage::kFloat16}};
const Names<PruningMethod> kPruningMethods = {{"magnitude", PruningMethod::kMagnitude},
                                              {"reconstruction", PruningMethod::kReconstruction}};
const Names<SparsityAllocation> kAllocations = {{"uniform", SparsityAllocation::kUniform},
                                                {"global", SparsityAllocation::kGlobal},
                                                {"sensitivity", SparsityAllocation::kSensitivity}};
const Names<FilterImportance> kImportances = {
    {"l1", FilterImportance::kL1},
    {"l2", FilterImportance::kL2},
    {"geometric-median", FilterImportance::kGeometricMedian}};

template <typename Visitor>
void describe(Visitor& v, PruningOptions& pruning) {
  v.number("sparsity", pruning.sparsity, {0, 0.99}, "Share of zero weights.");
  v.object("block", "Which weights go together.", [&](auto& block) {
    PruningPattern& pattern = pruning.pattern;
    block.number("rows", pattern.block_rows, {1, 4}, "Output channels.");
    block.number("columns", pattern.block_cols, {1, 4}, "Consecutive input channels of one tap.");
    block.number("n", pattern.n, {0, 64}, "Of every m blocks at most n are kept; 0: no limit.");
    block.number("m", pattern.m, {0, 64}, "Blocks in a row that n counts in.");
  });
  // N:M says how much goes, so nobody needs to say it twice.
  if constexpr (requires { v.states("sparsity"); }) {
    const PruningPattern& pattern = pruning.pattern;
    if (!v.states("sparsity") && pattern.m > 0 && pattern.n <= pattern.m)
      pruning.sparsity = 1 - static_cast<double>(pattern.n) / pattern.m;
  }
  v.choice("method", pruning.method, kPruningMethods, "Whether the other weights make up for it.");
  v.choice("allocation", pruning.allocation, kAllocations, "How zeros are spread over layers.");
}

template <typename Visitor>
void describe(Visitor& v, Budget& budget) {
  v.number("size", budget.bytes, {0, 1e12}, "Bytes of the file, at most; 0: no limit.");
  v.number("speedup", budget.speedup, {0, 1000},
           "Predicted gain of the int8 layers over dense ones, at least; 0: none.");
}

template <typename Visitor>
void describe(Visitor& v, ReconstructionOptions& options) {
  v.number("damping", options.damping, {0, 10}, "Pull towards the float model's weights.");
  v.number("sample_damping", options.sample_damping, {0, 1000},
           "Least pull, for each independent input over the positions that a layer sees.");
  v.boolean("choose_damping", options.choose_damping,
            "More damping where the outputs for samples that are held back gain by it.");
  v.boolean("splice_samples", options.splice_samples,
            "Fit layers that see little to samples made of the parts of others, too.");
  v.number("mask_iterations", options.mask_iterations, {0, 1000}, "Of the search for a mask.");
  v.number("solve_iterations", options.solve_iterations, {0, 1000},
           "Of conjugate gradients on the weights that stay.");
  v.number("activation_rounds", options.activation_rounds, {0, 100},
           "Rounds in which targets follow what a fused activation clips.");
  v.number("rounding_sweeps", options.rounding_sweeps, {0, 100},
           "Of coordinate descent on the integers.");
}

template <typename Visitor>
void describe(Visitor& v, FilterPruningOptions& options) {
  v.number("rate", options.rate, {0, 0.95}, "Share of the filters of each prunable layer.");
  v.choice("importance", options.importance, kImportances, "Which filters go first.");
  v.boolean("prune_first", options.prune_first, "Also layers that read a model input.");
  v.boolean("prune_last", options.prune_last, "Also the last layers whose channels can go.");
  v.boolean("prune_downsampling", options.prune_downsampling, "Also strides above 1.");
  v.number("multiple_of", options.multiple_of, {1, 64}, "Kept filters are rounded up to this.");
  v.boolean("repair", options.repair, "Fit the layers behind them to calibration data.");
}

template <typename Visitor>
void describe(Visitor& v, format::fb::LogMelT& mel) {
#define EDGY_LOG_MEL(type, name, default_value, least, greatest, description) \
  v.number(#name, mel.name, {least, greatest}, description);
#include "kernels/log_mel/parameters.inc"
}

template <typename Visitor>
void describe(Visitor& v, About& about) {
  for_each_about(about, [&v](const char* name, const char* description, std::string& text) {
    v.text(name, text, description);
  });
}

template <typename Visitor>
void describe(Visitor& v, ConvertConfig& config) {
  QuantizeOptions& q = config.quantize;
  v.choice("precision", config.precision, kPrecisions, "Of weights and activations.");
  v.choice("range", q.range, kRanges, "How the range of an activation is found.");
  v.number("percentile", q.percentile, {50, 100}, "Share of values inside, in percent.");
  v.number("activation_bits", q.activation_bits, {2, 8}, "7 is fastest in browsers.");
  v.number("weight_bits", q.weight_bits, {2, 8}, "Up to 4 take half a byte each.");
  v.choice("rounding", q.rounding, kRoundings, "How weights are rounded.");
  v.boolean("bias_correction", q.bias_correction, "Take the mean error off the bias.");
  v.choice("float_storage", q.float_storage, kFloatStorages,
           "Of codebooks, embeddings and float weights. f16: half the bytes, computed in float32.");
  v.number("min_layer_sqnr_db", q.min_layer_sqnr_db, {-100, 200},
           "A layer that alone spoils the outputs more than this stays in higher precision.");
  v.number("min_output_sqnr_db", q.min_output_sqnr_db, {-100, 200},
           "What layers with activations of activation_bits leave of the outputs, all together; "
           "those that cost most get 8 bits.");
  v.number("max_integer_loss_db", q.max_integer_loss_db, {0, 200},
           "What integers in operators without weights may cost the outputs, all together.");
  v.number("calibration_samples", q.calibration_samples, {1, 1e6}, "Samples read at most.");
  v.number("seed", config.seed, {0, 1e15}, "Of the choice of samples.");
  v.object("pruning", q.pruning, "Weights that become zero; absent: none.",
           [](auto& child, PruningOptions& pruning) { describe(child, pruning); });
  v.object("budget", q.budget,
           "What the model may cost; sparsity and bits follow from it. Absent: no limit.",
           [](auto& child, Budget& budget) { describe(child, budget); });
  v.object("reconstruction", "How weights are fitted after pruning and rounding.",
           [&](auto& r) { describe(r, q.reconstruction); });
  v.object("filter_pruning", config.filter_pruning,
           "Whole channels that are removed; absent: none.",
           [](auto& child, FilterPruningOptions& pruning) { describe(child, pruning); });
  v.object("log_mel", config.log_mel, "Audio front end of the first input; absent: none.",
           [](auto& child, format::fb::LogMelT& mel) { describe(child, mel); });
  v.object("about", "What the file says of its model, in place of what the source says.",
           [&](auto& child) { describe(child, config.about); });
}

}  // namespace

ConvertConfig parse_config(std::string_view json, const std::string& origin) {
  const JsonDocument document = JsonDocument::parse(json, origin);
  Findings findings;
  ObjectReader reader(document, {}, findings);
  ConvertConfig config;
  describe(reader, config);
  reader.finish();
  throw_errors(findings, origin);
  return config;
}

ConvertConfig read_config(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  return parse_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

Budget parse_budget(const std::string& text) {
  static constexpr std::pair<const char*, double> kUnits[] = {
      {"", 1}, {"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"KiB", 0x1p10}, {"MiB", 0x1p20}};
  const std::size_t equals = text.find('=');
  const std::string what = text.substr(0, equals);
  double number = 0;
  std::string unit;
  if (equals != std::string::npos) {
    std::istringstream value(text.substr(equals + 1));
    value.imbue(std::locale::classic());
    value >> number >> unit;
  }
  Budget budget;
  const auto found = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [&](const auto& entry) { return unit == entry.first; });
  if (what == "size" && number > 0 && found != std::end(kUnits))
    budget.bytes = static_cast<uint64_t>(number * found->second);
  if (what == "speedup" && number >= 1 && unit.empty())
    budget.speedup = number;
  if (budget.bytes == 0 && budget.speedup == 0) {
    throw Error("--budget: '" + text +
                "' is no budget; write size=400kB (B, kB, MB, KiB, MiB) or speedup=4");
  }
  return budget;
}

Json config_schema() {
  SchemaWriter writer(false);
  ConvertConfig config;
  describe(writer, config);
  Json result = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "Configuration of edgy convert"},
                 {"allowComments", true},
                 {"allowTrailingCommas", true}};
  result.update(writer.schema());
  return result;
}

std::string to_json(const ConvertConfig& config) {
  ConvertConfig settings = config;  // visitors may write
  SettingsWriter writer;
  describe(writer, settings);
  return writer.json().dump();
}

}  // namespace edgy::converter
