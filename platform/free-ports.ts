// TCP ports of loopback that nobody has, for programs that are told theirs. Chosen below those that the
// system gives to outgoing connections (32768 and up on Linux): between choosing one and listening on it, and
// as long as whoever listens there is away, no connection is given it by chance, not even one that looks for
// it.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { fractionFrom } from '@concilia/protocol/random.ts'
import { systemRandom } from './system-random.ts'

const [lowest, beyond] = [20_000, 32_768]

/** Different ones: all are held before any is let go. */
export async function freePorts(count: number): Promise<number[]> {
  const probes: Server[] = []
  while (probes.length < count) {
    const probe = await listening(lowest + Math.floor(fractionFrom(systemRandom) * (beyond - lowest)))
    if (probe) probes.push(probe)
  }
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port) // never a string for TCP
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')))
  return ports
}

/** Undefined where somebody else is. */
async function listening(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}
