// The program edgy-finetune: what `edgy finetune` starts once the original is lowered.
#include <malloc.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>

#include "converter/config/config.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/export/export.h"
#include "converter/export/int4_storage.h"
#include "converter/export/package.h"
#include "converter/export/sparse_storage.h"
#include "converter/finetune/hawq.h"
#include "converter/finetune/outcome.h"
#include "converter/finetune/report.h"
#include "converter/finetune/samples/recordings.h"
#include "converter/finetune/settings/arguments.h"
#include "converter/finetune/start.h"
#include "converter/finetune/trainer.h"
#include "converter/models/read_edgy.h"
#include "converter/nncf/algorithms/unmatched.h"
#include "converter/nncf/explain/explain.h"
#include "converter/nncf/file/parser.h"
#include "converter/nncf/file/words.h"
#include "converter/program.h"
#include "converter/quantization/float16_storage.h"
#include "converter/quantization/layers.h"

namespace edgy::converter::finetune {
namespace {

namespace fs = std::filesystem;

/// At most, after the schedules are through: a dozen passes in which the rate falls along a cosine.
/// Patience ends them earlier where dev no longer improves.
constexpr int kLastStageEpochs = 12;

void show(const StepReport& report) {
  if (report.step % 10 != 0 && report.step != report.steps)
    return;
  std::fprintf(
      stderr, "step %lld/%lld  epoch %d  loss %.4f  sparsity %.1f %%  rate %.2e  %.0f s left\n",
      static_cast<long long>(report.step), static_cast<long long>(report.steps), report.epoch + 1,
      report.loss, 100 * report.sparsity, report.learning_rate, report.seconds_left);
}

void show_judgement(const Judgement& judgement) {
  const std::string of = judgement.state == "training" ? "" : judgement.state + ", ";
  std::fprintf(stderr, "dev at step %lld: %scosine %.4f  SQNR %.1f dB  same codes %.1f %%",
               static_cast<long long>(judgement.step), of.c_str(), judgement.cosine,
               judgement.sqnr_db, 100 * judgement.code_agreement);
  if (judgement.label_accuracy)
    std::fprintf(stderr, "  labels right %.1f %%", 100 * *judgement.label_accuracy);
  std::fprintf(stderr, "\n");
}

std::optional<nncf::ParsedNncf> read_file(const Arguments& arguments,
                                          const format::fb::ModelT& model) {
  if (arguments.config.empty())
    return std::nullopt;
  nncf::ParsedNncf parsed = nncf::read(arguments.config);
  for (const Diagnostic& warning : parsed.warnings)
    std::cerr << "warning: " << to_string(warning, arguments.config) << "\n";
  if (parsed.config.algorithms.empty())
    std::cerr << "note: " << nncf::plain_training() << "\n";
  for (const Unused& unused : parsed.unused)
    std::cerr << "note: " << unused.diagnostic.message << "\n";
  std::vector<std::string> layers;
  for (const auto& op : model.operators)
    layers.push_back(op->name);
  for (const std::string& sentence : nncf::unmatched_scopes(parsed.config, layers))
    std::cerr << "warning: " << arguments.config << ": " << sentence << "\n";
  return parsed;
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
    std::cerr << layer.bits << " bits for " << layer.layer << " (mean Hessian trace "
              << layer.mean_trace << ")\n";
  }
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
       row("start", arguments.from.empty() ? "the original, converted" : arguments.from),
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

/// Everything that is written, looked at before anything is trained.
void require_outputs(const Arguments& arguments) {
  std::vector<fs::path> inputs = {fs::path(arguments.run) / "reference.edgy"};
  for (const std::string& file : {arguments.data, arguments.from, arguments.config}) {
    if (!file.empty())
      inputs.emplace_back(file);
  }
  require_writable(arguments.output, inputs);
  for (const char* name : {"checkpoint.safetensors", "conversion.edgy", "log.json", "report.html"})
    require_writable(fs::path(arguments.run) / name, inputs);
}

void finetune_model(Arguments arguments) {
  const fs::path run = arguments.run;
  require_outputs(arguments);
  const format::fb::ModelT reference = read_edgy(run / "reference.edgy");
  const bool splits = has_splits(arguments.data);
  const std::string train_split = splits ? arguments.train_split : "";
  const auto file = read_file(arguments, reference);
  CompressionPlan plan = file ? make_plan(file->config, file->given) : CompressionPlan();
  const auto train_source = open_split(arguments, reference, train_split);
  Crops train(*train_source, reference, arguments.options.crop_length);
  const Crops dev = dev_crops(arguments, reference, train);
  choose_bits_by_sensitivity(plan, reference, train, arguments.hessian, arguments.options.seed);
  if (!arguments.epochs_given)
    arguments.options.epochs = final_epoch(plan) + kLastStageEpochs;
  auto start_log = nlohmann::ordered_json::object();
  const Start start =
      make_start(arguments, reference, plan, conversion_config(arguments, reference, plan, file),
                 train_split, start_log);
  const std::optional<Labels> labels = labels_of(arguments);
  TrainingResult result =
      finetune(reference, start.model,
               {&train, dev.size() > 0 ? &dev : nullptr, labels ? &*labels : nullptr,
                start.conversion ? &*start.conversion : nullptr, start.repair.get()},
               plan, arguments.options, {run / "checkpoint.safetensors"}, show, show_judgement);
  result.log.update(start_log);
  const Asked asked = {plan.filters && arguments.from.empty() ? plan.filters->target : 0,
                       start_log.value("filters_removed", 0.0)};
  result.log["outcome"] = outcome(result, arguments.options, asked);
  result.log["peak_memory_mb"] = peak_memory_mb();
  result.log["settings"] = settings_of(arguments, train);
  write_file(run / "log.json", json_text(result.log, 1) + "\n");
  write_file(run / "report.html", training_report(result.log));
  if (has_half_floats(arguments))
    store_float16(result.model);
  if (!result.model.metadata)
    result.model.metadata = std::make_unique<format::fb::MetadataT>();
  if (result.log.contains("best"))
    result.model.metadata->accuracy = nlohmann::ordered_json{{"dev", result.log["best"]}}.dump();
  PackageOptions package_options;
  if (start.config)
    package_options.config = to_json(*start.config);
  const std::vector<uint8_t> bytes = package(result.model, package_options);
  write_file(arguments.output, bytes);
  std::cerr << "\n"
            << to_text(result.log["outcome"]) << "\n"
            << arguments.output << ": " << bytes.size() << " bytes; report in "
            << (run / "report.html").string() << "\n";
}

}  // namespace
}  // namespace edgy::converter::finetune

int main(int argc, char** argv) {
  // Every step frees and takes the same megabytes: given back in between, their pages would have to
  // be cleared again and again, a fifth of a step's time.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  return edgy::converter::run_program("edgy finetune", [&] {
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
  });
}
