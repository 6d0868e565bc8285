// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention, forwards and backwards.

#include "Execution.h"

using namespace mmc;
using namespace mmc::test;

using Results = std::vector<Array>;

namespace {

struct Heads {
  int64_t batch, queries, keys, heads, kvHeads, width;
  bool segments = false, causal = false;
  double scale = 0; ///< 0: 1/√width, as the op has it

  Shape queryShape() const { return {batch, queries, heads * width}; }
  Shape keyShape() const { return {batch, keys, kvHeads * width}; }
  Shape lseShape() const { return {batch, queries, heads}; }
  Real factor() const { return scale ? Real(scale) : Real(1 / std::sqrt(static_cast<long double>(width))); }
  int64_t shared(int64_t head) const { return head / (heads / kvHeads); }

  std::string attributes() const {
    return " heads(" + std::to_string(heads) + ") kv_heads(" + std::to_string(kvHeads) + ")" + (causal ? " causal" : "") +
           (scale ? " scale(" + std::to_string(scale) + ")" : "");
  }
  bool sees(const Arrays &in, int64_t b, int64_t t, int64_t s) const {
    if (causal && s > t)
      return false;
    return !segments || whole(in.at("seg")(b, t)) == whole(in.at("seg")(b, s));
  }
  Real score(const Arrays &in, int64_t b, int64_t t, int64_t s, int64_t head) const {
    Real sum;
    for (int64_t d = 0; d < width; ++d)
      sum += in.at("q")(b, t, head * width + d) * in.at("k")(b, s, shared(head) * width + d);
    return sum * factor();
  }
};

/// The weighted sum of the values that one query sees, and the logarithm of what the weights were divided by. The weights
/// go into the product as numbers of the tensors' type, into their sum as they are.
struct Row {
  std::vector<Real> result;
  Real lse;
};

Row attend(const std::vector<Real> &scores, const std::vector<const Real *> &values, int64_t width) {
  Row row{std::vector<Real>(width), {}};
  if (scores.empty())
    return row;
  Real highest = scores[0], sum;
  for (Real score : scores)
    highest = max(highest, score);
  for (Real score : scores)
    sum += exp(score - highest);
  for (size_t s = 0; s < scores.size(); ++s)
    for (int64_t d = 0; d < width; ++d)
      row.result[d] += narrowed(exp(scores[s] - highest)) * values[s][d] / sum;
  row.lse = highest + log(sum);
  return row;
}

Results attention(const Arrays &in, const Heads &h) {
  Array result(h.queryShape()), lse(h.lseShape());
  for (int64_t b = 0; b < h.batch; ++b)
    for (int64_t t = 0; t < h.queries; ++t)
      for (int64_t head = 0; head < h.heads; ++head) {
        std::vector<Real> scores;
        std::vector<const Real *> values;
        for (int64_t s = 0; s < h.keys; ++s)
          if (h.sees(in, b, t, s)) {
            scores.push_back(h.score(in, b, t, s, head));
            values.push_back(&in.at("v")(b, s, h.shared(head) * h.width));
          }
        Row row = attend(scores, values, h.width);
        for (int64_t d = 0; d < h.width; ++d)
          result(b, t, head * h.width + d) = row.result[d];
        lse(b, t, head) = row.lse;
      }
  return {result, lse};
}

} // namespace

static Case attentionCase(const Heads &h, bool lse) {
  std::string segments = h.segments ? " segments %seg" : "", type = h.segments ? ", $seg" : "";
  Case c{"attention", "%q, %k, %v" + segments + h.attributes() + " : $q, $k, $v" + type + " -> $0" + (lse ? ", $1" : ""),
         {{"q", h.queryShape()}, {"k", h.keyShape()}, {"v", h.keyShape()}}, {{h.queryShape()}}, {}};
  if (h.segments)
    c.operands.push_back({"seg", {h.batch, h.queries}, Kind::Index, 0, 2});
  if (lse)
    c.results.push_back({h.lseShape(), Kind::Wide});
  c.reference = [=](const Arrays &in) {
    Results results = attention(in, h);
    results.resize(lse ? 2 : 1);
    return results;
  };
  return c;
}

/// Products of numbers of the tensors' type, again: P = exp(scores − lse); dv = Pᵀ·do; dS = P∘(do·vᵀ − rowsum(do∘o)); dq = scale·dS·k; dk = scale·dSᵀ·q.
static Results attentionGrad(const Arrays &in, const Heads &h) {
  Array dq(h.queryShape()), dk(h.keyShape()), dv(h.keyShape());
  for (int64_t b = 0; b < h.batch; ++b)
    for (int64_t t = 0; t < h.queries; ++t)
      for (int64_t head = 0; head < h.heads; ++head) {
        const int64_t first = head * h.width, shared = h.shared(head) * h.width;
        Real whole;
        for (int64_t d = 0; d < h.width; ++d)
          whole += in.at("g")(b, t, first + d) * in.at("o")(b, t, first + d);
        for (int64_t s = 0; s < h.keys; ++s) {
          if (!h.sees(in, b, t, s))
            continue;
          Real p = exp(h.score(in, b, t, s, head) - in.at("lse")(b, t, head)), dp;
          for (int64_t d = 0; d < h.width; ++d) {
            dv(b, s, shared + d) += narrowed(p) * in.at("g")(b, t, first + d);
            dp += in.at("g")(b, t, first + d) * in.at("v")(b, s, shared + d);
          }
          Real ds = narrowed(h.factor() * p * (dp - whole));
          for (int64_t d = 0; d < h.width; ++d) {
            dq(b, t, first + d) += ds * in.at("k")(b, s, shared + d);
            dk(b, s, shared + d) += ds * in.at("q")(b, t, first + d);
          }
        }
      }
  return {dq, dk, dv};
}

