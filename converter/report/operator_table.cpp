#include "converter/report/operator_table.h"

#include <algorithm>
#include <map>

#include "converter/columns.h"
#include "converter/graph/operators.h"
#include "wasm/format/catalog.h"

namespace edgy::converter {
namespace {

using format::fb::OperatorOptions;
using graph::OperatorInfo;

OperatorOptions becomes(const OperatorInfo& info) {
  static const std::map<std::pair<graph::Domain, std::string_view>, OperatorOptions> table = [] {
    constexpr auto Onnx = graph::Domain::kOnnx;
    constexpr auto Microsoft = graph::Domain::kMicrosoft;
    constexpr auto OpenVino = graph::Domain::kOpenVino;
    constexpr auto Own = graph::Domain::kOwn;
    std::map<std::pair<graph::Domain, std::string_view>, OperatorOptions> entries;
#define EDGY_ONNX(name, domain, since, inputs, outputs, constants, shape, fold, rewrite, lower, \
                  becomes, ...)                                                                 \
  entries.emplace(std::pair(domain, #name), OperatorOptions::becomes);
#include "converter/graph/operators.inc"
    return entries;
  }();
  return table.at({info.domain, info.name});
}

const char* domain_of(const OperatorInfo& info) {
  switch (info.domain) {
    case graph::Domain::kMicrosoft:
      return "com.microsoft";
    case graph::Domain::kOpenVino:
      return "org.openvinotoolkit";
    default:
      return "";
  }
}

/// Whether an operator of the file does the same to integers as to floats.
bool moves_values(OperatorOptions type) {
  switch (type) {
    case OperatorOptions::Transpose:
    case OperatorOptions::Reshape:
    case OperatorOptions::Concat:
    case OperatorOptions::Slice:
    case OperatorOptions::Gather:
      return true;
    default:
      return false;
  }
}

std::string types_of(const OperatorInfo& info, OperatorOptions type) {
  if (type == OperatorOptions::NONE)
    return info.folds ? "any, of constants" : "any";
  return moves_values(type) ? "any" : info.folds ? "float32; any, of constants" : "float32";
}

/// Of reductions the kind decides, which the ONNX operator's name says.
format::Integers integers_of(const OperatorInfo& info, const format::OperatorTraits& traits) {
  if (traits.type != OperatorOptions::Reduce)
    return traits.integers;
  const std::string_view name = info.name;
  const auto has = [&](const char* word) { return name.find(word) != std::string_view::npos; };
  return format::integers_of(has("Mean") || has("Average") ? format::fb::ReduceKind::Mean
                             : has("Max")                  ? format::fb::ReduceKind::Max
                                                           : format::fb::ReduceKind::Sum);
}

std::string int8_of(const OperatorInfo& info, OperatorOptions type) {
  const format::OperatorTraits* traits = format::traits_of(type);
  if (traits == nullptr)
    return "–";
  switch (integers_of(info, *traits)) {
    case format::Integers::kWeights:
      return "weights and activations";
    case format::Integers::kComputed:
      return info.lowered ? "activations" : "by its parts";
    case format::Integers::kMoved:
      return "kept";
    case format::Integers::kConverted:
      return "as the model says";
    case format::Integers::kNone:
      return "no";
  }
  return "";
}

std::string training_of(OperatorOptions type) {
  const format::OperatorTraits* traits = format::traits_of(type);
  if (traits == nullptr)
    return "–";
  switch (traits->training) {
    case format::Training::kWeights:
      return "weights";
    case format::Training::kPlain:
      return "passes gradients";
    case format::Training::kGrid:
      return "simulated";
    case format::Training::kRefused:
      return "refused";
  }
  return "";
}

std::string runs_as(const OperatorInfo& info, OperatorOptions type) {
  if (info.lowered)
    return format::fb::EnumNameOperatorOptions(type);
  if (info.rewritten)
    return "other operators";
  return "while converting";
}

const char* kind_name(graph::AttributeKind kind) {
  switch (kind) {
    case graph::AttributeKind::kInt:
      return "int";
    case graph::AttributeKind::kFloat:
      return "float";
    case graph::AttributeKind::kString:
      return "string";
    case graph::AttributeKind::kInts:
      return "ints";
    case graph::AttributeKind::kFloats:
      return "floats";
    case graph::AttributeKind::kStrings:
      return "strings";
    case graph::AttributeKind::kTensor:
      return "tensor";
    case graph::AttributeKind::kGraph:
      return "graph";
  }
  return "";
}

std::string to_text(std::size_t count) {
  return count == graph::kAny ? "any" : std::to_string(count);
}

nlohmann::ordered_json attributes_of(const OperatorInfo& info) {
  auto list = nlohmann::ordered_json::array();
  for (const graph::AttributeInfo& attribute : info.attributes) {
    nlohmann::ordered_json entry = {{"name", attribute.name}, {"kind", kind_name(attribute.kind)}};
    if (attribute.cell.use == graph::AttributeInfo::Use::kUnused)
      entry["unused"] = true;
    if (attribute.cell.use == graph::AttributeInfo::Use::kOnly)
      entry["only"] = attribute.cell.only;
    list.push_back(std::move(entry));
  }
  return list;
}

/// "axis, keepdims, stash_type = 1, (momentum)"
std::string attributes_text(const nlohmann::ordered_json& list) {
  std::string text;
  for (const auto& attribute : list) {
    const std::string name = attribute["name"];
    text += text.empty() ? "" : ", ";
    text += attribute.contains("unused") ? "(" + name + ")" : name;
    if (attribute.contains("only"))
      text += " = " + std::to_string(attribute["only"].get<int64_t>());
  }
  return text;
}

}  // namespace

nlohmann::ordered_json operator_table() {
  std::vector<const OperatorInfo*> rows;
  for (const OperatorInfo& info : graph::operators()) {
    if (info.domain != graph::Domain::kOwn)
      rows.push_back(&info);
  }
  std::sort(rows.begin(), rows.end(), [](const OperatorInfo* a, const OperatorInfo* b) {
    return std::pair(a->domain, a->name) < std::pair(b->domain, b->name);
  });
  auto table = nlohmann::ordered_json::array();
  for (const OperatorInfo* info : rows) {
    const OperatorOptions type = becomes(*info);
    table.push_back({{"name", info->name},
                     {"domain", domain_of(*info)},
                     {"since", info->since},
                     {"inputs", {to_text(info->inputs.least), to_text(info->inputs.most)}},
                     {"outputs", to_text(info->outputs)},
                     {"attributes", attributes_of(*info)},
                     {"types", types_of(*info, type)},
                     {"runs", runs_as(*info, type)},
                     {"int8", int8_of(*info, type)},
                     {"training", training_of(type)},
                     {"refused", info->refuses}});
  }
  return table;
}

std::string operators_markdown(const nlohmann::ordered_json& table) {
  std::string text =
      "# ONNX operators\n\n"
      "Written by `make operators` from `converter/graph/operators.inc`; `edgy operators` prints "
      "the same for the\n"
      "version that is installed. What is not in the table, and what a line refuses, is an error "
      "of `edgy convert`\n"
      "that names all such nodes of a model at once.\n\n"
      "*Opset* is the operator set that introduced it; models of the sets 1 to 23 are read. *Runs "
      "as*: the operator\n"
      "of the file that computes it (docs/file-format.md); *other operators*: it is written in "
      "several; *while\n"
      "converting*: of constants and shapes, gone before the model runs. Attributes in parentheses "
      "change nothing in\n"
      "a model that is not trained; those with a value are refused with any other.\n";
  std::string domain = "-";
  for (const auto& row : table) {
    if (row["domain"] != domain) {
      domain = row["domain"];
      text += "\n## " + (domain.empty() ? std::string("ai.onnx") : domain) +
              "\n\n| operator | opset | types | runs as | int8 | `edgy finetune` | attributes | "
              "refused |\n"
              "| --- | ---: | --- | --- | --- | --- | --- | --- |\n";
    }
    text += "| " + row["name"].get<std::string>() + " | " +
            std::to_string(row["since"].get<int64_t>()) + " | " + row["types"].get<std::string>() +
            " | " + row["runs"].get<std::string>() + " | " + row["int8"].get<std::string>() +
            " | " + row["training"].get<std::string>() + " | " +
            attributes_text(row["attributes"]) + " | " + row["refused"].get<std::string>() + " |\n";
  }
  return text;
}

std::string operators_text(const nlohmann::ordered_json& table) {
  std::string text = first_columns("operator", 26) + " " + first_columns("opset", 5) + " " +
                     first_columns("runs as", 16) + " " + first_columns("int8", 23) + " refused\n";
  for (const auto& row : table) {
    const std::string domain = row["domain"];
    text +=
        first_columns((domain.empty() ? "" : domain + ".") + row["name"].get<std::string>(), 26) +
        " " + first_columns(std::to_string(row["since"].get<int64_t>()), 5) + " " +
        first_columns(row["runs"].get<std::string>(), 16) + " " +
        first_columns(row["int8"].get<std::string>(), 23) + " " +
        row["refused"].get<std::string>() + "\n";
  }
  return text;
}

}  // namespace edgy::converter
