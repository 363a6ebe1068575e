"""What a document means for the run: an outcome in a word, an exit code and a line, all from the same values."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.cli import codes
from reconciler.cli.world import Paper

#: What a day of the spec brings later is not counted.
CHANGES = ("add", "change", "destroy")
COUNTS = (*CHANGES, "adopt", "forget")


class Judged(NamedTuple):
    """`quiet`: nothing in the document is news, so the table's line is enough where there are several."""

    outcome: str
    code: int
    line: str
    quiet: bool = False


def plan(paper: Paper, detailed: bool) -> Judged:
    """Adopting and forgetting are no changes; drift is."""
    counts = paper["counts"]
    line = ", ".join(f"{counts[name]} to {name}" for name in COUNTS)
    drift = len(paper["drift"])
    line += f", {drift} drifted" if drift else ""
    line += "" if paper["applyable"] else f"; cannot be applied yet: {_why(paper)}"
    moved = codes.CHANGES if detailed else codes.DONE
    if paper["errored"]:
        return Judged("error", codes.ERROR, f"{_errors(paper)}; {line}")
    if paper["policy"]["result"] == "fail":
        refused = sum(not step["allowed"] for step in paper["steps"])
        return Judged("refused", codes.REFUSED, f"{refused} refused; {line}")
    if any(counts[name] for name in CHANGES):
        return Judged("changes", moved, line)
    if drift:
        return Judged("drift", moved, line)
    news = any(counts.values()) or paper["diagnostics"] or not paper["applyable"]
    return Judged("none", codes.DONE, line if news else "no changes", not news)


def _why(paper: Paper) -> str:
    if paper["missing"]:
        return f"{len(paper['missing'])} missing"
    return "it has errors" if paper["errored"] else "it is not complete"


def _errors(paper: Paper) -> str:
    found = sum(one["severity"] == "error" for one in paper["diagnostics"])
    return f"{found} error{'s' if found != 1 else ''}"


def apply(paper: Paper) -> Judged:
    """The session has judged already."""
    counts = {name: count for name, count in paper["counts"].items() if count}
    said = [f"{count} {name}" for name, count in counts.items()]
    said += [f"waiting: {one['text']}" for one in paper["waiting"][:1]]
    quiet = paper["outcome"] == "nothing" and not paper["diagnostics"]
    return Judged(paper["outcome"], paper["exit_code"], ", ".join(said) or "nothing to do", quiet)


def drift(paper: Paper, detailed: bool) -> Judged:
    """What could not be read whole is never in sync."""
    sizes = {name: len(paper[name]) for name in ("changed", "missing", "unmanaged", "ignored", "unread")}
    line = ", ".join(f"{count} {name}" for name, count in sizes.items() if count) or "as agreed"
    outcome = str(paper["outcome"])
    moved = codes.CHANGES if detailed else codes.DONE
    code = {"clean": codes.DONE, "drift": moved}.get(outcome, codes.ERROR)
    quiet = outcome == "clean" and not paper["unmanaged"] and not paper["ignored"] and not paper["diagnostics"]
    return Judged(outcome, code, line, quiet)


def status(paper: Paper) -> Judged:
    """One line: where each route is and what it waits for."""
    routes = paper["routes"]
    waiting = [one for route in routes for one in route["waiting"]]
    unsafe = [route for route in routes if not route["safe_to_stop"]]
    said = [f"{route['subject']}: {route['stage']}" for route in routes if route["stage"] != "done"]
    said += [f"waiting: {_awaited(one)}" for one in waiting]
    said += [f"do NOT stop now: {route['why']}" for route in unsafe]
    said += [f"being worked on by {paper['lease']['holder']}"] if paper["lease"] else []
    outcome = "unsafe" if unsafe else "waiting" if waiting else "open" if said else "done"
    command = str(paper["next"]).startswith("reconciler ")
    said += [f"next: {paper['next']}" if command else paper["next"]] if paper["next"] else []
    return Judged(outcome, codes.WAITING if waiting else codes.DONE, "; ".join(said))


def tasks(paper: Paper) -> Judged:
    """One line: how many requests are open, and the worst of them; nothing is said of a zone that was not read."""
    found = [*paper["requests"], *paper["scripts"]]
    unread = [one["summary"] for one in paper["diagnostics"] if one["severity"] == "error"]
    said = [
        f"{one['id']} to {one['ask']}: {one['state']}{', late' if one['late'] else ''}" for one in paper["requests"]
    ]
    said += [f"run {one['path']}: {len(one['steps'])} steps" for one in paper["scripts"]]
    if unread:
        return Judged("error", codes.ERROR, "; ".join([*unread, *said]))
    code = codes.WAITING if found else codes.DONE
    return Judged("open" if found else "none", code, "; ".join(said) or "nothing is open", not found)


def _awaited(one: Paper) -> str:
    extra = [f"from {one['whom']}" if one["whom"] else "", f"until {one['until']}" if one["until"] else ""]
    tail = ", ".join(text for text in extra if text)
    return f"{one['text']} ({tail})" if tail else str(one["text"])
