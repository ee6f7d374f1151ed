// The leakage audit for people (HTML with charts, a table on the terminal) and for programs (JSON).
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "converter/audit/audit.h"

namespace edgy::converter {

/// Everything, of each attacker; differences are to the first model.
nlohmann::ordered_json to_json(const std::vector<ModelAudit>& audits);

/// {value, low, high, chance, count, units}
nlohmann::ordered_json to_json(const Measure& measure);

/// Tables of at most 80 columns: one a question and corpus, a row a representation and model.
void print_table(const std::vector<ModelAudit>& audits, std::ostream& out);

/// One self-contained page: no script, no request, charts as inline SVG with their figures beside
/// them. `data` describes the recordings.
std::string to_html(const std::vector<ModelAudit>& audits, const std::string& data);

}  // namespace edgy::converter
