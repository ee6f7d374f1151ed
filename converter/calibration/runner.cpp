#include "converter/calibration/runner.h"

#include <algorithm>

#include "converter/error.h"

namespace edgy::converter {

std::vector<uint8_t> model_bytes(const format::fb::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder(1 << 20);
  format::fb::FinishModelBuffer(builder, format::fb::Model::Pack(builder, &model));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

Runner::Runner(const format::fb::ModelT& model, Observer observer,
               runtime::SessionOptions options) {
  auto loaded = runtime::Model::load(model_bytes(model));
  if (!loaded)
    throw Error(loaded.error().message);
  options.observer = std::move(observer);
  options.memory_limit = std::size_t{1} << 34;
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
