import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { acceptedEncoding } from './accepted-encoding.ts'

export const MARKDOWN = 'text/markdown'

/** The response of a route that returns JSON, or Markdown to clients that ask for it. */
export const jsonOrMarkdown = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: {
    'application/json': { schema },
    [MARKDOWN]: { schema: z.string().meta({ description: 'The same page for people' }) },
  },
})

export function wantsMarkdown({ headers }: FastifyRequest): boolean {
  return acceptedEncoding(headers.accept, [MARKDOWN]) !== undefined
}

/** Returns text as one line of Markdown, with all characters escaped that Markdown interprets. */
export function plainText(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>#|~!]/g, '\\$&')
}
