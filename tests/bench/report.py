# SPDX-License-Identifier: Apache-2.0
"""The numbers of `make bench` as Markdown tables and as plots."""

import statistics


def median_of(rounds):
    """One tree of the medians of trees of numbers; what is missing in a round is left out there."""
    first = next((tree for tree in rounds if tree is not None), None)
    if not isinstance(first, dict):
        return statistics.median(rounds)
    keys = dict.fromkeys(key for tree in rounds for key in tree)
    return {key: median_of([tree[key] for tree in rounds if key in tree]) for key in keys}


def at(tree, *path):
    for key in path:
        if not isinstance(tree, dict) or key not in tree:
            return None
        tree = tree[key]
    return tree


def number(value):
    if value is None:
        return '-'
    return f'{value:,.0f}' if value >= 100 else f'{value:.3g}'


def rates(title, rows):
    """A table of programs and windows."""
    yield f'| {title} | in flight | per second | p50 us | p99 us | CPU s per 100,000 |'
    yield '|---|---|---:|---:|---:|---:|'
    for name, windows in rows.items():
        for window, row in windows.items():
            load = window.replace('w', '', 1) if window.startswith('w') else \
                window.replace('rate', '') + '/s'
            yield (f'| {name} | {load} | {number(row["tps"])} | {number(row["p50_us"])} | '
                   f'{number(row["p99_us"])} | {row["cpu_s_per_100k"]:.3f} |')


def codec(rows):
    yield '| message | octets | decode + validate per second | encode per second |'
    yield '|---|---:|---:|---:|'
    for message, row in rows.items():
        yield (f'| {message} | {row["octets"]:.0f} | {row["decode_per_s"]:,.0f} | '
               f'{row["encode_per_s"]:,.0f} |')


def timers(rows):
    """Beside what memory alone costs, and libuv."""
    walk = rows['dm']['walk']
    yield '| a million timers | ns each | times a random walk | libuv, ns each |'
    yield '|---|---:|---:|---:|'
    for what, took in rows['dm'].items():
        yield f'| {what} | {took:.0f} | {took / walk:.1f} | {rows["libuv"].get(what, "")} |'


def ratio(a, b):
    return a / b if a is not None and b else None


def best_other(results, kind, window):
    rows = results.get(kind, {})
    found = [at(rows, name, window, 'tps') for name in rows
             if not name.startswith('homewardd')]
    return max((tps for tps in found if tps), default=None)


def targets(results):
    """(what, measured, wanted, whether more is better); measured None: not measured here."""
    ours = results.get('server', {}).get('homewardd', {})
    relay = results.get('relay', {}).get('homewardd', {})
    tuned_relay = at(results, 'relay', 'freediameter_tuned', 'w128', 'tps')
    sqlite = at(results, 'bootstrap', 'sqlite') or {}
    fresh = max((row['tps'] for row in sqlite.values()), default=None)
    known = at(results, 'reattach', 'sqlite') or {}
    scale = results.get('scale', {})
    return [
        ('server, window 128: times the better of the others',
         ratio(at(ours, 'w128', 'tps'), best_other(results, 'server', 'w128')), 10, True),
        ('server, window 256: part of the raw responder',
         ratio(at(ours, 'w256', 'tps'), at(results, 'limit', 'w256', 'tps')), 0.25, True),
        ('server, window 1: p50 in times of the raw responder\'s',
         ratio(at(ours, 'w1', 'p50_us'), at(results, 'limit', 'w1', 'p50_us')), 1.3, False),
        ('relay, window 128: times freeDiameter (tuned)',
         ratio(at(relay, 'w128', 'tps'), tuned_relay), 8, True),
        ('relay, window 2000: part of that at 128',
         ratio(at(relay, 'w2000', 'tps'), at(relay, 'w128', 'tps')), 0.9, True),
        ('relay, 20,000/s: p99 in us', at(relay, 'rate20000', 'p99_us'), 1000, False),
        ('decode + validate MBR per second', at(results, 'codec', 'MBR', 'decode_per_s'), 3e6, True),
        ('encode MBA per second', at(results, 'codec', 'MBA', 'encode_per_s'), 4e6, True),
        ('bootstrappings per second, SQLite', fresh, 25000, True),
        ('the same, times one commit per request',
         ratio(fresh, at(sqlite, 'w1', 'tps')), 15, True),
        ('bootstrappings per second, PostgreSQL',
         max((row['tps'] for row in (at(results, 'bootstrap', 'postgres') or {}).values()),
             default=None), 8000, True),
        ('re-attaches of known nodes per second, SQLite',
         max((row['tps'] for row in known.values()), default=None), 50000, True),
        ('TLS 1.3, window 128: part of plain',
         ratio(at(results, 'server', 'homewardd_tls', 'w128', 'tps'), at(ours, 'w128', 'tps')),
         0.6, True),
        ('octets for a mobility session', at(results, 'memory', 'bytes_per_mobility_session'),
         1024, False),
        ('octets for an idle connection', at(results, 'memory', 'bytes_per_idle_connection'),
         8192, False),
        ('seconds to start with a million sessions',
         at(results, 'restart', 'seconds_per_million_sessions'), 5, False),
        ('rate with a million sessions, part of that with a thousand',
         ratio(scale.get('tps_at_1m'), scale.get('tps_at_1k')), 0.9, True),
    ]


