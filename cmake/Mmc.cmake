# The few shapes of target that mmc is built from. Every source is listed by name where it is used.

set(MMC_WARNINGS -Wall -Wextra -Werror -Wno-unused-parameter)

# mmc_runtime_library(NAME SOURCE… LIBS lib…): plain C++, no MLIR.
function(mmc_runtime_library name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE ${MMC_WARNINGS})
  target_link_libraries(${name} PUBLIC ${ARG_LIBS})
endfunction()

# MLIR's headers are nine tenths of what a compiler source costs to compile: they are parsed once.
set(MMC_PRECOMPILED
  <mlir/Dialect/Arith/IR/Arith.h> <mlir/Dialect/Func/IR/FuncOps.h> <mlir/Dialect/LLVMIR/LLVMDialect.h>
  <mlir/Dialect/Linalg/IR/Linalg.h> <mlir/Dialect/MemRef/IR/MemRef.h> <mlir/Dialect/SCF/IR/SCF.h>
  <mlir/Dialect/Tensor/IR/Tensor.h> <mlir/Dialect/Vector/IR/VectorOps.h> <mlir/IR/BuiltinOps.h> <mlir/IR/PatternMatch.h>
  <mlir/Interfaces/InferTypeOpInterface.h> <mlir/Pass/PassManager.h>)

# mmc_compiler_library(NAME SOURCE… DEPENDS target… LIBS lib…): on MLIR.
function(mmc_compiler_library name)
  cmake_parse_arguments(ARG "" "" "LIBS;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  # Without the time stamp ccache can tell that a precompiled header is the same.
  target_compile_options(${name} PRIVATE ${MMC_WARNINGS} "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(${name} PRIVATE ${MMC_PRECOMPILED})
  target_link_libraries(${name} PUBLIC ${ARG_LIBS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# mmc_tool(NAME SOURCE… LIBS lib…): an executable in build/bin.
function(mmc_tool name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE ${MMC_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  set_property(GLOBAL APPEND PROPERTY MMC_TOOLS ${name})
endfunction()

# mmc_unit_test(NAME SOURCE… LIBS lib…): a GoogleTest executable that scripts/test finds in build/test/Unit.
function(mmc_unit_test name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE ${MMC_WARNINGS})
  target_compile_definitions(${name} PRIVATE MMC_TEST_DATA="${CMAKE_SOURCE_DIR}/test/golden")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test/Unit)
  set_property(GLOBAL APPEND PROPERTY MMC_UNIT_TESTS ${name})
endfunction()
