// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/ProgramModel.h"
#include "mmc/Runtime/Data/InputCheck.h"

#include <algorithm>
#include <cstring>

using namespace mmc;

StatusOr<std::unique_ptr<ProgramModel>> ProgramModel::compile(const Request &request) {
  auto model = std::make_unique<ProgramModel>();
  model->threads = request.threads;
  // What evaluation needs is compiled with the step where both have the same shapes.
  auto evalEntries = [&] {
    std::vector<std::string> entries = {"loss"};
    if (request.logits)
      entries.push_back("logits");
    return entries;
  };
  std::vector<BatchShapes> rest = request.eval;
  for (const BatchShapes &shapes : request.train) {
    std::vector<std::string> entries = {"gradients"};
    if (model->programs.empty())
      entries.push_back("update");
    if (auto found = std::find(rest.begin(), rest.end(), shapes); found != rest.end()) {
      for (const std::string &entry : evalEntries())
        entries.push_back(entry);
      rest.erase(found);
    }
    MMC_RETURN_IF_ERROR(model->add(request, shapes, std::move(entries)));
  }
  for (const BatchShapes &shapes : rest)
    MMC_RETURN_IF_ERROR(model->add(request, shapes, evalEntries()));
  return model;
}

Status ProgramModel::add(const Request &request, const BatchShapes &shapes,
                         std::vector<std::string> entries) {
  CompileRequest compile = request.base;
  compile.entries = std::move(entries);
  compile.shapes = shapes.shapes;
  compile.batch = shapes.batch;
  compile.seqLen = shapes.seqLen;
  compile.images = shapes.images;
  if (!compile.dumpDir.empty() && !programs.empty())
    compile.dumpDir += "/" + std::to_string(programs.size());
  Compiled compiled{shapes, nullptr, {}};
  MMC_ASSIGN_OR_RETURN(compiled.program,
                       request.planOnly ? Program::plan(compile) : Program::compile(compile));
  for (const ProgramParameter &parameter : compiled.program->parameters()) {
    auto known = std::find_if(infos.begin(), infos.end(), [&](const ProgramParameter &info) {
      return info.name == parameter.name;
    });
    compiled.parameters.push_back(known - infos.begin());
    if (known == infos.end())
      infos.push_back(parameter);
    else if (known->shape != parameter.shape || known->dtype != parameter.dtype)
      return Status::internal("parameter " + parameter.name +
                              " differs between batch shapes, got: " + toString(known->shape) +
                              " != " + toString(parameter.shape));
  }
  programs.push_back(std::move(compiled));
  return Status::ok();
}

const std::vector<ProgramTensor> &ProgramModel::inputs() const {
  const Program &program = *programs.front().program;
  const ProgramEntry *entry = program.find("gradients");
  return (entry ? entry : program.find("loss"))->inputs;
}

std::vector<ProgramModel::StepMemory> ProgramModel::stepMemory() const {
  std::vector<StepMemory> result;
  const ProgramEntry *update = programs.front().program->find("update");
  for (const Compiled &compiled : programs)
    if (const ProgramEntry *entry = compiled.program->find("gradients"))
      result.push_back({compiled.shapes, entry->arenaBytes, update ? update->arenaBytes : 0,
                        &entry->summary, update ? &update->summary : nullptr});
  return result;
}

double ProgramModel::compileSeconds() const {
  double seconds = 0;
  for (const Compiled &compiled : programs)
    seconds += compiled.program->seconds();
  return seconds;
}

Status ProgramModel::load(const ParameterSources &sources) {
  MMC_ASSIGN_OR_RETURN(loaded, Parameters::load(infos, sources));
  for (size_t i = 0; i < infos.size(); ++i) {
    const ProgramParameter &info = infos[i];
    if (!info.trainable)
      continue;
    if (info.dtype != DType::F32)
      return Status::internal("trainable parameter " + info.name +
                              " must be F32, got: " + std::string(nameOf(info.dtype)));
    trainableIndex[info.name] = parameters.size();
    parameters.push_back({info.name, info.group, info.shape,
                          static_cast<float *>(loaded->pointers()[i]),
                          Tensor(DType::F32, info.shape), Tensor(DType::F32, info.shape)});
  }
  int64_t arenaBytes = 0;
  for (const Compiled &compiled : programs)
    for (const char *name : {"gradients", "update", "loss", "logits"})
      if (const ProgramEntry *entry = compiled.program->find(name)) {
        arenaBytes = std::max(arenaBytes, entry->arenaBytes);
        for (const ProgramTensor &output : entry->outputs)
          if (output.name == "logits" &&
              static_cast<int64_t>(logitsTensor.bytes()) <
                  elementCount(output.shape) * static_cast<int64_t>(sizeOf(output.dtype)))
            logitsTensor = Tensor(output.dtype, output.shape);
      }
  arena = Tensor(DType::U8, {arenaBytes});
  lossTensor = Tensor(DType::F32, {});
  countTensor = Tensor(DType::I32, {});
  keyTensor = Tensor(DType::I64, {2});
  settingsTensor = Tensor(DType::F32, {6});
  return Status::ok();
}

/// Why `entry` does not take these tensors; empty when it does.
static std::string misfit(const ProgramEntry &entry, const TensorMap &tensors) {
  for (const ProgramTensor &input : entry.inputs) {
    if (input.name == "rng")
      continue;
    auto found = tensors.find(input.name);
    const std::string wanted = toString(input.shape) + " " + std::string(nameOf(input.dtype));
    if (found == tensors.end())
      return input.name + " is missing, must be " + wanted;
    if (found->second.shape() != input.shape || found->second.dtype() != input.dtype)
      return input.name + " must be " + wanted + ", got: " + toString(found->second.shape()) + " " +
             std::string(nameOf(found->second.dtype()));
  }
  return "";
}

