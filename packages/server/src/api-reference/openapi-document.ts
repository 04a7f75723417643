import { codeSamples, type SampledOperation } from './code-samples.ts'
import { readable } from './openapi-members.ts'
import { unwrapReferences } from './openapi-references.ts'

/** The parts of an OpenAPI document that are cleaned up. */
export interface OpenapiDocument {
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, unknown> }
}

interface Operation extends SampledOperation {
  responses?: Record<
    string,
    { description?: string; content?: Record<string, { schema?: unknown }> }
  >
}

const REFERENCE = '#/components/schemas/'

/**
 * Removes noise and repetition: one schema for problems, one for requests and responses that agree,
 * and no unused schema.
 */
export function tidy<T extends OpenapiDocument>(document: T): T {
  const readableDocument = readable(unwrapReferences(withNamedJson(document)))
  const shared = withSharedProblems(withPlainOperations(readableDocument))
  return withoutSuffixes(withoutStrays(withoutTwins(shared)))
}

/**
 * Simplifies operations: one form of each path, an example beside each parameter instead of in its
 * schema, no `null` for a body that may be left out, and one description of each response.
 */
function withPlainOperations<T extends OpenapiDocument>(document: T): T {
  const paths = Object.entries(document.paths ?? {})
  document.paths = Object.fromEntries(
    paths.map(([path, methods]) => [path.replace(/(?<=.)\/$/, ''), methods]),
  )
  for (const { parameters = [], requestBody, responses = {} } of operationsOf(document)) {
    if (requestBody !== undefined) simplifyBody(requestBody)
    for (const parameter of parameters) {
      const { example, ...schema } = resolved(document, parameter.schema)
      const unsent = example === undefined && !parameter.required ? unsentExample(schema) : {}
      Object.assign(parameter, { schema, ...(example !== undefined && { example }), ...unsent })
    }
    for (const { description, content = {} } of Object.values(responses))
      for (const media of Object.values(content)) {
        const { description: repeated, ...schema } = (media.schema ?? {}) as Described
        if (repeated === description) media.schema = schema
      }
  }
  return document
}

/** Marks a body that may be `null` as optional, and describes only what it may hold. */
function simplifyBody(body: NonNullable<Operation['requestBody']>): void {
  for (const media of Object.values(body.content ?? {})) {
    const { anyOf = [] } = (media.schema ?? {}) as { anyOf?: readonly { type?: string }[] }
    if (anyOf.length !== 2 || anyOf[1]!.type !== 'null') continue
    media.schema = anyOf[0]
    body.required = false
  }
}

/** Resolves a parameter's schema, because the reference shows the target's description as well. */
function resolved({ components }: OpenapiDocument, schema: unknown): SchemaExamples {
  const { $ref, ...rest } = (schema ?? {}) as SchemaExamples
  if ($ref === undefined) return rest
  const target = components?.schemas?.[$ref.slice(REFERENCE.length)] as Described
  const { description: _, ...type } = target
  return { ...type, ...rest }
}

/** An unsent example of an optional choice. Without it, the reference sends the first choice. */
function unsentExample({ enum: choices, default: chosen }: SchemaExamples): object {
  if (choices === undefined || chosen !== undefined) return {}
  return { examples: { choice: { value: choices[0], 'x-disabled': true } } }
}

function operationsOf({ paths = {} }: OpenapiDocument): readonly Operation[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods))
}

/**
 * Replaces zod's anonymous schemas of "any JSON", which refer to themselves under names that no
 * reader can resolve, by one named schema.
 */
function withNamedJson<T extends OpenapiDocument>(document: T): T {
  const shared = document.components?.schemas?.__shared as
    | { $defs?: Record<string, unknown> }
    | undefined
  const [any] = Object.values(shared?.$defs ?? {})
  if (any === undefined) return document

  const named = (part: unknown): string =>
    JSON.stringify(part).replaceAll(
      /#\/components\/schemas\/__shared#\/\$defs\/schema\d+/g,
      `${REFERENCE}JsonValue`,
    )
  const result = JSON.parse(named(document)) as T
  const { __shared: _, ...schemas } = result.components!.schemas!
  const JsonValue = { description: 'Any JSON value', ...JSON.parse(named(any)) }
  result.components!.schemas = { ...schemas, JsonValue }
  return result
}

