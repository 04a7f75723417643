import { describe, expect, onTestFinished, test } from 'vitest'
import { frame, reply, startFaultyServer, stream } from './faulty-server.ts'
import { ruleset, until } from './fixtures.ts'
import { HOST_NODE, healthyServer, outputOf, startProgram } from './programs.ts'

describe('a program', () => {
  test('ends by itself although it never closes its flags, and reports what was served', async () => {
    const server = await healthyServer()
    const source = `
      const flags = createFlags({ url: '${server.url}', key: 'k' })
      const { status } = await flags.ready({ timeout: 5000 })
      console.log(status, flags.isEnabled('new-checkout', { targetingKey: 'ada' }))`

    const { code, output, lingeredMs } = await outputOf(startProgram({ source }))

    expect({ code, output }).toEqual({ code: 0, output: 'live true' })
    expect(lingeredMs).toBeLessThan(1_000)
    const exposures = server.reports.flatMap(({ batch }) => batch?.exposures ?? [])
    expect(exposures).toMatchObject([{ flag: 'new-checkout', variant: 'on', count: 1 }])
  })

  test('that goes on working when it was about to end reports that as well', async () => {
    const server = await healthyServer()
    const source = `
      const flags = createFlags({ url: '${server.url}', key: 'k' })
      await flags.ready({ timeout: 5000 })
      let rounds = 0
      process.on('beforeExit', () => {
        if ((rounds += 1) > 3) return
        setTimeout(() => flags.isEnabled('new-checkout', { targetingKey: 'user-' + rounds }), 10)
      })`

    const { code, lingeredMs } = await outputOf(startProgram({ source }))

    expect(code).toBe(0)
    expect(lingeredMs).toBeLessThan(3_000)
    const exposures = server.reports.flatMap(({ batch }) => batch?.exposures ?? [])
    expect(exposures.reduce((sum, { count }) => sum + Number(count), 0)).toBe(3)
  })

  test('that crashes at a new path has been seen there', async () => {
    const rolling = {
      ...ruleset(1, true).flags['new-checkout']!,
      rollout: { by: 'targetingKey', salt: 's', share: 100_000, serve: { variant: 'on' } },
    }
    const server = await startFaultyServer((request) =>
      request.path.startsWith('/sdk/v1/stream')
        ? stream(request, frame('put', { ...ruleset(1, true), flags: { rolling } }))
        : reply(request, 202, '{}'),
    )
    onTestFinished(() => server.stop())
    const source = `
      const flags = createFlags({ url: '${server.url}', key: 'k' })
      await flags.ready({ timeout: 5000 })
      flags.isEnabled('rolling', { targetingKey: 'ada' })
      // Before the next report would be due, in a second.
      setTimeout(() => { throw new Error('crash') }, 500)`

    const { code } = await outputOf(startProgram({ source }))

    expect(code).not.toBe(0)
    const exposures = server.reports.flatMap(({ batch }) => batch?.exposures ?? [])
    expect(exposures).toMatchObject([{ flag: 'rolling', arm: 'treatment', units: { length: 1 } }])
  })

  test.for([
    ['never answers', () => undefined],
    [
      'hangs in the middle',
      ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nda`),
    ],
  ] satisfies [string, Parameters<typeof startFaultyServer>[0]][])(
    'ends by itself beside a server that %s',
    async ([, script]) => {
      const server = await startFaultyServer(script)
      const source = `
        const flags = createFlags({ url: '${server.url}', key: 'k', bootstrap: ${JSON.stringify(ruleset(1, true))} })
        await new Promise((resolve) => setTimeout(resolve, 300))
        console.log(flags.isEnabled('new-checkout'))`

      const { output, lingeredMs } = await outputOf(startProgram({ source }))
      await server.stop()

      expect(output).toBe('true')
      expect(lingeredMs).toBeLessThan(1_000)
    },
  )

  test('can wait for a server that never answers, and for nothing else', async () => {
    const server = await startFaultyServer(() => undefined)
    const source = `
      const flags = createFlags({ url: '${server.url}', key: 'k' })
      console.log((await flags.ready({ timeout: 300 })).status)
      await flags.close()
      console.log(flags.status().state)`

    const { output } = await outputOf(startProgram({ source }))
    await server.stop()

    expect(output).toBe('default\nclosed')
  })

  test('gets one warning with the cause and the cure', async () => {
    const source = `
      const flags = createFlags({ url: 'http://127.0.0.1:9', key: 'k' })
      await flags.ready({ timeout: 300 })`

    const { code, output } = await outputOf(startProgram({ source }))

    expect(code).toBe(0)
    expect(output).toMatch(/FlaghoistWarning: The server cannot be reached \(.+\)\. Check the url/)
  })

  test('that creates flags for each request gets one warning', async () => {
    const source = `
      for (let i = 0; i < 20; i += 1) createFlags({ url: 'http://127.0.0.1:9', key: 'k' })`

    const { output } = await outputOf(startProgram({ source }))

    expect(output.match(/10 open Flaghoist clients/g)).toHaveLength(1)
    expect(output).not.toContain('MaxListeners')
  })

  test.for(['esm', 'cjs'] as const)(
    'runs the built files on this machine’s own Node: %s',
    async (format) => {
      const server = await healthyServer()
      const source = `
        const flags = createFlags({ url: '${server.url}', key: 'k' })
        flags.ready().then(({ status }) => {
          console.log(status, flags.isEnabled('new-checkout', { targetingKey: 'ada' }), flags.value('theme', 'light'))
          return flags.close()
        })`

      const { output } = await outputOf(startProgram({ source, format, node: HOST_NODE }))

      expect(output).toContain('live true light')
      expect(output).not.toContain('Error')
    },
  )

  test('has flags of its own in each worker of a cluster', async () => {
    const server = await healthyServer()
    const source = `
      import cluster from 'node:cluster'
      const flags = createFlags({ url: '${server.url}', key: 'k' })
      await flags.ready()
      if (cluster.isPrimary) {
        for (let i = 0; i < 2; i += 1) cluster.fork()
        await new Promise((resolve) => cluster.on('exit', () => Object.keys(cluster.workers).length || resolve()))
      }
      console.log(flags.status().state)
      await flags.close()
      if (cluster.isWorker) process.exit()`

    const { output } = await outputOf(startProgram({ source }))

    expect(output).toBe('live\nlive\nlive')
    expect(new Set(server.asked.map(({ headers }) => headers['flaghoist-sdk-id'])).size).toBe(3)
    await until('all are gone', () => server.openNow === 0)
  })
})
