import { type ApiDocument, loadDocument } from './openapi-operations.ts'

let known: Promise<ApiDocument> | undefined

/**
 * Fails the test in which a server sends an answer that its API document does not declare.
 * @param path of the request, with its query
 */
export async function expectDeclared(
  url: string,
  { method, path, status }: { method: string; path: string; status: number },
): Promise<void> {
  // Every server has the same routes, so one document is enough.
  known ??= loadDocument(url)
  const { paths } = await known
  const wanted = path.split('?')[0]!.replace(/(?<=.)\/$/, '')
  const [template] = Object.keys(paths).filter((one) => patternOf(one).test(wanted))
  const operation = template && paths[template]![method.toLowerCase()]
  if (!operation || status === 405 || String(status) in operation.responses) return
  throw new Error(
    `${operation.operationId} answered ${status}, which it does not declare. Add it to "response".`,
  )
}

function patternOf(template: string): RegExp {
  const pattern = template
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    // A scope may contain a slash.
    .replace('{scope}', '.+')
    .replace(/\{\w+\}/g, '[^/]+')
  return new RegExp(`^${pattern}$`)
}
