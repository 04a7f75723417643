import { type Propagation, RETURN_MS } from '../streams/propagation.ts'

/**
 * Observes the SDKs of a relay.
 * @param onChange called with the connection whose SDKs, or their versions, have changed
 */
export function observeSdks(
  propagation: Propagation,
  onChange: (source: string) => void,
): Propagation {
  const then = ({ source = '' }: { readonly source?: string | undefined }) => onChange(source)
  return {
    committed: (...args) => propagation.committed(...args),
    report: (...args) => propagation.report(...args),
    summary: (target) => propagation.summary(target),
    forgetVersions: (target) => propagation.forgetVersions(target),
    forgetCommits: (project) => propagation.forgetCommits(project),
    forget: (project) => propagation.forget(project),
    connections: (...args) => propagation.connections(...args),
    connectedScopes: (project) => propagation.connectedScopes(project),
    connected(sdk, since) {
      propagation.connected(sdk, since)
      then(sdk)
    },
    disconnected(sdk, returns) {
      propagation.disconnected(sdk, returns)
      then(sdk)
      // An SDK that has not returned by then counts no longer.
      if (returns) setTimeout(() => then(sdk), RETURN_MS).unref()
    },
    held(sdk, cursor, ageMs) {
      propagation.held(sdk, cursor, ageMs)
      then(sdk)
    },
    relayed(relay, sdks) {
      propagation.relayed(relay, sdks)
      then(relay)
    },
  }
}
