import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A published package of this repository. */
export interface PublishedPackage {
  readonly folder: string
  readonly manifest: Manifest
}

/** A package as its users receive it. */
export interface PackedPackage extends PublishedPackage {
  readonly tarball: string
}

/** The environment of a terminal, without what the launcher sets for pnpm. */
export const NPM_ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== 'npm_config_verify_deps_before_run'),
)

const FOLDER = fileURLToPath(new URL('../packages', import.meta.url))

/** Every package of `packages/` that is not private. */
export function publishedPackages(): readonly PublishedPackage[] {
  return readdirSync(FOLDER)
    .map((name) => join(FOLDER, name))
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => manifest.private !== true)
}

/** Packs every built package into a folder, as it is published. */
export function packPublished(destination: string): readonly PackedPackage[] {
  const out = resolve(destination)
  mkdirSync(out, { recursive: true })
  const packages = publishedPackages()
  const flags = ['--ignore-scripts', '--loglevel=error', '--pack-destination', out]
  execFileSync('npm', ['pack', ...flags, ...packages.map(({ folder }) => folder)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: NPM_ENVIRONMENT,
  })
  return packages.map((one) => ({ ...one, tarball: join(out, tarballOf(one.manifest)) }))
}

/**
 * Packs every built package into a folder, so that npm installs it from there.
 *
 * The tarballs depend on each other by file: npm installs each of them on its own, before any of
 * them is on a registry, as long as they stay in one folder.
 */
export function packForInstall(destination: string): readonly PackedPackage[] {
  const packages = packPublished(destination)
  const siblings = new Map(packages.map(({ manifest }) => [manifest.name, tarballOf(manifest)]))
  for (const { tarball } of packages) dependOnFiles(tarball, siblings)
  return packages
}

/** Replaces the versions of sibling packages in a tarball by the names of their tarballs. */
function dependOnFiles(tarball: string, siblings: ReadonlyMap<string, string>): void {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-pack-'))
  try {
    execFileSync('tar', ['-xzf', tarball, '-C', folder])
    const manifest = readManifest(join(folder, 'package'))
    const dependencies = Object.entries(manifest.dependencies ?? {}).map(([name, version]) => {
      const sibling = siblings.get(name)
      return [name, sibling === undefined ? version : `file:${sibling}`]
    })
    const linked = { ...manifest, dependencies: Object.fromEntries(dependencies) }
    writeFileSync(join(folder, 'package/package.json'), JSON.stringify(linked, null, 2))
    execFileSync('tar', ['-czf', tarball, '-C', folder, 'package'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The name that `npm pack` gives a tarball. */
const tarballOf = ({ name, version }: Manifest): string =>
  `${name.slice(1).replace('/', '-')}-${version}.tgz`

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

if (import.meta.main) {
  const destination = process.argv[2]
  if (destination === undefined) {
    console.error('No folder was named. Run `npm run pack -- <folder>`.')
    process.exit(1)
  }
  for (const { tarball } of packForInstall(destination)) console.log(tarball)
}