def cheapest_other(rows, window):
    return min((at(rows, name, window, 'cpu_s_per_100k') for name in rows
                if not name.startswith('homewardd') and at(rows, name, window)), default=None)


def by_processor_time(results):
    """What depends least on who else uses the machine."""
    for kind, what in (('server', 'answering'), ('relay', 'relaying')):
        rows = results.get(kind, {})
        times = ratio(cheapest_other(rows, 'w128'),
                      at(rows, 'homewardd', 'w128', 'cpu_s_per_100k'))
        if times:
            yield (f'Processor time for {what} a request at window 128: the best of the others '
                   f'takes {times:.1f} times that of homewardd.')


def target_table(results):
    yield '| target | wanted | measured | |'
    yield '|---|---:|---:|---|'
    for what, measured, wanted, more in targets(results):
        met = measured is not None and (measured >= wanted if more else measured <= wanted)
        sign = 'at least' if more else 'at most'
        verdict = 'not measured' if measured is None else 'met' if met else 'not met'
        yield f'| {what} | {sign} {number(wanted)} | {number(measured)} | {verdict} |'


def page(results):
    """The whole as Markdown."""
    machine = results['machine']
    yield (f'{machine["date"]}; {machine["cores"]} cores of {machine["processor"]}, server and '
           'generator on one core each; medians of '
           f'{machine["rounds"]} rounds in which the programs take turns. Load average before: '
           f'{machine["load_before"]}.')
    yield ''
    yield from target_table(results)
    yield ''
    yield from by_processor_time(results)
    for title, rows in (
            ('answering a request', {'raw responder (the limit)': results.get('limit', {}),
                                     **results.get('server', {})}),
            ('relaying a request', results.get('relay', {})),
            ('bootstrapping', results.get('bootstrap', {})),
            ('re-attaching', results.get('reattach', {}))):
        if any(rows.values()):
            yield ''
            yield from rates(title, rows)
    for part, rows_of in (('codec', codec), ('timers', timers)):
        if results[part]:
            yield ''
            yield from rows_of(results[part])
    for part, why in results['skipped'].items():
        yield ''
        yield f'Left out: {part} ({why})'


# ---- plots ----

WIDTH, HEIGHT, LEFT, TOP = 640, 360, 70, 30
COLORS = ('#1b6ca8', '#c0392b', '#e08e0b', '#2e8b57', '#7d3c98', '#555555', '#16a085')


def scale_of(values, size):
    """A logarithmic axis: a function from value to place."""
    import math
    low, high = math.log10(min(values)), math.log10(max(values) * 1.1)
    return lambda value: (math.log10(value) - low) / max(high - low, 1e-9) * size


def plot(title, across, up, lines):
    """SVG of {name: [(x, y)]}, both axes logarithmic."""
    points = [point for line in lines.values() for point in line]
    xs, ys = sorted({x for x, _ in points}), [y for _, y in points]
    to_x, to_y = scale_of(xs, WIDTH - LEFT - 170), scale_of(ys, HEIGHT - 2 * TOP - 20)

    def place(x, y):
        return LEFT + to_x(x), HEIGHT - TOP - 20 - to_y(y)

    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="12">')
    yield '<!-- SPDX-License-Identifier: Apache-2.0 -->'
    yield '<rect width="100%" height="100%" fill="white"/>'
    yield f'<text x="{LEFT}" y="18" font-size="14">{title}</text>'
    for x in xs:
        left, _ = place(x, min(ys))
        yield f'<text x="{left:.0f}" y="{HEIGHT - 24}" text-anchor="middle">{x:,}</text>'
    for y in (min(ys), max(ys)):
        _, top = place(xs[0], y)
        yield f'<text x="{LEFT - 8}" y="{top:.0f}" text-anchor="end">{number(y)}</text>'
    yield f'<text x="{WIDTH // 2 - 60}" y="{HEIGHT - 6}" text-anchor="middle">{across}</text>'
    yield f'<text x="14" y="{HEIGHT // 2}" transform="rotate(-90 14 {HEIGHT // 2})">{up}</text>'
    for place_in_list, (name, line) in enumerate(lines.items()):
        color = COLORS[place_in_list % len(COLORS)]
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in (place(*point) for point in sorted(line)))
        left, top = place(*max(line))
        yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>'
        yield f'<text x="{left + 6:.0f}" y="{top + 4:.0f}" fill="{color}">{name}</text>'
    yield '</svg>'


def windows_of(rows, value):
    return [(int(window[1:]), row[value]) for window, row in rows.items()
            if window[1:].isdigit() and row[value] > 0]


def plots(results):
    """{file name: lines of SVG}."""
    server = {'raw responder': results['limit'], **results.get('server', {})}
    whole = {**{f'bootstrap, {name}': rows for name, rows in results.get('bootstrap', {}).items()},
             **{f're-attach, {name}': rows for name, rows in results.get('reattach', {}).items()}}
    made = {}
    for name, rows in (('server', server), ('relay', results.get('relay', {})), ('service', whole)):
        for value, words in (('tps', 'per second'), ('p99_us', 'p99, us')):
            lines = {key: windows_of(windows, value) for key, windows in rows.items()}
            lines = {key: line for key, line in lines.items() if line}
            if lines:
                made[f'{name}-{value.split("_")[0]}.svg'] = plot(
                    f'{name}: {words}', 'requests in flight', words, lines)
    return made
