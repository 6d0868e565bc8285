// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Initial values of parameters that no checkpoint provides.

#ifndef MMC_RUNTIME_TRAIN_INITIALIZE_H
#define MMC_RUNTIME_TRAIN_INITIALIZE_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// An initialiser as text, with torch's meaning:
///
///   zeros, ones, constant(V)
///   normal(MEAN, STD)
///   uniform(A, B)         in [A, B)
///   uniform_fan(FAN)      U(±1/sqrt(FAN)): torch.nn.Linear's bias, FAN being its weight's fan-in
///   fan_in_uniform        the same with the tensor's own fan-in: torch.nn.Linear's weight
///   xavier_uniform        U(±sqrt(6 / (fan_in + fan_out)))
///   kaiming_uniform(A)    U(±sqrt(6 / ((1 + A²) fan_in))), A the negative slope
///
/// fan_in is the product of the dimensions after the first, fan_out that of all but the second; a
/// tensor needs two dimensions to have them.
struct Initializer {
  enum class Kind { Constant, Normal, Uniform, FanUniform, FanInUniform, Xavier, Kaiming };
  Kind kind = Kind::Constant;
  std::vector<double> arguments;
};

/// BadInput for an unknown name, a wrong number of arguments or an impossible value.
StatusOr<Initializer> parseInitializer(std::string_view text);

/// Fills a float tensor. The values are a function of (seed, name, spec, shape): no other parameter
/// changes them. They are computed in f64 and rounded once; a uniform value never rounds beyond its
/// bounds in f32 and f64. BadInput for a bad spec, an integer tensor, or one without the fan asked.
Status initialize(Tensor &tensor, std::string_view spec, uint64_t seed, std::string_view name);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_INITIALIZE_H
