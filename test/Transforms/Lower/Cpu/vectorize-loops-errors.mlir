// RUN: mmc-opt %s --mmc-vectorize-loops="features=neon" -verify-diagnostics

// expected-error @+1 {{features must be avx2, avx512, avx512-bf16 or amx, got: 'neon'}}
func.func @any() {
  return
}
