// A program's figures for Prometheus: a registry, and an HTTP server of its own, so that neither gateways
// nor relation servers ever meet it. What is counted each program says itself; no label may hold a number,
// a text, a code or an id of a person.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricsConfiguration } from './metrics-configuration.ts'
import { OperatingError } from './operating-error.ts'

export { Counter, Gauge, Histogram, type Registry }

export interface Metrics {
  /** Holds the process's own figures already: event loop, memory, CPU. */
  readonly registry: Registry
  readonly port: number
  close(): Promise<void>
}

/** @throws OperatingError `metrics-port-taken` */
export async function openMetrics({ host, port }: MetricsConfiguration): Promise<Metrics> {
  const registry = new Registry()
  const server = createServer((request, response) => void answer(registry, request, response))
  try {
    await once(server.listen(port, host), 'listening')
  } catch (cause) {
    throw new OperatingError({
      code: 'metrics-port-taken',
      message: `Figures cannot be shown on ${host} port ${port}: ${String(cause)}.`,
      advice: 'Stop what uses that port, or choose another one in [metrics].',
      cause,
    })
  }
  collectDefaultMetrics({ register: registry })
  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
    registry.clear()
  }
  return { registry, port: (server.address() as AddressInfo).port, close }
}

async function answer(
  registry: Registry,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' || url !== '/metrics') {
    response.writeHead(404).end('There is only GET /metrics.\n')
    return
  }
  try {
    const text = await registry.metrics()
    response.writeHead(200, { 'content-type': registry.contentType }).end(text)
  } catch (error) {
    response.writeHead(500).end(`The figures could not be gathered: ${String(error)}\n`)
  }
}
