// Subcommand `edgy audit`.
#pragma once

namespace CLI {
class App;
}

namespace edgy::converter {

/// `edgy audit MODEL.edgy ... --manifest manifest.csv [--html FILE] [--json]`
void add_audit_command(CLI::App& app);

}  // namespace edgy::converter
