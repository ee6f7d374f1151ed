// What is known of the file's operators before any of them runs: catalog/operators.inc as a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "wasm/format/edgy_generated.h"

namespace edgy::format {

/// What `edgy finetune` makes of an operator; catalog/operators.inc explains each.
enum class Training : uint8_t { kWeights, kPlain, kGrid, kRefused };

/// What int8 activations an operator takes; catalog/operators.inc explains each.
enum class Integers : uint8_t { kNone, kWeights, kMoved, kComputed, kConverted };

/// The arity of an operator type, its constants, its integers and its training: one line of the
/// catalog.
struct OperatorTraits {
  fb::OperatorOptions type;
  uint16_t required_inputs;
  uint16_t inputs;     ///< at most
  uint32_t constants;  ///< bit i: input i must be a constant, if it is there
  uint8_t outputs;     ///< at most; where several are possible, some may be absent
  Integers integers;
  Training training;
};

inline constexpr OperatorTraits kOperators[] = {
#define EDGY_OPERATOR(type, family, required, inputs, constants, outputs, integers, training) \
  {fb::OperatorOptions::type, required, inputs, constants, outputs, Integers::k##integers,    \
   Training::k##training},
#include "wasm/format/catalog/operators.inc"
};

/// The traits of an operator type; null for a type that this version does not know.
constexpr const OperatorTraits* traits_of(fb::OperatorOptions type) {
  const auto position = static_cast<std::size_t>(type);
  return position >= 1 && position <= std::size(kOperators) ? &kOperators[position - 1] : nullptr;
}

/// Whether the catalog has every operator of the schema, in its order: what `traits_of` rests on.
constexpr bool catalog_matches_schema() {
  for (std::size_t i = 0; i < std::size(kOperators); i++) {
    if (static_cast<std::size_t>(kOperators[i].type) != i + 1) {
      return false;
    }
  }
  return static_cast<std::size_t>(fb::OperatorOptions::MAX) == std::size(kOperators);
}
static_assert(catalog_matches_schema(),
              "catalog/operators.inc must list the operators of edgy.fbs, each once, in its order");

/// What Pool2D and Reduce do with int8 tensors depends on their kind.
constexpr Integers integers_of(fb::PoolKind kind) {
  return kind == fb::PoolKind::Max ? Integers::kMoved : Integers::kComputed;
}
constexpr Integers integers_of(fb::ReduceKind kind) {
  return kind == fb::ReduceKind::Max    ? Integers::kMoved
         : kind == fb::ReduceKind::Mean ? Integers::kComputed
                                        : Integers::kNone;
}

}  // namespace edgy::format
