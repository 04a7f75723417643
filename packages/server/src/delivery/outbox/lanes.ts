import type { Subscription } from '@flaghoist/core/schema'
import { getOrSet } from '../../get-or-set.ts'
import type { Projects } from '../../projects/projects.ts'
import type { Message } from '../channels/message.ts'
import type { Attempted } from './attempt.ts'
import { createLane, type Lane, type LaneOptions } from './lane.ts'

export interface LanesOptions extends Omit<LaneOptions, 'project' | 'key' | 'stateOf' | 'send'> {
  readonly projects: Pick<Projects, 'get'>
  readonly send: (
    project: string,
    subscription: Subscription,
    message: Message,
  ) => Promise<Attempted>
}

/** The lanes of all subscriptions. A slow receiver delays no other one. */
export interface Lanes {
  of(project: string, subscription: string): Lane
  /** Ends all lanes after their messages in flight. */
  close(): Promise<void>
}

export function createLanes({ projects, send, ...options }: LanesOptions): Lanes {
  const lanes = new Map<string, Lane>()
  return {
    of: (project, key) =>
      getOrSet(lanes, `${project}/${key}`, () =>
        createLane({
          ...options,
          project,
          key,
          stateOf: () => projects.get(project).state,
          send: (subscription, message) => send(project, subscription, message),
        }),
      ),
    async close() {
      await Promise.all([...lanes.values()].map((lane) => lane.close()))
    },
  }
}
