// The payment centre as a program that stays: the HTTP door, the clock's own work, and an orderly end.
import type { AddressInfo } from 'node:net'
import type { Metrics } from '@concilia/platform/metrics-adapter.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Running } from '@concilia/platform/run-main.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import type { OpenCentre } from './centre.ts'
import type { Figures } from './figures.ts'
import { Housekeeping } from './housekeeping.ts'
import { build } from './http/server.ts'

export async function serve(centre: OpenCentre): Promise<Running> {
  const { configuration, identity, log, store, engine, secrets, clock } = centre
  const { listen, tokenMs, sweepMs, limits } = configuration
  const parties = new KnownParties(identity.rootPem)
  const own = parties.admit(identity.chain, clock.now())
  if (!own.ok)
    log.warn(`our own certificate is refused (${own.refusal}): automata will refuse our acknowledgements`)
  const watched = await watchedFrom(centre).catch(async (error: unknown) => {
    await centre.close()
    throw error
  })
  if (watched) engine.countIn(watched.figures)
  const app = build({
    engine,
    store,
    secrets,
    parties,
    ownId: identity.id,
    chains: [identity.chain],
    clock,
    log,
    tokenMs,
    figures: watched?.figures,
    ...(listen.tls ? { tls: { key: identity.keyPem, cert: identity.chain } } : {}),
  })
  const failed = (error: unknown) => log.warn({ err: error }, 'housekeeping failed and is tried again')
  const housekeeping = new Housekeeping({
    store,
    engine,
    clock,
    sweepMs,
    keepMs: limits.keepMs,
    quietMs: limits.quietMs,
    silenceMs: limits.silenceMs,
    failed,
  })
  try {
    await app.listen({ host: listen.host, port: listen.port })
  } catch (cause) {
    await Promise.all([centre.close(), watched?.metrics.close()])
    throw cannotListen(listen, cause)
  }
  housekeeping.start()
  const { port } = app.server.address() as AddressInfo
  log.info({ port, tls: listen.tls }, `payment centre listens on ${listen.host}:${port}`)
  const stop = async () => {
    await app.close()
    await housekeeping.stop()
    await centre.close()
    await watched?.metrics.close()
    log.info('payment centre stopped')
  }
  return { ready: { port, ...(watched && { metricsPort: watched.metrics.port }) }, stop }
}

/** What shows figures and what counts them; loaded only where somebody watches. */
async function watchedFrom({
  configuration,
}: OpenCentre): Promise<{ metrics: Metrics; figures: Figures } | undefined> {
  if (!configuration.metrics) return undefined
  const { openMetrics } = await import('@concilia/platform/metrics-adapter.ts')
  const { prometheusFigures } = await import('./figures.ts')
  const metrics = await openMetrics(configuration.metrics)
  return { metrics, figures: prometheusFigures(metrics.registry) }
}

function cannotListen({ host, port }: { host: string; port: number }, cause: unknown): OperatingError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  const taken = code === 'EADDRINUSE'
  return new OperatingError({
    code: taken ? 'port-taken' : 'cannot-listen',
    message: taken
      ? `Port ${port} of ${host} is taken by another program.`
      : `The payment centre cannot listen on ${host}:${port} (${code}).`,
    advice: taken
      ? 'End that program, or choose another port (listen.port in the configuration).'
      : 'Choose an address of this machine and a port that may be used (listen in the configuration).',
    cause,
  })
}
