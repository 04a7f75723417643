import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { FastifyPluginAsync } from 'fastify'
import type { Config } from '../config.ts'
import { JSON_TYPE } from '../http/json-type.ts'

const DEFAULT_PORT = 4400
/** Address of the server in the samples of the written documents. */
export const SAMPLE_SERVER = `http://127.0.0.1:${DEFAULT_PORT}`

/** Folders of the written documents: beside the built server, and in the repository. */
const FOLDERS = ['./', '../../../../docs/']

export interface OpenapiRouteOptions {
  readonly config: Pick<Config, 'publicUrl' | 'port' | 'upstream'>
}

/**
 * `/openapi.json`: the document that `npm run docs` has written, with the address of this server in
 * its samples.
 */
export const openapiRoute: FastifyPluginAsync<OpenapiRouteOptions> = async (app, { config }) => {
  let document: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    document ??= await readDocument(config)
    return reply.type(JSON_TYPE).send(document)
  })
}

async function readDocument({
  publicUrl,
  port,
  upstream,
}: OpenapiRouteOptions['config']): Promise<string> {
  const name = upstream === undefined ? 'openapi.json' : 'openapi-relay.json'
  const text = await readFile(fileOf(name), 'utf8')
  const server = publicUrl?.replace(/\/+$/, '') ?? `http://127.0.0.1:${port || DEFAULT_PORT}`
  return text.replaceAll(SAMPLE_SERVER, () => JSON.stringify(server).slice(1, -1))
}

function fileOf(name: string): string {
  const [built, written] = FOLDERS.map((folder) =>
    fileURLToPath(new URL(folder + name, import.meta.url)),
  )
  return existsSync(built!) ? built! : written!
}
