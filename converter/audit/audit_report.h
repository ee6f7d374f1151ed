// The leakage audit for people (HTML with charts, a table on the terminal) and for programs (JSON).
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "converter/audit/audit.h"

namespace edgy::converter {

/// What was measured on one model.
struct ModelAudit {
  std::string model;  ///< file name
  std::vector<Leakage> representations;
};

nlohmann::ordered_json to_json(const std::vector<ModelAudit>& audits);

/// A table of 80 columns: a row a model and representation.
void print_table(const std::vector<ModelAudit>& audits, std::ostream& out);

/// One self-contained page: no script, no request, charts as inline SVG with their figures in a
/// table beside them.
std::string to_html(const std::vector<ModelAudit>& audits, const std::string& data_description);

}  // namespace edgy::converter
