import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createVault } from './vault.ts'

const SECRET = 'a-secret-of-the-server-for-tests-only'
const TEXT = 'https://hooks.example/T0/B0/token'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'flaghoist-vault-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test('a sealed text contains nothing of the text, and differs each time', () => {
  const vault = createVault(SECRET, ':memory:')
  const [one, other] = [vault.seal(TEXT, 'shop/ops'), vault.seal(TEXT, 'shop/ops')]

  expect(one).not.toBe(other)
  expect(Buffer.from(one.split('.')[2]!, 'base64url').includes('hooks')).toBe(false)
  expect([one, other].map((sealed) => vault.open(sealed, 'shop/ops'))).toEqual([TEXT, TEXT])
})

test.for([
  ['another secret', createVault(`${SECRET}2`, ':memory:'), 'shop/ops', (text: string) => text],
  ['another owner', createVault(SECRET, ':memory:'), 'shop/other', (text: string) => text],
  ['a changed byte', createVault(SECRET, ':memory:'), 'shop/ops', flipped],
  ['a cut', createVault(SECRET, ':memory:'), 'shop/ops', (text: string) => text.slice(0, 20)],
  ['nothing', createVault(SECRET, ':memory:'), 'shop/ops', () => ''],
] as const)('%s opens nothing', ([, vault, owner, damage]) => {
  const sealed = createVault(SECRET, ':memory:').seal(TEXT, 'shop/ops')

  expect(() => vault.open(damage(sealed), owner)).toThrow(
    expect.objectContaining({ code: 'SECRET_CHANGED' }),
  )
})

test('without a setting, the secret is a private file that later starts use', () => {
  const dir = join(folder(), 'data')
  const sealed = createVault(undefined, dir).seal(TEXT, 'o')

  expect(createVault(undefined, dir).open(sealed, 'o')).toBe(TEXT)
  const file = join(dir, 'flaghoist.secret')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(createVault(readFileSync(file, 'utf8'), ':memory:').open(sealed, 'o')).toBe(TEXT)
})

function flipped(text: string): string {
  const last = text.at(-2)
  return `${text.slice(0, -2)}${last === 'A' ? 'B' : 'A'}${text.at(-1)}`
}
