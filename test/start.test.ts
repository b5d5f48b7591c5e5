// npm start as somebody uses it who has just cloned: the terminal on a pipe, yesterday's data, a supervisor
// killed with everything it owns, and what is mistyped. The program runs as it is; only its lines are read.
import { rmSync } from 'node:fs'
import { temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import { afterAll, describe, expect, test } from 'vitest'
import { Session } from './session.ts'

/** The link may be up a moment later than the machine: who is told coins only chooses again. */
async function pressUntilOffered(session: Session): Promise<void> {
  for (;;) {
    const before = session.lines.length
    session.type('press 4021 2')
    await session.showsAfter(before, / ST5 |does not sell item 2/)
    if (session.lines.some((line) => line.includes(' ST5 '))) return
  }
}

describe('the terminal', () => {
  const data = temporaryData()
  afterAll(() => rmSync(data, { recursive: true }))

  test('sells, stops when told, and finds yesterday’s data', { timeout: 120_000 }, async () => {
    const first = new Session('--data', data)
    await first.shows(/machine 4021 +sells by phone/)
    await first.shows(/Try: press/)
    first.type('pres 4021 2')
    await first.shows(/did you mean press\?/)
    await pressUntilOffered(first)
    first.type('text rich PAY 4021')
    const code = await first.shows(/Reply YES (\d+)/)
    first.type(`text rich YES ${code}`)
    await first.shows(/item 2 falls into the tray/)
    await first.shows(/ST132/)
    first.type('accounts')
    await first.shows(/^rich +998\.00 EUR/)
    first.type('quit')
    expect(await first.ended).toBe(0)

    const second = new Session('--data', data)
    await second.shows(/Try: press/)
    second.type('accounts')
    await second.shows(/^rich +998\.00 EUR/)
    second.type('sales')
    await second.shows(/4021 +2\.00 EUR +settled/)

    const third = new Session('--data', data)
    await third.shows(/running from this data folder already/)
    expect(await third.ended).toBe(1)

    second.kill('SIGKILL')
    await second.ended
    const fourth = new Session('--data', data)
    await fourth.shows(/machine 4021 +sells by phone/)
    fourth.type('kill automaton-4021')
    await fourth.shows(/automaton 4021 is back/)
    fourth.type('accounts')
    await fourth.shows(/^rich +998\.00 EUR/)
    fourth.kill('SIGINT')
    expect(await fourth.ended).toBe(0)
  })
})

describe('what is mistyped', () => {
  test.each<[string[], RegExp]>([
    [['--sale', '--fault', 'jamm'], /no fault jamm; did you mean jam\?/],
    [['--fault', 'jam'], /--fault goes with --sale/],
    [['--sale', '--hold', '--fault', 'owed'], /--fault owed goes without --hold/],
    [['--sales'], /unknown flag --sales; did you mean --sale\?/],
    [['--sale', '--machine', '4012'], /no machine 4012 on this bench/],
    [['--sale', '--cash'], /--cash goes with --sale --kiosk/],
    [['--sale', '--kiosk', '--fault', 'slow'], /is for machines with a controller: not with --kiosk/],
    [['--sale', '--buyer', 'rick'], /no buyer rick; there are rich, poor/],
  ])('%j', async (words, said) => {
    const session = new Session(...words)
    expect(await session.ended).toBe(2)
    expect(session.lines.join('\n')).toMatch(said)
  })

  test('--help says what there is', async () => {
    const session = new Session('--help')
    expect(await session.ended).toBe(0)
    for (const word of ['--sale', '--phone-first', 'jam', 'centre-silent']) {
      expect(session.lines.join('\n')).toContain(word)
    }
  })
})