StatusOr<ProgramModel::Call> ProgramModel::prepare(const char *entryName, MicroBatch &batch) {
  std::string problem;
  Call call{};
  for (const Compiled &compiled : programs) {
    const ProgramEntry *entry = compiled.program->find(entryName);
    if (!entry)
      continue;
    std::string why = misfit(*entry, batch.tensors);
    if (why.empty()) {
      call.compiled = &compiled;
      call.entry = entry;
      break;
    }
    if (problem.empty())
      problem = why;
  }
  if (!call.entry)
    return Status::badInput("batch input " + problem);
  InputLimits limits;
  for (const ProgramTensor &input : call.entry->inputs) {
    if (input.name == "input_ids")
      limits.vocabSize = input.limit;
    if (input.name == "image_slots")
      limits.featureRows = input.limit;
  }
  MMC_RETURN_IF_ERROR(checkInputs(batch.tensors, limits));
  for (const ProgramTensor &input : call.entry->inputs)
    call.bindings.inputs.push_back(input.name == "rng" ? keyTensor.data()
                                                       : batch.tensors.at(input.name).data());
  bindParameters(call);
  return call;
}

void ProgramModel::bindParameters(Call &call) {
  call.bindings.arena = arena.data();
  for (size_t index : call.compiled->parameters)
    call.bindings.parameters.push_back(loaded->pointers()[index]);
}

void *ProgramModel::trainableTensor(const std::string &name, GradientSum &sum) {
  auto starts = [&](const char *prefix) { return name.rfind(prefix, 0) == 0; };
  auto index = [&](size_t from) { return trainableIndex.at(name.substr(from)); };
  if (starts("grad:"))
    return sum.sum(index(5));
  if (starts("first:"))
    return parameters[index(6)].first.data();
  if (starts("second:"))
    return parameters[index(7)].second.data();
  return parameters[index(0)].value;
}

LossSum ProgramModel::readLoss() const {
  return {*lossTensor.as<float>(), *countTensor.as<int32_t>()};
}

StatusOr<LossSum> ProgramModel::gradients(MicroBatch &batch, RandomKey key, GradientSum &sum) {
  MMC_ASSIGN_OR_RETURN(Call call, prepare("gradients", batch));
  keyTensor.as<int64_t>()[0] = key.seed;
  keyTensor.as<int64_t>()[1] = key.step;
  for (const ProgramTensor &output : call.entry->outputs)
    call.bindings.outputs.push_back(output.name == "loss_sum" ? lossTensor.data()
                                    : output.name == "label_count"
                                        ? countTensor.data()
                                        : sum.gradient(trainableIndex.at(output.name.substr(5))));
  call.compiled->program->run(*call.entry, call.bindings, threads);
  if (stepBegins)
    peak = stepMemory().front().updateBytes;
  stepBegins = false;
  peak = std::max(peak, call.entry->arenaBytes);
  return readLoss();
}

void ProgramModel::update(const UpdateNumbers &numbers, GradientSum &sum) {
  float *settings = settingsTensor.as<float>();
  settings[0] = static_cast<float>(numbers.learningRate);
  settings[1] = static_cast<float>(numbers.correction1);
  settings[2] = static_cast<float>(numbers.correction2);
  settings[3] = static_cast<float>(numbers.gradientScale);
  Call call{};
  call.compiled = &programs.front();
  call.entry = call.compiled->program->find("update");
  for (const ProgramTensor &input : call.entry->inputs)
    call.bindings.inputs.push_back(input.name == "settings" ? settingsTensor.data()
                                                            : trainableTensor(input.name, sum));
  for (const ProgramTensor &output : call.entry->outputs)
    call.bindings.outputs.push_back(trainableTensor(output.name, sum));
  bindParameters(call);
  call.compiled->program->run(*call.entry, call.bindings, threads);
  stepBegins = true;
}

StatusOr<LossSum> ProgramModel::loss(MicroBatch &batch) {
  MMC_ASSIGN_OR_RETURN(Call call, prepare("loss", batch));
  for (const ProgramTensor &output : call.entry->outputs)
    call.bindings.outputs.push_back(output.name == "loss_sum" ? lossTensor.data()
                                                              : countTensor.data());
  call.compiled->program->run(*call.entry, call.bindings, threads);
  return readLoss();
}

StatusOr<Tensor> ProgramModel::logits(MicroBatch &batch,
                                      const std::vector<std::array<int64_t, 2>> &positions) {
  MMC_ASSIGN_OR_RETURN(Call call, prepare("logits", batch));
  const ProgramTensor &output = call.entry->outputs.front();
  call.bindings.outputs.push_back(logitsTensor.data());
  call.compiled->program->run(*call.entry, call.bindings, threads);
  const int64_t columns = output.shape[1], vocabulary = output.shape[2];
  Tensor rows(DType::F32, {static_cast<int64_t>(positions.size()), vocabulary});
  for (size_t i = 0; i < positions.size(); ++i) {
    const int64_t from = (positions[i][0] * columns + positions[i][1]) * vocabulary;
    convert(output.dtype,
            static_cast<const char *>(logitsTensor.data()) + from * sizeOf(output.dtype),
            DType::F32, rows.as<float>() + i * vocabulary, vocabulary);
  }
  return rows;
}
