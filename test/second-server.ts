// A second relation server of a house: the first one's configuration but for its own port, and whatever
// else it is to find elsewhere.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { writeConfiguration } from '@concilia/simulator/start/configurations.ts'
import type { House } from '@concilia/simulator/start/house.ts'
import { stepOf } from '@concilia/simulator/start/steps.ts'
import { SupervisedProgram } from '@concilia/simulator/start/supervised-program.ts'
import { parse } from 'smol-toml'

export const secondServerName = 'relation-server-2'

export interface Elsewhere {
  readonly httpPort: number
  readonly brokerPort?: number
  readonly centrePort?: number
  readonly databaseUrl?: string
}

/** Not started yet. */
export function secondServer(
  { places, programs, happenings }: House,
  { httpPort, brokerPort, centrePort, databaseUrl }: Elsewhere,
): SupervisedProgram {
  const first = programs.get('relation-server')?.program
  if (!first) throw new Error('the first relation server has not been started')
  const configuration = parse(readFileSync(join(places.configuration, 'relation-server.toml'), 'utf8'))
  const file = writeConfiguration(places, secondServerName, {
    ...configuration,
    http: { port: httpPort },
    phones: withoutPlatforms(Object(configuration.phones)),
    ...(brokerPort !== undefined && { machines: { brokerUrl: `mqtt://127.0.0.1:${brokerPort}` } }),
    ...(centrePort !== undefined && {
      payments: { ...Object(configuration.payments), centreUrl: `http://127.0.0.1:${centrePort}` },
    }),
  })
  return new SupervisedProgram(
    {
      ...first,
      name: secondServerName,
      title: 'relation server 2',
      arguments: ['--config', file],
      environment: { ...first.environment, ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }) },
    },
    places,
    {
      line({ title }, line) {
        const step = stepOf(title, line)
        if (step) happenings.tell({ kind: 'step', ...step })
      },
      news: (words) => happenings.tell({ kind: 'news', at: systemClock.now(), words }),
    },
  )
}

/** The PBX calls the first one: two cannot wait for it at one port. */
function withoutPlatforms(phones: { readonly voice?: object }): object {
  return { ...phones, ...(phones.voice && { voice: { ...phones.voice, platforms: {} } }) }
}
