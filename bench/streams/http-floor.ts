/** The least that `node:http` can do: accept streams, and send each the same first event. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'

// As the server does, so that both collect garbage alike.
setFlagsFromString('--semi-space-growth-factor=8')

const start = 'retry: 1000\n\n'.padEnd(Number(process.env.START_BYTES), 'x')

const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.write(start)
})
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
