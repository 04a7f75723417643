// The programs that the tests run and that no npm package carries.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { CHROMIUM_PACKAGE, findChromium } from './chromium.mjs'
import { die, run, say } from './toolchain.mjs'

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
 * Installs missing programs for root on Debian; stops with their names elsewhere.
 * @returns arguments of Vitest that leave out what this machine cannot test
 */
export function systemPrograms() {
  const chosen = process.env.FLAGHOIST_CHROMIUM
  if (chosen && !existsSync(chosen)) die(`FLAGHOIST_CHROMIUM: there is no ${chosen}.`)
  // systemd and strace exist on Linux alone.
  const isLinux = process.platform === 'linux'
  if (!isLinux) say('deploy/ and power losses are tested on Linux only: their tests are left out')

  const missing = missingPackages(isLinux)
  if (missing.length > 0) installDebian(missing)
  const left = missingPackages(isLinux)
  if (left.length > 0) die(`apt-get could not install ${left.join(', ')}. ${BROWSER_HINT}`)
  return isLinux ? [] : ['--project=!deploy']
}

function missingPackages(isLinux) {
  const programs = Object.entries(isLinux ? { ...STORES, ...TRACERS, ...DEPLOYMENT } : STORES)
  return [
    ...(findChromium() === undefined ? [CHROMIUM_PACKAGE] : []),
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
