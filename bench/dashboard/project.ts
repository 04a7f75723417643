import { type FileSize, fileOf, instanceName } from '../turns/large-project.ts'

export const ENVIRONMENT = 'production'

/** Every so many flags have another state in most instances. */
const VARIED = 3

/** A project file whose flags have states of all kinds, so that the grid draws every glyph. */
export function variedFile(size: FileSize) {
  const file = fileOf(size)
  return {
    ...file,
    flags: file.flags.map((flag, i) => ({ ...flag, layers: layersOf(flag, i, size) })),
  }
}

type PlainFlag = ReturnType<typeof fileOf>['flags'][number]

function layersOf({ layers }: PlainFlag, i: number, { instances }: FileSize) {
  if (i % VARIED !== 0) return layers
  const states = [
    { on: true, rules: [], fallthrough: { variant: 'on' } },
    { on: false },
    { on: true, rules: [], rollout: shareOf(10 * (1 + (i % 9))) },
  ]
  const own = Array.from({ length: instances }, (_, j) => [
    `${ENVIRONMENT}/${instanceName(j)}`,
    states[(i + j) % (states.length + 1)],
  ])
  return { ...layers, ...Object.fromEntries(own.filter(([, layer]) => layer !== undefined)) }
}

function shareOf(percent: number) {
  const share = percent * 1_000
  return { by: 'targetingKey', salt: 'bench', share, serve: { variant: 'on' } }
}
