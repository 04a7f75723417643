/** Header with the version of a project: of a request, the version that this page knows. */
const HEADER = 'flaghoist-version'

let path: string | undefined
let version = 0

/** Begins with a project. @param projectPath path of its routes */
export function startVersion(projectPath: string, known = 0): void {
  path = projectPath
  version = known
}

/** Sets the version of a stream that begins anew. A restored project may have an older version. */
export function replaceVersion(known: number): void {
  version = known
}

/** Notes a version that the page has heard of. */
export function noteVersion(heard: number): void {
  version = Math.max(version, heard)
}

/**
 * Adds the known version to a request. Of several servers, another one may have announced the
 * change, and the server that answers may not have read it.
 */
export function nameVersion({ url, headers }: Request): void {
  if (isOfProject(url) && version > 0) headers.set(HEADER, `${version}`)
}

/** Notes the version that a write has made. */
export function readVersion({ url, headers }: Response): void {
  const made = headers.get(HEADER)
  if (made !== null && isOfProject(url)) noteVersion(Number(made))
}

function isOfProject(url: string): boolean {
  return path !== undefined && `${new URL(url).pathname}/`.startsWith(`${path}/`)
}
