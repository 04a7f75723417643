import type { FlagKey } from '@flaghoist/client'

let listener: (key: FlagKey) => void = () => undefined

/** Hears of new paths that fail while a server renders them; `flagHandle` does, and knows which request it was. */
export function onServerFailure(listen: (key: FlagKey) => void): void {
  listener = listen
}

export function reportFailure(key: FlagKey): void {
  listener(key)
}
