// What a machine says of itself that is no sale: telemetry. Kept for the operator; money never follows from
// it. It has its own counter, so that a repeat is nothing new. Audit data is in audit-step.ts.
import type { Telemetry } from '@concilia/protocol/messages.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

/** No machine has so many; a faulty one shall not grow its row. */
const mostCodes = 32

export function telemetryCame(scene: Scene, world: World, telemetry: Telemetry): void {
  const { automatonId } = scene.machine
  const { journalId, boot, count, kind, code, active, detail: said, at } = telemetry
  const detail = storable(said)
  scene.changes.telemetry.push({
    automatonId,
    journalId,
    boot,
    count,
    kind,
    detail,
    sold: telemetry.sold ?? null,
    at,
    heardAt: world.at,
  })
  if (kind === 'hardwareLost') scene.putMachine({ fault: detail })
  if (kind === 'hardwareBack') scene.putMachine({ fault: null })
  if (code !== undefined && active !== undefined) codeStands(scene, code, active)
  const named = code === undefined ? kind : `${kind} (${code})`
  scene.note({ words: `telemetry of ${automatonId}: ${named} ${detail}`, alarm: active === true })
}

/** EVA-DTS codes of what stands now (`ActiveEVADTSStatusCodes` of OPC 30210-1). */
function codeStands(scene: Scene, code: string, active: boolean): void {
  const others = scene.machine.activeCodes.filter((other) => other !== code)
  scene.putMachine({ activeCodes: active ? [...others, code].slice(-mostCodes) : others })
}

/** PostgreSQL's text takes neither NUL nor half a surrogate pair. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}
