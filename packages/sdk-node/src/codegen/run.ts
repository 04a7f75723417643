import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { declarationOf } from './declaration.ts'
import { codegenError } from './errors.ts'
import { loadFlags } from './load-flags.ts'

/** The text of `--help`. */
export const HELP = `Usage: flaghoist-codegen [options]

Write flags.d.ts: unknown flags become compile errors, and values and variants get their types.

  --url URL            URL of the server [FLAGHOIST_URL]
  --key KEY            API key of kind admin or server [FLAGHOIST_KEY]
  --project KEY        project of an admin key [default]
  --environment KEY    environment of a server key that is not bound to one
  --from FILE          project export or ruleset to read in place of a server
  --out FILE           file to write [flags.d.ts]
  --module NAME        SDK that the app imports [@flaghoist/node]
  --check              write nothing; fail if the file is out of date
  --help               show this text
`

/**
 * Runs the command. Resolves with its output.
 * @throws {FlaghoistError} `CODEGEN_OPTION`, `CODEGEN_SOURCE`, `CODEGEN_REFUSED`,
 * `CODEGEN_OUT_OF_DATE`, `CODEGEN_FILE`
 */
export async function runCodegen(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { help, check, out, module, ...source } = optionsOf(args)
  if (help) return HELP
  const flags = await loadFlags({
    ...source,
    url: source.url ?? environment.FLAGHOIST_URL,
    key: source.key ?? environment.FLAGHOIST_KEY,
  })
  const text = declarationOf(flags, module)
  const before = await readFile(out, 'utf8').catch(() => undefined)
  const count = `${flags.length} ${flags.length === 1 ? 'flag' : 'flags'}`
  if (before === text) return `${out} is up to date with ${count}.\n`
  if (check) throw codegenError('CODEGEN_OUT_OF_DATE', { file: out })

  // The write is atomic, because a compiler may be watching.
  const temporary = `${out}.${process.pid}.tmp`
  try {
    await writeFile(temporary, text)
    await rename(temporary, out)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw codegenError('CODEGEN_FILE', { file: out, problem: String(cause) }, { cause })
  }
  const warning =
    flags.length === 0
      ? ' Check the kind of the key: client keys see only flags that are clientVisible.'
      : ''
  return `Wrote ${out} with ${count}.${warning}\n`
}

function optionsOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        key: { type: 'string' },
        project: { type: 'string', default: 'default' },
        environment: { type: 'string' },
        from: { type: 'string' },
        out: { type: 'string', default: 'flags.d.ts' },
        module: { type: 'string', default: '@flaghoist/node' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw codegenError('CODEGEN_OPTION', { problem }, { cause })
  }
}
