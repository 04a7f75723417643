import { type ApiDocument, type ApiOperation, loadDocument } from './openapi-operations.ts'

let known: Promise<FindOperation> | undefined

/**
 * Fails the test in which a server sends a response that its API document does not declare.
 * @param path of the request, with its query
 */
export async function expectDeclared(
  url: string,
  { method, path, status }: { method: string; path: string; status: number },
): Promise<void> {
  // Every server has the same routes, so one document is enough.
  known ??= loadDocument(url).then(operationFinder)
  const operation = (await known)(method, path)
  if (!operation || status === 405 || String(status) in operation.responses) return
  throw new Error(
    `${operation.operationId} returned ${status}, which it does not declare. Add it to "response".`,
  )
}

/** Finds the operation that a request is for; undefined for any other request. */
export type FindOperation = (method: string, path: string) => ApiOperation | undefined

export function operationFinder({ paths }: ApiDocument): FindOperation {
  const templates = Object.keys(paths).map((path) => ({ path, pattern: patternOf(path) }))
  return (method, given) => {
    const wanted = given.split('?')[0]!.replace(/(?<=.)\/$/, '')
    const { path = '' } = templates.find(({ pattern }) => pattern.test(wanted)) ?? {}
    const operation = paths[path]?.[method.toLowerCase()]
    return operation && { ...operation, path, method }
  }
}

function patternOf(template: string): RegExp {
  const pattern = template
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    // A scope may contain a slash.
    .replace('{scope}', '.+')
    .replace(/\{\w+\}/g, '[^/]+')
  return new RegExp(`^${pattern}$`)
}
