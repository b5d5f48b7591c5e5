// A server process's link to the simulated message centre: the real one, with the profile it would have in
// the field. What was heard under which key, and sent under which, is noted for the auditor.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Random } from '@concilia/protocol/random.ts'
import type { Receive } from '@concilia/relation-server/phones/port.ts'
import { SmppLink } from '@concilia/relation-server/phones/smpp/link.ts'
import type { MessageCentre } from './message-centre.ts'
import type { SimulatedProcess } from './simulated-process.ts'

export const linkName = 'operator'

interface Parts {
  readonly process: SimulatedProcess
  readonly centre: MessageCentre
  readonly serviceCode: string
  readonly receive: Receive
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export function messageLink({ process, centre, serviceCode, ...parts }: Parts): SmppLink {
  return new SmppLink({
    ...parts,
    settings: {
      systemId: 'concilia',
      password: 'secret',
      systemType: '',
      bind: 'transceiver',
      window: 10,
      answerMs: 5_000,
      enquireMs: 30_000,
      sendLimitMs: 10_000,
      answerLimitMs: 8_000,
      profile: {
        name: linkName,
        sender: '36000',
        senderTon: 3,
        senderNpi: 0,
        alphabet: 'gsm7',
        long: 'udh',
        receipts: false,
        ussd: { code: serviceCode, sessionKey: centre.sessionKey, dataCoding: 15, vouched: true },
      },
    },
    dial: centre.dialOf(process),
    hearReceipt: () => {},
  })
}
