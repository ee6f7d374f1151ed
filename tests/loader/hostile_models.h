// The table of hostile models: every operator with every operand and option made wrong, claims,
// cycles, shared and overlapping parts, and what looks right but asks for too much.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgy::tests {

struct HostileModel {
  std::string name;
  std::vector<uint8_t> bytes;
};

/// The same list in the same order, always.
std::vector<HostileModel> hostile_models();

/// A small file to be cut off anywhere, and the answer to where: it is a model in whole only.
std::vector<uint8_t> model_to_truncate();

// Its parts.
/// Each operator's model, changed in one way that may be wrong for any operator.
void add_mutations(std::vector<HostileModel>& table);
/// Each option of each operator at its limits and beyond.
void add_options(std::vector<HostileModel>& table);
/// Events of outputs.
void add_events(std::vector<HostileModel>& table);
/// Operators in wrong order and number, files cut off or too long.
void add_graphs(std::vector<HostileModel>& table);
/// Files whose parts share bytes, so that little names much, and models that ask for much.
void add_bombs(std::vector<HostileModel>& table);

}  // namespace edgy::tests
