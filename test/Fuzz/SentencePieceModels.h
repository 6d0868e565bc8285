// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random sentencepiece models, good and damaged.

#ifndef MMC_TEST_FUZZ_SENTENCEPIECEMODELS_H
#define MMC_TEST_FUZZ_SENTENCEPIECEMODELS_H

#include "Inputs.h"

namespace mmc::test {

/// A serialised model of a random kind with random settings and up to 60 pieces. In about half of
/// them something is wrong: character maps that lead out of themselves or around in circles, no or
/// several unknown pieces, empty, doubled and broken texts, scores that are no numbers, lengths
/// beyond the end.
std::string randomSentencePieceModel(Dice &dice);

/// What such models are tried with: characters of their pieces, blanks, zero and stray bytes.
std::string randomSentencePieceText(Dice &dice);

} // namespace mmc::test

#endif // MMC_TEST_FUZZ_SENTENCEPIECEMODELS_H
