import type { SdkServices } from './services.ts'
import { createStreamHub } from './streams/create-hub.ts'
import type { StreamHub } from './streams/hub.ts'
import { createPropagation, type Propagation } from './streams/propagation.ts'
import { patchChannels } from './streams/ruleset-channels.ts'
import { DELAYS, type Telemetry } from './telemetry/telemetry.ts'
import type { Clocks } from './time.ts'

type HubParts = Pick<
  SdkServices,
  'config' | 'rulesets' | 'targets' | 'keys' | 'propagation' | 'elapsed'
>

/** Assembles the hub of the streams of SDKs, which ends those of revoked keys. */
export function assembleHub({ config, rulesets, targets, keys, ...parts }: HubParts): StreamHub {
  const hub = createStreamHub({
    ...parts,
    channels: patchChannels(rulesets, config.streamBufferBytes),
    heartbeatMs: config.heartbeatMs,
    streamAgeMs: config.streamAgeMs,
    limits: { perAddress: config.streamsPerAddress },
    isKeyLive: keys.isLive,
    targetExists: targets.exists,
    random: Math.random,
  })
  keys.onRevoked((keyId) => hub.cut(keyId))
  return hub
}

/** Assembles the propagation, which measures how long SDKs take to confirm a version. */
export function assemblePropagation(clocks: Clocks, telemetry: Telemetry): Propagation {
  const propagated = telemetry.histogram(
    {
      name: 'flaghoist.propagation.duration',
      unit: 's',
      description: 'Time from a commit to its confirmation, for each SDK that confirms',
    },
    DELAYS,
  )
  const record = propagated.recorder()
  return createPropagation(clocks, (ms) => record(ms / 1_000))
}
