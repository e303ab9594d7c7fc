/** The report's style sheet: follows the reader's light or dark scheme, narrow screens and paper. */
export const reportStyle = `
:root { color-scheme: light dark; --page: #f5f6f8; --card: #fff; --text: #1b1f27; --muted: #5d6676; --line: #e1e5eb; --accent: #2f7de1 }
@media (prefers-color-scheme: dark) {
  :root { --page: #101319; --card: #191d25; --text: #e6e9ef; --muted: #98a2b3; --line: #2b313c; --accent: #6ea8f5 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { max-width: 70rem; margin: 0 auto; padding: clamp(1.25rem, 4vw, 3rem) clamp(1rem, 4vw, 2rem) }
h1 { margin: 0; font-size: clamp(1.6rem, 4vw, 2.2rem); line-height: 1.2; letter-spacing: -.02em; text-wrap: balance }
h2 { margin: 0 0 .6rem; font-size: 1.2rem; letter-spacing: -.01em }
p { margin: 0 0 .8rem; max-width: 46rem }
p:last-child { margin-bottom: 0 }
header p { margin-top: .7rem; color: var(--muted); font-size: 1.05rem }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .8rem; margin: 1.6rem 0 }
dl div, section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
dl div { padding: .9rem 1.1rem }
dt { color: var(--muted); font-size: .85rem }
dd { margin: 0 }
dd.value { font-size: 1.65rem; font-weight: 650; line-height: 1.25; letter-spacing: -.02em; font-variant-numeric: tabular-nums }
dd.note { color: var(--muted); font-size: .85rem; line-height: 1.4 }
section { padding: clamp(1rem, 3vw, 1.6rem); margin: 1rem 0 }
section > * + figure, section > * + .data { margin-top: 1.1rem }
.data { display: flex; flex-wrap: wrap; gap: 1.4rem 3rem }
.charts { flex: 1 1 26rem; min-width: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.4rem }
.charts svg { display: block; width: 100%; max-width: 40rem; height: auto }
figure { margin: 0 }
figure img { display: block; max-width: 100%; height: auto; border-radius: .4rem; image-rendering: pixelated }
figcaption { margin-top: .5rem; color: var(--muted); font-size: .9rem; max-width: 46rem }
.table { max-width: 100%; overflow-x: auto }
table { border-collapse: collapse; font-size: .95rem; font-variant-numeric: tabular-nums }
th, td { padding: .4rem 1.4rem .4rem 0; text-align: left; border-bottom: 1px solid var(--line) }
th { color: var(--muted); font-weight: 600; font-size: .85rem }
tr:last-child td { border-bottom: 0 }
.number { text-align: right }
:is(th, td):last-child { padding-right: 0 }
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --muted: #444; --line: #ccc }
  main { max-width: none; padding: 0 }
  section, dl div { break-inside: avoid }
  * { print-color-adjust: exact }
}
`
