// The programs that the tests run and that no npm package carries.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { die, run, say } from './toolchain.mjs'

const CHROMIUM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const BROWSER_HINT = 'FLAGHOIST_CHROMIUM names an installed Chromium or Chrome instead.'

/** Programs of the server's tests, with their Debian packages. */
const STORES = { 'redis-server': 'redis-server', 'redis-cli': 'redis-tools' }

/** Programs that record what a process asks of the disk. */
const TRACERS = { strace: 'strace' }

/** Programs of the deployment tests, with their Debian packages. */
const DEPLOYMENT = {
  nginx: 'nginx-light',
  caddy: 'caddy',
  openssl: 'openssl',
  'systemd-analyze': 'systemd',
}
const PATH = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter)

/**
 * Returns what the tests need to know about the programs of this machine. Installs missing programs
 * for root on Debian; stops with their names elsewhere.
 */
export function systemPrograms() {
  const chosen = process.env.FLAGHOIST_CHROMIUM
  if (chosen && !existsSync(chosen)) die(`FLAGHOIST_CHROMIUM: there is no ${chosen}.`)
  // systemd and strace exist on Linux alone.
  const isLinux = process.platform === 'linux'
  if (!isLinux) say('deploy/ and power losses are tested on Linux only: their tests are left out')

  const missing = missingPackages(chosen, isLinux)
  if (missing.length > 0) installDebian(missing)
  const left = missingPackages(chosen, isLinux)
  if (left.length > 0) die(`apt-get could not install ${left.join(', ')}. ${BROWSER_HINT}`)
  return {
    env: { FLAGHOIST_CHROMIUM: chosen || CHROMIUM.find((path) => existsSync(path)) },
    vitestArgs: isLinux ? [] : ['--project=!deploy'],
  }
}

function missingPackages(chosen, isLinux) {
  const isBrowserMissing = !chosen && !CHROMIUM.some((path) => existsSync(path))
  const programs = Object.entries(isLinux ? { ...STORES, ...TRACERS, ...DEPLOYMENT } : STORES)
  return [
    ...(isBrowserMissing ? ['chromium'] : []),
    ...programs.filter(([program]) => !isOnPath(program)).map(([, debian]) => debian),
  ]
}

const isOnPath = (program) =>
  PATH.split(delimiter).some((folder) => existsSync(join(folder, program)))

function installDebian(packages) {
  const names = packages.join(', ')
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    die(`The tests need ${names}. Install these packages as root. ${BROWSER_HINT}`)

  say(`installing ${names} with apt-get. ${BROWSER_HINT}`)
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  }
  // A list that cannot be renewed may still do: the programs are looked for afterwards.
  run('apt-get', ['update', '-qq'], options)
  run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...packages], options)
}
