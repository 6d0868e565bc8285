// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-ptx-run: runs a PTX kernel on the emulated GPU and checks what it does.

#include "Arguments.h"

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Emulator/Instructions.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <cstdio>

namespace cl = llvm::cl;
using namespace mmc;
using namespace mmc::ptxrun;

namespace {
/// The command line. An object rather than globals: it registers after libLLVM's own options are
/// gone.
struct Options {
  /// Without it --help lists nothing: the general one went with libLLVM's options.
  cl::OptionCategory category{"mmc-ptx-run options"};
  cl::opt<std::string> file{cl::Positional, cl::cat(category), cl::value_desc("FILE.ptx"),
                            cl::desc("FILE.ptx")};
  cl::opt<std::string> kernel{"kernel", cl::cat(category), cl::value_desc("NAME"),
                              cl::desc("the kernel (default: the only one)")};
  cl::opt<std::string> grid{"grid", cl::cat(category), cl::init("1"), cl::value_desc("X[,Y[,Z]]"),
                            cl::desc("blocks")};
  cl::opt<std::string> block{"block", cl::cat(category), cl::init("1"), cl::value_desc("X[,Y[,Z]]"),
                             cl::desc("threads of a block")};
  cl::opt<uint64_t> shared{"shared", cl::cat(category), cl::init(0), cl::value_desc("BYTES"),
                           cl::desc("dynamic shared memory")};
  cl::opt<bool> cooperative{"cooperative", cl::cat(category),
                            cl::desc("a cooperative launch: blocks may wait for one another")};
  cl::list<std::string> args{
      "arg", cl::cat(category), cl::value_desc("KIND:VALUE"),
      cl::desc("arguments in order: buffer:TENSOR (of the inputs, updated in place), "
               "i8|i16|i32|i64|f16|bf16|f32|f64:V, bytes:HEX, scratch:BYTES (an uninitialised "
               "buffer), null")};
  cl::opt<std::string> inputs{"inputs", cl::cat(category), cl::value_desc("FILE"),
                              cl::desc("safetensors file with the buffers")};
  cl::opt<std::string> outputs{"outputs", cl::cat(category), cl::value_desc("FILE"),
                               cl::desc("where the buffers are written afterwards")};
  cl::opt<std::string> report{"report", cl::cat(category), cl::value_desc("FILE.json"),
                              cl::desc("violations and counters as JSON")};
  cl::opt<std::string> chip{"chip", cl::cat(category), cl::value_desc("sm_80|…"),
                            cl::desc("the emulated chip (default: that of .target)")};
  cl::opt<std::string> schedule{
      "schedule", cl::cat(category), cl::value_desc("SEED"),
      cl::desc("interleave warps and blocks as a seed says, the same way each time")};
  cl::opt<unsigned> threads{"threads", cl::cat(category), cl::init(0),
                            cl::desc("host threads (0: one per core)")};
  cl::opt<uint64_t> maxInstructions{
      "max-instructions", cl::cat(category), cl::init(uint64_t(1) << 36), cl::value_desc("N"),
      cl::desc("warp instructions after which the kernel counts as hung (0: no limit)")};
  cl::opt<bool> quiet{"quiet", cl::cat(category), cl::desc("print violations only, no counters")};
  cl::opt<bool> timing{"timing", cl::cat(category), cl::desc("print how fast the emulator was")};
  cl::opt<bool> check{"check", cl::cat(category), cl::desc("only parse and decode the file")};
  cl::opt<bool> list{"list-instructions", cl::cat(category),
                     cl::desc("print the supported instructions as Markdown and stop")};
};
} // namespace

/// The first chip that can run PTX for the target it names.
static StatusOr<const emulator::Chip *> chipFor(const std::string &ptx, const std::string &wanted) {
  if (!wanted.empty()) {
    StatusOr<const emulator::Chip *> found = emulator::findChip(wanted);
    return found.isOk() ? found : Status::badUsage("--chip: " + found.status().message());
  }
  size_t at = ptx.find(".target"),
         name = ptx.find("sm_", at == std::string::npos ? ptx.size() : at);
  unsigned sm = 0;
  if (name != std::string::npos)
    for (name += 3; name < ptx.size() && ptx[name] >= '0' && ptx[name] <= '9' && sm < 10000; ++name)
      sm = 10 * sm + (ptx[name] - '0');
  for (const emulator::Chip &chip : emulator::chips())
    if (chip.sm() >= sm)
      return &chip;
  return Status::badInput("no chip is known that runs PTX for sm_" + std::to_string(sm));
}

