// `edgy inspect`: what is in a model.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <optional>

#include "converter/cli/commands.h"
#include "converter/models/model_files.h"
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

/// Names of a model may be any bytes: what is no UTF-8 becomes the replacement character.
void print_json(const nlohmann::ordered_json& json) {
  std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace

void add_inspect_command(CLI::App& app) {
  struct Arguments {
    std::string model;
    int64_t extent = 100;
    bool json = false;
    bool plan = false;
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
                   "What dynamic extents are when MACs are counted (100 frames: 1 s of sound)")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Print everything as JSON");
  command->add_flag("--plan", arguments->plan,
                    "Show the kernel that each step gets, and its predicted cost");
  command
      ->add_option("--isa", arguments->isa,
                   "With --plan: the instruction form (default: the fastest one here)")
      ->check(CLI::IsMember({"reference", "simd128", "relaxed-dot", "relaxed-pair"}))
      ->needs("--plan");
  command->callback([arguments] {
    const format::fb::ModelT model = read_edgy(arguments->model);
    if (arguments->plan) {
      const auto plan = plan_of(model, arguments->extent, isa_named(arguments->isa));
      if (arguments->json) {
        print_json(plan_to_json(plan));
      } else {
        print_plan(plan, std::cout);
      }
      return;
    }
    const ModelInfo info =
        inspect(model, std::filesystem::file_size(arguments->model), arguments->extent);
    if (arguments->json) {
      print_json(to_json(info, model));
    } else {
      print(info, model, std::cout);
    }
  });
}

}  // namespace edgy::converter
