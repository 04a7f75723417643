import { readFile } from 'node:fs/promises'
import { getText } from '../http/get-text.ts'
import { type DeclaredFlag, readFlags } from './declared-flag.ts'
import { codegenError } from './errors.ts'

const TIMEOUT_MS = 10_000

/** The source of flags: a file or a server. */
export interface Source {
  /** File with a project export or a ruleset; takes precedence over a server. */
  readonly from?: string | undefined
  readonly url?: string | undefined
  /** API key of kind `admin` or `server`. */
  readonly key?: string | undefined
  readonly project: string
  /** Environment of a server key that is not bound to one. */
  readonly environment?: string | undefined
}

/**
 * Loads the flags of a project.
 * @throws {FlaghoistError} `CODEGEN_OPTION`, `CODEGEN_SOURCE`, `CODEGEN_REFUSED`
 */
export async function loadFlags(source: Source): Promise<readonly DeclaredFlag[]> {
  const { from, url, key } = source
  if (from !== undefined) {
    const text = await readFile(from, 'utf8').catch((cause: Error) => {
      throw codegenError('CODEGEN_SOURCE', { source: from, problem: cause.message }, { cause })
    })
    return readFlags(text, from)
  }
  if (!url || !key)
    throw codegenError('CODEGEN_OPTION', {
      problem: 'set --from, or both --url and --key.',
    })
  return readFlags(await fetchText(pathOf(source), url, key), url)
}

/**
 * Returns the route to read: a project export, with descriptions, for an admin key; else a ruleset.
 */
function pathOf({ key, project, environment }: Source): string {
  if (key?.startsWith('fh_admin_')) return `/api/v1/projects/${encodeURIComponent(project)}/export`
  const scope = environment === undefined ? '' : `?scope=${encodeURIComponent(environment)}`
  return `/sdk/v1/ruleset${scope}`
}

async function fetchText(path: string, url: string, key: string): Promise<string> {
  const refuse = (problem: string, cause?: unknown) =>
    codegenError('CODEGEN_REFUSED', { problem }, { cause })
  const headers = { authorization: `Bearer ${key}` }
  const { status, text } = await getText(url.replace(/\/+$/, '') + path, headers, TIMEOUT_MS).catch(
    (cause: Error) => {
      throw refuse(cause.message, cause)
    },
  )
  if (status === 200) return text
  throw refuse(`${status}, ${problemIn(text)}`)
}

/** Returns the server's explanation of a refusal, or the beginning of any other response. */
function problemIn(text: string): string {
  try {
    const { detail, hint } = JSON.parse(text) as Record<string, string>
    if (hint !== undefined) return `${detail} ${hint}`
  } catch {
    // A proxy or another server has responded.
  }
  return text.slice(0, 100)
}
