// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/OpenData.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Log.h"
#include "mmc/Runtime/Data/ConversationData.h"
#include "mmc/Runtime/Data/TextData.h"
#include "mmc/Runtime/Train/BatchFile.h"
#include "mmc/Runtime/Train/DatasetSource.h"
#include "mmc/Runtime/Train/PrefetchSource.h"
#include "mmc/Runtime/Train/SyntheticSource.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

using namespace mmc;
namespace fs = std::filesystem;

static constexpr std::string_view kSynthetic = "synthetic:";

static bool endsWith(const std::string &text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

StatusOr<DataKind> mmc::dataKind(const std::string &path, const std::string &templateName) {
  if (path.rfind(kSynthetic, 0) == 0)
    return DataKind::Synthetic;
  std::error_code failure;
  if (!fs::exists(path, failure))
    return Status::io("cannot open " + path + ": no such file or directory");
  if (endsWith(path, ".safetensors"))
    return DataKind::Batches;
  if (templateName == "scienceqa")
    return DataKind::ScienceQa;
  if (templateName == "text")
    return DataKind::Text;
  if (templateName != "auto") {
    MMC_RETURN_IF_ERROR(findTemplate(templateName).status().context("--template"));
    return DataKind::Conversations;
  }
  if (fs::is_directory(path, failure))
    return fs::exists(path + "/problems.json", failure) ? DataKind::ScienceQa : DataKind::Text;
  return endsWith(path, ".json") ? DataKind::Conversations : DataKind::Text;
}

StatusOr<DataRequest> mmc::trainingData(const TrainSettings &settings) {
  DataRequest request;
  request.path = settings.data;
  request.split = settings.split;
  request.pack = settings.pack;
  request.groupByModality = settings.groupByModality;
  request.shuffle = settings.shuffle;
  MMC_ASSIGN_OR_RETURN(request.kind, dataKind(request.path, settings.templateName));
  if (request.kind == DataKind::ScienceQa && request.split.empty())
    request.split = "train";
  return request;
}

StatusOr<DataRequest> mmc::evaluationData(const TrainSettings &settings) {
  DataRequest request;
  request.path = settings.evalData;
  request.split = settings.evalSplit;
  request.shuffle = false;
  request.dropLast = false;
  request.blankImages = settings.evalBlankImages;
  if (request.path.empty() && !request.split.empty())
    request.path = settings.data;
  if (request.path.empty())
    return request;
  MMC_ASSIGN_OR_RETURN(request.kind, dataKind(request.path, settings.templateName));
  if (request.kind == DataKind::ScienceQa && request.split.empty())
    request.split = "val";
  return request;
}

StatusOr<std::vector<BatchShapes>> mmc::dataShapes(const TrainSettings &settings,
                                                   const DataRequest &request) {
  std::vector<BatchShapes> result;
  if (request.kind == DataKind::Batches) {
    MMC_ASSIGN_OR_RETURN(std::unique_ptr<BatchFile> file, BatchFile::open(request.path));
    result.emplace_back().shapes = file->shapes();
    return result;
  }
  std::vector<int64_t> lengths = settings.seqLen;
  if (request.kind == DataKind::Synthetic)
    lengths = {lengths.back()};
  for (int64_t length : lengths)
    result.push_back({{}, settings.batchSize, length, settings.batchSize * settings.imagesPerRow});
  return result;
}

/// The model's layout, with --image-tokens where the model does not say how many an image has.
static StatusOr<BatchLayout> layoutFor(const TrainSettings &settings,
                                       const std::vector<ProgramTensor> &inputs) {
  MMC_ASSIGN_OR_RETURN(BatchLayout layout, layoutOf(inputs));
  if (layout.imagesPerRow == 0 || settings.imageTokens <= 0)
    return layout;
  if (layout.tokensPerImage > 0 && layout.tokensPerImage != settings.imageTokens)
    return Status::badInput("--image-tokens must be what the model makes of an image, got: " +
                            std::to_string(settings.imageTokens) +
                            " != " + std::to_string(layout.tokensPerImage));
  layout.tokensPerImage = settings.imageTokens;
  return layout;
}

static StatusOr<ImageTransform> transformOf(const TrainSettings &settings, DataKind kind,
                                            const BatchLayout &layout) {
  std::string name = settings.preprocess;
  if (name.empty())
    name = kind == DataKind::ScienceQa ? "lavin" : "clip";
  if (layout.imageHeight != layout.imageWidth)
    return Status::badInput(
        "images must be square for --preprocess, got: " + std::to_string(layout.imageHeight) +
        " x " + std::to_string(layout.imageWidth));
  return imageTransformFor(name, layout.imageHeight);
}

static LavinRowOptions lavinRow(const BatchLayout &layout, int64_t seqLen) {
  LavinRowOptions row;
  row.seqLen = seqLen;
  row.imageTokens = layout.tokensPerImage;
  return row;
}

static StatusOr<std::unique_ptr<Dataset>> openDataset(const TrainSettings &settings,
                                                      const DataRequest &request,
                                                      const Tokenizer &tokenizer,
                                                      const BatchLayout &layout) {
  const int64_t seqLen = settings.seqLen.back();
  if (request.kind == DataKind::ScienceQa) {
    MMC_ASSIGN_OR_RETURN(PromptFormat format, PromptFormat::parse(settings.promptFormat));
    MMC_ASSIGN_OR_RETURN(std::vector<ScienceQaProblem> problems,
                         loadScienceQa(request.path, {request.split, settings.useCaptions}));
    return std::unique_ptr<Dataset>(std::make_unique<ScienceQaDataset>(
        std::move(problems), format, tokenizer, lavinRow(layout, seqLen)));
  }
  if (request.kind == DataKind::Conversations) {
    ConversationDataOptions options;
    options.templateName = settings.templateName == "auto" ? "plain" : settings.templateName;
    options.seqLen = seqLen;
    options.imageTokens = layout.tokensPerImage;
    options.imageRoot = settings.imageFolder;
    options.imageStartEnd = settings.imageStartEnd;
    options.split = request.split;
    options.checkImages = settings.onBadImage == "stop";
    MMC_ASSIGN_OR_RETURN(std::unique_ptr<ConversationDataset> data,
                         ConversationDataset::load(request.path, tokenizer, options));
    return std::unique_ptr<Dataset>(std::move(data));
  }
  TextOptions options;
  options.seqLen = seqLen;
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<TextDataset> data,
                       TextDataset::load(request.path, tokenizer, options));
  return std::unique_ptr<Dataset>(std::move(data));
}

