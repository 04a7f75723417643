import type { Issue } from '@flaghoist/core'
import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { invalidRequest } from '../validation/invalid.ts'
import { readValue } from '../validation/read-value.ts'

/** The names of the parts of a request in the paths of issues. */
const PARTS: Readonly<Record<string, string>> = {
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

/** Validates the parts of a request by their zod schemas. */
export const validateRequest: FastifySchemaCompiler<z.ZodType> = ({
  schema,
  httpPart = 'body',
}) => {
  return (given: unknown) => {
    // Fastify passes `null` for a body that was not sent.
    if (httpPart === 'body' && given === null && !schema.safeParse(null).success)
      return { error: invalidRequest([{ path: '', message: 'The body is missing.' }]) }
    const { value, issues } = readValue(schema, given)
    if (issues === undefined) return { value }
    return { error: invalidRequest(issues.map((issue) => inPart(PARTS[httpPart], issue))) }
  }
}

/** Validates the parts of a request except for its body, which the handler reads. */
export function validateAllButBody(route: {
  readonly schema: unknown
  readonly httpPart?: string
  readonly method: string
  readonly url: string
}) {
  return route.httpPart === 'body'
    ? () => true
    : validateRequest(route as Parameters<typeof validateRequest>[0])
}

function inPart(part: string | undefined, { path, message }: Issue): Issue {
  return { path: [part, path].filter(Boolean).join('.'), message }
}
