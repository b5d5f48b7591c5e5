import { describe, expect, test } from 'vitest'
import { type AnyEventObject, transition } from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'
import { validationWanted } from './payments/classify.ts'
import {
  type CaseEvent,
  endings,
  eventOf,
  everywhere,
  happenings,
  input,
  inWords,
  leaves,
  memories,
  now,
  ownWords,
  passing,
  phone,
  table,
  timers,
} from './sale-chart.cases.ts'
import { saleChart } from './sale-chart.ts'
import { newSale } from './sale-context.ts'
import type { SaleEvent, SaleEventType } from './sale-events.ts'
import type { SaleEffect } from './sale-vocabulary.ts'

/** Adding an event to the union without listing it here does not compile. */
const eventTypes = Object.keys({
  phoneIdentified: true,
  phoneConsented: true,
  phoneRefused: true,
  voucherGiven: true,
  codeFailed: true,
  codeGiven: true,
  paymentAnswered: true,
  paymentFound: true,
  saleWithdrawn: true,
  outcomeReported: true,
  instructionAnswered: true,
  journalReplaced: true,
  closedByPerson: true,
} satisfies Record<SaleEventType, true>)

type Snapshot = ReturnType<typeof saleChart.resolveState>
type Transition = ReturnType<typeof saleChart.getTransitionData>[number]

interface Row {
  from: string
  memory: string
  words: string
  guard: string
  to: string
  effects: string
}

/** A row goes on in the next line after a comma. */
function cells(text: string): string[][] {
  const lines = text
    .replaceAll(/,\n +/g, ', ')
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.map((line) => line.split('|').map((cell) => cell.trim()))
}

const rows: readonly Row[] = [
  ...cells(table).map(([from = '', memory = '', words = '', guard = '', to = '', effects = '']) => ({
    from,
    memory,
    words,
    guard,
    to,
    effects,
  })),
  ...leaves.flatMap((leaf) =>
    cells(everywhere)
      .filter(([, words = '']) => !ownWords[leaf].includes(words))
      .map(([memory = '', words = '', guard = '', effects = '']) => ({
        from: leaf,
        memory,
        words,
        guard,
        to: leaf,
        effects,
      })),
  ),
]

function snapshotAt(leaf: string, memory: string): Snapshot {
  const change = memories[memory]
  if (!change) throw new Error(`no memory is called "${memory}"`)
  const [parent = '', child] = leaf.split('.')
  const value = child ? { [parent]: child } : parent
  return saleChart.resolveState({ value: value as 'voiding', context: { ...newSale(input), ...change } })
}

function leafOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : Object.entries(value as object)
        .flat()
        .join('.')
}

/** Delayed events are XState's own and not in the chart's union. */
function step(snapshot: Snapshot, event: CaseEvent | AnyEventObject) {
  const [next, actions] = transition(saleChart, snapshot, event as SaleEvent)
  return { next, effects: actions as unknown as SaleEffect[] }
}

const taken = (snapshot: Snapshot, event: CaseEvent): Transition | undefined =>
  saleChart.getTransitionData(snapshot, event as unknown as SaleEvent)[0]

function guardOf(transition: Transition | undefined): string {
  if (!transition) return 'nothing'
  const { guard, eventType } = transition
  if (guard !== undefined) return typeof guard === 'string' ? guard : 'unnamed'
  return eventType === '*' ? 'surprise' : 'otherwise'
}

function nodeAt(leaf: string) {
  const [parent = '', child] = leaf.split('.')
  const { states }: { states: Record<string, typeof saleChart.root> } = saleChart.root
  const node = child ? states[parent]?.states[child] : states[parent]
  return node ?? raise(`the chart has no state ${leaf}`)
}

/**
 * What an event can meet in a leaf: its own transitions first, then its parents', up to the first without a
 * guard.
 */
function candidates(leaf: string, eventType: string): Transition[] {
  const parents = leaf.includes('.') ? [nodeAt(leaf.split('.')[0] ?? ''), saleChart.root] : [saleChart.root]
  const all = [nodeAt(leaf), ...parents].flatMap((node) => [
    ...(node.transitions.get(eventType) ?? []),
    ...(node.transitions.get('*') ?? []),
  ])
  return all.slice(0, all.findIndex(({ guard }) => guard === undefined) + 1)
}

