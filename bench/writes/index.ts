import { definition } from '../../test-support/project.ts'
import { machine } from '../evaluate/table.ts'
import { type Figure, figuresTable } from '../figures.ts'
import { startFlaghoistServer } from '../server.ts'
import { type Blocked, measureBlocks } from './blocks.ts'
import { measureStarts, type Start } from './starts.ts'

const INSTANCES = 500

interface Sizes {
  /** Flags that a kill by tag concerns. */
  readonly killed: number
  /** Flags of an imported file. */
  readonly imported: number
  /** Changes of a log that a server starts with. */
  readonly changes: number
}

/** Measures how long large writes hold up every other request, and how long a start takes. */
export async function benchWrites({ killed, imported, changes }: Sizes) {
  const kill = await measureKill(killed)
  const load = await measureImport(imported)
  const starts = await measureStarts(changes)
  const figures: readonly Figure[] = [
    ...figuresOf(`kill by tag, ${killed} flags × ${INSTANCES - 1} instances`, kill),
    ...figuresOf(`import of ${imported} flags`, load),
    ...figuresOfStart(`start, replay of ${changes} changes`, starts.replayed, starts.empty),
    ...figuresOfStart(`start, checkpoint of ${changes} changes`, starts.restored, starts.empty),
  ]
  const markdown = [`${machine()}.`, figuresTable(figures)].join('\n\n')
  console.log(`\n${markdown}`)
  return { markdown, figures, broken: [] }
}

function figuresOf(name: string, { ms, longest }: Blocked): readonly Figure[] {
  return [
    figureOf(`${name}: response`, { Flaghoist: ms }),
    figureOf(`${name}: longest wait of another request`, { Flaghoist: longest }),
  ]
}

function figuresOfStart(name: string, start: Start, empty: Start): readonly Figure[] {
  return [
    figureOf(`${name}: SDKs are answered`, { Flaghoist: start.sdks, 'empty folder': empty.sdks }),
    figureOf(`${name}: all are answered`, { Flaghoist: start.all, 'empty folder': empty.all }),
  ]
}

function figureOf(name: string, values: Figure['values']): Figure {
  return { name, unit: 'ms', better: 'less', floor: 'empty folder', values }
}

/** Kills tagged flags for all instances of a region. */
async function measureKill(flags: number): Promise<Blocked> {
  const server = await startFlaghoistServer()
  try {
    await server.ask('POST', 'import?mode=merge', fileOf(flags))
    return await measureBlocks(server, () =>
      server.ask('POST', 'kill?reason=bench', {
        flagTags: { team: 'shop' },
        instanceTags: { region: 'eu' },
        environments: ['production'],
      }),
    )
  } finally {
    await server.stop()
  }
}

async function measureImport(flags: number): Promise<Blocked> {
  const server = await startFlaghoistServer()
  try {
    // Serialised beforehand: a busy sender would take its own turns for waits.
    const file = JSON.stringify(fileOf(flags))
    return await measureBlocks(server, () => server.ask('POST', 'import?mode=merge', file))
  } finally {
    await server.stop()
  }
}

/** A project file with flags of a rule each. */
function fileOf(flags: number) {
  return {
    flaghoist: 1,
    project: { key: 'default', name: 'Default' },
    environments: [{ key: 'production', name: 'Production', order: 0, protected: false }],
    segments: [],
    instances: Array.from({ length: INSTANCES }, (_, i) => ({
      key: `customer-${i}`,
      name: `Customer ${i}`,
      tags: { region: i === 0 ? 'us' : 'eu' },
      timeZone: 'UTC',
      owner: '',
      status: 'active',
    })),
    flags: Array.from({ length: flags }, (_, i) => flagOf(`flag-${i}`)),
  }
}

function flagOf(key: string) {
  const when = [[{ attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] }]]
  return {
    ...definition(key, {
      description: `The feature ${key}`,
      tags: { team: 'shop' },
      clientVisible: true,
    }),
    layers: {
      '*': { on: false, off: 'off' },
      production: { on: true, rules: [{ id: 'paying', when, serve: { variant: 'on' } }] },
    },
  }
}
