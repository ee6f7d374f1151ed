// A run that is killed and started again ends with the weights of an unbroken one.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "converter/compress/quantize.h"
#include "converter/data/files.h"
#include "converter/data/npy.h"
#include "converter/data/write_file.h"
#include "converter/export/export.h"
#include "converter/finetune/checkpoint.h"
#include "converter/finetune/samples/crops.h"
#include "converter/finetune/trainer.h"
#include "tests/finetune/tiny_model.h"

extern char** environ;

namespace edgy::converter::finetune {
namespace {

namespace fs = std::filesystem;

struct Killed {};

fs::path scratch(const std::string& name) {
  const fs::path folder =
      fs::temp_directory_path() / ("edgy-resume-" + std::to_string(::getpid())) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

CompressionPlan random_masks() {
  CompressionPlan plan;
  plan.rb.emplace();
  plan.rb->params.schedule = nncf::SparsitySchedule::kMultistep;
  plan.rb->params.multistep_steps = {1};
  plan.rb->params.multistep_levels = {0.2, 0.5};
  plan.rb->params.freeze_epoch = 3;
  return plan;
}

TEST_CASE("dying after any step changes nothing", "[finetune]") {
  const auto reference = tiny_model(1);
  const auto student = tiny_model(1);
  MemorySource source(tiny_samples(24, 64, 3));
  MemorySource held_out(tiny_samples(3, 64, 4));
  const Crops train(source, reference, 64);
  const Crops dev(held_out, reference, 64);
  FinetuneOptions options;
  options.epochs = 4;
  options.batch = 8;
  options.checkpoint_seconds = 0;
  options.amp = AmpLevel::kO2;
  options.amp_half = true;
  for (const bool random : {false, true}) {
    const CompressionPlan plan = random ? random_masks() : CompressionPlan();
    options.sparsity = random ? 0 : 0.5;
    const auto run = [&](const fs::path& folder, int64_t die_after) {
      return finetune(
          reference, student, {&train, &dev}, plan, options, {folder / "checkpoint.safetensors"},
          [&](const StepReport& report) {
            if (report.step == die_after)
              throw Killed();
          },
          [](const Judgement&) {});
    };
    const std::string name = random ? "random" : "magnitude";
    const auto whole = serialize(run(scratch(name + "-whole"), -1).model);
    const fs::path folder = scratch(name + "-broken");
    for (const int64_t step : {1, 2, 5, 6, 11})
      CHECK_THROWS_AS(run(folder, step), Killed);
    CHECK(serialize(run(folder, -1).model) == whole);
  }
}

int run_program(const fs::path& folder, int kill_after_ms) {
  const std::string run = folder.string();
  const std::string output = (folder / "out.edgy").string();
  const std::string data = (folder / "data").string();
  std::vector<std::string> words = {
      EDGY_FINETUNE, run,  "-o",     output, "--data",     data,  "--precision",          "f32",
      "--epochs",    "20", "--crop", "64",   "--sparsity", "0.5", "--checkpoint-seconds", "0"};
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
  pid_t child = 0;
  REQUIRE(posix_spawn(&child, EDGY_FINETUNE, &actions, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  if (kill_after_ms > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kill_after_ms));
    ::kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST_CASE("dying in a schedule that repairs, or in its last stage, changes nothing", "[finetune]") {
  const auto reference = tiny_model(1);
  const auto calibration = tiny_samples(12, 60, 2);
  MemorySource source(tiny_samples(24, 64, 3));
  MemorySource held_out(tiny_samples(3, 64, 4));
  const Crops train(source, reference, 64);
  const Crops dev(held_out, reference, 64);
  QuantizeOptions dense;
  dense.min_layer_sqnr_db = 0;
  QuantizeOptions sparse = dense;
  sparse.pruning.emplace().sparsity = 0.5;
  SilentProgress progress;
  MemorySource samples(calibration);
  const auto student = quantize(reference, samples, dense, progress);
  const auto conversion = quantize(reference, samples, sparse, progress);
  const Repair repair(reference, calibration, sparse);
  CompressionPlan plan;
  plan.magnitude.emplace();
  plan.magnitude->params.schedule = nncf::SparsitySchedule::kMultistep;
  plan.magnitude->params.multistep_steps = {1, 2};
  plan.magnitude->params.multistep_levels = {0.1, 0.3, 0.5};
  FinetuneOptions options;
  options.epochs = 7;
  options.batch = 8;
  options.checkpoint_seconds = 0;
  options.learning_rate = 3e-3;
  options.patience = 1;  // the rate falls, and best weights come back, within the run
  const auto run = [&](const fs::path& folder, int64_t die_after) {
    return finetune(
        reference, student, {&train, &dev, nullptr, &conversion, &repair}, plan, options,
        {folder / "checkpoint.safetensors"},
        [&](const StepReport& report) {
          if (report.step == die_after)
            throw Killed();
        },
        [](const Judgement&) {});
  };
  const TrainingResult whole = run(scratch("repair-whole"), -1);
  const fs::path folder = scratch("repair-broken");
  for (const int64_t step : {1, 3, 4, 6, 7, 10, 12, 15})
    CHECK_THROWS_AS(run(folder, step), Killed);
  const TrainingResult broken = run(folder, -1);
  CHECK(serialize(broken.model) == serialize(whole.model));
  CHECK(broken.is_conversion == whole.is_conversion);
  CHECK(broken.judgements.size() == whole.judgements.size());
}

TEST_CASE("killing the program at any moment changes nothing", "[finetune]") {
  const auto prepare = [](const fs::path& folder) {
    write_file(folder / "reference.edgy", serialize(tiny_model(2)));
    fs::create_directories(folder / "data");
    int number = 0;
    for (const Sample& sample : tiny_samples(24, 64, 3))
      write_npy(folder / "data" / (std::to_string(100 + number++) + ".npy"), sample.inputs[0]);
  };
  const fs::path whole = scratch("program-whole");
  prepare(whole);
  REQUIRE(run_program(whole, 0) == 0);
  const fs::path broken = scratch("program-broken");
  prepare(broken);
  std::mt19937 random(1);
  for (int attempt = 0; attempt < 6; ++attempt)
    run_program(broken, std::uniform_int_distribution<int>(100, 900)(random));
  REQUIRE(run_program(broken, 0) == 0);
  CHECK(read_bytes(whole / "out.edgy") == read_bytes(broken / "out.edgy"));
}

}  // namespace
}  // namespace edgy::converter::finetune
