import type { Socket } from 'node:net'
import type { ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import type { LiveProject } from '../projects/projects.ts'
import type { StreamChannel } from '../streams/hub.ts'
import type { SdkStatus } from '../streams/propagation-report.ts'
import { broadcast, send } from '../streams/stream-socket.ts'
import { changeFrames } from './change-frames.ts'
import {
  type ConnectionCounts,
  changedConnections,
  countsWithin,
  wholeConnections,
} from './connection-counts.ts'
import { eventFrame, positionFrame } from './frames.ts'
import { propagationEvent } from './propagation-event.ts'
import { editsScopes, scopesFrame } from './scopes-frame.ts'

export interface ActivityChannelOptions {
  /** Scope of the keys that may open its streams; undefined for the whole project. */
  readonly scope: string | undefined
  readonly project: () => LiveProject
  /** Asks for the counts of connected SDKs, to be published. */
  readonly countConnections: () => void
  /** Unsent bytes at which a socket is closed. */
  readonly bufferBytes: number
}

/**
 * The streams of all people who see the same part of a project. A frame is serialised once, and all
 * sockets share its bytes.
 */
export class ActivityChannel implements StreamChannel<readonly Buffer[]> {
  readonly streams = new Set<Socket>()
  readonly #options: ActivityChannelOptions
  /** Version → the last event of its propagation. */
  readonly #propagation = new Map<number, Buffer>()
  #connections: ConnectionCounts | undefined

  constructor(options: ActivityChannelOptions) {
    this.#options = options
  }

  get isWatched(): boolean {
    return this.streams.size > 0
  }

  sendHeartbeat(stream: Socket): void {
    send(stream, this.#heartbeat(), this.#options.bufferBytes)
  }

  /** @param missed events after the position of the client */
  catchUp(missed: readonly Buffer[] = []): readonly Buffer[] {
    const { state } = this.#options.project()
    const position = [this.#heartbeat(), scopesFrame(state, this.#options.scope)]
    const frames = [...missed, ...position, ...this.#propagation.values()]
    // The counts are not kept up to date while there is no stream.
    if (!this.isWatched) this.#connections = undefined
    const known = this.#connections
    if (known !== undefined) return [...frames, eventFrame('connections', wholeConnections(known))]
    this.#options.countConnections()
    return frames
  }

  publishChange(state: ProjectState, change: Change): void {
    if (!this.isWatched) return
    const { scope } = this.#options
    const frames = changeFrames(state, change, scope)
    // Before the change, so that those who follow it have its environments and instances.
    if (frames.length > 0 && editsScopes(change)) this.#publish(scopesFrame(state, scope))
    for (const frame of frames) this.#publish(frame)
  }

  /** Lets the clients read everything anew, because the log has lost changes that they hold. */
  publishReset(): void {
    this.#propagation.clear()
    this.#publish(positionFrame('reset', this.#options.project()))
  }

  /** Sends the progress of a version. Returns true while a watched SDK does not hold it. */
  publishPropagation(version: number, sdks: readonly SdkStatus[]): boolean {
    if (!this.isWatched) return false
    const event = propagationEvent(version, sdks, this.#options.scope)
    const frame = eventFrame('propagation', event)
    const last = this.#propagation.get(version)
    this.#propagation.set(version, frame)
    if (last === undefined || !frame.equals(last)) this.#publish(frame)
    return !event.isComplete
  }

  /** Forgets the progress of a version that is not followed any more. */
  endPropagation(version: number): void {
    this.#propagation.delete(version)
  }

  publishConnections(all: ConnectionCounts): void {
    if (!this.isWatched) return
    const counts = countsWithin(all, this.#options.scope)
    const before = this.#connections
    this.#connections = counts
    const event = before ? changedConnections(before, counts) : wholeConnections(counts)
    if (event !== undefined) this.#publish(eventFrame('connections', event))
  }

  #publish(frame: Buffer): void {
    broadcast(this.streams, frame, this.#options.bufferBytes)
  }

  #heartbeat(): Buffer {
    return positionFrame('heartbeat', this.#options.project())
  }
}
