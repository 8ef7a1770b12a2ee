"""Ruby: files that do not parse."""

from __future__ import annotations

from app.diagnosis.places import at
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.ruby.reading_syntax import FILE, syntax

RULES: tuple[Rule, ...] = (
    Rule(
        code="ruby-syntax",
        pattern=r"(?:^|[\s`'(])(?P<path>" + FILE + r"):(?P<line>\d+): (?P<error>syntax error, unexpected .*|"
        r".*unterminated .* meets end of file.*|class/module name must be CONSTANT.*|dynamic constant assignment.*|"
        r"formal argument cannot be .*|can't find string .* anywhere before EOF.*|numeric literal without digits.*|"
        r"void value expression.*|else without rescue is useless.*|embedded document meets end of file.*|"
        r"Invalid (?:break|next|redo|retry|yield|return).*|duplicated argument name.*|invalid multibyte char.*|"
        r"class definition in method body.*|module definition in method body.*|unexpected .*\(SyntaxError\))$",
        read=syntax,
        place=at("path", "change"),
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="{file} does not parse: {error}. {noticed}",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-syntax-prism",
        pattern=r"(?:^|[\s`'(])(?P<path>"
        + FILE
        + r"):(?P<line>\d+): (?P<error>(?P<prism>syntax errors? found).*)$",
        read=syntax,
        place=at("path", "change"),
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="{file} does not parse: {error}. {noticed}",
        fix="{advice}.",
    ),
)
