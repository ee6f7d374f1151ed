// Einsum of one or two operands, as products of matrices where it is one, else as a product that is
// summed.
#include <algorithm>
#include <map>
#include <set>

#include "converter/rewrite/rewrite.h"
#include "converter/text.h"

namespace edgy::converter::rewrite {
namespace {

/// A letter an axis; axes that "..." stands for are numbers, counted from the last.
using Labels = std::vector<int>;

struct Equation {
  std::vector<Labels> operands;
  Labels result;
};

class Parser {
 public:
  explicit Parser(Builder& b) : b_(b) {}

  Equation parse() {
    std::string text = b_.node().get_string("equation", "");
    std::erase(text, ' ');
    const std::size_t arrow = text.find("->");
    const std::string left = text.substr(0, arrow);
    Equation equation;
    std::size_t at = 0;
    for (std::size_t i = 0; i < b_.node().inputs.size(); ++i) {
      if (at > left.size())
        refuse("it has fewer terms than operands");
      const std::size_t comma = std::min(left.find(',', at), left.size());
      equation.operands.push_back(
          labels(left.substr(at, comma - at), static_cast<int>(b_.rank(b_.input(i)))));
      at = comma + 1;
    }
    if (at <= left.size())
      refuse("it has more terms than operands");
    if (arrow == std::string::npos)
      equation.result = implicit(equation);
    else
      equation.result = labels(text.substr(arrow + 2), -1);
    const std::set<int> known = all(equation);
    std::set<int> seen;
    for (const int label : equation.result) {
      if (!known.contains(label) || !seen.insert(label).second)
        refuse("a letter of the result is in no operand, or twice in the result");
    }
    return equation;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) {
    graph::fail_at(b_.node(),
                   "equation " + in_quotes(b_.node().get_string("equation", "")) + ": " + why);
  }

  /// `rank` of an operand; -1 of the result, where "..." is as wide as in the operands.
  Labels labels(const std::string& term, int rank) {
    const std::size_t dots = term.find("...");
    std::string letters = term;
    if (dots != std::string::npos)
      letters.erase(dots, 3);
    if (!std::all_of(letters.begin(), letters.end(),
                     [](unsigned char c) { return std::isalpha(c); }))
      refuse("letters, '...', ',' and '->' are expected");
    int wide = dots == std::string::npos ? 0 : rank - static_cast<int>(letters.size());
    if (rank < 0)
      wide = dots == std::string::npos ? 0 : dots_;
    if (wide < 0 || (rank >= 0 && wide + static_cast<int>(letters.size()) != rank))
      refuse("a term has another number of axes than its operand");
    dots_ = std::max(dots_, wide);
    Labels list;
    for (std::size_t i = 0; i <= letters.size(); ++i) {
      if (i == dots) {
        for (int k = wide; k > 0; --k)
          list.push_back(-k);
      }
      if (i < letters.size())
        list.push_back(letters[i]);
    }
    return list;
  }

  static std::set<int> all(const Equation& equation) {
    std::set<int> known;
    for (const Labels& operand : equation.operands)
      known.insert(operand.begin(), operand.end());
    return known;
  }

  /// Without "->": what "..." stands for, and the letters that are there once, in order.
  Labels implicit(const Equation& equation) {
    std::map<int, int> count;
    for (const Labels& operand : equation.operands) {
      for (const int label : operand)
        ++count[label];
    }
    Labels list;
    for (const auto& [label, times] : count) {
      if (label < 0 || times == 1)
        list.push_back(label);
    }
    return list;
  }