const timersOf = (leaf: string) =>
  snapshotAt(leaf, 'nothing')._nodes.flatMap((node) => node.after.map(({ eventType }) => eventType))

describe('the sale chart', () => {
  test.each(rows.map((row) => [`${row.from}, ${row.memory}: ${row.words}`, row] as const))('%s', (_, row) => {
    const event = eventOf(row.words)
    const before = snapshotAt(row.from, row.memory)
    const { next, effects } = step(before, event)
    expect({
      guard: guardOf(taken(before, event)),
      to: leafOf(next.value),
      effects: effects.map(inWords).join(', '),
    }).toEqual({ guard: row.guard, to: row.to, effects: row.effects })
  })

  const pairs = leaves.flatMap((leaf) =>
    [...eventTypes, ...timersOf(leaf)].map((eventType) => [leaf, eventType] as const),
  )
  test.each(pairs)('the table has %s on %s with each guard both ways', (leaf, eventType) => {
    const about = rows.filter(({ from, words }) => from === leaf && eventOf(words).type === eventType)
    const met = new Set(about.map(({ memory, words }) => taken(snapshotAt(leaf, memory), eventOf(words))))
    const missing = candidates(leaf, eventType).filter((candidate) => !met.has(candidate))
    expect(missing.map((candidate) => `${candidate.source.id} ${guardOf(candidate)}`)).toEqual([])
    expect(about.length).toBeGreaterThan(0)
  })

  test('the table has no state, event or delay that the chart lacks', () => {
    const known = new Set([...eventTypes, ...leaves.flatMap(timersOf)])
    const strange = rows.filter(
      ({ from, words }) => !(leaves as readonly string[]).includes(from) || !known.has(eventOf(words).type),
    )
    expect(strange).toEqual([])
  })

  test('every leaf of the chart stands in the table, and every ending is one', () => {
    const found = Object.entries(saleChart.root.states).flatMap(([name, node]) => {
      const children = Object.keys(node.states)
      return children.length > 0 ? children.map((child) => `${name}.${child}`) : [name]
    })
    expect(found.sort()).toEqual([...leaves, ...endings, ...passing].sort())
    for (const ending of endings) expect(snapshotAt(ending, 'nothing').status).toBe('done')
  })

  test.each(['settling', 'recrediting'] as const)('%s decides at once, with each guard', (name) => {
    const deciding = nodeAt(`${name}.deciding`)
    const entering = rows.filter(({ from, memory, words }) => {
      const target = taken(snapshotAt(from, memory), eventOf(words))?.target ?? []
      return target.some((node) => node === deciding || node === deciding.parent)
    })
    const ends = new Set(entering.map(({ to }) => to))
    const always = deciding.always?.map(({ target }) => target?.[0]?.path.join('.'))
    expect(new Set(always)).toEqual(ends)
    expect(always?.length).toBe(ends.size)
  })

  test('a snapshot survives its way through JSON', () => {
    for (const { from, memory } of rows) {
      const { value, context, status } = snapshotAt(from, memory)
      const back = saleChart.resolveState(JSON.parse(JSON.stringify({ value, context, status })))
      expect([back.value, back.context]).toEqual([value, context])
    }
  })
})

