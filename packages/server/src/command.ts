import { isFlaghoistError } from '@flaghoist/core'
import { ConfigError, describeConfig, loadConfig } from './config.ts'
import { type RunningServer, startServer } from './start.ts'
import { VERSION } from './version.ts'

/** Runs `flaghoist-server` with its arguments. Resolves once the server listens, or has failed. */
export async function runCommand([argument]: readonly string[]): Promise<void> {
  if (argument === '--help' || argument === '-h') print(describeConfig())
  else if (argument === '--version') print(VERSION)
  else if (argument !== undefined) fail(`Unknown option ${argument}. Run flaghoist-server --help.`)
  else await serve()
}

async function serve(): Promise<void> {
  try {
    const server = await startServer(loadConfig())
    print(welcome(server))
    for (const { message, hint } of server.problems) warn(`${message}\n${hint}`)
    stopOnSignals(server)
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message)
    else if (isFlaghoistError(error)) fail(`${error.message}\n${error.hint}`)
    else if (error instanceof Error && 'code' in error && 'syscall' in error)
      fail(
        error.code === 'EADDRINUSE'
          ? `Port ${'port' in error ? error.port : ''} is in use. Stop the other process, or set FLAGHOIST_PORT.`
          : `The server cannot listen: ${error.message}. Check FLAGHOIST_HOST and FLAGHOIST_PORT.`,
      )
    else throw error
  }
}

function stopOnSignals(server: RunningServer): void {
  let isStopping = false
  const stop = () => {
    if (isStopping) process.exit(1) // A second signal stops at once.
    isStopping = true
    server.close().catch((error: unknown) => fail(String(error)))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function welcome({ url, firstStart }: RunningServer): string {
  const lines = [`Flaghoist ${VERSION} listens on ${url}`, `  API reference   ${url}/docs`]
  if (firstStart?.adminKey !== undefined)
    lines.push(
      `  Project         ${firstStart.project}`,
      `  Admin key       ${firstStart.adminKey}`,
      '  The key is shown only once. Store it now.',
    )
  return lines.join('\n')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function warn(message: string): void {
  process.stderr.write(`${message}\n`)
}

function fail(message: string): void {
  warn(message)
  process.exitCode = 1
}
