/** A program that evaluates its first flag, in one framework. */
export interface Snippet {
  readonly framework: 'Node' | 'Browser' | 'Svelte'
  /** Kind of the key that the program may hold. */
  readonly keyKind: 'server' | 'client'
  readonly install: string
  readonly code: string
}

interface Values {
  readonly url: string
  readonly key: string
  readonly flag: string
}

/** Returns the programs with the address, a key and a flag of this project. */
export function snippetsOf({ url, key, flag }: Values): readonly Snippet[] {
  const options = `url: '${url}', key: '${key}'`
  return [
    {
      framework: 'Node',
      keyKind: 'server',
      install: 'npm install @flaghoist/node',
      code: `import { createFlags } from '@flaghoist/node'

const flags = createFlags({ ${options} })
await flags.ready({ timeout: 2000 })
console.log(flags.isEnabled('${flag}', { targetingKey: 'ada' }))`,
    },
    {
      framework: 'Browser',
      keyKind: 'client',
      install: 'npm install @flaghoist/browser',
      code: `import { createFlags } from '@flaghoist/browser'

const flags = createFlags({ ${options}, context: { targetingKey: 'ada' } })
await flags.ready({ timeout: 2000 })
console.log(flags.isEnabled('${flag}'))`,
    },
    {
      framework: 'Svelte',
      keyKind: 'client',
      install: 'npm install @flaghoist/svelte @flaghoist/browser @flaghoist/node',
      code: `<script>
  import { Feature, FlagProvider } from '@flaghoist/svelte'
</script>
<FlagProvider url="${url}" key="${key}" context={{ targetingKey: 'ada' }}>
  <Feature key="${flag}">new{#snippet off()}old{/snippet}</Feature>
</FlagProvider>`,
    },
  ]
}
