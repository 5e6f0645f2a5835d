// A title, a style sheet and a body in; one HTML file that asks for nothing and runs nothing, light or dark as its reader's system is, out.
import { paletteCss } from '../charts/palette.ts'

export function stillPage({
  title,
  css,
  body,
}: {
  readonly title: string
  readonly css: string
  readonly body: string
}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
:root{${paletteCss('light')}}
@media (prefers-color-scheme:dark){:root{${paletteCss('dark')}}}
${css.trim()}
</style>
</head>
<body>
${body}
</body>
</html>
`
}
