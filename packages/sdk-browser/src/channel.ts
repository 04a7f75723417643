/** Messages between the clients of one name. A client does not receive its own. */
export interface Channel {
  onmessage: ((event: MessageEvent) => void) | null
  postMessage(message: unknown): void
  close(): void
}

/**
 * Opens a channel to all tabs and workers of the origin. Where the browser has none, or refuses it,
 * the channel reaches the clients of this page.
 */
export function openChannel(name: string): Channel {
  try {
    const channel: Channel & { unref?: () => void } = new BroadcastChannel(name)
    channel.unref?.() // In Node.js, where tests run, a channel keeps the process alive.
    return channel
  } catch {
    return openPageChannel(name)
  }
}

const members = new Map<string, Set<Channel>>()

function openPageChannel(name: string): Channel {
  const all = members.get(name) ?? new Set()
  members.set(name, all)
  const channel: Channel = {
    onmessage: null,
    postMessage(data) {
      for (const other of all)
        if (other !== channel)
          queueMicrotask(() => all.has(other) && other.onmessage?.({ data } as MessageEvent))
    },
    close: () => void all.delete(channel),
  }
  all.add(channel)
  return channel
}