/** Refers to one schema for the problems of all routes. OFREP has its own format. */
function withSharedProblems<T extends OpenapiDocument>(document: T): T {
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    if (path.startsWith('/ofrep/')) continue
    for (const { responses = {} } of Object.values(methods))
      for (const [status, response] of Object.entries(responses)) {
        const body = Object.values(response.content ?? {})[0]?.schema
        const isProblem = Number(status) >= 400 && JSON.stringify(body).includes('requestId')
        if (isProblem)
          response.content = {
            'application/problem+json': { schema: { $ref: `${REFERENCE}Problem` } },
          }
      }
  }
  return document
}

/** Merges `X` (responses) and `XInput` (requests) where both schemas are equal. */
function withoutTwins<T extends OpenapiDocument>(document: T): T {
  const schemas = document.components?.schemas ?? {}
  const twins = Object.keys(schemas).filter((name) => {
    const answer = schemas[name.replace(/Input$/, '')]
    return name.endsWith('Input') && answer !== undefined && areTwins(schemas[name], answer)
  })
  let text = JSON.stringify(document)
  for (const name of twins)
    text = text.replaceAll(`"${REFERENCE}${name}"`, `"${REFERENCE}${name.replace(/Input$/, '')}"`)
  const merged = JSON.parse(text) as T
  for (const name of twins) delete merged.components!.schemas![name]
  return merged
}

/** Checks that two schemas are equal, apart from references to twins. */
function areTwins(input: unknown, answer: unknown): boolean {
  const plain = (schema: unknown) =>
    JSON.stringify(schema).replaceAll(/(#\/components\/schemas\/[^"]*?)Input"/g, '$1"')
  return plain(input) === plain(answer)
}

/** Names the schemas of requests without zod's suffix, where no response needs the name. */
function withoutSuffixes<T extends OpenapiDocument>(document: T): T {
  const schemas = document.components?.schemas ?? {}
  const names = Object.keys(schemas).filter(
    (name) => name.endsWith('Input') && !Object.hasOwn(schemas, name.replace(/Input$/, '')),
  )
  let text = JSON.stringify(document)
  for (const name of names) {
    const plain = name.replace(/Input$/, '')
    text = text
      .replaceAll(`"${REFERENCE}${name}"`, `"${REFERENCE}${plain}"`)
      .replace(`"${name}":{`, `"${plain}":{`)
  }
  return JSON.parse(text) as T
}

/** Removes schemas that no operation refers to, directly or through other schemas. */
function withoutStrays<T extends OpenapiDocument>(document: T): T {
  const schemas = document.components?.schemas ?? {}
  const needed = new Set<string>()
  const waiting: unknown[] = [document.paths]
  while (waiting.length > 0)
    for (const [, name] of JSON.stringify(waiting.pop() ?? '').matchAll(
      /#\/components\/schemas\/([^"]+)"/g,
    )) {
      if (needed.has(name!)) continue
      needed.add(name!)
      waiting.push(schemas[name!])
    }
  for (const name of Object.keys(schemas)) if (!needed.has(name)) delete schemas[name]
  return document
}

/** Adds a curl and a JavaScript sample to each operation, for the server at an address. */
export function withCodeSamples<T extends OpenapiDocument>(document: T, server: string): T {
  const schemas = document.components?.schemas ?? {}
  const exampleOf = (schema: unknown): unknown => {
    const { $ref, example } = (schema ?? {}) as SchemaExamples
    if (example !== undefined || $ref === undefined) return example
    return exampleOf(schemas[$ref.slice(REFERENCE.length)])
  }
  for (const [path, methods] of Object.entries(document.paths ?? {}))
    for (const [method, operation] of Object.entries(methods))
      operation['x-codeSamples'] = codeSamples({ method, path, server, operation, exampleOf })
  return document
}

interface SchemaExamples {
  readonly $ref?: string
  readonly example?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
}

interface Described {
  readonly description?: string
}
