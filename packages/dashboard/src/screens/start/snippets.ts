/** A program that evaluates its first flag, in one framework. */
export interface Snippet {
  readonly framework: 'Node' | 'Browser' | 'Svelte' | 'OpenFeature'
  /** Kind of the key that the program may hold. */
  readonly keyKind: 'server' | 'client'
  /** Command that installs the packages. */
  readonly install: string
  /** Folders of the same packages in a clone. */
  readonly folders: string
  /** Sentence that says how to run the program. */
  readonly run: string
  /** Returns the program with a key. */
  codeWith(key: string): string
}

interface Values {
  readonly url: string
  readonly flag: string
}

/** Returns the programs with the address and a flag of this project. */
export function snippetsOf(values: Values): readonly Snippet[] {
  return [node(values), browser(values), svelte(values), openFeature(values)]
}

const MODULE = 'Save it as first.mjs, and run "node first.mjs". It prints the flag each second.'
const PAGE = 'Add it to a page that your bundler builds, and open the page.'

const node = ({ url, flag }: Values): Snippet => ({
  framework: 'Node',
  keyKind: 'server',
  install: 'npm install @flaghoist/node',
  folders: '../flaghoist/packages/sdk-node',
  run: MODULE,
  codeWith: (key) => `import { createFlags } from '@flaghoist/node'

const flags = createFlags({ url: '${url}', key: '${key}' })
await flags.ready({ timeout: 2000 })
const ada = { targetingKey: 'ada' }
setInterval(() => console.log('${flag}:', flags.isEnabled('${flag}', ada)), 1000)`,
})

const browser = ({ url, flag }: Values): Snippet => ({
  framework: 'Browser',
  keyKind: 'client',
  install: 'npm install @flaghoist/browser',
  folders: '../flaghoist/packages/sdk-browser',
  run: PAGE,
  codeWith: (key) => `import { createFlags } from '@flaghoist/browser'

const flags = createFlags({ url: '${url}', key: '${key}' })
const show = () => { document.title = flags.isEnabled('${flag}') ? 'new' : 'old' }
flags.on('change', show)
show()`,
})

const svelte = ({ url, flag }: Values): Snippet => ({
  framework: 'Svelte',
  keyKind: 'client',
  install: 'npm install @flaghoist/svelte @flaghoist/browser @flaghoist/node',
  folders: ['sdk-svelte', 'sdk-browser', 'sdk-node']
    .map((name) => `../flaghoist/packages/${name}`)
    .join(' '),
  run: 'Save it as a component, and show it on a page.',
  codeWith: (key) => `<script>
  import { Feature, FlagProvider } from '@flaghoist/svelte'
</script>

<FlagProvider url="${url}" key="${key}">
  <Feature key="${flag}">new{#snippet off()}old{/snippet}</Feature>
</FlagProvider>`,
})

const openFeature = ({ url, flag }: Values): Snippet => ({
  framework: 'OpenFeature',
  keyKind: 'server',
  install: 'npm install @flaghoist/openfeature @openfeature/server-sdk @openfeature/core',
  folders: '../flaghoist/packages/openfeature',
  run: MODULE,
  codeWith: (key) => `import { FlaghoistProvider } from '@flaghoist/openfeature/server'
import { OpenFeature } from '@openfeature/server-sdk'

await OpenFeature.setProviderAndWait(new FlaghoistProvider({ url: '${url}', key: '${key}' }))
const ada = { targetingKey: 'ada' }
const show = async () => console.log(await OpenFeature.getClient().getBooleanValue('${flag}', false, ada))
setInterval(show, 1000)`,
})
