"""The page that shows a person what is in a cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from .clock import iso
from .schema import Record

if TYPE_CHECKING:
    from .cloud import FakeCloud, LoggedRequest, Project
    from .resource import Resource

__all__ = ["status_page"]

_MOST_ROWS = 50
_MOST_REQUESTS = 30
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8883; --soft: #8881; --dim: #777; --good: #2a8a4a;
  --bad: #c33; --busy: #b70 }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1.5rem }}
h1 {{ font-size: 1.5rem; margin: 0 }}
h2 {{ font-size: 1.1rem; margin: 2.2rem 0 .5rem }}
h3 {{ font-size: .95rem; margin: 1.2rem 0 .3rem }}
.dim {{ color: var(--dim); font-weight: normal }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }}
th {{ color: var(--dim); font-weight: normal; font-size: .85rem }}
code, .number {{ font: .9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere }}
progress {{ width: 10rem; vertical-align: middle }}
.good {{ color: var(--good) }} .bad {{ color: var(--bad) }} .busy {{ color: var(--busy) }}
.label {{ background: var(--soft); border-radius: .3rem; padding: .05rem .4rem; margin-right: .3rem }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="dim">{summary}</p>
{body}
</body>
</html>
"""
_GOOD = {"running", "available", "active", "success", "ready", "completed", "ok"}
_BAD = {"error", "failed", "unavailable", "unhealthy"}


def status_page(cloud: FakeCloud) -> str:
    """What exists, which actions run, the last requests: an HTML page that reloads itself every three seconds."""
    with cloud.lock:
        cloud.advance(0)
        projects = list(cloud.projects.values())
        actions = [(project, record) for project in projects for record in project.actions.running]
        parts = [_section("Running actions", len(actions), _actions(actions))]
        parts += [_project(project, named=len(projects) > 1) for project in projects]
        latest = cloud.requests[: -_MOST_REQUESTS - 1 : -1]
        parts.append(_section("Last requests", len(cloud.requests), _requests(latest)))
        summary = (
            f"It is {iso(cloud.clock.time())} in this cloud. The API is at <code>/v1</code>; any client can use it."
        )
    return _PAGE.format(title="A Hetzner Cloud in a box", summary=summary, body="\n".join(parts))


def _section(title: str, count: int, body: str) -> str:
    return f'<h2>{escape(title)} <span class="dim">{count}</span></h2>\n{body}'


def _project(project: Project, named: bool) -> str:
    kinds = [each for each in project.resources.values() if each.own and each is not project.actions]
    body = "\n".join(map(_resource, kinds)) or '<p class="dim">Nothing yet.</p>'
    return _section(f"What exists in project {project.name}" if named else "What exists", _count(kinds), body)


def _count(kinds: Iterable[Resource]) -> int:
    return sum(len(each.own) for each in kinds)


def _resource(resource: Resource) -> str:
    own = resource.own
    rows = [
        [
            _number(record.get("id")),
            escape(str(record.get("name") or record.get("description") or "")),
            _status(record.get("status")),
            _facts(record),
            _labels(record),
            f'<span class="dim">{escape(str(record.get("created") or ""))}</span>',
        ]
        for record in own[:_MOST_ROWS]
    ]
    more = f'<p class="dim">and {len(own) - _MOST_ROWS} more</p>' if len(own) > _MOST_ROWS else ""
    title = f'<h3>{escape(resource.collection.replace("_", " "))} <span class="dim">{len(own)}</span></h3>'
    return title + _table(("id", "name", "status", "what and where", "labels", "created"), rows) + more


def _facts(record: Record) -> str:
    """What makes a record one: its type, its place, its addresses."""
    network = record.get("public_net") or {}
    found = [record.get(name) for name in ("type", "server_type", "load_balancer_type", "storage_box_type", "location")]
    found += [record.get(name) for name in ("ip", "ip_range", "username", "value", "mode")]
    found += [network.get("ipv4"), network.get("ipv6")]
    said = [each.get("name") or each.get("ip") if isinstance(each, dict) else each for each in found]
    return " · ".join(f"<code>{escape(str(each))}</code>" for each in said if each)


def _labels(record: Record) -> str:
    return "".join(
        f'<span class="label">{escape(f"{key}={value}" if value else key)}</span>'
        for key, value in (record.get("labels") or {}).items()
    )


def _actions(actions: Sequence[tuple[Project, Record]]) -> str:
    if not actions:
        return '<p class="dim">None.</p>'
    rows = [
        [
            _number(record["id"]),
            f"<code>{escape(record['command'])}</code>",
            escape(", ".join(f"{each['type'].replace('_', ' ')} {each['id']}" for each in record["resources"])),
            f'<progress max="100" value="{int(record["progress"])}"></progress> {int(record["progress"])} %',
        ]
        for _, record in actions[:_MOST_ROWS]
    ]
    return _table(("id", "command", "on", "progress"), rows)


def _requests(requests: Iterable[LoggedRequest]) -> str:
    # Without their bodies: these may hold passwords and private keys.
    rows = []
    for each in requests:
        query = "&".join(f"{name}={value}" for name, value in each.query)
        path = f"<code>{escape(each.path)}{escape(f'?{query}' if query else '')}</code>"
        kind = "bad" if each.status is None or each.status >= 400 else "good"
        rows.append([escape(each.method), path, f'<span class="{kind}">{each.status or "broken"}</span>'])
    return _table(("method", "path", "answer"), rows) if rows else '<p class="dim">None yet.</p>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<table>\n<tr>{head}</tr>\n{body}</table>"


def _number(number: Any) -> str:
    return f'<span class="number">{escape(str(number))}</span>'


def _status(status: Any) -> str:
    if not isinstance(status, str):
        return ""
    kind = "good" if status in _GOOD else "bad" if status in _BAD else "busy"
    return f'<span class="{kind}">{escape(status)}</span>'
