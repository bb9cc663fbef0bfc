"""Asking somebody at a terminal, or nobody.

asker = TerminalAsker() if sys.stdin.isatty() else Silent()
site = asker.ask(Question("site", "Which place is this board in?", default="home"))
"""

from dataclasses import dataclass
from typing import Protocol

import typer

from core.errors import ConfigError


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        option: that of the command which answers it beforehand, without the dashes.
        default: the answer of somebody who says nothing; None: there must be one.
    """

    option: str
    text: str
    default: str | None = None


class Asker(Protocol):
    """Gets answers."""

    can_ask_again: bool
    """Whether another answer may come when one is no good."""

    def ask(self, question: Question) -> str:
        """An answer."""
        ...

    def ask_secret(self, text: str) -> str:
        """An answer that is shown nowhere; empty: none."""
        ...

    def confirm(self, text: str) -> bool:
        """Yes or no; no by default."""
        ...

    def say(self, text: str) -> None:
        """Tell something."""
        ...


class TerminalAsker:
    """Asks whoever sits at the terminal."""

    can_ask_again = True

    def ask(self, question: Question) -> str:
        """See Asker."""
        return str(typer.prompt(question.text, default=question.default)).strip()

    def ask_secret(self, text: str) -> str:
        """See Asker."""
        return str(typer.prompt(text, default="", hide_input=True, show_default=False))

    def confirm(self, text: str) -> bool:
        """See Asker."""
        return typer.confirm(text, default=False)

    def say(self, text: str) -> None:
        """See Asker."""
        typer.echo(f"  {text}")


class Silent:
    """Takes every default, and complains where there is none."""

    can_ask_again = False

    def ask(self, question: Question) -> str:
        """See Asker.

        Raises:
            ConfigError: there is no default.
        """
        if question.default is None:
            raise ConfigError(f"--{question.option} is needed where nobody can be asked: {question.text}")
        return question.default

    def ask_secret(self, text: str) -> str:
        """No secret; those of others come in files."""
        del text
        return ""

    def confirm(self, text: str) -> bool:
        """See Asker."""
        del text
        return False

    def say(self, text: str) -> None:
        """See Asker."""
        typer.echo(text)
