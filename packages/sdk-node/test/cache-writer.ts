/** Writes the cache again and again until it is killed. */
import { fileCache } from '../src/file-cache.ts'
import { ruleset } from './fixtures.ts'

const cache = fileCache(process.argv[2]!, { url: 'http://127.0.0.1:9', key: 'k' })
for (let version = 1; ; version += 1) {
  await cache.write(JSON.stringify({ ...ruleset(version, true), project: 'x'.repeat(100_000) }))
  if (version === 1) console.log('written')
}
