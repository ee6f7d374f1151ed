// `edgy inspect`: what is in a model.
#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <vector>

#include "converter/cli/commands.h"
#include "converter/compare/memory_option.h"
#include "converter/export/sha256.h"
#include "converter/models/read_edgy.h"
#include "converter/program.h"
#include "converter/report/inspect.h"
#include "converter/report/plan.h"

namespace edgy::converter {
namespace {

std::optional<kernels::Isa> isa_named(const std::string& name) {
  for (const kernels::Isa isa : kernels::available_isas()) {
    if (name == kernels::to_string(isa))
      return isa;
  }
  return std::nullopt;
}

}  // namespace

void add_inspect_command(CLI::App& app) {
  struct Arguments {
    std::string model;
    int64_t extent = 0;
    bool json = false;
    bool plan = false;
    uint64_t mebibytes = 0;
    std::string isa;
  };
  auto* command =
      app.add_subcommand("inspect", "List a model's layers, shapes, bits, density, bytes and MACs");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("model", arguments->model, "The .edgy file")
      ->required()
      ->check(CLI::ExistingFile);
  command
      ->add_option("--dynamic", arguments->extent,
                   "What dynamic extents are when MACs are counted (default: 100, frames in 1 s of "
                   "sound, or 128 where the model does not take that; of one text: its tokens)")
      ->check(CLI::Range(1, 1 << 20));
  command->add_flag("--json", arguments->json, "Print everything as JSON");
  command->add_flag("--plan", arguments->plan,
                    "Show the kernel that each step gets, and its predicted cost");
  command
      ->add_option("--isa", arguments->isa,
                   "With --plan: the instruction form (default: the fastest one here)")
      ->check(CLI::IsMember({"reference", "simd128", "relaxed-dot", "relaxed-pair"}))
      ->needs("--plan");
  add_memory_option(*command, arguments->mebibytes);
  command->callback([arguments] {
    const std::vector<uint8_t> bytes = read_edgy_bytes(arguments->model);
    const format::fb::ModelT model = unpack_edgy(bytes, arguments->model);
    const PlanRequest request = {bytes.size(), arguments->extent, isa_named(arguments->isa),
                                 arguments->mebibytes};
    if (arguments->plan) {
      const auto plan = plan_of(model, request);
      if (arguments->json) {
        std::cout << json_text(plan_to_json(plan)) << "\n";
      } else {
        print_plan(plan, std::cout);
      }
      return;
    }
    ModelInfo info = inspect(model, request);
    info.integrity = integrity(bytes);
    if (arguments->json) {
      std::cout << json_text(to_json(info, model)) << "\n";
    } else {
      print(info, model, std::cout);
    }
  });
}

}  // namespace edgy::converter
