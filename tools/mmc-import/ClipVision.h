// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The vision tower of CLIP: CLIPVisionModel, or the one within a CLIPModel.

#ifndef MMC_TOOLS_MMC_IMPORT_CLIPVISION_H
#define MMC_TOOLS_MMC_IMPORT_CLIPVISION_H

#include "Config.h"
#include "ModelWriter.h"

namespace mmc::import {

struct ClipVision {
  int64_t width, ffn, layers, heads, channels, image, patch;
  double eps;
  std::string activation;
  /// What comes before "encoder.layers.0.…" in the checkpoint: "vision_model." or nothing.
  std::string prefix;

  /// Class token and patches.
  int64_t tokens() const { return (image / patch) * (image / patch) + 1; }
};

/// Whether the directory holds a CLIP tower.
bool isClipVision(const ModelDirectory &model);

/// The key layout is looked up in the directory's safetensors header; without weights it is the
/// hub's. A directory with weights of another kind is BadInput.
StatusOr<ClipVision> readClipVision(const ModelDirectory &model);

/// "CLIP tower: …", for the comment at a file's start.
std::string describe(const ClipVision &tower);

/// %pixels, a batch of pictures.
Value pixels(const ClipVision &tower);
/// The tower's states under a name: [N, tokens, width].
Value states(const ClipVision &tower, const std::string &name);

/// @vision_embeddings: pictures to what the first block gets.
void writeVisionEmbeddings(ModelWriter &writer, const ClipVision &tower);
/// One block within a repeat; `layer` is the placeholder in its parameters' names. Returns its
/// output.
Value writeVisionBlock(ModelWriter &writer, const ClipVision &tower, const Value &input,
                       const std::string &layer);
/// @hidden_states: every block's input and the last one's output.
void writeHiddenStates(ModelWriter &writer, const ClipVision &tower);

/// The whole file of a tower without language model.
void writeClipVision(ModelWriter &writer, const ClipVision &tower);

} // namespace mmc::import

#endif // MMC_TOOLS_MMC_IMPORT_CLIPVISION_H
