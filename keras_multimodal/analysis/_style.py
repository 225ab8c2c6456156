"""How a report looks: on light and dark screens, and on paper."""

CSS = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --card: #f6f7f9; --line: #dfe2e7; --ink: #1c2026; --soft: #5d6570;
  --accent: 60 105 175; --right: #1d7a46; --wrong: #b3372f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --card: #1c2026; --line: #333a43; --ink: #e6e8eb; --soft: #9aa3ad;
    --accent: 120 165 235; --right: #5cc48a; --wrong: #f08a80;
  }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --card: #ffffff; --line: #cccccc; --ink: #000000; --soft: #444444;
    --accent: 60 105 175; --right: #1d7a46; --wrong: #b3372f;
  }
}
* { box-sizing: border-box; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 3rem; max-width: 62rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
h1 { margin: 0 0 .75rem; font-size: 1.9rem; line-height: 1.2; font-weight: 650; }
h2 { margin: 2.75rem 0 .5rem; font-size: 1.2rem; font-weight: 650; }
p { margin: 0 0 .75rem; max-width: 46rem; }
.summary { font-size: 1.1rem; }
.note, footer { color: var(--soft); font-size: .875rem; }
.legend { margin-top: .6rem; }
a { color: inherit; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td {
  padding: .45rem .9rem .45rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line);
}
thead th { color: var(--soft); font-size: .8125rem; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 4.5rem; }
td.number { text-align: right; }
.accuracies { width: 100%; }
.accuracies td { width: 28%; }
.best b { border-bottom: 2px solid rgb(var(--accent)); }
.interval { color: var(--soft); font-size: .8125rem; margin-left: .5rem; white-space: nowrap; }
.scale {
  position: relative; height: .5rem; margin-top: .4rem; max-width: 12rem; border-radius: .25rem;
  background: var(--line);
}
.scale i { position: absolute; inset: 0 auto 0 0; background: rgb(var(--accent) / .45); }
.scale s { position: absolute; top: -.15rem; bottom: -.15rem; width: 2px; background: var(--ink); }
figure { margin: .5rem 0 0; }
figure img { max-width: 100%; height: auto; }
.confusion { font-size: .8125rem; }
.confusion th, .confusion td { border: 0; padding: 0; }
.confusion thead td { vertical-align: bottom; color: var(--soft); }
.confusion thead th span {
  display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg);
  margin: .4rem .55rem; line-height: 1.3; font-weight: 400;
}
.confusion thead th { text-align: center; }
.confusion tbody th { padding: .2rem .75rem .2rem 0; font-weight: 400; vertical-align: middle; }
.confusion tbody td {
  min-width: 2.6rem; height: 2.2rem; text-align: center; vertical-align: middle;
  border: 1px solid var(--ground); background: rgb(var(--accent) / calc(.05 + .55 * var(--share)));
}
.confusion .none { color: transparent; }
.confusion .diagonal { outline: 1px solid var(--soft); outline-offset: -2px; }
.rows {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(17.5rem, 1fr)); gap: .75rem;
}
.row {
  display: grid; grid-template-columns: 4.75rem 1fr; gap: 0 .9rem; align-items: start;
  padding: .8rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card);
}
.picture {
  width: 4.75rem; height: 4.75rem; border-radius: .35rem; object-fit: contain; background: #ffffff;
}
.absent {
  display: grid; place-content: center; text-align: center; padding: .2rem; line-height: 1.2;
  background: none; border: 1px dashed var(--soft); color: var(--soft); font-size: .75rem;
}
.row h3 { margin: 0 0 .2rem; font-size: .9375rem; line-height: 1.3; overflow-wrap: anywhere; }
.row h3.unnamed { color: var(--soft); font-weight: 400; font-style: italic; }
.row p { margin: 0; font-size: .8125rem; line-height: 1.4; }
.right { color: var(--right); }
.wrong { color: var(--wrong); }
.weights { grid-column: 1 / -1; margin: .6rem 0 0; font-size: .75rem; }
.weights div { display: grid; grid-template-columns: 4.75rem 1fr 2.6rem; gap: .9rem; }
.weights dt { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.weights dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
.bar { align-self: center; height: .4rem; border-radius: .2rem; background: var(--line); }
.bar i {
  display: block; height: 100%; border-radius: inherit; background: rgb(var(--accent));
}
.settings td { overflow-wrap: anywhere; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
@media print {
  html { font-size: 11px; }
  body { max-width: none; padding: 0; }
  tr, figure, .row { break-inside: avoid; }
  h2, .note { break-after: avoid; }
}
"""
