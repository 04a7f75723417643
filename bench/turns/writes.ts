import { fileOf, flagName, instanceName, membersOf, type ProjectSize } from './large-project.ts'

/** Sends a request to the admin API of the project, and measures it under a name. */
export type Send = (
  method: string,
  path: string,
  body?: object,
  name?: string,
) => Promise<Record<string, unknown>>

const PLAN = {
  waves: [
    {
      name: 'All',
      instances: { rest: true },
      steps: [{ audience: { share: 10 }, minMinutes: 600, minUnits: 0, gate: 'healthy' }],
    },
  ],
}

/** Rollouts that are in progress at the end. */
const ROLLOUTS = 10
/** Edits of one request, at most. */
const EDITS = 500

/** Sends the largest writes that the admin API takes, to a project that was imported. */
export async function writeMuch(send: Send, size: ProjectSize): Promise<void> {
  const fewer = { ...size, instances: size.instances - 1 }
  await send('POST', 'import?mode=replace', fileOf(fewer))
  await send('POST', 'instances', { key: instanceName(fewer.instances), tags: { region: 'eu' } })
  await writeSegments(send, size)
  for (let i = 1; i <= ROLLOUTS; i += 1) await send('POST', 'rollouts', rolloutOf(i))
  await send('POST', 'rollouts?dryRun=true', rolloutOf(ROLLOUTS + 1))
  await send('POST', 'flags', { key: 'new-flag' })
  await send('PATCH', 'flags/new-flag', { description: 'A new one' })
  await killByTag(send)
  const edits = Array.from({ length: EDITS }, (_, i) => ({
    flag: flagName(i + ROLLOUTS + 1),
    scope: 'production',
    layer: { rollout: { percent: 50 } },
  }))
  await send('POST', 'edits?dryRun=true', { edits })
  await send('POST', 'edits', { edits })
}

/** A segment as large as it may be, its edits, and a flag that names it. */
async function writeSegments(send: Send, size: ProjectSize): Promise<void> {
  const include = 'segments/testers/include'
  const half = membersOf({ ...size, members: size.members / 2 })
  await send('POST', 'segments', { key: 'testers', include: membersOf(size) })
  await send('POST', include, { remove: half }, `${include}, half removed`)
  await send('POST', include, { add: half }, `${include}, half added`)
  const rule = {
    when: [[{ attribute: 'targetingKey', op: 'segment', values: ['testers'] }]],
    serve: { variant: 'on' },
  }
  await send('PUT', `flags/${flagName(0)}/layers/production`, { on: true, rules: [rule] })
  await send('PATCH', 'segments/testers', { include: membersOf(size, 1) })
}

/** A kill of everything, its revert, and the same kill again and its removal by edits. */
async function killByTag(send: Send): Promise<void> {
  const tags = { flagTags: { team: 'shop' }, instanceTags: { region: 'eu' } }
  const layer = `flags/${flagName(ROLLOUTS + 2)}/layers/production`
  const first = await send('POST', 'kill', tags)
  await send('PATCH', layer, { on: false }, `${layer}, all killed`)
  await send('POST', `changes/${first.version}/revert`, undefined, 'changes/{kill}/revert')
  await send('PATCH', layer, { on: true })
  const second = await send('POST', 'kill', tags, 'kill, again')
  const edits = { edits: [{ revert: second.version }] }
  await send('POST', 'edits?dryRun=true', edits, 'edits?dryRun=true, revert of a kill')
  await send('POST', 'edits', edits, 'edits, revert of a kill')
}

/** Requests that compute an effect, without a write. */
export async function previewWrites(send: Send, { flags }: ProjectSize): Promise<void> {
  const flag = `flags/${flagName(flags - 1)}`
  const layer = { rollout: { percent: 50 } }
  const scope = 'production'
  const context = { targetingKey: 'ada', plan: 'pro' }
  await send('POST', 'evaluate', { scope: [scope, `${scope}/${instanceName(0)}`], context })
  await send('POST', `${flag}/evaluate`, { scope, context })
  await send('POST', `${flag}/preview`, { scope, layer })
  const wave = { selector: { environment: scope, tags: {} }, layer }
  await send('POST', `${flag}/layers/preview`, wave)
  await send('PATCH', `${flag}/layers`, wave)
  await send('POST', 'rollouts/rollout-1/pause?dryRun=true', {})
  await send('POST', 'rollouts/rollout-1/abort?dryRun=true', { leave: false })
}

function rolloutOf(i: number) {
  return { key: `rollout-${i}`, flag: flagName(i), environment: 'production', plan: PLAN }
}
