// Conciliation: bringing an offer and an identification of one machine together, in whichever order they
// came. Each waits for the other; an identification is bound to one sale and used up by it; several phones
// may be bound to one.
import { proofWanted } from '../proof-policy.ts'
import type { IdentificationRow, SaleRow } from '../store/port.ts'
import { addInstruction, addText } from './outgoing.ts'
import { stepSale } from './sale-step.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

/** Wrong codes a phone may send in one sale. */
const tries = 3

/** The machine came second: every phone that waits before it is asked. */
export function offerArrived(scene: Scene, world: World, saleId: string): void {
  for (const identification of scene.identifications()) {
    if (identification.state === 'waiting') bind(scene, world, saleId, identification)
  }
}

/**
 * The phone came: it joins the newest sale if that still takes phones, or waits for one. A machine holds one
 * offer at a time: an older one is over, though its end is not here yet.
 */
export function phoneArrived(scene: Scene, world: World, identification: IdentificationRow): void {
  const [newest] = scene.openSales()
  if (newest && takesPhones(newest)) {
    bind(scene, world, newest.saleId, identification)
    return
  }
  const { identificationWaitMs, attendMs } = world.settings.limits
  scene.putIdentification({ ...identification, dueAt: world.at + identificationWaitMs })
  const { machineNumber, automatonId, reader } = scene.machine
  const { subscriberId, channel, sessionId, vouched, language } = identification
  addText(
    scene,
    world,
    {
      subscriberId,
      channel,
      sessionId,
      vouched,
      language,
      say: { kind: 'chooseNow', machineNumber: machineNumber ?? '', withinMs: identificationWaitMs },
    },
    null,
  )
  if (reader === 'session') {
    addInstruction(scene, world, automatonId, {
      instruction: { id: world.mint(), issuedAt: world.at, kind: 'attend', forMs: attendMs },
      until: world.at + attendMs,
    })
  }
}

function takesPhones({ open, state }: SaleRow): boolean {
  return open && state.startsWith('open.')
}

function bind(scene: Scene, world: World, saleId: string, identification: IdentificationRow): void {
  const wanted = proofOf(scene, world, saleId, identification)
  if (!wanted) {
    declineWay(scene, world, identification)
    return
  }
  const { vouched, proof } = wanted
  scene.putIdentification({
    ...identification,
    vouched,
    state: 'bound',
    saleId,
    dueAt: null,
  })
  const sale = scene.sale(saleId)
  if (!sale) throw new Error(`an identification was to be bound to sale ${saleId}, which is not there`)
  const { identificationId, subscriberId, channel, sessionId, language, code } = identification
  stepSale(scene, world, sale, {
    type: 'phoneIdentified',
    phone: {
      identificationId,
      subscriberId,
      channel,
      sessionId,
      language,
      vouched,
      code,
      step: 'checking',
      operationId: world.mint(),
      triesLeft: tries,
      ...(proof && { proof }),
    },
  })
}

/** Known only now: the price is the sale's. */
function proofOf(scene: Scene, world: World, saleId: string, { channel, vouched }: IdentificationRow) {
  const sale = scene.sale(saleId)
  if (!sale) throw new Error(`what proves a buyer of sale ${saleId} was asked, which is not there`)
  const { amountMinor, currency } = sale
  const machineNumber = scene.machine.machineNumber ?? ''
  return proofWanted(world.settings.proof, { machineNumber, channel, amountMinor, currency, vouched })
}

function declineWay(scene: Scene, world: World, identification: IdentificationRow): void {
  scene.putIdentification({ ...identification, state: 'closed', dueAt: null })
  const { subscriberId, channel, sessionId, vouched, language } = identification
  const machineNumber = scene.machine.machineNumber ?? ''
  const say = { kind: 'declined', machineNumber, reason: 'wayNotAllowed' } as const
  addText(scene, world, { subscriberId, channel, sessionId, vouched, language, say }, null)
}