static StatusOr<std::unique_ptr<DataSource>>
openSynthetic(const TrainSettings &settings, const std::string &path, const BatchLayout &layout) {
  uint64_t seed = 0;
  const char *begin = path.data() + kSynthetic.size(), *end = path.data() + path.size();
  auto [stop, error] = std::from_chars(begin, end, seed);
  if (error != std::errc() || stop != end)
    return Status::badUsage("--data=synthetic:SEED needs a non-negative whole number, got: '" +
                            path + "'");
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<SyntheticSource> source,
                       SyntheticSource::create(layout, settings.seqLen.back(), seed));
  return std::unique_ptr<DataSource>(std::move(source));
}

StatusOr<OpenedData> mmc::openData(const TrainSettings &settings, const DataRequest &request,
                                   const std::vector<ProgramTensor> &inputs, bool withQuestions) {
  OpenedData opened;
  if (request.kind == DataKind::Batches) {
    MMC_ASSIGN_OR_RETURN(opened.source, BatchFile::open(request.path));
    return opened;
  }
  MMC_ASSIGN_OR_RETURN(BatchLayout layout, layoutFor(settings, inputs));
  if (request.kind == DataKind::Synthetic) {
    MMC_ASSIGN_OR_RETURN(opened.source, openSynthetic(settings, request.path, layout));
    return opened;
  }
  if (settings.tokenizer.empty())
    return Status::badUsage("--tokenizer must be given for " + request.path);
  // LaVIN reads the sentencepiece model by itself, whatever lies around it.
  MMC_ASSIGN_OR_RETURN(opened.tokenizer, request.kind == DataKind::ScienceQa
                                             ? Tokenizer::loadPlain(settings.tokenizer)
                                             : Tokenizer::load(settings.tokenizer));
  layout.padId = std::max(opened.tokenizer->padId(), 0);
  PixelLoader pixels;
  if (layout.imagesPerRow > 0) {
    MMC_ASSIGN_OR_RETURN(ImageTransform transform, transformOf(settings, request.kind, layout));
    opened.pixels = std::make_unique<ImagePixels>(transform);
    pixels = opened.pixels->loader();
    if (request.blankImages)
      pixels = [size = 3 * layout.imageHeight * layout.imageWidth](const std::string &,
                                                                   float *out) {
        std::fill_n(out, size, 0.0f);
        return Status::ok();
      };
  }
  MMC_ASSIGN_OR_RETURN(opened.dataset, openDataset(settings, request, *opened.tokenizer, layout));
  BatcherOptions options;
  options.layout = layout;
  options.seqLens = settings.seqLen;
  options.pack = request.pack;
  options.shuffle = request.shuffle;
  options.seed = static_cast<uint64_t>(settings.seed);
  options.dropLast = request.dropLast;
  options.groupByModality = request.groupByModality;
  options.skipBadImages = settings.onBadImage == "skip";
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<DatasetSource> source,
                       DatasetSource::create(*opened.dataset, options, pixels));
  if (const SampleLengths &lengths = source->sampleLengths(); !lengths.refused.empty())
    warning(std::to_string(lengths.refused.size()) + " of " + std::to_string(lengths.all.size()) +
            " samples are refused and left out (mmc-data inspect lists them); the first: " +
            lengths.reasons[0]);
  opened.source = std::move(source);
  // Evaluation reads one epoch at a time; what lay ready of the next would be thrown away.
  if (settings.prefetch > 0 && request.dropLast)
    opened.source = std::make_unique<PrefetchSource>(std::move(opened.source),
                                                     static_cast<size_t>(settings.prefetch) << 20);
  if (withQuestions && request.kind == DataKind::ScienceQa &&
      ChoiceQuestions::suits(settings.promptFormat))
    opened.questions = std::make_unique<ChoiceQuestions>(
        static_cast<const ScienceQaDataset &>(*opened.dataset), *opened.tokenizer,
        lavinRow(layout, settings.seqLen.back()), layout, settings.seqLen.back(), pixels);
  return opened;
}
