// Evidence, choices and the page's own bundle in; one HTML file that answers offline out.
import type { Choices } from '../core/decide/choices.ts'
import type { Evidence } from '../core/decide/evidence.ts'

/** What `dist/web` holds: the page's script and style sheet as text. */
export interface WebBundle {
  readonly js: string
  readonly css: string
}

/**
 * The interactive page as one file: script, style, fonts and evidence inside, and a policy that refuses every request.
 * The same `decide` runs in it as in the command line.
 * @param command what wrote the file: the page shows it, with what the reader has turned since behind it
 */
export function answerHtml(evidence: Evidence, choices: Choices, bundle: WebBundle, command?: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; form-action 'none'; base-uri 'none'">
${command === undefined ? '' : `<meta name="crossline-command" content="${attribute(command)}">\n`}<title>Crossline${evidence.sample ? ' (sample data)' : ''}</title>
<style>${bundle.css.replace(/<\/(style)/gi, '<\\/$1')}</style>
</head>
<body>
<main id="app"><noscript>This file computes its answer in the browser: JavaScript has to be on.</noscript></main>
<script type="application/json" id="evidence">${embeddable(evidence)}</script>
<script type="application/json" id="choices">${embeddable(choices)}</script>
<script>${bundle.js.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--')}</script>
</body>
</html>
`
}

/** Text that cannot end the double-quoted attribute it stands in. */
function attribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

/** JSON that no HTML parser can take for markup: `<` and the two line separators of old script parsers are escaped. */
export function embeddable(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/>/g, '\\u003e')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
}
