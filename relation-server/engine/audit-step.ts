// A machine's audit data, decided under its lock: counters that differ from what was reported raise an alert
// at the machine, once, which a later reading that agrees clears. No money follows from it: a person looks.
// Also the other side of the comparison, the count of what machines report.
import type { Audit, Sold } from '@concilia/protocol/audit.ts'
import { type Currency, currencies, decimalText } from '@concilia/protocol/money.ts'
import {
  type Compared,
  type Comparison,
  type KeptReading,
  keptReading,
  type Reported,
} from '../audit-reading.ts'
import type { AuditRow, SaleRow, SoldRow } from '../store/port.ts'
import { compare } from './audit-comparison.ts'
import { storable } from './notice-step.ts'
import { addInstruction } from './outgoing.ts'
import { contextOf } from './sale-step.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

export function auditCame(scene: Scene, world: World, audit: Audit): void {
  const { automatonId } = scene.machine
  const { journalId, boot, seq, at } = audit
  const reported = reportedOf(scene.sold)
  const before = readingBefore(scene, audit)
  const comparison = compare({
    before,
    audit,
    reported,
    cash: cashSince(scene, before, audit),
    lostNotices: lostNotices(scene, before, audit),
    ...wordsAround(scene, seq),
  })
  const kept: KeptReading = { audit, reported, comparison }
  scene.changes.audits.push({
    ...{ automatonId, journalId, boot },
    count: seq,
    body: storable(JSON.stringify(kept)),
    at,
    // Of one that was overtaken, the younger one stays the newest.
    heardAt: Math.min(world.at, (overtakenBy(scene, audit)?.heardAt ?? Number.POSITIVE_INFINITY) - 1),
  })
  const vends = audit.counters ? `${audit.counters.paid.number} paid vends` : audit.remarks[0]
  scene.note({ words: `audit data of ${automatonId} has come: ${vends}` })
  if (comparison.reset !== null) {
    scene.note({ words: `audit data of ${automatonId}: ${comparison.reset}; compared from here on` })
  }
  judge(scene, comparison, audit)
}

/** Raised once; said again only when it was cleared in between. */
function judge(scene: Scene, { compared, standing }: Comparison, audit: Audit): void {
  const { automatonId, auditAlert } = scene.machine
  const differing = compared.filter(({ verdict }) => verdict === 'differs')
  if (differing.length > 0) {
    const words = differing.map((line) => differenceText(line, audit)).join('; ')
    scene.putMachine({ auditAlert: words.slice(0, 500) })
    if (auditAlert === null) scene.note({ words: `counters of ${automatonId} differ: ${words}`, alarm: true })
    return
  }
  // A reading that was compared with nothing says nothing.
  if (auditAlert === null || standing.length > 0 || compared.length === 0) return
  scene.putMachine({ auditAlert: null })
  scene.note({ words: `counters of ${automatonId} agree again with what it reports` })
}

/** `cashless2: counted 12 for 18.00 EUR, reported 11 for 16.50 EUR`. */
export function differenceText({ subject, counted, reported, unknown }: Compared, audit: Audit): string {
  const currency = audit.counters?.currency ?? ''
  const value = (amountMinor: number) =>
    Object.hasOwn(currencies, currency)
      ? `${decimalText(amountMinor, currency as Currency)} ${currency}`
      : `${amountMinor}`
  const said = `${subject}: counted ${counted.number} for ${value(counted.valueMinor)}, reported `
  const unknowns = unknown === 0 ? '' : ` and ${unknown} unknown`
  return `${said}${reported.number} for ${value(reported.valueMinor)}${unknowns}`
}

/** Newest first. */
function rowsBefore(scene: Scene): AuditRow[] {
  return [...scene.audits].sort((a, b) => b.heardAt - a.heardAt || b.boot - a.boot || b.count - a.count)
}

