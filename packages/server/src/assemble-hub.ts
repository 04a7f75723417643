import type { SdkServices } from './services.ts'
import { createStreamHub } from './streams/create-hub.ts'
import type { StreamHub } from './streams/hub.ts'

type HubParts = Pick<
  SdkServices,
  'config' | 'rulesets' | 'targets' | 'keys' | 'propagation' | 'elapsed'
>

/** Assembles the hub of the streams of SDKs, which ends those of revoked keys. */
export function assembleHub({ config, targets, keys, ...parts }: HubParts): StreamHub {
  const hub = createStreamHub({
    ...parts,
    heartbeatMs: config.heartbeatMs,
    bufferBytes: config.streamBufferBytes,
    streamAgeMs: config.streamAgeMs,
    limits: { perAddress: config.streamsPerAddress },
    isKeyLive: keys.isLive,
    targetExists: targets.exists,
    random: Math.random,
  })
  keys.onRevoked((keyId) => hub.cut(keyId))
  return hub
}
