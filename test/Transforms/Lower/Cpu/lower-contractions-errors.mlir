// RUN: mmc-opt %s --mmc-lower-contractions="features=sse4" -verify-diagnostics

// expected-error @+1 {{features must be avx2, avx512, avx512-bf16 or amx, got: 'sse4'}}
func.func @any() {
  return
}
