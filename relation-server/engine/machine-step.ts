// What a machine says, decided under its lock: birth and admission, the counting of what is *stored*,
// receipts of instructions, presence. Its words about sales are in sale-messages.ts, about its configuration
// in configuration-step.ts, about itself in notice-step.ts.
import type { Admission, Birth, InstructionAnswer, Presence } from '@concilia/protocol/messages.ts'
import { auditCame } from './audit-step.ts'
import { configurationAnswered, configurationNamed } from './configuration-step.ts'
import type { MachineInput } from './inputs.ts'
import { telemetryCame } from './notice-step.ts'
import { addAdmission } from './outgoing.ts'
import { saleMessageArrived } from './sale-messages.ts'
import { stepSale } from './sale-step.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

export function machineSpoke(scene: Scene, world: World, input: MachineInput): void {
  switch (input.type) {
    case 'birth':
      born(scene, world, input.birth)
      return
    case 'sale':
      saleMessageArrived(scene, world, input.message)
      return
    case 'answered':
      answered(scene, world, input.answer)
      return
    case 'presence':
      present(scene, input.presence)
      return
    case 'telemetry':
      telemetryCame(scene, world, input.telemetry)
      return
    case 'audit':
      if (input.message.kind === 'audit') auditCame(scene, world, input.message)
      return
    case 'configured':
      configurationAnswered(scene, input.answer)
      return
    case 'malformed':
      // Only counted as stored; the engine has put it into quarantine.
      return
  }
}

/** Counts a message of the admitted journal as stored. Gaps are kept apart until they are filled. */
export function countStored(scene: Scene, seq: number): void {
  const { storedUpTo, beyond } = scene.machine
  if (seq <= storedUpTo) return
  const open = new Set([...beyond, seq])
  let upTo = storedUpTo
  while (open.delete(upTo + 1)) upTo++
  scene.putMachine({ storedUpTo: upTo, beyond: [...open].sort((a, b) => a - b).slice(0, 512) })
}

export function releaseStored(scene: Scene): void {
  const { automatonId, journalId, storedUpTo, beyond } = scene.machine
  if (journalId === null) return
  const stored = scene.changes.releases.filter((release) => release.channel !== 'stored')
  scene.changes.releases.splice(0, scene.changes.releases.length, ...stored, {
    channel: 'stored',
    automatonId,
    body: { journalId, upTo: storedUpTo, beyond: [...beyond] },
  })
}

function born(scene: Scene, world: World, birth: Birth): void {
  const { machine } = scene
  const answer = (admission: Admission['admission'], reason?: string) => {
    const body = admissionOf(scene, world, birth.boot, admission, reason)
    scene.changes.releases.push({ channel: 'admission', automatonId: machine.automatonId, body })
  }
  const refusal = identityRefusal(scene, world, birth)
  if (refusal !== undefined) {
    scene.note({ words: `${machine.automatonId} was rejected: ${refusal}`, alarm: true })
    answer('rejected', refusal)
    return
  }
  // Its `online` may have come before the birth, under a boot not known yet, and have counted for nothing.
  scene.putMachine({
    reader: birth.reader,
    keypad: birth.keypad ?? false,
    presence: 'online',
    hardware: birth.hardware ?? null,
  })
  if (machine.state === 'pending' || machine.machineNumber === null) {
    scene.putMachine({ newJournalId: birth.journalId, boot: birth.boot })
    answer('pending', 'a person has to enrol and admit this machine')
    return
  }
  if (machine.journalId !== null && machine.journalId !== birth.journalId) {
    scene.putMachine({ newJournalId: birth.journalId, boot: birth.boot })
    scene.note({ words: `${machine.automatonId} came back with another journal`, alarm: true })
    answer('pending', 'its journal is another one than was admitted: a person has to admit it')
    return
  }
  scene.putMachine({
    journalId: birth.journalId,
    newJournalId: null,
    boot: birth.boot,
    // What still stands it says again.
    fault: null,
    activeCodes: [],
  })
  scene.note({ words: `${machine.automatonId} is admitted, boot ${birth.boot}` })
  answer('accepted')
  configurationNamed(scene, world, birth)
}

