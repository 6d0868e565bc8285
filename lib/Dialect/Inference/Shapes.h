// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules in words: what the inference functions share. A `?` agrees with every size.

#ifndef MMC_LIB_DIALECT_INFERENCE_SHAPES_H
#define MMC_LIB_DIALECT_INFERENCE_SHAPES_H

#include "mmc/Dialect/MmcDialect.h"

namespace mmc {

using Dims = llvm::SmallVector<int64_t, 4>;

inline bool agree(int64_t a, int64_t b) {
  return a == b || mlir::ShapedType::isDynamic(a) || mlir::ShapedType::isDynamic(b);
}

/// The known one of two sizes that agree.
inline int64_t known(int64_t a, int64_t b) { return mlir::ShapedType::isDynamic(a) ? b : a; }

inline std::string sizeText(int64_t size) {
  return mlir::ShapedType::isDynamic(size) ? "?" : std::to_string(size);
}

/// Collects the first violated rule of an op and reports it as "'mmc.x' op <rule>, got: a != b".
class Rules {
public:
  Rules(llvm::StringRef op, std::optional<mlir::Location> location) : op(op), location(location) {}

  /// `what` must have rank `rank`.
  Rules &rank(llvm::StringRef what, mlir::Type type, int64_t rank) {
    return check(shape(type).size() == static_cast<size_t>(rank),
                 what + " must have rank " + llvm::Twine(rank) +
                     ", got: " + llvm::Twine(shape(type).size()) + " != " + llvm::Twine(rank));
  }
  Rules &rankAtLeast(llvm::StringRef what, mlir::Type type, int64_t rank) {
    return check(static_cast<int64_t>(shape(type).size()) >= rank,
                 what + " must have rank " + llvm::Twine(rank) + " or more, got: " +
                     llvm::Twine(shape(type).size()) + " < " + llvm::Twine(rank));
  }
  /// Two sizes must agree; `what` names the rule.
  Rules &equal(const llvm::Twine &what, int64_t a, int64_t b) {
    return check(agree(a, b), what + ", got: " + sizeText(a) + " != " + sizeText(b));
  }
  Rules &sameElement(llvm::StringRef what, mlir::Type a, mlir::Type b) {
    mlir::Type x = llvm::cast<mlir::ShapedType>(a).getElementType();
    mlir::Type y = llvm::cast<mlir::ShapedType>(b).getElementType();
    if (failed || x == y)
      return *this;
    failed = true;
    if (location)
      mlir::emitError(*location) << "'" << op << "' op " << what << ", got: " << x << " != " << y;
    return *this;
  }
  Rules &floating(llvm::StringRef what, mlir::Type type) {
    if (failed || llvm::isa<mlir::FloatType>(type))
      return *this;
    failed = true;
    if (location)
      mlir::emitError(*location) << "'" << op << "' op " << what
                                 << " must be of a floating type, got: " << type;
    return *this;
  }
  Rules &check(bool holds, const llvm::Twine &message) {
    if (failed || holds)
      return *this;
    failed = true;
    if (location)
      mlir::emitError(*location) << "'" << op << "' op " << message;
    return *this;
  }
  bool hold() const { return !failed; }

  static llvm::ArrayRef<int64_t> shape(mlir::Type type) {
    return llvm::cast<mlir::ShapedType>(type).getShape();
  }

private:
  llvm::StringRef op;
  std::optional<mlir::Location> location;
  bool failed = false;
};

inline mlir::Type elementOf(mlir::Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType()).getElementType();
}
inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType()).getShape();
}
inline mlir::RankedTensorType tensorOf(llvm::ArrayRef<int64_t> shape, mlir::Type element) {
  return mlir::RankedTensorType::get(shape, element);
}

} // namespace mmc

#endif // MMC_LIB_DIALECT_INFERENCE_SHAPES_H
