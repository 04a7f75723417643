/**
 * A broadcast over the sockets of a server that speaks HTTP, past its responses. Node keeps more
 * memory for such a socket than for a raw one, so that a broadcast reads more of it.
 */
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

const frame = Buffer.from(process.env.FRAME!)
const streams = new Set<Socket>()

const server = createServer(({ method, socket }, response) => {
  if (method === 'POST') {
    for (const stream of streams) stream.write(frame)
    return response.end('done')
  }
  streams.add(socket)
  socket.on('close', () => streams.delete(socket))
  return socket.write('HTTP/1.1 200 OK\r\n\r\nretry: 1000\n\n')
})
server.listen(0, '127.0.0.1', 8_192, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
