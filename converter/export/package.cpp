#include "converter/export/package.h"

#include <memory>

#include "converter/error.h"
#include "converter/export/constant_storage.h"
#include "converter/export/frame_rate.h"
#include "converter/export/int4_storage.h"
#include "converter/export/output_events.h"
#include "converter/export/privacy.h"
#include "converter/export/sparse_storage.h"
#include "converter/quantization/layers.h"
#include "wasm/format/verify.h"

namespace edgy::converter {
namespace fb = format::fb;
namespace {

void state_privacy(fb::ModelT& model, const PackageOptions& options) {
  const bool has_policies = !model.metadata->policies.empty();
  if (!has_policies || !options.policies.empty() || options.floor)
    set_privacy(model, options.policies, options.floor.value_or(fb::PrivacyLevel::Low));
  set_events(model, options.events);
  set_frame_rates(model);
}

}  // namespace

std::vector<uint8_t> package(fb::ModelT& model, const PackageOptions& options) {
  if (!model.metadata)
    model.metadata = std::make_unique<fb::MetadataT>();
  store_repeated(model);
  store_sparse(model);
  store_int4(model);
  compact(model);
  state_privacy(model, options);
  if (!options.config.empty())
    model.metadata->config = options.config;
  if (!options.producer.empty())
    model.metadata->producer = options.producer;
  model.version = format::kVersion;
  set_features(model);
  if (options.source)
    stamp(model, *options.source, model.metadata->producer);
  return serialize(model);
}

}  // namespace edgy::converter
