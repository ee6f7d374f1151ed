// Subcommands that make and show models.
#pragma once

namespace CLI {
class App;
}

namespace edgy::converter {

/// `edgy convert MODEL.onnx -o MODEL.edgy [--config FILE] [--calibration DATA]`
void add_convert_command(CLI::App& app);
/// `edgy export MODEL.edgy -o MODEL.onnx`
void add_export_command(CLI::App& app);
/// `edgy inspect MODEL.edgy [--json]`
void add_inspect_command(CLI::App& app);
/// `edgy policy MODEL.edgy -o MODEL.edgy [--policy ...] [--events ...] [--min-level LEVEL]`
void add_policy_command(CLI::App& app);
/// `edgy operators [--json | --markdown]`
void add_operators_command(CLI::App& app);
/// `edgy config explain FILE [--json]` and `edgy config schema [nncf|edgy]`
void add_config_command(CLI::App& app);

}  // namespace edgy::converter
