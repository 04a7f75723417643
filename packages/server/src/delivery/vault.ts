import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { problem } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'

/** Encrypts the secrets that the log stores. */
export interface Vault {
  /**
   * Encrypts a text.
   * @param owner identity of the entity that holds it: no other one can use the result
   */
  seal(text: string, owner: string): string
  /**
   * Decrypts a sealed text.
   * @throws {FlaghoistError} `SECRET_CHANGED` if another secret or another owner sealed it
   */
  open(sealed: string, owner: string): string
}

const SECRET_FILE = 'flaghoist.secret'
const VERSION = 'v1'

/**
 * Creates the vault of a server. The secret is read at the first use, so that a server without
 * sealed texts needs none.
 * @param secret `FLAGHOIST_SECRET`; by default that of a file in the data folder, created once
 */
export function createVault(secret: string | undefined, dataDir: string): Vault {
  let key: Buffer | undefined
  const keyOf = () => {
    key ??= deriveKey(secret ?? secretOf(dataDir))
    return key
  }
  return {
    seal: (text, owner) => encrypt(keyOf(), text, owner),
    open(sealed, owner) {
      try {
        return decrypt(keyOf(), sealed, owner)
      } catch (error) {
        throw problem('SECRET_CHANGED', {}, { cause: error })
      }
    },
  }
}

function secretOf(dataDir: string): string {
  const made = randomBytes(32).toString('base64url')
  if (dataDir === ':memory:') return made
  const path = join(dataDir, SECRET_FILE)
  makeFolder(dataDir)
  try {
    writeFileSync(path, made, { mode: 0o600, flag: 'wx', flush: true })
    return made
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFileSync(path, 'utf8')
  }
}

function deriveKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret.trim(), '', 'flaghoist sealed texts', 32))
}

function encrypt(key: Buffer, text: string, owner: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return [VERSION, nonce.toString('base64url'), data.toString('base64url')].join('.')
}

function decrypt(key: Buffer, sealed: string, owner: string): string {
  const [version, nonce = '', text = ''] = sealed.split('.')
  if (version !== VERSION) throw new Error(`unknown version ${version}`)
  const data = Buffer.from(text, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), {
    authTagLength: 16,
  })
  decipher.setAAD(Buffer.from(owner)).setAuthTag(data.subarray(-16))
  return Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]).toString('utf8')
}
