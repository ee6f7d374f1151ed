// A trained encoder as ONNX.
#pragma once

#include <string>

#include "converter/private_encoder/weights.h"

namespace edgy::converter::private_encoder {

/// A serialized ModelProto, opset 13, of operators that `edgy convert` and other runtimes read.
/// Input "mel" [1, 80, T]. Outputs: "z" [1, codes, channels], the vectors before they are searched
/// for their nearest codes, by which a speaker is known: for fine-tuning, and never to hand out;
/// "phones" [1, codes], the codes, only where they were merged and stayed; "indices" [1, codes],
/// the classes, or the codes where none were merged. Batch normalization is part of the
/// convolutions. Throws Error when a tensor is missing or of another shape.
std::string onnx_encoder(const TrainedEncoder& encoder);

}  // namespace edgy::converter::private_encoder
