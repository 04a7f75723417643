// A TypeDoc plugin: names each module as programs import it, `@flaghoist/node/fastify`.
import { readFileSync } from 'node:fs'
import { Converter, ReflectionKind } from 'typedoc'

const PACKAGES = new URL('../../packages/', import.meta.url)

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module))
      module.name = importNameOf(module.name)
  })
}

/** Returns the name for imports of a module: `sdk-node/src/fastify` → `@flaghoist/node/fastify`. */
function importNameOf(path) {
  const [folder, , ...subpath] = path.split('/')
  const { name } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, PACKAGES), 'utf8'))
  return [name, ...subpath].join('/')
}