static Case attentionGradCase(const Heads &h) {
  std::string segments = h.segments ? " segments %seg" : "", type = h.segments ? ", $seg" : "";
  Case c{"attention_grad",
         "%q, %k, %v" + segments + " output %o lse %lse gradient %g" + h.attributes() + " : $q, $k, $v" + type +
             ", $o, $lse, $g -> $0, $1, $2",
         {{"q", h.queryShape()}, {"k", h.keyShape()}, {"v", h.keyShape()}, {"o", h.queryShape()},
          {"lse", h.lseShape(), Kind::Wide}, {"g", h.queryShape()}},
         {{h.queryShape()}, {h.keyShape()}, {h.keyShape()}}, [=](const Arrays &in) { return attentionGrad(in, h); }};
  if (h.segments)
    c.operands.push_back({"seg", {h.batch, h.queries}, Kind::Index, 0, 2});
  c.derive = [=](Arrays &in) {
    Results forward = attention(in, h);
    in["o"] = forward[0];
    in["lse"] = forward[1];
  };
  return c;
}

/// One token after `length` of at most `h.keys` kept ones; what stands behind them is not seen.
static Case cachedAttention(const Heads &h, int64_t length) {
  const Shape own = {h.batch, 1, h.kvHeads * h.width};
  std::string segments = h.segments ? " segments %seg, %past" : "", types = h.segments ? ", $seg, $past" : "";
  Case c{"cached_attention",
         "%q, %k, %v past %pk, %pv length %n" + segments + h.attributes() + " : $q, $k, $v, $pk, $pv, $n" + types + " -> $0",
         {{"q", h.queryShape()}, {"k", own}, {"v", own}, {"pk", h.keyShape()}, {"pv", h.keyShape()},
          {"n", {}, Kind::Index, length, length}},
         {{h.queryShape()}}, {}};
  if (h.segments) {
    c.operands.push_back({"seg", {h.batch, 1}, Kind::Index, 0, 1});
    c.operands.push_back({"past", {h.batch, h.keys}, Kind::Index, 0, 1});
  }
  c.reference = [=](const Arrays &in) -> Results {
    Array result(h.queryShape());
    for (int64_t b = 0; b < h.batch; ++b)
      for (int64_t head = 0; head < h.heads; ++head) {
        std::vector<Real> scores;
        std::vector<const Real *> values;
        auto see = [&](const Array &k, const Array &v, int64_t s) {
          Real score;
          for (int64_t d = 0; d < h.width; ++d)
            score += in.at("q")(b, 0, head * h.width + d) * k(b, s, h.shared(head) * h.width + d);
          scores.push_back(score * h.factor());
          values.push_back(&v(b, s, h.shared(head) * h.width));
        };
        for (int64_t s = 0; s < length; ++s)
          if (!h.segments || whole(in.at("past")(b, s)) == whole(in.at("seg")(b, 0)))
            see(in.at("pk"), in.at("pv"), s);
        see(in.at("k"), in.at("v"), 0);
        Row row = attend(scores, values, h.width);
        for (int64_t d = 0; d < h.width; ++d)
          result(b, 0, head * h.width + d) = row.result[d];
      }
    return {result};
  };
  return c;
}

std::vector<Case> mmc::test::attentionCases() {
  // batch, queries, keys, heads, key heads, width, segments, causal, scale
  const Heads one = {1, 1, 1, 1, 1, 1, false, false, 0.5}, grouped = {2, 5, 5, 6, 2, 7, true, true, 0.3};
  const Heads across = {1, 3, 11, 2, 1, 5, false, false, 0.7}, longRow = {1, 131, 131, 1, 1, 3, false, true, 1.1};
  Heads natural = grouped, wide = {1, 67, 67, 3, 3, 33, true, false};
  natural.scale = 0;
  return {
      attentionCase(one, false),
      attentionCase(natural, true),
      attentionCase(across, true),
      attentionCase(wide, false),
      attentionCase(longRow, true),
      attentionGradCase(one),
      attentionGradCase(grouped),
      attentionGradCase(across),
      attentionGradCase(longRow),
      cachedAttention({1, 1, 2, 1, 1, 1, false, false, 0.7}, 1),
      cachedAttention({2, 1, 13, 6, 3, 7, true, false, 0.7}, 4),
      cachedAttention({1, 1, 131, 4, 1, 16, false, false, 0.25}, 131),
      cachedAttention({3, 1, 11, 2, 2, 3, false, false, 0.7}, 0),
      cachedAttention({1, 1, 64, 2, 1, 4, true, false, 0.7}, 0),
      cachedAttention({1, 1, 53, 6, 2, 5, true, false, 0.7}, 53),
      cachedAttention({1, 1, 97, 8, 1, 16, false, false, 0.7}, 50),
  };
}
