// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Batch files, data sets and synthetic data as sources of micro-batches.

#include "../Core/TemporaryDirectory.h"
#include "../Data/Golden.h"
#include "BatchFiles.h"
#include "mmc/Runtime/Train/BatchFile.h"
#include "mmc/Runtime/Train/DatasetSource.h"
#include "mmc/Runtime/Train/SyntheticSource.h"

using namespace mmc;
using namespace mmc::test;

namespace {

std::vector<int32_t> idsOf(const StatusOr<MicroBatch> &batch) {
  EXPECT_TRUE(batch.isOk()) << batch.status().message();
  return values(batch->tensors, "input_ids");
}

TEST(BatchFile, StepsAndMicroBatches) {
  TemporaryDirectory directory;
  const std::string path = directory / "batches.safetensors";
  TensorMap tensors = randomBatches({3, 2, 1, 5}, 11);
  writeBatches(path, tensors);
  auto file = BatchFile::open(path);
  ASSERT_TRUE(file.isOk()) << file.status().message();
  EXPECT_EQ((*file)->accumulation(), 2);
  EXPECT_EQ(*(*file)->batchesIn(0), 6);
  EXPECT_EQ((*file)->shapes().at("input_ids"), (Shape{1, 5}));
  const int32_t *all = tensors["input_ids"].as<int32_t>();
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_EQ(idsOf((*file)->next()), std::vector<int32_t>(all + 5 * i, all + 5 * i + 5)) << i;
  EXPECT_EQ(idsOf((*file)->next()), std::vector<int32_t>(all, all + 5)) << "the next epoch";
  EXPECT_EQ((*file)->cursor(), (Cursor{1, 1}));
  ASSERT_TRUE((*file)->seek({0, 4}).isOk());
  EXPECT_EQ(idsOf((*file)->next()), std::vector<int32_t>(all + 20, all + 25));
  EXPECT_FALSE((*file)->seek({0, 7}).isOk());
  EXPECT_FALSE((*file)->seek({0, -1}).isOk());
}

TEST(BatchFile, StepsAlone) {
  TemporaryDirectory directory;
  const std::string path = directory / "batches.safetensors";
  TensorMap tensors = randomBatches({3, 2, 5}, 11);
  Tensor segments(DType::I32, {3, 2, 5});
  for (int64_t i = 0; i < segments.count(); ++i)
    segments.as<int32_t>()[i] = i % 5 < 3;
  tensors["segment_ids"] = std::move(segments);
  writeBatches(path, tensors);
  auto file = BatchFile::open(path);
  ASSERT_TRUE(file.isOk()) << file.status().message();
  EXPECT_EQ((*file)->accumulation(), 0) << "the file does not say";
  EXPECT_EQ((*file)->next()->tokens, 6) << "padding is no token";
}

TEST(BatchFile, FingerprintSeesEveryValue) {
  TemporaryDirectory directory;
  TensorMap tensors = randomBatches({3, 2, 5}, 11);
  writeBatches(directory / "a.safetensors", tensors);
  tensors["labels"].as<int32_t>()[29] ^= 1;
  writeBatches(directory / "b.safetensors", tensors);
  EXPECT_NE((*BatchFile::open(directory / "a.safetensors"))->fingerprint(),
            (*BatchFile::open(directory / "b.safetensors"))->fingerprint());
}

TEST(BatchFile, Refusals) {
  TemporaryDirectory directory;
  const std::string path = directory / "batches.safetensors";
  auto refuse = [&](const TensorMap &tensors) {
    writeBatches(path, tensors);
    auto file = BatchFile::open(path);
    EXPECT_FALSE(file.isOk());
    EXPECT_EQ(file.status().code(), StatusCode::BadInput);
    return file.status().message();
  };
  EXPECT_NE(refuse(randomBatches({2, 5}, 11)).find("got: [2, 5]"), std::string::npos);
  TensorMap uneven = randomBatches({3, 2, 5}, 11);
  uneven["labels"] = Tensor(DType::I32, {2, 2, 5});
  EXPECT_NE(refuse(uneven).find("got: labels [2, 2, 5]"), std::string::npos);
  TensorMap none;
  none["labels"] = Tensor(DType::I32, {2, 2, 5});
  EXPECT_NE(refuse(none).find("no input_ids"), std::string::npos);
  EXPECT_NE(refuse(randomBatches({0, 2, 5}, 11)).find("has no batch"), std::string::npos);
  EXPECT_EQ(BatchFile::open(directory / "none").status().code(), StatusCode::Io);
  std::string bytes = readBytes(path);
  writeBatches(path, randomBatches({3, 2, 5}, 11));
  bytes = readBytes(path);
  writeBytes(path, bytes.substr(0, bytes.size() - 3));
  EXPECT_EQ(BatchFile::open(path).status().code(), StatusCode::BadInput) << "truncated";
}

TEST(DatasetSource, GoesOnFromACursor) {
  ListDataset data;
  for (int i = 0; i < 7; ++i)
    data.samples.push_back(textSample("s" + std::to_string(i), 10 * i + 1, 4));
  BatcherOptions options;
  options.layout.batchSize = 2;
  options.seqLens = {6};
  options.seed = 5;
  auto source = DatasetSource::create(data, options, nullptr);
  ASSERT_TRUE(source.isOk()) << source.status().message();
  EXPECT_EQ(*(*source)->batchesIn(0), 3);
  std::vector<std::vector<int32_t>> seen;
  std::vector<Cursor> cursors;
  for (int i = 0; i < 8; ++i) {
    cursors.push_back((*source)->cursor());
    auto batch = (*source)->next();
    seen.push_back(idsOf(batch));
    EXPECT_EQ(batch->tokens, 8);
    EXPECT_EQ(batch->name.rfind("samples 's", 0), 0u) << batch->name;
  }
  for (int i : {5, 0, 7, 3}) {
    ASSERT_TRUE((*source)->seek(cursors[i]).isOk());
    EXPECT_EQ(idsOf((*source)->next()), seen[i]) << i;
  }
}

TEST(DatasetSource, PackedEpochsHaveTheirOwnLength) {
  ListDataset data;
  for (int i = 0; i < 30; ++i)
    data.samples.push_back(textSample("s" + std::to_string(i), 1, 2 + 7 * i % 9));
  BatcherOptions options;
  options.layout.batchSize = 1;
  options.seqLens = {12};
  options.pack = true;
  auto source = DatasetSource::create(data, options, nullptr);
  ASSERT_TRUE(source.isOk()) << source.status().message();
  ASSERT_TRUE((*source)->next().isOk());
  for (int64_t epoch : {3, 1, 0, 2}) {
    int64_t count = *(*source)->batchesIn(epoch);
    EXPECT_EQ((*source)->cursor(), (Cursor{0, 1})) << "asking moves nothing";
    EXPECT_TRUE((*source)->seek({epoch, count}).isOk());
    EXPECT_FALSE((*source)->seek({epoch, count + 1}).isOk()) << epoch;
    ASSERT_TRUE((*source)->seek({0, 1}).isOk());
  }
}

TEST(SyntheticSource, FillsRows) {
  BatchLayout layout;
  layout.batchSize = 2;
  layout.vocabSize = 13;
  layout.imagesPerRow = 1;
  layout.tokensPerImage = 3;
  layout.imageHeight = layout.imageWidth = 4;
  layout.modality = true;
  auto source = SyntheticSource::create(layout, 8, 1);
  ASSERT_TRUE(source.isOk()) << source.status().message();
  auto batch = (*source)->next();
  ASSERT_TRUE(batch.isOk()) << batch.status().message();
  EXPECT_EQ(values(batch->tensors, "image_slots"),
            (std::vector<int32_t>{-1, 0, 1, 2, -1, -1, -1, -1, -1, 3, 4, 5, -1, -1, -1, -1}));
  EXPECT_EQ(values(batch->tensors, "modality"), (std::vector<int32_t>{1, 1}));
  std::vector<int32_t> labels = values(batch->tensors, "labels"),
                       ids = values(batch->tensors, "input_ids");
  for (int t : {4, 5, 6, 7, 12, 13, 14, 15})
    EXPECT_EQ(labels[t], ids[t]) << t;
  EXPECT_EQ(labels[0], -100);
  EXPECT_EQ(labels[2], -100);
  EXPECT_EQ(batch->tensors.at("pixel_values").shape(), (Shape{2, 3, 4, 4}));
  EXPECT_NE(*batch->tensors.at("pixel_values").as<float>(), 0);
  std::vector<int32_t> second = idsOf((*source)->next());
  EXPECT_NE(second, ids);
  ASSERT_TRUE((*source)->seek({0, 1}).isOk());
  EXPECT_EQ(idsOf((*source)->next()), second);
  EXPECT_FALSE(SyntheticSource::create(layout, 4, 1).isOk()) << "no room for text";
  layout.vocabSize = 0;
  EXPECT_FALSE(SyntheticSource::create(layout, 8, 1).isOk());
}

} // namespace
