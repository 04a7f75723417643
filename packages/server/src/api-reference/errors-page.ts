import type { CatalogEntry } from '@flaghoist/core/internal'
import type { FastifyPluginAsync } from 'fastify'

export interface ErrorsPageOptions {
  /** Every error, by its code. */
  readonly errors: Readonly<Record<string, CatalogEntry>>
}

const STYLE = `
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
h2 { font: 600 1rem/1.5 ui-monospace, monospace; margin: 2rem 0 0; scroll-margin-top: 1rem }
h2:target { background: Highlight; color: HighlightText }
p { margin: .25rem 0; overflow-wrap: anywhere }
`

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Flaghoist errors</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Flaghoist errors</h1>
<p>Every error of the server and the SDKs has a stable code, a message and a hint.</p>
<p><a href="/docs/">API reference</a></p>
<!-- errors -->
</body>
</html>`

/**
 * `/errors`: the page that the `type` of a problem points to, and the codes of an SDK without
 * texts.
 */
export const errorsPage: FastifyPluginAsync<ErrorsPageOptions> = async (app, { errors }) => {
  const entries = Object.entries(errors).sort(([a], [b]) => (a < b ? -1 : 1))
  const sections = entries.map(
    ([code, { status, message, hint }]) =>
      `<h2 id="${code}">${code}</h2><p>${status}: ${escapeHtml(message)}</p><p>${escapeHtml(hint)}</p>`,
  )
  const page = PAGE.replace('<!-- errors -->', () => sections.join(''))

  app.get('/errors', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  )
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
