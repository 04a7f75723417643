/** Checks the packed packages with publint and with "Are the types wrong?". */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { parse } from 'yaml'
import { type Manifest, type PackedPackage, packPublished } from './pack.ts'

const folder = mkdtempSync(join(tmpdir(), 'flaghoist-check-'))
try {
  const packages = packPublished(folder)
  const faults = (await Promise.all(packages.map(faultsOf))).flat()
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function faultsOf({ manifest, tarball, folder }: PackedPackage): Promise<readonly string[]> {
  const data = Uint8Array.from(readFileSync(tarball))
  const lint = await publint({ pack: { tarball: data.buffer }, strict: true })
  const types = await checkPackage(createPackageFromTarballData(data))
  const published = readFileSync(join(folder, 'package.json'), 'utf8')
  return [
    ...lint.messages.map((message) => formatMessage(message, lint.pkg) ?? message.code),
    ...(types.types === false ? ['has no types'] : types.problems)
      .filter((problem) => typeof problem === 'string' || !isIntended(problem, manifest))
      .map((problem) => `types: ${JSON.stringify(problem)}`),
    ...versionFaults(JSON.parse(published)),
  ].map((fault) => `${manifest.name}: ${fault}`)
}

/** Findings that follow from a decision, and not from a slip. */
function isIntended(problem: Problem, { exports }: Manifest): boolean {
  switch (problem.kind) {
    case 'CJSResolvesToESM': // An entry without `require` is for modules and bundlers only.
      return !('require' in exports[problem.entrypoint]!)
    case 'InternalResolutionError': // Only bundlers and svelte-check resolve components.
      return problem.moduleSpecifier.endsWith('.svelte')
    default:
      return false
  }
}

/** Versions that npm cannot read, or that are not those of the workspace. */
function versionFaults({ dependencies, peerDependencies }: Manifest): readonly string[] {
  const { catalog } = parse(readFileSync('pnpm-workspace.yaml', 'utf8'))
  const unreadable = Object.entries({ ...dependencies, ...peerDependencies })
    .filter(([, version]) => /^(workspace|catalog):/.test(version))
    .map(([name, version]) => `npm cannot install "${name}": "${version}"`)
  const different = Object.entries(dependencies ?? {})
    .filter(([name, version]) => name in catalog && catalog[name] !== version)
    .map(([name, version]) => `"${name}": "${version}" is ${catalog[name]} in pnpm-workspace.yaml`)
  return [...unreadable, ...different]
}
