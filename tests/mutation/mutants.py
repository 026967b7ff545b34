"""Which small changes are made to the code: most of Cosmic Ray's operators."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

# Of the eleven replacements of a binary operator one is enough: the nearest. (`a | b` or `a >> b`
# on floats fails in any test that comes by, and would only flatter the score.)
OPERATORS = [
    "NumberReplacer",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceBinaryOperator_Pow_Mul",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_BitXor_BitOr",
    "ReplaceBinaryOperator_RShift_LShift",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ZeroIterationForLoop",
    "ExceptionReplacer",
    "RemoveDecorator",
]


@dataclass(frozen=True)
class Mutant:
    """The ``occurrence``-th place of a file where ``operator`` applies.

    It is on ``line``, and the ``nth`` for this operator on a line of that ``text``: by these it is
    known again after other lines have changed.
    """

    path: str
    operator: str
    occurrence: int
    line: int
    text: str
    nth: int

    def apply(self, source: str) -> str:
        """The file's text with this one change."""
        changed = mutate_code(source, get_operator("core/" + self.operator)(), self.occurrence)
        assert changed is not None, self
        return changed


def mutants(root: Path, path: str) -> Iterator[Mutant]:
    """Every mutant of one file, but for those in what only a type checker reads."""
    source = (root / path).read_text(encoding="utf-8")
    lines = source.splitlines()
    tree = get_ast(source)
    unread = only_for_types(source)
    for name in OPERATORS:
        operator = get_operator("core/" + name)()
        occurrence = 0
        seen: Counter[str] = Counter()
        for node in ast_nodes(tree):
            for (line, column), _ in operator.mutation_positions(node):
                # the * of f(*args), [*items] and def f(*, name) is no operator
                before = "".join(lines[: line - 1]) + lines[line - 1][:column]
                starred = lines[line - 1][column] == "*" and before.rstrip().endswith(
                    ("(", "[", "{", ",")
                )
                # Cosmic Ray can't replace `except (module.Error, ...)`
                dotted = name == "ExceptionReplacer" and "." in lines[line - 1]
                read = not any(start <= (line, column) < end for start, end in unread)
                if read and not starred and not dotted:
                    text = lines[line - 1].strip()
                    yield Mutant(path, name, occurrence, line, text, seen[text])
                    seen[text] += 1
                occurrence += 1


def only_for_types(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """From where to where the file holds what only a type checker reads."""
    nodes: list[ast.AST | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg | ast.AnnAssign):
            nodes.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            nodes.append(node.returns)
            nodes += [d for d in node.decorator_list if ast.unparse(d) in ("overload", "override")]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes += [node.test, *node.body]
    return [
        # one column to the left: a decorator's place is that of its @
        ((node.lineno, node.col_offset - 1), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in nodes
        if isinstance(node, ast.expr | ast.stmt)
    ]
