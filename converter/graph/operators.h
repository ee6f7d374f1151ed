// What the converter knows of ONNX's operators: operators.inc as a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

namespace edgy::converter::graph {

struct Node;

/// Whose operator it is.
enum class Domain { kOnnx, kMicrosoft, kOpenVino, kOwn };
/// The domain as files write it: "" (also "ai.onnx"), "com.microsoft", "org.openvinotoolkit".
std::optional<Domain> domain_named(std::string_view name);

enum class AttributeKind { kInt, kFloat, kString, kInts, kFloats, kStrings, kTensor, kGraph };

struct AttributeInfo {
  const char* name;
  AttributeKind kind;
  enum class Use {
    kRead,
    kUnused,   ///< changes nothing in a model that is not trained
    kOnly,     ///< refused with another value than `only`, which ONNX takes where it is left out
    kIfItHas,  ///< of an elementwise operation that may have it; gone from the table where not
  };
  struct Cell {
    Use use = Use::kRead;
    int64_t only = 0;
  } cell = {};
};

struct OperatorInfo {
  std::string_view name;
  Domain domain;
  int64_t since;  ///< of the operator set
  struct Inputs {
    std::size_t least;  ///< that must be there
    std::size_t most;
    uint32_t may_lack = 0;  ///< bit i: of the first `least`, input i may be left out
  } inputs;
  std::size_t outputs;       ///< at most
  bool folds;                ///< computed where all inputs are constants
  bool rewritten;            ///< written in other operators
  bool lowered;              ///< has a counterpart in the file
  std::string_view refuses;  ///< what of it is refused, for people
  std::vector<AttributeInfo> attributes;
};

/// Inputs or outputs in any number.
inline constexpr std::size_t kAny = 1 << 16;

/// All lines of operators.inc in its order; of a name in one domain the first alone.
const std::vector<OperatorInfo>& operators();

/// Of a node of the graph, whose domain is no longer known; null if nothing here knows it.
const OperatorInfo* find_operator(std::string_view name);
/// Of a node of a file; null for the converter's own.
const OperatorInfo* find_operator(Domain domain, std::string_view name);

/// Throws Error naming the node when it has too few or too many inputs or outputs for its operator,
/// or lacks a required one. Of operators that are not known nothing is checked.
void check_arity(const Node& node);

}  // namespace edgy::converter::graph
