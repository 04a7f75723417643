import { isFlaghoistError } from '@flaghoist/core'
import type { RelayConfig } from './assemble-relay.ts'
import { parseBackup, parseVerify } from './backup/arguments.ts'
import { backUp } from './backup/back-up.ts'
import { verifyDatabase } from './backup/verify-database.ts'
import type { Verification } from './backup/verify-logs.ts'
import { verifyRedis } from './backup/verify-redis.ts'
import { type Config, ConfigError, describeConfig, loadConfig } from './config.ts'
import { parseRelay } from './relay/arguments.ts'
import { type RunningServer, startServer } from './start.ts'
import { databaseFile } from './stores/sqlite/sqlite-database.ts'
import { parseCopy } from './transfer/arguments.ts'
import { restoreProjects, transferProjects } from './transfer/copy-projects.ts'
import { UsageError } from './usage.ts'
import { VERSION } from './version.ts'

/** Runs `flaghoist-server` with its arguments. Resolves once the server listens, or has failed. */
export async function runCommand(args: readonly string[]): Promise<void> {
  // A reader of the output may leave, such as `head`. Without a listener, that ends the process.
  process.stdout.on('error', () => undefined)
  const [command, ...rest] = args
  if (args.includes('--help') || args.includes('-h')) print(describeConfig())
  else if (command === '--version') print(VERSION)
  else if (command === 'backup') await attempt(() => runBackup(rest))
  else if (command === 'verify') await attempt(() => runVerify(rest))
  else if (command === 'transfer') await attempt(() => runCopy(command, transferProjects, rest))
  else if (command === 'restore') await attempt(() => runCopy(command, restoreProjects, rest))
  else if (command === undefined || RELAY_OPTION.test(command))
    await attempt(() => serve(parseRelay(args)))
  else fail(unknown(command))
}

function unknown(command: string): string {
  const kind = command.startsWith('-') ? 'option' : 'command'
  return `Unknown ${kind} ${command}. Run flaghoist-server --help.`
}

const RELAY_OPTION = /^--(upstream|key)(=|$)/

/** @param settings settings from the arguments, by variable */
async function serve(settings: Readonly<Record<string, string>>): Promise<void> {
  const config = loadConfig(undefined, settings)
  const { upstream } = config
  if (upstream === undefined) await serveProjects(config)
  else await serveRelay({ ...config, upstream })
}

async function serveRelay(config: RelayConfig): Promise<void> {
  // A server does not need the SDK that a relay is.
  const { startRelay } = await import('./start-relay.ts')
  const relay = await startRelay(config)
  stopOnSignals(relay, () => [])
  const lines = [
    `Flaghoist ${VERSION} listens on ${relay.url}`,
    `  Upstream        ${config.upstream}`,
    `  API reference   ${relay.url}/docs`,
  ]
  print(lines.join('\n'))
}

async function serveProjects(config: Config): Promise<void> {
  const server = await startServer(config)
  // Before the welcome, which tells a supervisor that it may send a signal.
  stopOnSignals(server, () => headsOf(server))
  print(welcome(server))
  for (const { message, hint } of server.problems) warn(`${message}\n${hint}`)
}

async function runBackup(args: readonly string[]): Promise<void> {
  const { target } = parseBackup(args)
  report(await backUp(loadConfig(), target))
}

async function runVerify(args: readonly string[]): Promise<void> {
  const { file, heads } = parseVerify(args)
  report(await (file === undefined ? verifyStores(heads) : verifyDatabase(file, heads)))
}

/** Verifies the store of the settings. */
async function verifyStores(heads: readonly string[]): Promise<Verification> {
  const config = loadConfig()
  const { redis, dataDir } = config
  if (redis === undefined) return verifyDatabase(databaseFile(dataDir), heads)
  return verifyRedis(redis, config, heads)
}

async function runCopy(
  command: string,
  copy: typeof transferProjects,
  args: readonly string[],
): Promise<void> {
  const lines = await copy(loadConfig(), parseCopy(command, args))
  print(lines.join('\n'))
}

function report({ lines, isIntact }: Verification): void {
  print(lines.join('\n'))
  if (!isIntact) process.exitCode = 1
}

/** Runs work, and turns the errors that operators can cause into sentences. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ConfigError || error instanceof UsageError) fail(error.message)
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

/** @param lastWords returns the lines to print after the stop */
function stopOnSignals(
  server: Pick<RunningServer, 'close'>,
  lastWords: () => readonly string[],
): void {
  let isStopping = false
  const stop = () => {
    if (isStopping) process.exit(1) // A second signal stops at once.
    isStopping = true
    server.close().then(
      () => print(['Flaghoist stopped', ...lastWords()].join('\n')),
      (error: unknown) => fail(String(error)),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** The heads of all logs. A copy of them reveals later that a log was cut or rewritten. */
function headsOf({ projects }: RunningServer): readonly string[] {
  return projects().map(
    ({ key, state, hash }) => `  Log head        ${key} ${state.version} ${hash}`,
  )
}

function welcome(server: RunningServer): string {
  const { url, firstStart } = server
  const lines = [
    `Flaghoist ${VERSION} listens on ${url}`,
    `  Dashboard       ${url}/`,
    `  API reference   ${url}/docs`,
  ]
  if (firstStart?.adminKey !== undefined)
    lines.push(
      `  Project         ${firstStart.project}`,
      `  Admin key       ${firstStart.adminKey}`,
      '  The key is shown only once. Store it now.',
    )
  return [...lines, ...headsOf(server)].join('\n')
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