/** Nothing more is admitted of this machine, and it is told so: it offers nothing from now on. */
export function bar(scene: Scene, world: World, why: string): void {
  const { automatonId, boot } = scene.machine
  scene.putMachine({ state: 'barred' })
  addAdmission(scene, world, automatonId, admissionOf(scene, world, boot, 'rejected', why))
}

/** What machines check acknowledgements by has changed: an admitted one is told anew. */
export function readmit(scene: Scene, world: World): void {
  const { automatonId, boot, state, journalId, newJournalId } = scene.machine
  if (state !== 'admitted' || journalId === null || newJournalId !== null) return
  addAdmission(scene, world, automatonId, admissionOf(scene, world, boot, 'accepted'))
}

function identityRefusal(scene: Scene, world: World, birth: Birth): string | undefined {
  const { machine } = scene
  if (machine.state === 'barred') return 'this machine is barred'
  const checked = world.parties.check(birth.chain, world.at)
  if (!checked.ok) return `its certificate is refused: ${checked.refusal}`
  const { party } = checked
  if (party.role !== 'automaton' || party.id !== machine.automatonId)
    return 'its certificate is of another party'
  if (machine.machineNumber !== null && birth.machineNumber !== machine.machineNumber) {
    return `it says machine ${birth.machineNumber}, enrolled is ${machine.machineNumber}`
  }
  // While another journal waits for admission, the boot that is kept is that one's.
  const isOurs = birth.journalId === machine.journalId && machine.newJournalId === null
  if (isOurs && birth.boot < machine.boot) {
    return `boot ${birth.boot} is older than ${machine.boot}: a copy of this machine, or a restored journal`
  }
  world.parties.keep(party)
  scene.changes.certificates.push({ kid: party.kid, chain: birth.chain })
  return undefined
}

export function admissionOf(
  scene: Scene,
  world: World,
  boot: number,
  admission: Admission['admission'],
  reason?: string,
): Admission {
  const { journalId, storedUpTo, beyond, machineNumber } = scene.machine
  const secret = world.settings.presence?.secretOf(scene.machine)
  return {
    boot,
    admission,
    ...(reason === undefined ? {} : { reason }),
    serverTime: world.at,
    ...(admission === 'accepted' && journalId !== null
      ? { stored: { journalId, upTo: storedUpTo, beyond: [...beyond] } }
      : {}),
    centreChains: [...world.centreChains],
    invitation: world.settings.invitation
      .replace('{number}', secret === undefined ? (machineNumber ?? '') : '{code}')
      .slice(0, 32),
    ...(admission === 'accepted' && secret !== undefined ? { presence: { secret } } : {}),
  }
}

function answered(scene: Scene, world: World, answer: InstructionAnswer): void {
  scene.changes.outboxDone.push(answer.instructionId)
  if (answer.answer === 'rejected') {
    scene.note({
      words: `an instruction was rejected: ${answer.reason ?? 'no reason given'}`,
      ...(answer.saleId === undefined ? {} : { saleId: answer.saleId }),
    })
  }
  const sale = scene.sale(answer.saleId)
  if (sale?.open) stepSale(scene, world, sale, { type: 'instructionAnswered', ...answer })
}

/** A last will of an earlier boot comes late and says nothing about this one. */
function present(scene: Scene, { presence, boot, hardware }: Presence): void {
  const { machine } = scene
  if (boot < machine.boot) return
  // A last will says nothing of the vending machine: what it said last stays known.
  const said = hardware ?? machine.hardware
  const same = said?.status === machine.hardware?.status && said?.isEnabled === machine.hardware?.isEnabled
  if (presence !== machine.presence || !same) scene.putMachine({ presence, hardware: said })
}
