import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Interval between attempts to connect, ms. */
const RETRY_MS = 2

/** Resolves once a server that is starting has sent a ruleset to an SDK over its stream. */
export async function firstRuleset(url: string, key: string): Promise<void> {
  while (!(await receivesRuleset(url, key))) await sleep(RETRY_MS)
}

/** Returns false if the server does not listen yet. */
function receivesRuleset(url: string, key: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'flaghoist-sdk': '@flaghoist/node/bench',
      'flaghoist-sdk-id': 'bench',
    }
    const stream = request(`${url}/sdk/v1/stream`, { headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        if (!text.includes('event: put')) return
        resolve(true)
        stream.destroy()
      })
    })
    stream.on('error', () => resolve(false)).end()
  })
}
