#include "converter/compare/compare.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>

#include "converter/columns.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

namespace fb = format::fb;

/// The numbers that a float32 or int8 value stands for; nothing for other types.
std::vector<float> real_values(const fb::TensorT& tensor, std::span<const uint8_t> data) {
  if (tensor.type == fb::DataType::F32) {
    const std::span<const float> values{reinterpret_cast<const float*>(data.data()),
                                        data.size() / sizeof(float)};
    return {values.begin(), values.end()};
  }
  std::vector<float> real;
  if (tensor.type != fb::DataType::I8 || !tensor.quantization)
    return real;
  const float scale = tensor.quantization->scale[0];
  const int32_t zero =
      tensor.quantization->zero_point.empty() ? 0 : tensor.quantization->zero_point[0];
  real.reserve(data.size());
  for (const uint8_t byte : data)
    real.push_back(scale * static_cast<float>(static_cast<int8_t>(byte) - zero));
  return real;
}

void require_same_interface(const fb::ModelT& a, const fb::ModelT& b) {
  const auto check = [&](const std::vector<int32_t>& x, const std::vector<int32_t>& y,
                         const char* what) {
    bool same = x.size() == y.size();
    for (std::size_t i = 0; same && i < x.size(); ++i) {
      same = a.tensors[static_cast<std::size_t>(x[i])]->name ==
             b.tensors[static_cast<std::size_t>(y[i])]->name;
    }
    if (!same)
      throw Error(std::string("the models differ in their ") + what +
                  ": is one the compressed form of the other?");
  };
  check(a.inputs, b.inputs, "inputs");
  check(a.outputs, b.outputs, "outputs");
}

/// Inner values of the reference, kept for one sample until the other model has run.
using InnerValues = std::map<std::string, std::vector<float>>;

void compare_outputs(const std::vector<Tensor>& reference, const std::vector<Tensor>& outputs,
                     Comparison& comparison) {
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    OutputComparison& entry = comparison.outputs[k];
    if (outputs[k].type == DataType::F32) {
      Fidelity alone;
      alone.add(reference[k].values<float>(), outputs[k].values<float>());
      entry.sample_cosines.push_back(alone.cosine());
      entry.fidelity.add(reference[k].values<float>(), outputs[k].values<float>());
      continue;
    }
    entry.is_index = true;
    const auto a = reference[k].values<int64_t>();
    const auto b = outputs[k].values<int64_t>();
    entry.count += a.size();
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
      entry.equal += a[i] == b[i];
  }
}

}  // namespace

Comparison compare(const fb::ModelT& reference, const fb::ModelT& model, CalibrationSource& data,
                   Progress& progress, const runtime::SessionOptions& limits) {
  require_same_interface(reference, model);
  Comparison comparison;
  comparison.data = data.description();
  comparison.samples = data.size();
  for (const int32_t output : model.outputs)
    comparison.outputs.push_back(
        {model.tensors[static_cast<std::size_t>(output)]->name, {}, 0, 0, false, {}});

  // Frames are compared with frames.
  runtime::SessionOptions options = limits;
  options.events = false;
  InnerValues inner;
  std::map<std::string, Fidelity> layers;
  Runner reference_runner(
      reference,
      [&](int32_t index, const runtime::TensorView& view) {
        const fb::TensorT& tensor = *reference.tensors[static_cast<std::size_t>(index)];
        inner[tensor.name] = real_values(tensor, view.data);
      },
      options);
  Runner runner(
      model,
      [&](int32_t index, const runtime::TensorView& view) {
        const fb::TensorT& tensor = *model.tensors[static_cast<std::size_t>(index)];
        const auto found = inner.find(tensor.name);
        if (found == inner.end() || found->second.empty())
          return;
        const std::vector<float> values = real_values(tensor, view.data);
        if (values.size() == found->second.size())  // a layer that lost channels has no counterpart
          layers[tensor.name].add(found->second, values);
      },
      options);
  progress.begin("comparing", data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Sample sample = data.sample(i);
    inner.clear();
    const std::vector<Tensor> expected = reference_runner.run(sample);
    compare_outputs(expected, runner.run(sample), comparison);
    progress.advance();
  }
  progress.end();
  for (auto& [name, fidelity] : layers)
    comparison.layers.push_back({name, fidelity});
  std::stable_sort(comparison.layers.begin(), comparison.layers.end(),
                   [](const LayerComparison& a, const LayerComparison& b) {
                     return a.fidelity.sqnr_db() < b.fidelity.sqnr_db();
                   });
  return comparison;
}

nlohmann::ordered_json to_json(const Comparison& comparison) {
  using Json = nlohmann::ordered_json;
  const auto db = [](double value) {
    return std::isinf(value) ? Json(nullptr) : Json(value);
  };  // JSON has no infinity
  Json json = {{"data", comparison.data}, {"samples", comparison.samples}};
  for (const OutputComparison& output : comparison.outputs) {
    Json entry = {{"name", output.name}};
    if (output.is_index) {
      entry["agreement"] =
          output.count ? static_cast<double>(output.equal) / static_cast<double>(output.count)
                       : 1.0;
      entry["equal"] = output.equal;
      entry["count"] = output.count;
    } else {
      entry["cosine"] = output.fidelity.cosine();
      const std::vector<double>& cosines = output.sample_cosines;
      if (!cosines.empty()) {
        entry["mean_sample_cosine"] = std::accumulate(cosines.begin(), cosines.end(), 0.0) /
                                      static_cast<double>(cosines.size());
        entry["worst_sample_cosine"] = *std::min_element(cosines.begin(), cosines.end());
      }
      entry["sqnr_db"] = db(output.fidelity.sqnr_db());
      entry["max_error"] = output.fidelity.max_error();
    }
    json["outputs"].push_back(std::move(entry));
  }
  for (const LayerComparison& layer : comparison.layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"sqnr_db", db(layer.fidelity.sqnr_db())},
                              {"cosine", layer.fidelity.cosine()}});
  }
  return json;
}

void print(const Comparison& comparison, std::size_t layers, std::ostream& out) {
  char line[320];  // a name of 58 characters may have four bytes for each
  out << comparison.data << "\n\n";
  std::snprintf(line, sizeof line, "%-30s %10s %9s %11s %10s\n", "output", "cosine", "SQNR dB",
                "max error", "agreement");
  out << line;
  for (const OutputComparison& o : comparison.outputs) {
    if (o.is_index) {
      const double agreement =
          o.count ? 100.0 * static_cast<double>(o.equal) / static_cast<double>(o.count) : 100.0;
      std::snprintf(line, sizeof line, "%s %10s %9s %11s %8.2f %%\n",
                    first_columns(o.name, 30).c_str(), "", "", "", agreement);
    } else {
      std::snprintf(line, sizeof line, "%s %10.6f %9.2f %11.4g\n",
                    first_columns(o.name, 30).c_str(), o.fidelity.cosine(), o.fidelity.sqnr_db(),
                    o.fidelity.max_error());
    }
    out << line;
  }
  if (layers == 0 || comparison.layers.empty())
    return;
  std::snprintf(line, sizeof line, "\n%-58s %10s %9s\n", "inner value, worst first", "cosine",
                "SQNR dB");
  out << line;
  for (std::size_t i = 0; i < std::min(layers, comparison.layers.size()); ++i) {
    const LayerComparison& layer = comparison.layers[i];
    std::snprintf(line, sizeof line, "%s %10.6f %9.2f\n", last_columns(layer.name, 58).c_str(),
                  layer.fidelity.cosine(), layer.fidelity.sqnr_db());
    out << line;
  }
}

}  // namespace edgy::converter
