// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The flags of mmc-train.

#include "mmc/Runtime/Train/TrainSettings.h"

#include <algorithm>

namespace mmc {

std::string TrainSetting::key() const {
  std::string key = name;
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

const std::vector<TrainSetting> &trainSettings() {
  using S = TrainSettings;
  constexpr bool mayChange = true;
  static const std::vector<TrainSetting> table = {
      {"Model", "weights", &S::weights, "PATH",
       "safetensors file, directory with model.safetensors or its index, or init:SEED; repeated, "
       "the later wins per parameter"},
      {"Model", "adapter", &S::adapter, "DIR|SPEC",
       "adapter directory, or a name with options: \"lora rank=8 alpha=16 targets=q_proj,v_proj\""},
      {"Model", "train", &S::train, "WHAT",
       "trainable parameters: adapters, connector, llm, vision, all or glob patterns over names, "
       "separated by commas; default: adapters,connector where the model has them"},
      {"Model", "dropout", &S::dropout, "P", "dropout of the adapters, instead of their own"},
      {"Model", "dtype", &S::dtype, "f32|bf16",
       "type of weights and activations; trainable parameters are f32 in either"},

      {"Data", "data", &S::data, "PATH",
       "ScienceQA directory, LLaVA conversations JSON, text file (*.jsonl: the \"text\" of each "
       "line) or a directory of such, safetensors file of ready batches, or synthetic:SEED"},
      {"Data", "template", &S::templateName, "NAME",
       "how samples become rows: scienceqa, LaVIN's rows; text; for LLaVA's "
       "JSON plain (captions), v1 or another conversation template (mmc-data --help lists them); "
       "auto: by what --data is, plain for JSON"},
      {"Data", "tokenizer", &S::tokenizer, "PATH",
       "Hugging Face directory, tokenizer.model or tokenizer.json"},
      {"Data", "image-folder", &S::imageFolder, "PATH",
       "where image names of a conversations JSON start from, a folder or a tar file; default: the "
       "folder of the JSON"},
      {"Data", "preprocess", &S::preprocess, "NAME|PATH",
       "how images become pixels: clip, clip-pad, siglip, siglip-pad, lavin, eva-clip, or a "
       "preprocessor_config.json; default: lavin for ScienceQA, clip for captions"},
      {"Data", "split", &S::split, "NAME",
       "part of the data set; default: train for ScienceQA, everything for captions"},
      {"Data", "prompt-format", &S::promptFormat, "NAME", "ScienceQA: LaVIN's prompt format"},
      {"Data", "use-captions", &S::useCaptions, "",
       "ScienceQA: put captions.json into the context"},
      {"Data", "batch-size", &S::batchSize, "N", "rows of a micro-batch", false, 1},
      {"Data", "seq-len", &S::seqLen, "N[,N...]",
       "tokens of a row, longer samples lose their end; several: a batch takes the shortest that "
       "holds it",
       false, 1},
      {"Data", "image-tokens", &S::imageTokens, "N",
       "rows of image features per image; default: what the model makes"},
      {"Data", "images-per-row", &S::imagesPerRow, "N", "places for images per row", false, 1},
      {"Data", "image-start-end", &S::imageStartEnd, "",
       "conversations: <im_start> and <im_end> around each picture"},
      {"Data", "on-bad-image", &S::onBadImage, "stop|skip",
       "what a picture that cannot be read does: end the training, or leave its sample out, "
       "counted"},
      {"Data", "pack", &S::pack, "", "put several samples into a row, best fit"},
      {"Data", "group-by-modality", &S::groupByModality, "",
       "batches of samples that all have pictures or none, of similar length, as LLaVA's "
       "group_by_modality_length"},
      {"Data", "shuffle", &S::shuffle, "true|false", "a new order in each epoch"},
      {"Data", "prefetch", &S::prefetch, "MIB",
       "most MiB of batches that are made ahead, in a thread of their own; 0: none", true},

      {"Training", "steps", &S::steps, "N",
       "optimizer steps of the whole training; a resumed one may have more with "
       "--schedule=constant"},
      {"Training", "epochs", &S::epochs, "X",
       "passes over the data; what --steps counts in epochs"},
      {"Training", "lr", &S::lr, "X", "peak learning rate"},
      {"Training", "min-lr", &S::minLr, "X", "what cosine, linear and lavin end at"},
      {"Training", "schedule", &S::schedule, "cosine|linear|constant|lavin",
       "learning rate after the warm-up; lavin is a cosine over fractional epochs"},
      {"Training", "warmup-steps", &S::warmupSteps, "N",
       "steps of linear warm-up; step 0 has rate 0"},
      {"Training", "warmup-ratio", &S::warmupRatio, "X", "the same as a share of the training"},
      {"Training", "warmup-epochs", &S::warmupEpochs, "X", "the same in epochs"},
      {"Training", "betas", &S::betas, "B1,B2", "AdamW's decay rates of both moments"},
      {"Training", "eps", &S::eps, "X", "AdamW's epsilon"},
      {"Training", "weight-decay", &S::weightDecay, "X",
       "AdamW's weight decay, on parameters of two or more dimensions"},
      {"Training", "max-grad-norm", &S::maxGradNorm, "X",
       "gradients are scaled by min(1, X / (norm + 1e-6)); 0: never"},
      {"Training", "lr-scale", &S::lrScale, "PATTERN:X",
       "X times the learning rate for parameters whose name matches; repeated, the last match "
       "wins"},
      {"Training", "gradient-accumulation", &S::gradientAccumulation, "N",
       "micro-batches per step; default: what the batch file says, else 1"},
      {"Training", "micro-batch-average", &S::microBatchAverage, "labels|means",
       "labels: a step's loss is the mean over all its labels; means: the mean of its "
       "micro-batches' means"},
      {"Training", "micro-batches-per-epoch", &S::microBatchesPerEpoch, "N",
       "length of an epoch; default: what the data set has"},
      {"Training", "seed", &S::seed, "N",
       "seed of the order of samples, dropout and fresh adapters"},

      {"Evaluation", "eval-data", &S::evalData, "PATH",
       "data set to evaluate on; default: --data, when --eval-split is given"},
      {"Evaluation", "eval-split", &S::evalSplit, "NAME", "its split"},
      {"Evaluation", "eval-every", &S::evalEvery, "N",
       "steps between evaluations; the last step always has one", mayChange},
      {"Evaluation", "eval-batches", &S::evalBatches, "N", "batches of an evaluation; 0: all",
       mayChange},
      {"Evaluation", "eval-blank-images", &S::evalBlankImages, "",
       "evaluate with pictures whose pixels are all zero: what is right without looking"},
      {"Evaluation", "eval-only", &S::evalOnly, "",
       "evaluate the weights (and the adapter of --adapter=DIR) as they are, and stop", mayChange},

      {"Output", "output", &S::output, "DIR", "where everything is written; new, empty or resumed",
       mayChange},
      {"Output", "save-every", &S::saveEvery, "N", "steps between checkpoints; 0: none", mayChange},
      {"Output", "keep", &S::keep, "N", "newest checkpoints kept; 0: all", mayChange},
      {"Output", "resume", &S::resume, "[=DIR]",
       "go on where the newest checkpoint of the output directory, or of DIR, stands (a fresh "
       "start if the output directory has none); settings not given are taken from there",
       mayChange},

      {"Machine", "device", &S::device, "cpu", "what runs the step", mayChange},
      {"Machine", "threads", &S::threads, "N",
       "threads to use; 0: one per processor. Results do not depend on it", mayChange},
      {"Machine", "cpu-features", &S::cpuFeatures, "native|avx2|avx512|avx512-bf16|amx",
       "instruction set that kernels may use"},
      {"Machine", "cache-dir", &S::cacheDir, "DIR",
       "where compiled code is kept; none: nowhere; default: the user's cache directory",
       mayChange},
      {"Machine", "dump-dir", &S::dumpDir, "DIR", "where the result of each phase is written",
       mayChange},
      {"Machine", "explain", &S::explain, "",
       "plan, print parameters and memory of a step, and stop", mayChange},
  };
  return table;
}

} // namespace mmc