/** The newest one whose counters could be read; none for a reading that was overtaken by a younger one. */
function readingBefore(scene: Scene, audit: Audit): KeptReading | undefined {
  if (overtakenBy(scene, audit)) return undefined
  const readings = rowsBefore(scene).flatMap(({ body }) => keptReading(body) ?? [])
  return readings.find((reading) => reading.audit.counters)
}

/** A word that was lost on the way comes later than the one after it. */
function overtakenBy(scene: Scene, { journalId, seq }: Audit): AuditRow | undefined {
  return rowsBefore(scene).find((row) => row.journalId === journalId && row.count > seq)
}

const none: Sold = { number: 0, valueMinor: 0 }

function plus(sum: Sold, { number, valueMinor }: Sold): Sold {
  return { number: sum.number + number, valueMinor: sum.valueMinor + valueMinor }
}

function reportedOf(rows: readonly SoldRow[]): Reported {
  const of = (result: SoldRow['result'], item?: number) =>
    rows
      .filter((row) => row.result === result && (item === undefined || row.item === item))
      .reduce(plus, none)
  const items = [...new Set(rows.map(({ item }) => item))].sort((a, b) => a - b)
  return {
    delivered: of('delivered'),
    unknown: of('unknown'),
    items: Object.fromEntries(
      items.map((item) => [String(item), { delivered: of('delivered', item), unknown: of('unknown', item) }]),
    ),
  }
}

/** Notices are named by boot and count: those of the interval lie between the counts of the two readings. */
function noticesSince(scene: Scene, before: KeptReading | undefined, { boot, notices, journalId }: Audit) {
  if (!before) return []
  const { audit } = before
  return scene.telemetry.filter((row) => {
    if (row.journalId !== journalId) return false
    const after = row.boot > audit.boot || (row.boot === audit.boot && row.count > audit.notices)
    return after && (row.boot < boot || (row.boot === boot && row.count <= notices))
  })
}

function cashSince(scene: Scene, before: KeptReading | undefined, audit: Audit): Map<string, Sold> {
  const cash = new Map<string, Sold>()
  for (const { kind, sold } of noticesSince(scene, before, audit)) {
    if (kind !== 'cashSale' || !sold) continue
    const item = String(sold.item)
    cash.set(item, plus(cash.get(item) ?? none, { number: 1, valueMinor: sold.amountMinor }))
  }
  return cash
}

/** How many the process before a restart had counted, nobody knows. */
function lostNotices(scene: Scene, before: KeptReading | undefined, audit: Audit): number | undefined {
  if (!before || before.audit.boot !== audit.boot || before.audit.journalId !== audit.journalId) {
    return undefined
  }
  return audit.notices - before.audit.notices - noticesSince(scene, before, audit).length
}

/** The machine numbers what it says: what is older and not here, and what is younger and here already. */
function wordsAround(scene: Scene, seq: number): { missingWords: number; youngerWords: number } {
  const { storedUpTo, beyond } = scene.machine
  const older = beyond.filter((each) => each < seq).length
  return {
    missingWords: Math.max(0, seq - 1 - storedUpTo - older),
    youngerWords: Math.max(0, storedUpTo - seq) + beyond.filter((each) => each > seq).length,
  }
}

/** A machine's word about a sale, for the day its counters are read. */
export function countSold(scene: Scene, sale: SaleRow, result: 'delivered' | 'failed' | 'unknown'): void {
  // Of a sale that came without its offer, the item is not known.
  if (result === 'failed' || sale.snapshot === '{}') return
  const { automatonId, amountMinor } = sale
  const { item } = contextOf(sale)
  scene.changes.sold.push({ automatonId, item, result, number: 1, valueMinor: amountMinor })
}

/** How long a machine that is away may still be told to read (ms). */
const askedForMs = 24 * 3_600_000

/** A person wants the counters now. */
export function askForAudit(scene: Scene, world: World): void {
  addInstruction(scene, world, scene.machine.automatonId, {
    instruction: { id: world.mint(), issuedAt: world.at, kind: 'readAudit' },
    until: world.at + askedForMs,
  })
}
