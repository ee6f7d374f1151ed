// The program edgy-finetune: what `edgy finetune` starts once the original is lowered.
#include <malloc.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <optional>

#include "converter/cli/progress.h"
#include "converter/compare/read_edgy.h"
#include "converter/compress/calibration.h"
#include "converter/compress/filter_repair.h"
#include "converter/compress/float16_storage.h"
#include "converter/compress/layers.h"
#include "converter/compress/quantize.h"
#include "converter/error.h"
#include "converter/export/export.h"
#include "converter/export/int4_storage.h"
#include "converter/export/sparse_storage.h"
#include "converter/finetune/hawq.h"
#include "converter/finetune/report.h"
#include "converter/finetune/trainer.h"
#include "converter/nncf/parser.h"

namespace edgy::converter::finetune {
namespace {

namespace fs = std::filesystem;

/// Of HAWQ's estimate. A trace is a sum over all weights of a layer, so that few random vectors say
/// it: docs/finetuning.md has the spread. Memory and time grow with both.
struct HessianLimits {
  int crops = 32;
  int iterations = 20;
};

struct Arguments {
  std::string run;
  std::string output;
  std::string data;
  std::string from;
  std::string config;
  std::string precision = "int8";
  bool epochs_given = false;
  std::string train_split = "train";
  std::string dev_split = "dev";
  std::size_t calibration_samples = 64;
  std::string labels;
  HessianLimits hessian;
  FinetuneOptions options;
};

std::unique_ptr<CalibrationSource> open_split(const Arguments& arguments,
                                              const format::fb::ModelT& model,
                                              const std::string& split, std::size_t limit = 0) {
  DatasetOptions options;
  options.split = split;
  options.limit = limit;
  return open_dataset(arguments.data, model, options);
}

bool has_splits(const fs::path& data) {
  return data.extension() == ".csv" || fs::exists(data / "manifest.csv");
}

/// Whether `data` is a manifest with rows of that split.
bool has_rows(const fs::path& data, const std::string& split) {
  if (!has_splits(data))
    return false;
  std::ifstream manifest(data.extension() == ".csv" ? data : data / "manifest.csv");
  for (std::string row; std::getline(manifest, row);) {
    if (("," + row + ",").find("," + split + ",") != std::string::npos)
      return true;
  }
  return false;
}

void show(const StepReport& report) {
  if (report.step % 10 != 0 && report.step != report.steps)
    return;
  std::fprintf(
      stderr, "step %lld/%lld  epoch %d  loss %.4f  sparsity %.1f %%  rate %.2e  %.0f s left\n",
      static_cast<long long>(report.step), static_cast<long long>(report.steps), report.epoch + 1,
      report.loss, 100 * report.sparsity, report.learning_rate, report.seconds_left);
}

void show_judgement(const Judgement& judgement) {
  std::fprintf(stderr, "dev at step %lld: cosine %.4f  SQNR %.1f dB  same codes %.1f %%",
               static_cast<long long>(judgement.step), judgement.cosine, judgement.sqnr_db,
               100 * judgement.code_agreement);
  if (judgement.label_accuracy)
    std::fprintf(stderr, "  labels right %.1f %%", 100 * *judgement.label_accuracy);
  std::fprintf(stderr, "\n");
}

CompressionPlan read_plan(const Arguments& arguments) {
  if (arguments.config.empty())
    return {};
  const nncf::ParsedNncf parsed = nncf::read(arguments.config);
  for (const Diagnostic& warning : parsed.warnings)
    std::fprintf(stderr, "%s\n", to_string(warning, arguments.config).c_str());
  return make_plan(parsed.config, parsed.given);
}

/// Training works on bytes.
format::fb::ModelT expanded(format::fb::ModelT model) {
  expand_int4(model);
  expand_float16(model);
  return model;
}

/// Whether float constants of the model that training starts from are stored in half the bytes.
bool has_half_floats(const Arguments& arguments) {
  if (arguments.from.empty())
    return false;
  const auto model = read_edgy(arguments.from);
  return std::any_of(model.tensors.begin(), model.tensors.end(),
                     [](const auto& tensor) { return tensor->type == format::fb::DataType::F16; });
}

/// What training starts from: a compressed model as it is, or the original with its filters taken
/// out (and the layers behind them repaired) and int8 weights. Notes in `log` what share of filters
/// went.
format::fb::ModelT make_student(const Arguments& arguments, const format::fb::ModelT& reference,
                                const CompressionPlan& plan, const std::string& split,
                                nlohmann::ordered_json& log) {
  if (!arguments.from.empty())
    return expanded(read_edgy(arguments.from));
  format::fb::ModelT floats = reference;
  const auto calibration = open_split(arguments, reference, split, arguments.calibration_samples);
  const auto progress = make_terminal_progress();
  if (plan.filters) {
    const auto report = prune_filters(floats, filter_options(*plan.filters));
    for (const PrunedChannels& pruned : report) {
      std::fprintf(stderr, "filters of %s: %d of %d stay\n", pruned.layers.front().c_str(),
                   pruned.after, pruned.before);
    }
    log["filters_removed"] = pruned_share(report);
    repair_filters(reference, report, read_samples(*calibration, arguments.calibration_samples), {},
                   *progress, floats);
  }
  if (arguments.precision == "f32")
    return floats;
  QuantizeOptions options;
  options.calibration_samples = arguments.calibration_samples;
  options.activation_bits = plan.activation_bits;
  if (plan.activation_bits < 7)
    options.min_layer_sqnr_db =
        0;  // training mends what is lost: all layers get what was asked for
  return quantize(floats, *calibration, options, *progress);
}

/// What a configuration asks for, as far as the user's limit (0: none) goes.
int at_most(int asked, int limit, const char* option, const char* what) {
  if (limit <= 0 || asked <= limit)
    return asked;
  std::fprintf(stderr, "%s: %d, not the %d of the configuration (%s 0 for all)\n", what, limit,
               asked, option);
  return limit;
}

void choose_bits_by_sensitivity(CompressionPlan& plan, const format::fb::ModelT& reference,
                                const Crops& crops, const HessianLimits& limits, uint64_t seed) {
  if (!plan.quantization)
    return;
  const auto* hawq = std::get_if<nncf::HawqPrecision>(&plan.quantization->precision);
  if (hawq == nullptr)
    return;
  nncf::HawqPrecision limited = *hawq;
  limited.data_points = at_most(limited.data_points, limits.crops, "--hessian-crops",
                                "crops that Hessian traces are estimated on");
  limited.iterations = at_most(limited.iterations, limits.iterations, "--hessian-iterations",
                               "random vectors of the estimate");
  for (const LayerBits& layer :
       choose_layer_bits(reference, crops, *plan.quantization, limited, seed)) {
    plan.layer_bits.push_back(layer.bits);
    std::fprintf(stderr, "%d bits for %s (mean Hessian trace %.2e)\n", layer.bits,
                 layer.layer.c_str(), layer.mean_trace);
  }
}

/// Split dev, or every eighth crop of the training data where no row is of that split.
Crops dev_crops(const Arguments& arguments, const format::fb::ModelT& model, Crops& train) {
  constexpr std::size_t kInterval = 8;
  if (!has_rows(arguments.data, arguments.dev_split)) {
    std::fprintf(stderr, "there is no split '%s': every %zuth crop is held out to judge on\n",
                 arguments.dev_split.c_str(), kInterval);
    return train.hold_out(kInterval);
  }
  const auto source = open_split(arguments, model, arguments.dev_split);
  return Crops(*source, model, arguments.options.crop_length);
}

std::optional<Labels> labels_of(const Arguments& arguments) {
  if (arguments.labels.empty())
    return {};
  if (!has_splits(arguments.data))
    throw Error("--labels names a column of manifest.csv, and " + arguments.data + " has none");
  const fs::path data = arguments.data;
  return read_labels(data.extension() == ".csv" ? data : data / "manifest.csv", arguments.labels,
                     arguments.train_split);
}

nlohmann::ordered_json settings_of(const Arguments& arguments, const Crops& train) {
  const FinetuneOptions& o = arguments.options;
  const auto row = [](const char* name, const std::string& value) {
    return nlohmann::ordered_json{{"setting", name}, {"value", value}};
  };
  return nlohmann::ordered_json::array(
      {row("training data", arguments.data + ", " + std::to_string(train.size()) + " crops of " +
                                std::to_string(o.crop_length)),
       row("configuration", arguments.config.empty() ? "none" : arguments.config),
       row("start", arguments.from.empty() ? "the original, quantized" : arguments.from),
       row("epochs", std::to_string(o.epochs)),
       row("steps an epoch", o.epoch_steps > 0 ? std::to_string(o.epoch_steps) : "all crops"),
       row("crops a step", std::to_string(o.batch)),
       row("labels", arguments.labels.empty() ? "none" : "column " + arguments.labels),
       row("learning rate", std::to_string(o.learning_rate)), row("seed", std::to_string(o.seed))});
}

/// Of this process, resident.
long peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void finetune_model(Arguments arguments) {
  const fs::path run = arguments.run;
  const format::fb::ModelT reference = read_edgy(run / "reference.edgy");
  const bool splits = has_splits(arguments.data);
  const std::string train_split = splits ? arguments.train_split : "";
  CompressionPlan plan = read_plan(arguments);
  const auto train_source = open_split(arguments, reference, train_split);
  Crops train(*train_source, reference, arguments.options.crop_length);
  const Crops dev = dev_crops(arguments, reference, train);
  choose_bits_by_sensitivity(plan, reference, train, arguments.hessian, arguments.options.seed);
  if (!arguments.config.empty() && !arguments.epochs_given)
    arguments.options.epochs = final_epoch(plan) + 2;
  auto start_log = nlohmann::ordered_json::object();
  const format::fb::ModelT student =
      make_student(arguments, reference, plan, train_split, start_log);
  const std::optional<Labels> labels = labels_of(arguments);
  TrainingResult result = finetune(
      reference, student, {&train, dev.size() > 0 ? &dev : nullptr, labels ? &*labels : nullptr},
      plan, arguments.options, {run / "checkpoint.safetensors"}, show, show_judgement);
  result.log.update(start_log);
  result.log["peak_memory_mb"] = peak_memory_mb();
  result.log["settings"] = settings_of(arguments, train);
  std::ofstream(run / "log.json") << result.log.dump(1) << "\n";
  std::ofstream(run / "report.html") << training_report(result.log);
  store_sparse(result.model);
  store_int4(result.model);
  if (has_half_floats(arguments))
    store_float16(result.model);
  compact(result.model);
  set_features(result.model);
  if (!result.model.metadata)
    result.model.metadata = std::make_unique<format::fb::MetadataT>();
  if (result.log.contains("dev"))
    result.model.metadata->accuracy =
        nlohmann::ordered_json{{"dev", result.log["dev"].back()}}.dump();
  const std::vector<uint8_t> bytes = serialize(result.model);
  write_file(arguments.output, bytes);
  std::fprintf(stderr, "%s: %zu bytes; report in %s\n", arguments.output.c_str(), bytes.size(),
               (run / "report.html").c_str());
}

void add_options(CLI::App& app, Arguments& arguments) {
  FinetuneOptions& o = arguments.options;
  app.add_option("run", arguments.run, "Folder with reference.edgy")->required();
  app.add_option("-o,--output", arguments.output, "The .edgy file to write")->required();
  app.add_option("--data", arguments.data, "manifest.csv, a folder of recordings, .npy, .npz")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("--from", arguments.from, "A compressed .edgy of the model to start from")
      ->check(CLI::ExistingFile);
  app.add_option("--split", arguments.train_split, "Rows of manifest.csv to train on")
      ->capture_default_str();
  app.add_option("--dev-split", arguments.dev_split, "Rows to choose the best weights on")
      ->capture_default_str();
  app.add_option("-c,--config", arguments.config, "An NNCF configuration, JSON")
      ->check(CLI::ExistingFile);
  app.add_option("--precision", arguments.precision, "int8 or f32, without --from")
      ->check(CLI::IsMember({"int8", "f32"}))
      ->capture_default_str();
  app.add_option("--calibration-samples", arguments.calibration_samples)->capture_default_str();
  app.add_option_function<int>(
      "--epochs",
      [&arguments](int epochs) {
        arguments.options.epochs = epochs;
        arguments.epochs_given = true;
      },
      "4, or as many as the configuration's schedules take");
  app.add_option("--epoch-steps", o.epoch_steps, "Steps of an epoch; 0: all crops once")
      ->capture_default_str();
  app.add_option("--amp", o.amp, "Mixed precision: O0, O1, O2 or O3")
      ->transform(CLI::CheckedTransformer(std::map<std::string, AmpLevel>{{"O0", AmpLevel::kO0},
                                                                          {"O1", AmpLevel::kO1},
                                                                          {"O2", AmpLevel::kO2},
                                                                          {"O3", AmpLevel::kO3}}));
  app.add_flag("--amp-half", o.amp_half, "float16 with dynamic loss scaling instead of bfloat16");
  app.add_option("--optimizer", o.optimizer, "adam or sgd")
      ->transform(CLI::CheckedTransformer(std::map<std::string, OptimizerKind>{
          {"adam", OptimizerKind::kAdam}, {"sgd", OptimizerKind::kSgd}}));
  app.add_option("--weight-decay", o.weight_decay)->capture_default_str();
  app.add_option("--crop", o.crop_length, "Frames of a crop")->capture_default_str();
  app.add_option("--batch", o.batch, "Crops a step")->capture_default_str();
  app.add_option("--learning-rate", o.learning_rate)->capture_default_str();
  app.add_option("--code-weight", o.code_weight)->capture_default_str();
  app.add_option("--layer-weight", o.layer_weight)->capture_default_str();
  app.add_option("--output-weight", o.output_weight)->capture_default_str();
  app.add_option("--labels", arguments.labels,
                 "A column of manifest.csv to learn from, too: a linear classifier of the mean "
                 "output trains along");
  app.add_option("--label-weight", o.label_weight, "Of its cross-entropy in the loss")
      ->capture_default_str();
  app.add_option("--label-rate", o.label_rate, "Its learning rate over that of the weights")
      ->capture_default_str();
  app.add_option("--sparsity", o.sparsity, "Share of zero weights to end with")
      ->capture_default_str();
  app.add_option("--sparsity-block", o.sparsity_block)->capture_default_str();
  app.add_option("--sparsity-ramp", o.sparsity_ramp)->capture_default_str();
  app.add_option("--evaluations", o.evaluations_per_epoch)->capture_default_str();
  app.add_option("--patience", o.patience)->capture_default_str();
  app.add_option("--hessian-crops", arguments.hessian.crops,
                 "hawq: crops to estimate on, at most; 0: as the configuration says")
      ->capture_default_str();
  app.add_option("--hessian-iterations", arguments.hessian.iterations,
                 "hawq: random vectors of the estimate, at most; 0: as the configuration says")
      ->capture_default_str();
  app.add_option("--seed", o.seed)->capture_default_str();
  app.add_option("--threads", o.threads)->capture_default_str();
  app.add_option("--checkpoint-seconds", o.checkpoint_seconds)->capture_default_str();
}

}  // namespace
}  // namespace edgy::converter::finetune

int main(int argc, char** argv) {
  // Every step frees and takes the same megabytes: given back in between, their pages would have to
  // be cleared again and again, a fifth of a step's time.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  try {
    CLI::App app("Fine-tunes a compressed model by distillation.", "edgy finetune");
    edgy::converter::finetune::Arguments arguments;
    edgy::converter::finetune::add_options(app, arguments);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    edgy::converter::finetune::finetune_model(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "edgy finetune: error: %s\n", error.what());
    return 1;
  }
}
