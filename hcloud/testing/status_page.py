"""HTML page that shows the state of a cloud."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any

from .clock import iso
from .schema import Record

if TYPE_CHECKING:
    from .cloud import FakeAPI
    from .journal import LoggedRequest
    from .project import Project
    from .resource import FakeResource

__all__ = ["CONTENT_SECURITY_POLICY", "status_page"]

_MAX_ROWS = 50
_MAX_REQUESTS = 30
_STYLE = """
:root { color-scheme: light dark; --line: #8883; --soft: #8881; --dim: #777; --good: #2a8a4a;
  --bad: #c33; --busy: #b70 }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 100rem; margin: 2rem auto; padding: 0 2rem }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem }
main { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); gap: 0 3rem; align-items: start }
main, h1, h2, p, td, th { overflow-wrap: anywhere }
.dim { color: var(--dim); font-weight: normal }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--dim); font-weight: normal; font-size: .85rem }
th.collection { color: inherit; font-size: .95rem; font-weight: 600; padding-top: 1rem }
code, .number { font: .9em/1.5 ui-monospace, monospace }
th, .number, .moment, .good, .bad, .busy { white-space: nowrap }
progress { width: 6rem; max-width: 100%; vertical-align: middle }
.good { color: var(--good) } .bad { color: var(--bad) } .busy { color: var(--busy) }
.label { background: var(--soft); border-radius: .3rem; padding: .05rem .4rem; margin-right: .3rem }
@media (max-width: 85rem) { main { display: block } }
@media (max-width: 48rem) {
  body { padding: 0 1rem }
  tr { display: block; padding: .3rem 0; border-bottom: 1px solid var(--line) }
  th, td { display: inline; padding: 0 .9rem 0 0; border: 0 }
  th.collection { display: block; padding-top: 1rem }
}
"""
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; img-src data:; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Header of the page: nothing but its own style and its empty icon is loaded, and no script runs."""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p class="dim">{summary}</p>
<main>
<div>{resources}</div>
<div>{activity}</div>
</main>
</body>
</html>
"""
_GOOD = {"running", "available", "active", "completed", "ok"}
_BAD = {"error", "failed", "unavailable"}


def status_page(cloud: FakeAPI) -> str:
    """Return an HTML page with resources, running actions and last requests. It reloads itself every three seconds."""
    with cloud.lock:
        cloud.advance(0)
        projects = list(cloud.projects.values())
        actions = [record for project in projects for record in project.actions.running]
        latest = cloud.requests[: -_MAX_REQUESTS - 1 : -1]
        return _PAGE.format(
            title=cloud.title,
            style=_STYLE,
            summary=f"Time of the cloud: {iso(cloud.clock.time())}. API: <code>{cloud.prefix}</code>.",
            resources="\n".join(_project(project, with_name=len(projects) > 1) for project in projects),
            activity=_section("Running actions", len(actions), _actions(actions))
            + _section("Last requests", len(cloud.requests), _requests(latest)),
        )


def _section(title: str, count: int, body: str) -> str:
    return f'<h2>{escape(title)} <span class="dim">{count}</span></h2>\n{body}\n'


def _project(project: Project, with_name: bool) -> str:
    resources = [
        resource for resource in project.resources.values() if resource.own and resource is not project.actions
    ]
    headings = ("id", "name", "status", "properties", "labels", "created")
    body = _table(headings, "".join(map(_resource, resources))) if resources else '<p class="dim">None.</p>'
    count = sum(len(resource.own) for resource in resources)
    return _section(f"Resources of project {project.name}" if with_name else "Resources", count, body)


def _resource(resource: FakeResource) -> str:
    own = resource.own
    title = escape(resource.collection.replace("_", " "))
    rows = [f'<tr><th class="collection" colspan="6">{title} <span class="dim">{len(own)}</span></th></tr>\n']
    rows += [
        _row(
            _number(record["id"]),
            escape(str(record.get("name") or record.get("description") or "")),
            _status(record.get("status")),
            _properties(record),
            _labels(record),
            f'<span class="dim moment">{escape(_created(record))}</span>',
        )
        for record in own[:_MAX_ROWS]
    ]
    if len(own) > _MAX_ROWS:
        rows.append(f'<tr><td class="dim" colspan="6">and {len(own) - _MAX_ROWS} more</td></tr>\n')
    return "".join(rows)


def _created(record: Record) -> str:
    """Return the time of creation. DigitalOcean has another name for it, and its tags have none."""
    created: str = record.get("created") or record.get("created_at") or ""
    return created[:19].replace("T", " ")


def _properties(record: Record) -> str:
    """Return the type, the location and the addresses of a record."""
    network = record.get("public_net") or {}
    values = [record.get(f"{prefix}type") for prefix in ("", "server_", "load_balancer_", "storage_box_")]
    values += [record.get(name) for name in ("location", "home_location", "ip", "ip_range", "username", "mode")]
    values += [network.get("ipv4"), network.get("ipv6"), *(record.get("domain_names") or ())]
    texts = [value.get("name") or value.get("ip") if isinstance(value, dict) else value for value in values]
    return " · ".join(f"<code>{escape(str(text))}</code>" for text in texts if text)


def _labels(record: Record) -> str:
    return " ".join(
        f'<span class="label">{escape(f"{key}={value}" if value else key)}</span>'
        for key, value in (record.get("labels") or {}).items()
    )


def _actions(actions: Sequence[Record]) -> str:
    rows = [
        _row(
            _number(record["id"]),
            f"<code>{escape(record['command'])}</code>",
            escape(", ".join(f"{ref['type'].replace('_', ' ')} {ref['id']}" for ref in record["resources"])),
            f'<progress max="100" value="{record["progress"]}"></progress> {record["progress"]}&nbsp;%',
        )
        for record in actions[:_MAX_ROWS]
    ]
    return _table(("id", "command", "on_event", "progress"), "".join(rows)) if rows else '<p class="dim">None.</p>'


def _requests(requests: Iterable[LoggedRequest]) -> str:
    # Bodies are not shown: they can contain passwords and private keys.
    rows = []
    for request in requests:
        query = "&".join(f"{name}={value}" for name, value in request.query)
        path = f"<code>{escape(request.path)}{escape(f'?{query}' if query else '')}</code>"
        css_class = "bad" if request.status is None or request.status >= 400 else "good"
        status = f'<span class="{css_class}">{request.status or "broken"}</span>'
        rows.append(_row(escape(request.method), path, status))
    return _table(("method", "path", "status"), "".join(rows)) if rows else '<p class="dim">None.</p>'


def _table(headings: Sequence[str], rows: str) -> str:
    return f"<table>\n<tr>{''.join(f'<th>{escape(heading)}</th>' for heading in headings)}</tr>\n{rows}</table>"


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def _number(number: Any) -> str:
    return f'<span class="number">{escape(str(number))}</span>'


def _status(status: Any) -> str:
    if isinstance(status, dict):  # that of a managed certificate
        status = status.get("issuance")
    if not isinstance(status, str):
        return ""
    css_class = "good" if status in _GOOD else "bad" if status in _BAD else "busy"
    return f'<span class="{css_class}">{escape(status)}</span>'
