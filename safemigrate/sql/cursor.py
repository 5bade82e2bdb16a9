"""Walking over the tokens of one statement."""

from __future__ import annotations

from collections.abc import Collection

from safemigrate.sql.actions import Name
from safemigrate.sql.tokens import Token

_NESTS = {"(": 1, "[": 1, ")": -1, "]": -1}
_NOTHING = Token("", "", 0, 0, is_identifier=False)


class Unread(Exception):
    """The grammar has no words for what stands here."""


class Cursor:
    """A place among tokens. `take` and its like move on where they match; `need` and its like raise Unread."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.place = 0

    def token(self, ahead: int = 0) -> Token:
        """The token here, or some further on; one without a word behind the end."""
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else _NOTHING

    @property
    def word(self) -> str:
        """The unquoted word or symbol here."""
        return self.tokens[self.place].word if self.place < len(self.tokens) else ""

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.place >= len(self.tokens)

    def at(self, *words: str) -> bool:
        """Whether these words stand here, in this order."""
        here = self.place
        found = self.take(*words)
        self.place = here
        return found

    def take(self, *words: str) -> bool:
        """Move behind these words if they stand here."""
        place = self.place
        if len(self.tokens) - place < len(words):
            return False
        for word in words:
            if self.tokens[place].word != word:
                return False
            place += 1
        self.place = place
        return True

    def take_any(self, *words: str) -> str:
        """Move behind one of these words, and say which; "" for none."""
        word = self.word
        if word and word in words:
            self.place += 1
            return word
        return ""

    def need(self, *words: str) -> None:
        """Move behind these words."""
        if not self.take(*words):
            raise self.unread()

    def finish(self) -> None:
        """Nothing may be left: half an understanding is none."""
        if not self.done:
            raise self.unread()

    def unread(self) -> Unread:
        """The error that names what stands here."""
        token = self.token()
        return Unread(self.text[token.start : token.end] if not self.done else "its end")

    def identifier(self) -> str:
        """One identifier."""
        token = self.token()
        if not token.is_identifier:
            raise self.unread()
        self.place += 1
        return token.text

    def name(self) -> Name:
        """A name, maybe qualified; of a database's name only the end counts."""
        parts = [self.identifier()]
        while self.take("."):
            parts.append(self.identifier())
        return Name(parts[-2] if len(parts) > 1 else None, parts[-1])

    def table(self) -> Name:
        """A table's name, with ONLY before it or * behind it."""
        self.take("ONLY")
        name = self.name()
        self.take("*")
        return name

    def tables(self) -> tuple[Name, ...]:
        """Tables, by commas."""
        found = [self.table()]
        while self.take(","):
            found.append(self.table())
        return tuple(found)

    def string(self) -> str:
        """One string."""
        token = self.token()
        if not token.is_string:
            raise self.unread()
        self.place += 1
        return token.text

    def group(self) -> Cursor:
        """What stands in the parentheses here."""
        self.need("(")
        start, depth = self.place, 1
        for place in range(start, len(self.tokens)):
            word = self.tokens[place].word
            depth += (word == "(") - (word == ")")
            if not depth:
                self.place = place + 1
                break
        else:
            self.place = len(self.tokens)
            raise self.unread()
        return Cursor(self.tokens[start : self.place - 1], self.text)

    def names_in_group(self) -> tuple[str, ...]:
        """Plain column names in the parentheses here; () where one is an expression."""
        found = []
        for part in self.group().by_commas():
            if part.token(1).is_identifier:
                part.take("PERIOD")  # of a key without overlaps, PostgreSQL 18
            if not part.token().is_identifier or part.token(1).word in ("(", "."):
                return ()
            found.append(part.token().text)
        return tuple(found)

    def by_commas(self) -> list[Cursor]:
        """What is left, cut at the commas outside parentheses and brackets."""
        parts: list[Cursor] = []
        piece: list[Token] = []
        depth = 0
        for token in self.tokens[self.place :]:
            word = token.word
            if word in _NESTS:
                depth += _NESTS[word]
            elif word == "," and not depth:
                parts.append(Cursor(piece, self.text))
                piece = []
                continue
            piece.append(token)
        self.place = len(self.tokens)
        return [*parts, Cursor(piece, self.text)] if piece else parts

    def until(self, words: Collection[str]) -> str:
        """Move to the first of these words outside parentheses, or to the end; what was passed, as written."""
        start, depth = self.place, 0
        for place in range(start, len(self.tokens)):
            word = self.tokens[place].word
            if not depth and word in words:
                self.place = place
                break
            if word in _NESTS:
                depth += _NESTS[word]
        else:
            self.place = len(self.tokens)
        return self.written(start, self.place)

    def rest(self) -> str:
        """Move to the end; what was passed, as written."""
        return self.until(())

    def written(self, start: int, stop: int) -> str:
        """The tokens from `start` to before `stop` as they stand in the file."""
        if start >= stop:
            return ""
        return self.text[self.tokens[start].start : self.tokens[stop - 1].end]

    def words(self, count: int) -> str:
        """Up to so many unquoted words from here on, in lower case."""
        found: list[str] = []
        for token in self.tokens[self.place : self.place + count]:
            if not token.word.replace("_", "a").isalnum():
                break
            found.append(token.word.lower())
        return " ".join(found)
