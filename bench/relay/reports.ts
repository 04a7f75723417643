/** Batches that are sent at a time. */
const SENDERS = 16

/** Sends batches of three exposures, as browsers do, each under an id of its own. */
export async function sendBatches(url: string, key: string, count: number): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/sdk/v1/ruleset`, { headers })
  const { flags } = (await answer.json()) as { flags: Record<string, { revision: number }> }
  const run = `${Date.now()}`
  const minute = Date.now()
  const exposures = Object.entries(flags).map(([flag, { revision }]) => ({
    flag,
    variant: 'on',
    revision,
    minute,
    reason: 'STATIC',
    count: 1,
  }))
  let sent = 0
  const send = async () => {
    while (sent < count) {
      const id = `${run}-${sent++}`
      const body = JSON.stringify({ sdk: { id, name: 'bench/1' }, batch: { id, exposures } })
      const response = await fetch(`${url}/sdk/v1/events`, { method: 'POST', headers, body })
      if (response.status !== 202) throw new Error(await response.text())
      await response.body!.cancel()
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, send))
}
