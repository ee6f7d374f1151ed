// `edgy export`: what was compressed, as ONNX.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "converter/cli/commands.h"
#include "converter/data/write_file.h"
#include "converter/models/read_edgy.h"
#include "converter/onnx_export/to_onnx.h"

namespace edgy::converter {

void add_export_command(CLI::App& app) {
  struct Arguments {
    std::string model;
    std::string output;
  };
  auto* command = app.add_subcommand(
      "export", "Write a compressed model as ONNX, with QuantizeLinear and DequantizeLinear");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("model", arguments->model, "The .edgy file")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("-o,--output", arguments->output, "The .onnx file to write")
      ->required()
      ->check(problem_of_name);
  command->callback([arguments] {
    const std::filesystem::path input = arguments->model;
    require_writable(arguments->output, {&input, 1});
    const OnnxExport exported = to_onnx(read_edgy(arguments->model));
    write_file(arguments->output, exported.bytes);
    for (const std::string& note : exported.notes)
      std::cerr << "note: " << note << "\n";
    std::ostream& out = is_standard_output(arguments->output) ? std::cerr : std::cout;
    out << arguments->output << ": " << exported.bytes.size() << " bytes\n";
  });
}

}  // namespace edgy::converter
