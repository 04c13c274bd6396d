# SPDX-License-Identifier: MIT
"""The report as one HTML page that needs nothing else: no script, no network, light and dark,
narrow and wide. Takes what the exporter gathered; knows neither notebooks nor figures."""
import html
import math
import re

import captions
from plate import download, scrolling

CSS = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1e21; --soft: #5c6370; --line: #d9dce1;
  --shade: #f5f6f8; --accent: #b34700; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e4e6ea; --soft: #a0a7b3;
  --line: #343941; --shade: #1f2227; --accent: #ff9d5c; --plate-blue: #4aa8e0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 3rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.25; margin: 0 0 .4rem; }
p { max-width: 46rem; margin: .4rem 0; }
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.4rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: .8rem 0 0;
  padding: 0; }
a { color: var(--accent); text-underline-offset: .2em; }
code, pre { font: .82rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { background: var(--shade); border-radius: .4rem; margin: .6rem 0; overflow-x: auto;
  padding: .8rem; }
summary { color: var(--soft); cursor: pointer; margin-top: .8rem; }
.soft, .note { color: var(--soft); }
.plates { display: grid; gap: 1.6rem 2rem; margin-top: 1.2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
.plate { margin: 0; min-width: 0; }
.wide { grid-column: 1 / -1; }
.plate svg { display: block; }
.plate svg text { font-family: inherit !important; }
figcaption { color: var(--soft); font-size: .87rem; line-height: 1.45; margin-top: .4rem;
  max-width: 36rem; }
figcaption span { white-space: nowrap; }
.hint { display: none; }
.scroll { overflow-x: auto; margin-top: .8rem; background: /* a shade on a side where the table goes on */
  linear-gradient(90deg, var(--paper) 40%, transparent) 0 0 / 2.5rem 100% no-repeat local,
  linear-gradient(270deg, var(--paper) 40%, transparent) 100% 0 / 2.5rem 100% no-repeat local,
  linear-gradient(90deg, var(--line), transparent) 0 0 / 1rem 100% no-repeat scroll,
  linear-gradient(270deg, var(--line), transparent) 100% 0 / 1rem 100% no-repeat scroll; }
.scroll td { min-width: 4rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums;
  line-height: 1.3; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .9rem .4rem 0; text-align: left;
  vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 600; }
tbody small { color: var(--soft); display: block; font-size: .78rem; font-weight: 400;
  white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .8rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 600px) { .hint { display: block; font-size: .82rem; } table { font-size: .8rem; } th, td { padding-right: .6rem; }
  tbody th small { white-space: normal; } figcaption { font-size: .82rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .4rem; } }
@media print { body { max-width: none; } .plate { break-inside: avoid; } }
"""


PAPERS = (
    ("garg2022", "Shivam Garg and Dimitris Tsipras and Percy Liang and Gregory Valiant",
     "What Can Transformers Learn In-Context? A Case Study of Simple Function Classes", 2022, "2208.01066"),
    ("yadlowsky2023", "Steve Yadlowsky and Lyric Doshi and Nilesh Tripuraneni",
     "Pretraining Data Mixtures Enable Narrow Model Selection Capabilities in Transformer Models", 2023, "2311.00871"),
    ("murty2023", "Shikhar Murty and Pratyusha Sharma and Jacob Andreas and Christopher D. Manning",
     "Grokking of Hierarchical Structure in Vanilla Transformers", 2023, "2305.18741"))


def _definitions(pairs):
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>"
                   for name, value in pairs)
    return f"<dl>{rows}</dl>"


def _cell(row, part):
    """A table cell: the mean above its interval, or a dash."""
    mean, low, high = (row[f"{part}_{end}"] for end in ("mean", "low", "high"))
    if math.isnan(mean):
        return "<td>–</td>"
    text = captions.with_interval({"mean": mean, "low": low, "high": high})
    head, _, interval = text.partition(" ")
    return f"<td>{head}" + (f"<small>{interval}</small>" if interval else "") + "</td>"


def headline_table(frame):
    """The data frame of figures.headline as an HTML table; a target's name stands once."""
    models = frame["subject"].unique()
    model = models[0] if len(models) == 1 else "model"
    heads = ("target", "k", model, "least_squares", "difference", "lowest error")
    rows, before = [], None
    for _, row in frame.iterrows():
        name = "" if row["target"] == before else html.escape(row["target"])
        name += f"<small>{html.escape(row['where'])}</small>" if row["where"] else ""
        before = row["target"]
        best = f"{html.escape(row['best'])}<small>{captions.number(row['best_mean'])}</small>"
        rows.append(f'<tr><th scope="row">{name}</th><td>{row["k"]}</td>{_cell(row, "model")}'
                    f'{_cell(row, "least_squares")}{_cell(row, "difference")}<td>{best}</td></tr>')
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    return scrolling(f'<table id="headline"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>')


def _section(chapter):
    """A notebook as a section: its words, plates, remarks and code."""
    words = re.sub(r'<a class="anchor-link".*?</a>', "", chapter["words"])
    words = re.sub(r"<(/?)h1[^>]*>", r"<\1h2>", words)
    plates = f'<div class="plates">{"".join(chapter["plates"])}</div>' if chapter["plates"] else ""
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in chapter["notes"])
    code = f'<details><summary>Code</summary><pre>{html.escape(chapter["code"])}</pre></details>'
    return f'<section id="{chapter["name"]}">{words}{plates}{notes}{code}</section>'


def plain_table(frame):
    """A data frame of texts as an HTML table; the first column's name stands once."""
    rows, before = [], None
    for row in frame.values:
        first, before = ("" if row[0] == before else row[0]), row[0]
        cells = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row[1:])
        rows.append(f'<tr><th scope="row">{html.escape(str(first))}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in frame.columns)
    return scrolling(f'<table id="headline"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>')


def _citation(provenance):
    """What to cite: ambit and the papers whose questions it asks, with a link that saves BibTeX."""
    known = dict(provenance)
    version, year = html.escape(str(known.get("code version", ""))), str(known.get("created", ""))[:4]
    entries = [f"@software{{ambit, title = {{ambit: how far a transformer generalises}}, version = {{{version}}}, "
               f"year = {{{year}}}}}"]
    entries += [f"@misc{{{key}, author = {{{authors}}}, title = {{{title}}}, year = {{{year}}}, eprint = {{{number}}}, "
                "archivePrefix = {arXiv}}" for key, authors, title, year, number in PAPERS]
    papers = "; ".join(f"{authors.split(' and ')[0].split()[-1]} et al., arXiv {number}"
                       for _, authors, _, _, number in PAPERS)
    return (f'<section id="cite"><h2>Cite</h2><p>ambit {version}; {papers}. '
            f'{download("ambit.bib", "application/x-bibtex", chr(10).join(entries), "Save as BibTeX")}</p></section>')


def page(title, identity, lead, table, chapters, config, provenance):
    """The whole page as text.

    identity, provenance: pairs (name, value); lead: sentences on the headline `table`, HTML;
    chapters: dicts of name, label, words (HTML), plates (HTML figures), notes and code; config:
    YAML text."""
    provenance = list(provenance)
    fitting = [chapter for chapter in chapters if chapter["plates"]]
    others = [chapter for chapter in chapters if not chapter["plates"]]
    links = "".join(f'<li><a href="#{chapter["name"]}">{html.escape(chapter["label"])}</a></li>'
                    for chapter in fitting)
    absent = "".join(f'<li>{html.escape(chapter["label"] + ": " + " ".join(chapter["notes"]))}</li>'
                     for chapter in others)
    if absent:
        absent = f'<section id="absent"><h2>Not in this file</h2><ul>{absent}</ul></section>'
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{CSS}</style>
</head>
<body>
<header><h1>{html.escape(title)}</h1>{_definitions(identity)}<nav><ul>{links}</ul></nav></header>
<main>
<section id="numbers"><h2>The numbers</h2><p>{html.escape(lead)}</p>
{table}</section>
{"".join(map(_section, fitting))}
{absent}
<section id="config"><h2>Config</h2><details><summary>Every setting, resolved</summary>
<pre>{html.escape(config)}</pre></details></section>
<section id="provenance"><h2>Provenance</h2>{_definitions(provenance)}</section>
{_citation(provenance)}
</main>
</body>
</html>
"""
