import { splitErrors } from '@flaghoist/core/model'
import type { FastifyPluginAsync } from 'fastify'
import { serverErrors } from '../errors.ts'
import { ofrepErrors } from '../ofrep/errors.ts'
import sdkErrors from './sdk-errors.json' with { type: 'json' }

/** Every error that this server answers with, and those that SDKs find by themselves, by code. */
const allErrors = { ...serverErrors, ...splitErrors, ...ofrepErrors, ...sdkErrors }

/** `/errors`: where the `type` of a problem, and a code of an SDK without texts, lead to. */
export const errorsPage: FastifyPluginAsync = async (app) => {
  const entries = Object.entries(allErrors).sort(([a], [b]) => (a < b ? -1 : 1))
  const sections = entries.map(
    ([code, { status, message, hint }]) =>
      `<h2 id="${code}">${code}</h2><p>${status}: ${escapeHtml(message)}</p><p>${escapeHtml(hint)}</p>`,
  )
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Flaghoist errors</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}h2{font:600 1rem/1.5 ui-monospace,monospace;margin:2rem 0 0}p{margin:.25rem 0}</style></head><body><h1>Errors</h1>${sections.join('')}</body></html>`

  app.get('/errors', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  )
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
