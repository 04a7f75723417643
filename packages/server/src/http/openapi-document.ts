/** What of an OpenAPI document is put in order. */
export interface OpenapiDocument {
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, unknown> }
}

interface Operation {
  responses?: Record<string, { content?: Record<string, { schema?: unknown }> }>
}

const REFERENCE = '#/components/schemas/'

/** Says everything once: problems, schemas that requests and answers share, and no schema that nobody refers to. */
export function tidy<T extends OpenapiDocument>(document: T): T {
  return withoutStrays(withoutTwins(withSharedProblems(withNamedJson(document))))
}

/**
 * zod writes "any JSON" as a schema that refers to itself, once for each place, under a name that no reader can resolve.
 * All of them say the same, so one with a name of its own stands for them.
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
  result.components!.schemas = { ...schemas, JsonValue: JSON.parse(named(any)) }
  return result
}

/** Failures of all routes have one shape; OFREP has another, by its own protocol. */
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

/** Each schema comes as `X` for answers and `XInput` for requests; where both say the same, one is enough. */
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

/** Whether two schemas say the same, references to twins included. */
function areTwins(input: unknown, answer: unknown): boolean {
  const plain = (schema: unknown) =>
    JSON.stringify(schema).replaceAll(/(#\/components\/schemas\/[^"]*?)Input"/g, '$1"')
  return plain(input) === plain(answer)
}

/** Drops what nothing refers to, and what only that has referred to. */
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