  Builder& b_;
  int dots_ = 0;
};

bool has(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

/// One operand on its way.
struct Term {
  ValueId value;
  Labels labels;
};

/// A label that is there twice: the diagonal of those two axes, which have to be fixed.
void take_diagonals(Builder& b, Term& term) {
  for (std::size_t i = 0; i < term.labels.size(); ++i) {
    for (std::size_t k = i + 1; k < term.labels.size(); ++k) {
      if (term.labels[i] != term.labels[k])
        continue;
      const auto shape = graph::fixed_shape(b.shape(term.value));
      if (!shape || (*shape)[i] != (*shape)[k])
        graph::fail_at(b.node(), "a diagonal needs two axes of the same, fixed extent");
      std::vector<int64_t> perm;
      std::vector<int64_t> extents;
      Labels rest;
      for (std::size_t axis = 0; axis < term.labels.size(); ++axis) {
        if (axis == i || axis == k)
          continue;
        perm.push_back(static_cast<int64_t>(axis));
        extents.push_back((*shape)[axis]);
        rest.push_back(term.labels[axis]);
      }
      const auto last = static_cast<int64_t>(perm.size());
      const int64_t n = (*shape)[i];
      perm.push_back(static_cast<int64_t>(i));
      perm.push_back(static_cast<int64_t>(k));
      extents.push_back(n * n);
      const ValueId flat = b.reshape(b.transpose(term.value, perm), extents);
      term.value = b.slice(flat, last, 0, n * n, n + 1);
      rest.push_back(term.labels[i]);
      term.labels = rest;
      k = i;  // once more
    }
  }
}

/// Sums over labels that nothing else has.
void sum_alone(Builder& b, Term& term, const Labels& kept) {
  std::vector<int64_t> axes;
  Labels rest;
  for (std::size_t i = 0; i < term.labels.size(); ++i) {
    if (has(kept, term.labels[i]))
      rest.push_back(term.labels[i]);
    else
      axes.push_back(static_cast<int64_t>(i));
  }
  if (axes.empty())
    return;
  term.value = b.reduce("ReduceSum", term.value, axes, false);
  term.labels = rest;
}

/// Axes in the order of `wanted`; those that the term lacks have extent 1.
ValueId arranged(Builder& b, const Term& term, const Labels& wanted) {
  std::vector<int64_t> perm;
  std::vector<int64_t> missing;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto found = std::find(term.labels.begin(), term.labels.end(), wanted[i]);
    if (found == term.labels.end())
      missing.push_back(static_cast<int64_t>(i));
    else
      perm.push_back(found - term.labels.begin());
  }
  ValueId y = perm.empty() ? term.value : b.transpose(term.value, perm);
  return missing.empty() ? y : b.add("Unsqueeze", {y}, {{"axes", missing}});
}

/// a [batch, left, sum] times b [batch, sum, right]: MatMul, if there is at most one of the three.
ValueId product(Builder& b, const Term& x, const Term& y, const Labels& result) {
  Labels batch;
  Labels left;
  Labels right;
  Labels sum;
  for (const int label : x.labels) {
    if (!has(result, label))
      sum.push_back(label);
    else
      (has(y.labels, label) ? batch : left).push_back(label);
  }
  for (const int label : y.labels) {
    if (!has(x.labels, label))
      right.push_back(label);
  }
  const auto joined = [](Labels list, const Labels& more) {
    list.insert(list.end(), more.begin(), more.end());
    return list;
  };
  const Labels order = joined(joined(batch, left), right);
  Term made;
  made.labels = order;
  if (sum.size() == 1 && left.size() <= 1 && right.size() <= 1) {
    // Axes that are not there are of extent 1, and go again.
    constexpr int kNobody = 0;
    const Labels row = left.empty() ? Labels{kNobody} : left;
    const Labels column = right.empty() ? Labels{kNobody} : right;
    made.value = b.add("MatMul", {arranged(b, x, joined(joined(batch, row), sum)),
                                  arranged(b, y, joined(joined(batch, sum), column))});
    std::vector<int64_t> gone;
    if (left.empty())
      gone.push_back(static_cast<int64_t>(batch.size()));
    if (right.empty())
      gone.push_back(static_cast<int64_t>(batch.size()) + 1);
    if (!gone.empty())
      made.value = b.add("Squeeze", {made.value}, {{"axes", gone}});
  } else {
    const Labels space = joined(order, sum);
    made.value = b.add("Mul", {arranged(b, x, space), arranged(b, y, space)});
    if (!sum.empty()) {
      std::vector<int64_t> axes;
      for (std::size_t i = order.size(); i < space.size(); ++i)
        axes.push_back(static_cast<int64_t>(i));
      made.value = b.reduce("ReduceSum", made.value, axes, false);
    }
  }
  return arranged(b, made, result);
}

}  // namespace

bool rewrite_einsum(Builder& b) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < b.node().inputs.size(); ++i) {
    if (!b.has_shape(i))
      return false;
    b.expect_float(i);
  }
  const Equation equation = Parser(b).parse();
  for (std::size_t i = 0; i < equation.operands.size(); ++i) {
    Term term{b.input(i), equation.operands[i]};
    take_diagonals(b, term);
    terms.push_back(std::move(term));
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    Labels kept = equation.result;
    if (terms.size() == 2)
      kept.insert(kept.end(), terms[1 - i].labels.begin(), terms[1 - i].labels.end());
    sum_alone(b, terms[i], kept);
  }
  if (terms.size() == 1)
    return b.finish(arranged(b, terms[0], equation.result));
  return b.finish(product(b, terms[0], terms[1], equation.result));
}

}  // namespace edgy::converter::rewrite
