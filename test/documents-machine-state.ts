// The page that says how a machine speaks of its own state, made from the tables that the programs use.
import { hardwareStates, machineEvents } from '@concilia/protocol/machine-state.ts'

/** Where a state or a parameter of ours has a name in OPC 30210-1, and no table of the code says it. */
const names = [
  ['`hardware.status` of presence and birth', 'PaymentModeOrDeviceStatusEnum, its words as they are'],
  ['`hardware.isEnabled`', 'IsEnabled of the standalone cashless device'],
  ['`code` of telemetry', 'EVADTSStatusCode'],
  ['`active` of telemetry', 'EVADTSStatusIsActive'],
  ['codes that stand, in `machine show`', 'ActiveEVADTSStatusCodes'],
  ['`item` of an offer', 'SelectionId'],
  ['outcome `delivered`, `failed`', 'DeliveryFinished, DeliveryFailed of DeliveryStatusEnum'],
  ['outcome `unknown`', 'none: OPC knows no vend whose end nobody saw'],
] as const

export function machineStatePage(): string {
  const states = Object.entries(hardwareStates).map(([name, { state, mdb, about }]) => {
    return [`\`${name}\``, state.status, state.isEnabled ? 'true' : 'false', mdb, about]
  })
  const events = Object.entries(machineEvents).map(([kind, row]) => {
    const active = 'active' in row ? (row.active ? 'stands' : 'is over') : 'once'
    return [`\`${kind}\``, row.code ?? 'none', row.code === null ? '' : active, row.about]
  })
  return `# A machine's own state, on the wire

Made from [protocol/machine-state.ts](../protocol/machine-state.ts), which the programs use. Names are those
of OPC 30210-1 (OPC UA for unattended retail), codes those of EVA-DTS 6.1.1.

## Whether the vending machine can sell by phone

Said in every presence and birth, and anew whenever it changes while the link is up. Only Available and
enabled can sell: a buyer who texts to any other machine is told so at once, unless an offer of it is open.
MDB's states go by the table of OPC 30210-1, 7.21.3.

${table(['the automaton knows', 'Status', 'IsEnabled', 'MDB state', 'that is'], states)}

## What it notices

Telemetry carries the code, and whether it stands from now on. What stands is kept at the server and said
again after each birth. A coin changer's own conditions have codes by their number: EA and the two bytes
(\`EA1510\`).

${table(['kind', 'EVA-DTS', '', 'that is'], events)}

## Our words and those of OPC 30210-1

${table(['ours', 'OPC 30210-1'], names)}
`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