static StatusOr<const emulator::Kernel *> chooseKernel(const emulator::Module &module,
                                                       const std::string &name) {
  std::string known;
  for (const emulator::Kernel &kernel : module.kernels()) {
    if (kernel.name == name || (name.empty() && module.kernels().size() == 1))
      return &kernel;
    known += (known.empty() ? "" : ", ") + kernel.name;
  }
  return Status::badInput((name.empty() ? std::string("--kernel must say which")
                                        : "there is no kernel '" + name + "'") +
                          "; the file has: " + known);
}

static Status runTool(const Options &options) {
  if (options.list)
    return writeStandardOutput(emulator::supportedInstructions());
  if (options.file.empty())
    return Status::badUsage("a PTX file is needed; see --help");
  emulator::LaunchConfig config;
  MMC_ASSIGN_OR_RETURN(config.grid, parseDims(options.grid, "--grid"));
  MMC_ASSIGN_OR_RETURN(config.block, parseDims(options.block, "--block"));
  config.dynamicShared = options.shared;
  config.isCooperative = options.cooperative;
  emulator::LaunchOptions how;
  how.threads = options.threads;
  how.maxInstructions = options.maxInstructions;
  if (!options.schedule.empty()) {
    char *end = nullptr;
    how.schedule = std::strtoull(options.schedule.c_str(), &end, 10);
    if (*end || options.schedule[0] < '0' || options.schedule[0] > '9')
      return Status::badUsage("--schedule must be a number, got: '" + options.schedule + "'");
  }
  MMC_ASSIGN_OR_RETURN(std::string ptx, readFile(options.file));
  MMC_ASSIGN_OR_RETURN(const emulator::Chip *chip, chipFor(ptx, options.chip));
  emulator::Device device(*chip);
  MMC_ASSIGN_OR_RETURN(std::shared_ptr<emulator::Module> module, device.load(ptx, options.file));
  if (options.check)
    return Status::ok();
  MMC_ASSIGN_OR_RETURN(const emulator::Kernel *kernel, chooseKernel(*module, options.kernel));
  std::optional<SafetensorsFile> inputs;
  if (!options.inputs.empty()) {
    MMC_ASSIGN_OR_RETURN(SafetensorsFile file, SafetensorsFile::open(options.inputs));
    inputs = std::move(file);
  }
  std::vector<std::string> texts(options.args.begin(), options.args.end());
  MMC_ASSIGN_OR_RETURN(Arguments arguments, readArguments(texts, inputs, *kernel, device.memory()));
  auto begin = std::chrono::steady_clock::now();
  emulator::LaunchResult result = device.launch(*kernel, config, arguments.pointers(), how);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!options.report.empty())
    MMC_RETURN_IF_ERROR(writeFile(options.report, emulator::toJson(result.report)));
  MMC_RETURN_IF_ERROR(result.status);
  std::string text = emulator::toText(result.report);
  if (options.quiet)
    text.resize(text.find("counters:\n"));
  std::fputs(text.c_str(), stdout);
  if (options.timing)
    std::printf("%.3f s, %.1f million thread instructions per second\n", seconds,
                static_cast<double>(result.report.counters.threadInstructions) / seconds / 1e6);
  if (!options.outputs.empty())
    MMC_RETURN_IF_ERROR(writeBuffers(arguments, device.memory(), options.outputs));
  if (size_t count = result.report.violations.size())
    return Status::badInput(std::to_string(count) + " violations, the first: " +
                            std::string(emulator::nameOf(result.report.violations[0].kind)) +
                            " at line " + std::to_string(result.report.violations[0].line));
  return Status::ok();
}

int main(int argc, char **argv) {
  failBeyondFileSizeLimit();
  cl::ResetCommandLineParser();
  Options options;
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << "mmc-ptx-run " MMC_VERSION "\n"; });
  if (!cl::ParseCommandLineOptions(
          argc, argv,
          "mmc-ptx-run: runs a PTX kernel on an emulated NVIDIA GPU and checks every access\n\n"
          "Exit status: 0 success, 1 bad input or a violation, 2 wrong usage.\n",
          &llvm::errs()))
    return 2;
  Status status = runTool(options);
  if (status.isOk())
    status = flushStandardOutput();
  if (!status.isOk())
    std::fprintf(stderr, "mmc-ptx-run: %s\n", status.message().c_str());
  return status.exitCode();
}
