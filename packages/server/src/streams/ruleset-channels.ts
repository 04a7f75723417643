import {
  type PublishedRuleset,
  type Rulesets,
  type RulesetTarget,
  type RulesetWatcher,
  targetName,
} from '../rulesets/rulesets.ts'
import { Channel } from './channel.ts'
import type { ChannelSource, StreamChannel } from './hub.ts'
import type { StreamEncoding } from './stream-encoding.ts'

/** A channel that sends the updates of a ruleset. */
export interface RulesetChannel extends StreamChannel, RulesetWatcher {}

/** Creates the channel of a target with its current ruleset. */
export type CreateRulesetChannel = (
  published: PublishedRuleset,
  target: RulesetTarget,
  encoding: StreamEncoding,
) => RulesetChannel

/** Returns channels that follow the rulesets of their targets. */
export function rulesetChannels(rulesets: Rulesets, create: CreateRulesetChannel): ChannelSource {
  return {
    nameOf: targetName,
    prepare: (target, since) => rulesets.prepare(target, since?.version),
    open(target, encoding) {
      const channel = create(rulesets.current(target), target, encoding)
      return { channel, close: rulesets.watch(target, channel) }
    },
    catchUp: (target, since) => rulesets.current(target, since?.version),
  }
}

/**
 * Returns channels that send rulesets and their patches.
 * @param bufferBytes unsent bytes, beyond a large frame, at which a socket is closed
 */
export function patchChannels(rulesets: Rulesets, bufferBytes: number): ChannelSource {
  return rulesetChannels(
    rulesets,
    (published, _, encoding) => new Channel(published, encoding, bufferBytes),
  )
}