describe.each(['debit', 'hold'] as const)('every way through one sale, by %s', (charge) => {
  // All operations have one id here, so that each answer meets whatever is asked; stale ones stand in the
  // table.
  const events = [
    { type: 'phoneIdentified', phone: phone('a', 'checking', { triesLeft: 1 }) },
    // Whoever pays is `a`: from the charge on the two are one.
    { type: 'voucherGiven', phone: phone('a', 'asked', { channel: 'voice', triesLeft: 1 }) },
    ...Object.values(happenings).filter(({ type }) => type !== 'phoneIdentified' && type !== 'voucherGiven'),
    ...Object.values(timers),
  ].map((event) => ({ ...event, at: now, mint: 'op', mintInstruction: 'i' }))
  const late = {
    ...timers.attention,
    at: now + 25 * 3_600_000,
    mint: 'op',
    mintInstruction: 'i',
    type: timers.attention?.type ?? '',
  }

  function possible({ context, _nodes }: Snapshot): AnyEventObject[] {
    const pending = new Set<string>(_nodes.flatMap((node) => node.after.map(({ eventType }) => eventType)))
    const honoured = charge === 'hold' ? { honouredUntil: now + 60_000 } : {}
    return [...events, late]
      .filter(({ type }) => !type.startsWith('xstate.') || pending.has(type))
      .filter(({ type }) => context.phones.length === 0 || !/^(?:phoneIdentified|voucherGiven)$/.test(type))
      .map((event) =>
        'result' in event && typeof event.result === 'object' && event.result.kind === 'ok'
          ? { ...event, result: { ...event.result, ...honoured } }
          : event,
      )
  }

  /** What makes a difference to what can happen next; how often the machine was asked does not. */
  function serialize({ value, context }: Snapshot): string {
    const { phones, operationId, instructedAt, because, evidence, learnt, asked, refundAttempt, ...others } =
      context
    const { wrongCodes, consent, ...rest } = others
    const steps = phones.map(({ step }) => step)
    return JSON.stringify([
      value,
      rest,
      steps,
      operationId,
      instructedAt > 0,
      because === 'unknown',
      evidence !== null,
      learnt !== null,
    ])
  }

  interface Way {
    readonly to: string
    readonly event: AnyEventObject
    readonly effects: readonly SaleEffect[]
  }

  const asks = (way: Way, ...kinds: string[]) =>
    way.effects.some(({ type, params }) => type === 'pay' && kinds.includes(params.payment.kind))
  const isCodeWanted = (way: Way) =>
    way.event.result?.code === validationWanted && asks(way, 'charge', 'prepare')
  const isRefused = ({ event, to }: Way) =>
    event.result?.kind === 'refused' && leafOf(stateOf(to).value) === 'awaitingPerson'
  const does = (way: Way, type: SaleEffect['type']) => way.effects.some((effect) => effect.type === type)
  /** The machine's signed word, a person, another journal, or the published limit (rule 11). */
  const movesMoneyBack = ({ event }: Way) =>
    event === late ||
    ['outcomeReported', 'saleWithdrawn', 'closedByPerson', 'journalReplaced'].includes(event.type)

  type Reached = { state: Snapshot; transitions: Record<string, { event: AnyEventObject }> }
  // Its keys are strings of a type of their own.
  const reached = getAdjacencyMap(saleChart, {
    input: { ...input, charge },
    events: (snapshot) => possible(snapshot) as SaleEvent[],
    serializeState: serialize,
    limit: 50_000,
  }) as unknown as Record<string, Reached>
  /** From each state, the ways that differ in where they lead or in what they ask for. */
  const ways = new Map<string, Way[]>()
  for (const [from, { state, transitions }] of Object.entries(reached)) {
    const different = new Map<string, Way>()
    for (const { event } of Object.values(transitions)) {
      const { next, effects } = step(state, event)
      const way = { to: serialize(next), event, effects }
      different.set(`${way.to} ${effects.map(inWords)} ${movesMoneyBack(way)}`, way)
    }
    ways.set(from, [...different.values()])
  }
  const stateOf = (key: string) => reached[key]?.state ?? raise(`no state ${key}`)
  const start = Object.keys(reached)[0] ?? ''

  /** Calls `visit` with every simple path that ends, and with the loops on its way as steps of their own. */
  function everyPath(visit: (path: readonly Way[]) => void): number {
    let count = 0
    const path: Way[] = []
    const walk = (at: string, on: ReadonlySet<string>) => {
      const next = ways.get(at) ?? []
      if (stateOf(at).status === 'done') {
        count++
        visit(path)
        return
      }
      for (const way of next) {
        if (way.to === at || on.has(way.to)) continue
        path.push(way)
        walk(way.to, new Set([...on, way.to]))
        path.pop()
      }
    }
    walk(start, new Set([start]))
    return count
  }

  test('reaches every ending, and from everywhere an ending', () => {
    const values = Object.values(reached).map(({ state }) => leafOf(state.value))
    expect(new Set(values)).toEqual(new Set([...leaves, ...endings].filter((leaf) => values.includes(leaf))))
    expect(endings.filter((ending) => !values.includes(ending))).toEqual([])
    const ending = new Set(Object.keys(reached).filter((key) => stateOf(key).status === 'done'))
    for (let before = -1; before !== ending.size; ) {
      before = ending.size
      for (const [key, list] of ways) if (list.some(({ to }) => ending.has(to))) ending.add(key)
    }
    expect(Object.keys(reached).filter((key) => !ending.has(key))).toEqual([])
  })

  test('charges at most once, and nothing after a void', () => {
    let wanted = 0
    const paths = everyPath((path) => {
      const charges = path.filter((way) => asks(way, 'charge', 'prepare'))
      // One attempt, but for a charge in one step refused for good because a code is wanted (rule 3).
      const refused = path.filter(isCodeWanted).length
      wanted += refused
      expect(charges.length).toBeLessThanOrEqual(1 + refused)
      expect(charges.slice(0, -1).every((way) => asks(way, 'charge'))).toBe(true)
      expect(refused).toBeLessThanOrEqual(1)
      const voided = path.findIndex((way) => asks(way, 'void'))
      if (voided < 0) return
      for (const way of path.slice(voided + 1)) {
        // But for the goods of a sale whose void was refused, once their payment is found.
        const posts = asks(way, 'confirm') && way.event.type !== 'paymentFound'
        expect(posts || asks(way, 'charge', 'prepare', 'validate')).toBe(false)
        expect(does(way, 'deliver')).toBe(false)
      }
    })
    expect(paths).toBeGreaterThan(500)
    expect(wanted > 0).toBe(charge === 'debit')
  })

  test('charges only with the slip, delivers only with the acknowledgement, and once', () => {
    for (const [from, list] of ways) {
      if (list.some((way) => asks(way, 'charge', 'prepare'))) expect(stateOf(from).context.slip).toBe('slip')
      for (const way of list.filter((each) => does(each, 'deliver'))) {
        expect(way.event).toMatchObject({ type: 'paymentAnswered', result: { kind: 'ok' } })
        expect(stateOf(way.to).context.acknowledgement).toBe('signed')
        expect(leafOf(stateOf(from).value)).toMatch(/^charging/)
      }
    }
    everyPath((path) => {
      expect(path.filter((way) => does(way, 'deliver')).length).toBeLessThanOrEqual(1)
    })
  })

  test('after a delivery instruction money goes back only on a word that may move it', () => {
    everyPath((path) => {
      const instructed = path.findIndex((way) => does(way, 'deliver'))
      if (instructed < 0) return
      const undone = path.findIndex((way) => asks(way, 'void', 'refund', 'cancel'))
      if (undone < 0) return
      expect(undone).toBeGreaterThan(instructed)
      expect(path.slice(instructed + 1, undone + 1).some(movesMoneyBack)).toBe(true)
    })
  })

  test('every ending says truly what became of the money', () => {
    everyPath((path) => {
      const ending = leafOf(stateOf(path.at(-1)?.to ?? '').value)
      const charged = path.some((way) => asks(way, 'charge', 'prepare'))
      // Asked for, and not refused for good since: that has moved nothing, and a person decides anew.
      const undoing = path.findLastIndex((way) => asks(way, 'void', 'refund', 'cancel'))
      const undone = undoing > path.findLastIndex(isRefused)
      const delivered = path.some(
        ({ event }) => event.type === 'outcomeReported' && event.result === 'delivered',
      )
      const found = path.some(({ event }) => event.type === 'paymentFound')
      if (ending === 'settled') expect([charged || found, undone, delivered]).toEqual([true, false, true])
      if (ending === 'recredited') expect(charged).toBe(true)
      if (charged && ['withdrawn', 'expired'].includes(ending)) expect(undone).toBe(true)
      if (ending === 'owed') expect([undone, does(path.at(-1) as Way, 'setAside')]).toEqual([true, true])
    })
  })
})

function raise(why: string): never {
  throw new Error(why)
}
