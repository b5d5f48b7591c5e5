// A person's word: closing a sale that was set aside, admitting, barring or enrolling a machine. Who and why
// are kept.

import { askForAudit } from './audit-step.ts'
import { configure, tellConfiguration } from './configuration-step.ts'
import type { PersonInput } from './inputs.ts'
import { admissionOf, bar } from './machine-step.ts'
import { addAdmission } from './outgoing.ts'
import { aboveCap } from './sale-messages.ts'
import { stepSale } from './sale-step.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

export function personSpoke(
  scene: Scene,
  world: World,
  { who, why, action, automatonId }: PersonInput,
): void {
  const saleId = action.type === 'closeSale' ? action.saleId : null
  scene.changes.persons.push({
    id: world.mint(),
    at: world.at,
    who,
    why,
    action: JSON.stringify(action),
    automatonId,
    saleId,
  })
  switch (action.type) {
    case 'closeSale':
      closeSale(scene, world, action, who, why)
      return
    case 'bar':
      bar(scene, world, 'a person has barred this machine')
      return
    case 'enrol': {
      const { machineNumber, seller, tradeName } = action
      scene.putMachine({ machineNumber, seller, tradeName, enrolledAt: world.at })
      return
    }
    case 'configure':
      configure(scene, world, action.text)
      return
    case 'readAudit':
      askForAudit(scene, world)
      return
    case 'admit':
      admit(scene, world)
  }
}

function closeSale(
  scene: Scene,
  world: World,
  { saleId, as }: { saleId: string; as: 'recredit' | 'writeOff' },
  who: string,
  why: string,
): void {
  const sale = scene.sale(saleId)
  if (!sale) throw new Error(`there is no sale ${saleId} on this machine`)
  const looked = { ...sale, aside: null }
  scene.putSale(looked)
  if (looked.open) stepSale(scene, world, looked, { type: 'closedByPerson', as, who, why })
}

/** What the machine was doing under its old journal is not known any more (section 7). */
function admit(scene: Scene, world: World): void {
  const { newJournalId, boot, automatonId } = scene.machine
  scene.putMachine({ state: 'admitted' })
  if (newJournalId === null) return
  scene.putMachine({ journalId: newJournalId, newJournalId: null, storedUpTo: 0, beyond: [] })
  for (const sale of scene.openSales()) {
    stepSale(scene, world, sale, { type: 'journalReplaced', aboveCap: aboveCap(scene, world, sale) })
  }
  // Another process than the one that holds the links may be deciding this: hence by the outbox.
  addAdmission(scene, world, automatonId, admissionOf(scene, world, boot, 'accepted'))
  tellConfiguration(scene, world.at)
}
