#include "converter/calibration/runner.h"

#include <algorithm>

#include "converter/addressable.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

constexpr uint64_t kConversionMemory = uint64_t{1} << 34;

}  // namespace

std::vector<uint8_t> model_bytes(const format::fb::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder(1 << 20);
  format::fb::FinishModelBuffer(builder, format::fb::Model::Pack(builder, &model));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

runtime::SessionOptions conversion_options() {
  runtime::SessionOptions options;
  options.memory_limit = addressable(kConversionMemory);
  options.events = false;
  return options;
}

runtime::SessionOptions reading_options(uint64_t given_bytes, uint64_t mebibytes) {
  constexpr uint64_t kBase = uint64_t{1} << 28;
  constexpr uint64_t kMultiple = 64;
  runtime::SessionOptions options;
  const uint64_t in_proportion =
      kBase + kMultiple * std::min<uint64_t>(given_bytes, kConversionMemory / kMultiple);
  options.memory_limit = addressable(
      mebibytes != 0 ? mebibytes << 20 : std::min<uint64_t>(in_proportion, kConversionMemory));
  return options;
}

Runner::Runner(const format::fb::ModelT& model, Observer observer,
               runtime::SessionOptions options) {
  auto loaded = runtime::Model::load(model_bytes(model));
  if (!loaded)
    throw Error(loaded.error().message);
  options.observer = std::move(observer);
  auto session = runtime::Session::create(*loaded, std::move(options));
  if (!session)
    throw Error(session.error().message);
  session_ = std::move(*session);
}

std::vector<Tensor> Runner::run(const Sample& sample) {
  std::vector<runtime::Shape> shapes;
  for (const Tensor& input : sample.inputs)
    shapes.emplace_back(input.shape.begin(), input.shape.end());
  if (auto ready = session_->prepare(shapes); !ready)
    throw Error(sample.name + ": " + ready.error().message);
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
    std::copy(sample.inputs[i].data.begin(), sample.inputs[i].data.end(),
              session_->input(i).begin());
  }
  if (auto done = session_->run(); !done)
    throw Error(sample.name + ": " + done.error().message);
  std::vector<Tensor> outputs;
  for (std::size_t i = 0; i < session_->model().outputs().size(); ++i) {
    const runtime::TensorView view = session_->output(i);
    outputs.push_back(
        {std::string(view.name), view.type, view.shape, {view.data.begin(), view.data.end()}});
  }
  return outputs;
}

}  // namespace edgy::converter
