// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "AdapterSpec.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mmc;
using llvm::StringRef;

std::optional<StringRef> ModuleChoice::match(StringRef module) const {
  if (regex)
    return regex->matches(module.str()) ? std::optional<StringRef>(text) : std::nullopt;
  for (const std::string &name : names)
    if (module == name || (module.ends_with(name) && (anyEnd || module.drop_back(name.size()).ends_with("."))))
      return StringRef(name);
  return std::nullopt;
}

std::optional<int64_t> AdapterClause::layerOf(StringRef module) const {
  for (const ModuleRegex &regex : layersRegexes) {
    int64_t layer;
    std::optional<std::string> number = regex.lastGroup(module.str());
    if (number && !StringRef(*number).getAsInteger(10, layer))
      return layer;
  }
  return std::nullopt;
}

bool AdapterClause::selects(StringRef module) const {
  if (!exclude.empty() && exclude.match(module))
    return false;
  if (!targets.match(module))
    return false;
  if (layers.empty() || targets.regex || llvm::is_contained(targets.names, module))
    return true;
  std::optional<int64_t> layer = layerOf(module);
  return layer && llvm::is_contained(layers, *layer);
}

namespace {

class Parser {
public:
  Parser(StringRef rest, std::string &error) : rest(rest), error(error) {}

  std::optional<std::vector<AdapterClause>> run() {
    std::vector<AdapterClause> clauses;
    do {
      if (!clause(clauses.emplace_back()))
        return std::nullopt;
    } while (rest.consume_front(";"));
    return clauses;
  }

private:
  bool fail(const llvm::Twine &why) {
    error = why.str();
    return false;
  }

  void skip() { rest = rest.ltrim(); }
  bool atEnd() {
    skip();
    return rest.empty() || rest.front() == ';';
  }

  /// Text up to a blank, a `;` or one of `stops`; or all between two slashes, where a closing slash is
  /// one with a blank, a `;`, a stop or nothing behind it.
  bool value(StringRef stops, std::string &text, bool &isRegex) {
    auto isStop = [&](char c) { return llvm::isSpace(c) || c == ';' || stops.contains(c); };
    isRegex = rest.consume_front("/");
    size_t end = 0;
    while (end < rest.size() &&
           (isRegex ? !(rest[end] == '/' && (end + 1 == rest.size() || isStop(rest[end + 1]))) : !isStop(rest[end])))
      ++end;
    text = rest.take_front(end).str();
    if (isRegex && end == rest.size())
      return fail("'/" + text + "' has no closing '/'");
    rest = rest.drop_front(end + (isRegex ? 1 : 0));
    return text.empty() ? fail("empty value before '" + rest.take_front(20) + "'") : true;
  }

  bool clause(AdapterClause &clause) {
    skip();
    clause.isPath = rest.consume_front("definition=");
    size_t end = rest.find_if([](char c) { return llvm::isSpace(c) || c == ';'; });
    clause.definition = rest.take_front(end).str();
    rest = rest.drop_front(clause.definition.size());
    if (clause.definition.empty() || (!clause.isPath && StringRef(clause.definition).contains('=')))
      return fail("must start with the name of an adapter, got: '" + clause.definition + "'");
    while (!atEnd())
      if (!word(clause))
        return false;
    return finish(clause);
  }

  bool word(AdapterClause &clause) {
    StringRef key = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    rest = rest.drop_front(key.size());
    std::string where, text;
    bool whereIsRegex = false, isRegex = false;
    bool hasWhere = rest.consume_front("@");
    if (key.empty() || (hasWhere && !value("=", where, whereIsRegex)) || !rest.consume_front("="))
      return error.empty() ? fail("expected OPTION=VALUE, got: '" + key + rest.take_front(20) + "'") : false;
    if (!value("", text, isRegex))
      return false;
    if (!hasWhere && (key == "targets" || key == "exclude"))
      return choice(key == "targets" ? clause.targets : clause.exclude, text, isRegex);
    if (isRegex)
      return fail("'" + key + "' is not a choice of modules, got: '/" + text + "/'");
    if (hasWhere)
      return pattern(clause, key, where, text);
    if (key == "group")
      clause.group = text;
    else if (key == "layers")
      return layers(clause, text);
    else if (key == "layers_pattern")
      clause.layersPatterns = names(text);
    else if (key == "identity" && (text == "0" || text == "1"))
      clause.prove = text == "1";
    else
      clause.settings.push_back({key.str(), text, std::nullopt, ""});
    return true;
  }

  bool choice(ModuleChoice &choice, const std::string &text, bool isRegex) {
    choice.text = text;
    choice.allLinear = !isRegex && text == "all-linear";
    if (isRegex) {
      std::string why;
      choice.regex = ModuleRegex::create(text, why);
      return choice.regex ? true : fail("'/" + text + "/' is not a regular expression: " + why);
    }
    choice.names = names(text);
    return true;
  }

  bool pattern(AdapterClause &clause, StringRef key, const std::string &where, const std::string &text) {
    std::string why;
    std::optional<ModuleRegex> regex = ModuleRegex::create("(?:.*\\.)?(?:" + where + ")", why);
    if (!regex)
      return fail("'" + key + "@" + where + "' is not a regular expression: " + why);
    clause.settings.push_back({key.str(), text, regex, where});
    return true;
  }

  bool layers(AdapterClause &clause, StringRef text) {
    for (const std::string &name : names(text)) {
      int64_t layer;
      if (StringRef(name).getAsInteger(10, layer) || layer < 0)
        return fail("layers must be numbers from 0, got: '" + name + "'");
      clause.layers.push_back(layer);
    }
    return true;
  }

  static std::vector<std::string> names(StringRef text) {
    llvm::SmallVector<StringRef> parts;
    text.split(parts, ',', -1, /*KeepEmpty=*/false);
    return {parts.begin(), parts.end()};
  }

  bool finish(AdapterClause &clause) {
    if (clause.targets.empty())
      return fail("adapter '" + clause.definition + "' needs targets=…: names of modules, /REGEX/ or all-linear");
    clause.targets.anyEnd = !clause.isPath && clause.definition == "full";
    if (clause.targets.regex && !clause.layers.empty())
      return fail("layers cannot be given with targets=/REGEX/; put them into the expression");
    if (!clause.layersPatterns.empty() && clause.layers.empty())
      return fail("layers_pattern needs layers=…");
    // A layer's number is the first behind such a name; without a pattern any name will do that is not the first.
    std::vector<std::string> patterns = clause.layersPatterns;
    std::string before = patterns.empty() ? ".*?\\." : "(?:.*?\\.)?";
    if (patterns.empty())
      patterns.push_back("[^.]*");
    for (const std::string &name : patterns) {
      std::string why;
      std::optional<ModuleRegex> regex = ModuleRegex::create(before + "(?:" + name + ")\\.(\\d+)\\..*", why);
      if (!regex)
        return fail("layers_pattern '" + name + "' is not a regular expression: " + why);
      clause.layersRegexes.push_back(*regex);
    }
    return true;
  }

  StringRef rest;
  std::string &error;
};

} // namespace

std::optional<std::vector<AdapterClause>> mmc::parseAdapterSpec(StringRef spec, std::string &error) {
  return Parser(spec, error).run();
}
