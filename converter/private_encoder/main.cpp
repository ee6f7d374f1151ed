// The program edgy-private-encoder: what `edgy private-encoder` starts.
#include <torch/types.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>

#include "converter/data/write_file.h"
#include "converter/private_encoder/samples/recordings.h"
#include "converter/private_encoder/settings/options.h"
#include "converter/private_encoder/trainer.h"
#include "converter/private_encoder/weights.h"
#include "converter/program.h"

namespace edgy::converter::private_encoder {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string run;
  std::string manifest;
  std::string config;
  std::optional<uint64_t> seed;
  int threads = 1;
  int checkpoint_seconds = 60;
};

void show(const StepReport& report) {
  std::string losses;
  for (const auto& [name, value] : report.losses) {
    char text[64];
    std::snprintf(text, sizeof(text), "  %s %.3f", name.c_str(), value);
    losses += text;
  }
  std::fprintf(stderr, "stage %d  step %d/%d%s  %.0f s of processor\n", report.stage, report.step,
               report.steps, losses.c_str(), report.seconds);
}

nlohmann::ordered_json to_json(const DevReport& report) {
  nlohmann::ordered_json json;
  if (report.phones)
    json["phones"] = *report.phones;
  if (report.labels)
    json["labels"] = *report.labels;
  return json;
}

void show(const char* stage, const DevReport& report) {
  std::cerr << stage << ": on split dev";
  if (report.phones)
    std::fprintf(stderr, "  frames right %.1f %%", 100 * *report.phones);
  if (report.labels)
    std::fprintf(stderr, "  labels right %.1f %%", 100 * *report.labels);
  std::cerr << (report.phones || report.labels ? "\n" : " nothing is labelled\n");
}

Tensor plain(const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kFloat).contiguous();
  Tensor result;
  result.name = name;
  result.shape = values.sizes().vec();
  result.data.resize(values.nbytes());
  std::memcpy(result.data.data(), values.data_ptr(), result.data.size());
  return result;
}

void train_encoder(const Arguments& arguments) {
  const fs::path run = arguments.run;
  Options options = arguments.config.empty() ? Options() : read_options(arguments.config);
  if (arguments.seed)
    options.seed = *arguments.seed;
  require_writable(run / "checkpoint.safetensors");
  const Speeches speeches = read_speeches(arguments.manifest, options);
  for (const std::string& note : speeches.notes)
    std::cerr << "note: " << note << "\n";
  for (const Corpus& corpus : speeches.corpora) {
    std::cerr << "'" << corpus.name << "': " << corpus.recordings.size()
              << (corpus.cropped ? " recordings, in stretches\n" : " recordings, whole\n");
  }
  std::cerr << speeches.phones.size() << " phones, " << speeches.labels.size() << " labels, "
            << speeches.voices.size() << " voices, " << speeches.dev.size()
            << " recordings to judge on\n";
  const Training training =
      train(speeches, options,
            {run / "checkpoint.safetensors", arguments.checkpoint_seconds, arguments.threads},
            [](const StepReport& report) { show(report); });
  show("codes", training.first);
  show("classes", training.second);
  TrainedEncoder trained;
  trained.shape = options.encoder;
  for (const auto& [name, tensor] : training.encoder.state())
    trained.tensors[name] = plain(name, tensor);
  trained.classes = training.encoder.classes();
  trained.phones = speeches.phones;
  trained.about = {{"options", private_encoder::to_json(options)},
                   {"dev_codes", to_json(training.first)},
                   {"dev_classes", to_json(training.second)},
                   {"log", training.log}};
  write_trained(run / "encoder", trained);
}

}  // namespace
}  // namespace edgy::converter::private_encoder

int main(int argc, char** argv) {
  return edgy::converter::run_program("edgy private-encoder", [&] {
    CLI::App app("Trains an encoder whose codes keep what is said.", "edgy private-encoder");
    edgy::converter::private_encoder::Arguments arguments;
    app.add_option("run", arguments.run, "Folder of the run")->required();
    app.add_option("manifest", arguments.manifest, "manifest.csv, or the folder that has it")
        ->required();
    app.add_option("--config", arguments.config,
                   "JSON: network, augmentation, losses (docs/private-encoder.md)")
        ->check(CLI::ExistingFile);
    app.add_option("--seed", arguments.seed, "Instead of the configuration's");
    app.add_option("--threads", arguments.threads, "The same number gives the same weights")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    app.add_option("--checkpoint-seconds", arguments.checkpoint_seconds,
                   "At most so much work is lost")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    edgy::converter::private_encoder::train_encoder(arguments);
    return 0;
  });
}
