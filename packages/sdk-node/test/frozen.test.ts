import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type FaultyServer,
  frame,
  type Incoming,
  startFaultyServer,
  stream,
} from './faulty-server.ts'
import { heartbeat, ruleset, until } from './fixtures.ts'

interface FrozenClient {
  readonly process: ChildProcess
  /** Lines of state, version and answer, in order. */
  readonly lines: readonly string[]
}

function startClient({ url }: FaultyServer): FrozenClient {
  const program = fileURLToPath(new URL('frozen-client.ts', import.meta.url))
  const options = ['--disable-warning=ExperimentalWarning', '--conditions=@flaghoist/source']
  const child = spawn(process.execPath, [...options, program, url])
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.trim().split('\n'))
  })
  return { process: child, lines }
}

/** Streams a ruleset, and a heartbeat every 200 ms. Returns a function that stops them. */
function beating(request: Incoming, current: ReturnType<typeof ruleset>): () => void {
  stream(request, frame('put', current))
  const beat = frame('heartbeat', heartbeat(current))
  const timer = setInterval(() => request.socket.write(beat), 200)
  const stop = () => clearInterval(timer)
  request.socket.once('close', stop)
  return stop
}

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a process that was frozen', () => {
  test('does not trust a stream that died meanwhile, and receives the kill at once', {
    timeout: 60_000,
  }, async () => {
    let fallSilent = () => {}
    const server = await startFaultyServer((request) => {
      fallSilent = beating(request, ruleset(1, true))
    })
    onTestFinished(() => server.stop())
    const client = startClient(server)
    await until('it is live', () => client.lines.includes('live 1 true'))

    client.process.kill('SIGSTOP')
    // Heartbeats that it has not read wait in its socket; then a gateway forgets the connection.
    await pass(2_000)
    fallSilent()
    server.answer((request) => beating(request, ruleset(2, false)))
    await pass(20_000)
    const before = client.lines.length
    client.process.kill('SIGCONT')
    const thawedAt = performance.now()
    await until('it has the kill', () => client.lines.includes('live 2 false'))

    expect(performance.now() - thawedAt).toBeLessThan(1_000)
    expect(client.lines.slice(before)).not.toContain('live 1 true')
    expect(server.asked).toHaveLength(2)
  })

  test('keeps a stream that is still alive', async () => {
    const server = await startFaultyServer((request) => beating(request, ruleset(1, true)))
    onTestFinished(() => server.stop())
    const client = startClient(server)
    await until('it is live', () => client.lines.includes('live 1 true'))

    for (let i = 0; i < 4; i += 1) {
      client.process.kill('SIGSTOP')
      await pass(1_500)
      client.process.kill('SIGCONT')
      await pass(200)
    }

    expect(client.lines.at(-1)).toBe('live 1 true')
    expect(server.asked).toHaveLength(1)
  })
})
